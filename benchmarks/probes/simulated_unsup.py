"""The refiner and three calls of the discriminator, with their losses and optimizers; the queue of images left out."""

import sys
from unittest import mock

sys.modules["utils"] = mock.MagicMock()

import tensorflow as tf

import model


class Config(object):
    optimizer = "sgd"
    max_image_summary = 2


def build():
    m = model.Model.__new__(model.Model)
    m.layer_dict, m.debug, m.task, m.config = {}, False, "generative", Config()
    m.reg_scale, m.max_grad_norm, m.learning_rate = 1.0, 50, 0.1
    m.normalized_x = tf.placeholder(tf.float32, [1, 16, 16, 1], name="x")
    m.normalized_y = tf.placeholder(tf.float32, [1, 16, 16, 1], name="y")
    m.R_x_history = tf.placeholder(tf.float32, [1, 16, 16, 1], name="history")
    m.refiner_step = tf.Variable(0, name="refiner_step", trainable=False)
    m.discrim_step = tf.Variable(0, name="discrim_step", trainable=False)
    m._build_model()
    m._build_optim()
    return {
        "refined": m.R_x,
        "d_y": m.D_y,
        "d_refined": m.D_R_x,
        "refiner_loss": m.refiner_loss,
        "discrim_loss": m.discrim_loss,
        "refiner_step": m.refiner_optim,
        "discrim_step": m.discrim_optim,
    }
