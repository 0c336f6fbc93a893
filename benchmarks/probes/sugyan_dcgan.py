"""DCGAN: both losses and the one training op, as its README calls them."""

import tensorflow as tf

from dcgan import DCGAN


def build():
    images = tf.placeholder(tf.float32, [4, 32, 32, 3], name="images")
    dcgan = DCGAN(batch_size=4, s_size=2, z_dim=5, g_depths=[8, 6, 5, 4], d_depths=[4, 5, 6, 8])
    losses = dcgan.loss(images)
    train_step = dcgan.train(losses)
    return {"g_loss": losses[dcgan.g], "d_loss": losses[dcgan.d], "train_step": train_step}
