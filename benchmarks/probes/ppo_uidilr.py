"""Two policies and what trains the one on samples of the other, as main.py makes them."""

import sys
import types

sys.modules["gym"] = types.ModuleType("gym")

import tensorflow as tf

from policy_net import Policy_net
from ppo import PPOTrain


def build():
    spaces = {"observation_space": types.SimpleNamespace(shape=(4,)), "action_space": types.SimpleNamespace(n=2)}
    env = types.SimpleNamespace(**spaces)
    policy = Policy_net("policy", env)
    old_policy = Policy_net("old_policy", env)
    ppo = PPOTrain(policy, old_policy, gamma=0.95)
    return {
        "probabilities": policy.act_probs,
        "values": policy.v_preds,
        "old": old_policy.act_probs,
        "assign": tf.group(*ppo.assign_ops),
        "train_step": ppo.train_op,
    }
