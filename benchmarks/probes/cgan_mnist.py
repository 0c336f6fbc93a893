"""CGAN.build_model with the two optimizers of its train()."""

import sys
import types

for name in ("cv2", "utils"):
    sys.modules[name] = types.ModuleType(name)
for name in ("save_images", "vis_square", "sample_label"):
    setattr(sys.modules["utils"], name, None)

import tensorflow as tf

from model_mnist import CGAN


class Data(object):
    shape = [28, 28, 1]


def build():
    gan = CGAN(Data(), "", 28, 0.0002, 64, 5, 10, "", "", "")
    gan.build_model()
    return {
        "fake": gan.fake_images,
        "d_loss": gan.D_loss,
        "g_loss": gan.G_loss,
        "d_step": tf.train.AdamOptimizer(0.0002, beta1=0.5).minimize(gan.D_loss, var_list=gan.d_var),
        "g_step": tf.train.AdamOptimizer(0.0002, beta1=0.5).minimize(gan.G_loss, var_list=gan.g_var),
    }
