"""The main and the target ActorCritic, and the losses, as DDPG._create_network of HER makes them."""

import os
import sys
import types

ROOT = os.path.dirname(os.path.abspath(__file__))
for name in ("baselines", "baselines.common", "baselines.her"):  # their __init__ import gym and more
    sys.modules[name] = types.ModuleType(name)
    sys.modules[name].__path__ = [os.path.join(ROOT, *name.split("."))]

import tensorflow as tf

import baselines.common.tf_util
from baselines.her.actor_critic import ActorCritic


class Unchanged(object):
    def normalize(self, x):
        return x


def build():
    nets = {}
    reward = tf.placeholder(tf.float32, [None, 1], name="r")
    inputs = {name: tf.placeholder(tf.float32, [None, size], name=name) for name, size in dict(o=3, g=2, u=2).items()}
    options = dict(dimo=3, dimg=2, dimu=2, max_u=1.0, o_stats=Unchanged(), g_stats=Unchanged(), hidden=4, layers=2)
    with tf.variable_scope("ddpg"):
        for name in ("main", "target"):
            with tf.variable_scope(name) as scope:
                nets[name] = ActorCritic(inputs, net_type=name, **options)
                scope.reuse_variables()
    variables = {name: tf.get_collection(tf.GraphKeys.GLOBAL_VARIABLES, "ddpg/" + name) for name in nets}
    critic = [v for v in variables["main"] if "/Q/" in v.name]
    actor = [v for v in variables["main"] if "/pi/" in v.name]
    target = tf.clip_by_value(reward + 0.98 * nets["target"].Q_pi_tf, -50.0, 0.0)
    q_loss = tf.reduce_mean(tf.square(tf.stop_gradient(target) - nets["main"].Q_tf))
    pi_loss = -tf.reduce_mean(nets["main"].Q_pi_tf) + tf.reduce_mean(tf.square(nets["main"].pi_tf))
    soft = [t.assign(0.95 * t + 0.05 * m) for t, m in zip(variables["target"], variables["main"])]
    return {
        "pi": nets["main"].pi_tf,
        "q": nets["main"].Q_tf,
        "q_loss": q_loss,
        "pi_loss": pi_loss,
        "q_step": tf.train.AdamOptimizer(0.001, name="AdamQ").minimize(q_loss, var_list=critic),
        "pi_step": tf.train.AdamOptimizer(0.001, name="AdamPi").minimize(pi_loss, var_list=actor),
        "target_step": tf.group(*soft),
    }
