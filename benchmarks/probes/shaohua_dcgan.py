"""Model.build with its two optimizers, as Trainer calls them."""

import tensorflow as tf

from model import Model


class Config(object):
    batch_size = 4
    data_info = [48, 48, 3]
    conv_info = [6, 8, 10]
    deconv_info = [[8, 4, 1], [6, 4, 2], [5, 4, 2], [3, 6, 2]]


def build():
    model = Model(Config(), debug_information=False, is_train=True)
    all_vars = tf.trainable_variables()
    d_var = [v for v in all_vars if v.name.startswith("Discriminator")]
    g_var = [v for v in all_vars if v.name.startswith("Generator")]
    return {
        "d_loss": model.d_loss,
        "g_loss": model.g_loss,
        "d_step": tf.train.AdamOptimizer(0.001, beta1=0.5).minimize(model.d_loss, var_list=d_var),
        "g_step": tf.train.AdamOptimizer(0.001, beta1=0.5).minimize(model.g_loss, var_list=g_var),
    }
