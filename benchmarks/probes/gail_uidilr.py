"""Policies, the training of the one on samples of the other, and the discriminator, as run_gail.py makes them."""

import types

import tensorflow as tf

from algo.ppo import PPOTrain
from network_models.discriminator import Discriminator
from network_models.policy_net import Policy_net


def build():
    spaces = {"observation_space": types.SimpleNamespace(shape=(4,)), "action_space": types.SimpleNamespace(n=2)}
    env = types.SimpleNamespace(**spaces)
    policy = Policy_net("policy", env)
    old_policy = Policy_net("old_policy", env)
    ppo = PPOTrain(policy, old_policy, gamma=0.95)
    discriminator = Discriminator(env)
    return {
        "probabilities": policy.act_probs,
        "old": old_policy.act_probs,
        "rewards": discriminator.rewards,
        "assign": tf.group(*ppo.assign_ops),
        "train_step": ppo.train_op,
        "discriminator_step": discriminator.train_op,
    }
