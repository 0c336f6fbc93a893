"""WGAN over the perceptrons of utils/nets.py, with its two optimizers and the clipping."""

import yadiraf_standins

import tensorflow as tf

from nets import D_mlp_mnist, G_mlp_mnist
from wgan_mlp import WGAN


class Data(object):
    z_dim, X_dim, size, channel = 5, 784, 28, 1


def build():
    gan = WGAN(G_mlp_mnist(), D_mlp_mnist(), Data())
    return {
        "g": gan.G_sample, "d_loss": gan.D_loss, "g_loss": gan.G_loss,
        "d_step": gan.D_solver, "g_step": gan.G_solver, "clip": tf.group(*gan.clip_D),
    }
