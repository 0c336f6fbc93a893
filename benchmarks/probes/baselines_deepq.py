"""deepq.build_train with double Q-learning on a dueling network with layer normalisation, as deepq.learn calls it."""

import os
import sys
import types

ROOT = os.path.dirname(os.path.abspath(__file__))
for name in ("baselines", "baselines.common", "baselines.deepq"):  # their __init__ import gym and more
    sys.modules[name] = types.ModuleType(name)
    sys.modules[name].__path__ = [os.path.join(ROOT, *name.split("."))]

import tensorflow as tf
import tensorflow.contrib.layers as layers

import baselines.common.tf_util
from baselines.deepq import build_graph, models


class Observation(object):
    def __init__(self, name):
        self.name = name
        self.placeholder = tf.placeholder(tf.float32, [None, 4], name=name)

    def get(self):
        return self.placeholder


def network(x):
    return layers.fully_connected(x, 6, activation_fn=tf.nn.tanh)


def build():
    made = []
    build_graph.U.function = lambda inputs, outputs, updates=(), givens=None: made.append((outputs, updates))
    q_func = models.build_q_func(network, hiddens=[5], dueling=True, layer_norm=True)
    optimizer = tf.train.AdamOptimizer(0.001)
    build_graph.build_train(Observation, q_func, 3, optimizer, grad_norm_clipping=10, double_q=True)
    (actions, _), (td_error, updates), (_, copies), (q_values, _) = made
    return {
        "actions": actions,
        "td_error": td_error,
        "q_values": q_values,
        "train_step": updates[0],
        "update_target_step": copies[0],
    }
