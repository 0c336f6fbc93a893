"""InfoGAN over the convolutional networks of utils/nets.py, with its three optimizers."""

import yadiraf_standins

import tensorflow as tf

from infogan_conv import InfoGAN
from nets import D_conv_mnist, G_conv_mnist


class Data(object):
    z_dim, y_dim, size, channel = 5, 10, 28, 1


def build():
    gan = InfoGAN(G_conv_mnist(), D_conv_mnist(), Data())
    return {
        "g": gan.G_sample, "d_loss": gan.D_loss, "g_loss": gan.G_loss, "q_loss": gan.Q_loss,
        "d_step": gan.D_solver, "g_step": gan.G_solver, "q_step": gan.Q_solver,
    }
