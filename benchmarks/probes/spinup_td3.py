"""The graph of td3(): the networks under main and target, the target's once more with noise, losses and optimizers."""

import numpy as np
import tensorflow as tf

import core


class Space(object):
    high = np.ones(2, np.float32)


def build():
    x, a, x2, reward, done = core.placeholders(3, 2, 3, None, None)
    options = {"hidden_sizes": (5, 4), "action_space": Space()}
    with tf.variable_scope("main"):
        pi, q1, q2, q1_pi = core.mlp_actor_critic(x, a, **options)
    with tf.variable_scope("target"):
        pi_target, _, _, _ = core.mlp_actor_critic(x2, a, **options)
    with tf.variable_scope("target", reuse=True):
        noise = tf.clip_by_value(tf.random_normal(tf.shape(pi_target), stddev=0.2), -0.5, 0.5)
        _, q1_target, q2_target, _ = core.mlp_actor_critic(x2, tf.clip_by_value(pi_target + noise, -1, 1), **options)
    backup = tf.stop_gradient(reward + 0.99 * (1 - done) * tf.minimum(q1_target, q2_target))
    pi_loss = -tf.reduce_mean(q1_pi)
    q_loss = tf.reduce_mean((q1 - backup) ** 2) + tf.reduce_mean((q2 - backup) ** 2)
    pairs = list(zip(core.get_vars("main"), core.get_vars("target")))
    pi_step = tf.train.AdamOptimizer(0.001).minimize(pi_loss, var_list=core.get_vars("main/pi"))
    q_step = tf.train.AdamOptimizer(0.001).minimize(q_loss, var_list=core.get_vars("main/q"))
    return {
        "pi": pi,
        "q1": q1,
        "q2": q2,
        "pi_loss": pi_loss,
        "q_loss": q_loss,
        "pi_step": pi_step,
        "q_step": q_step,
        "target_step": tf.group(*[tf.assign(target, 0.995 * target + 0.005 * main) for main, target in pairs]),
    }
