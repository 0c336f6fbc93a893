"""ACGAN.build_model on images of the size of MNIST's."""

import sys
import types

import numpy as np

for name in ("matplotlib", "matplotlib.pyplot", "scipy", "scipy.misc"):
    sys.modules[name] = types.ModuleType(name)
sys.modules["matplotlib"].pyplot = sys.modules["matplotlib.pyplot"]
sys.modules["scipy"].misc = sys.modules["scipy.misc"]

import tensorflow as tf

import ACGAN


def images(name):
    return np.zeros((8, 28, 28, 1), "float32"), np.zeros((8, 10), "float32")


def build():
    ACGAN.load_mnist = images
    model = ACGAN.ACGAN(None, 1, 8, 4, "mnist", "", "", "")
    model.build_model()
    return {
        # not fake_images: the other calls update its statistics in place, before or after it reads them
        "d_loss": model.d_loss,
        "g_loss": model.g_loss,
        "q_loss": model.q_loss,
        "train_step": model.d_optim,
    }
