"""BigGAN_128.build_model with few channels: spectral normalisation, conditional batch normalisation by hand."""

import sys
from unittest import mock

mocked = ("keras", "keras.datasets", "scipy", "scipy.misc")
sys.modules.update({name: mock.MagicMock() for name in mocked})

import tensorflow as tf

import BigGAN_128


class Images(object):
    def apply(self, function):
        return self

    def make_one_shot_iterator(self):
        return self

    def get_next(self):
        return tf.placeholder(tf.float32, [2, 128, 128, 3], name="images")


def build():
    gan = BigGAN_128.BigGAN_128.__new__(BigGAN_128.BigGAN_128)
    gan.sess, gan.gan_type, gan.sn, gan.ld, gan.data, gan.dataset_num = None, "hinge", True, 10.0, ["image"], 1
    gan.batch_size, gan.ch, gan.z_dim, gan.c_dim, gan.img_size, gan.custom_dataset = 2, 16, 12, 3, 128, False
    gan.moving_decay, gan.d_learning_rate, gan.g_learning_rate, gan.beta1, gan.beta2 = 0.99, 0.0004, 0.0001, 0.0, 0.9
    tf.data.Dataset.from_tensor_slices = staticmethod(lambda images: Images())
    gan.build_model()
    return {
        "fake": gan.fake_images,
        "d_loss": gan.d_loss,
        "g_loss": gan.g_loss,
        "d_step": gan.d_optim,
        "g_step": gan.g_optim,
    }
