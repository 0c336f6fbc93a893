"""cyclegan._build_model with residual generators on small images, and the two optimizers of its train()."""

import sys
from unittest import mock

sys.modules.update({name: mock.MagicMock() for name in ("scipy", "scipy.misc")})

import tensorflow as tf

import model


class Options(object):
    batch_size, fine_size, input_nc, output_nc, L1_lambda, dataset_dir = 1, 32, 3, 3, 10.0, ""
    use_resnet, use_lsgan, ngf, ndf, phase, max_size = True, True, 2, 2, "train", 50


def build():
    gan = model.cyclegan(None, Options())
    return {
        "fake_a": gan.fake_A,
        "fake_b": gan.fake_B,
        "test_b": gan.testB,
        "g_loss": gan.g_loss,
        "d_loss": gan.d_loss,
        "d_step": tf.train.AdamOptimizer(0.0002, beta1=0.5).minimize(gan.d_loss, var_list=gan.d_vars),
        "g_step": tf.train.AdamOptimizer(0.0002, beta1=0.5).minimize(gan.g_loss, var_list=gan.g_vars),
    }
