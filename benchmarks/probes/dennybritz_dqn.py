"""The Q network and the target network of dqn.py, and the copy between them."""

import sys
import types

for name in ("gym", "gym.wrappers", "lib", "lib.plotting"):
    sys.modules[name] = types.ModuleType(name)
sys.modules["gym.wrappers"].Monitor = sys.modules["lib"].plotting = None


class Environment(object):
    pass


sys.modules["gym"].envs = Environment()
sys.modules["gym"].envs.make = lambda name: None

import tensorflow as tf

import dqn


def build():
    tf.Variable(0, name="global_step", trainable=False)
    q_estimator = dqn.Estimator(scope="q")
    target_estimator = dqn.Estimator(scope="target_q")
    return {
        "q": q_estimator.predictions, "target": target_estimator.predictions, "loss": q_estimator.loss,
        "train_step": q_estimator.train_op,
    }
