"""Trainer.build_model of BEGAN on small images, with its own optimizers and the update of k."""

import sys
import types
from unittest import mock

sys.modules.update({name: mock.MagicMock() for name in ("PIL", "scipy", "scipy.misc", "tqdm")})

import tensorflow as tf

import trainer


def build():
    began = trainer.Trainer.__new__(trainer.Trainer)
    began.data_loader = tf.placeholder(tf.float32, [2, 3, 16, 16], name="images")
    began.z_num, began.conv_hidden_num, began.channel, began.repeat_num = 4, 4, 3, 2
    began.data_format, began.optimizer = "NHWC", "adam"
    began.data_loader = tf.transpose(began.data_loader, [0, 2, 3, 1])
    began.step = tf.Variable(0, name="step", trainable=False)
    began.g_lr = tf.Variable(0.00008, name="g_lr", trainable=False)
    began.d_lr = tf.Variable(0.00008, name="d_lr", trainable=False)
    began.gamma, began.lambda_k = 0.5, 0.001
    began.build_model()
    return {
        "g": began.G,
        "ae_g": began.AE_G,
        "ae_x": began.AE_x,
        "d_loss": began.d_loss,
        "g_loss": began.g_loss,
        "train_step": began.k_update.op,
    }
