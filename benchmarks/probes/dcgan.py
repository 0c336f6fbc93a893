"""DCGAN.build_model on small images, and the two optimizers of its train()."""

import sys
from unittest import mock

sys.modules.update({name: mock.MagicMock() for name in ("PIL", "cv2", "imageio", "scipy", "scipy.misc")})

import tensorflow as tf

import model


def build():
    gan = model.DCGAN.__new__(model.DCGAN)
    gan.sess, gan.crop, gan.grayscale, gan.max_to_keep = None, False, False, 1
    gan.batch_size, gan.sample_num, gan.y_dim, gan.z_dim, gan.c_dim = 2, 2, None, 5, 3
    gan.input_height = gan.input_width = gan.output_height = gan.output_width = 32
    gan.gf_dim, gan.df_dim, gan.gfc_dim, gan.dfc_dim = 4, 4, 6, 6
    for name in ("d_bn1", "d_bn2", "d_bn3", "g_bn0", "g_bn1", "g_bn2", "g_bn3"):
        setattr(gan, name, model.batch_norm(name=name))
    gan.build_model()
    return {
        "g": gan.G,
        "d": gan.D,
        "sampler": gan.sampler,
        "d_loss": gan.d_loss,
        "g_loss": gan.g_loss,
        "d_step": tf.train.AdamOptimizer(0.0002, beta1=0.5).minimize(gan.d_loss, var_list=gan.d_vars),
        "g_step": tf.train.AdamOptimizer(0.0002, beta1=0.5).minimize(gan.g_loss, var_list=gan.g_vars),
    }
