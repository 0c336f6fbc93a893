"""ResNet.build_model: the network for training and for testing, with the losses of its regularizers."""

import importlib
import sys
import types

import numpy as np


class Data(object):
    @staticmethod
    def load_data():
        images, labels = np.zeros([4, 32, 32, 3]), np.zeros([4, 1], int)
        return (images, labels), (images, labels)


for name in ("keras", "keras.utils", "scipy", "scipy.misc"):
    try:
        importlib.import_module(name)
    except ImportError:
        sys.modules[name] = types.ModuleType(name)
datasets = sys.modules["keras.datasets"] = types.ModuleType("keras.datasets")
datasets.cifar10 = datasets.cifar100 = datasets.mnist = datasets.fashion_mnist = Data
sys.modules["keras.utils"].to_categorical = lambda labels, number: np.eye(number)[labels[:, 0]]
sys.modules["scipy"].misc = sys.modules["scipy.misc"]

import tensorflow as tf

from ResNet import ResNet


class Arguments(object):
    dataset, checkpoint_dir, log_dir, res_n, epoch, batch_size, lr = "cifar10", "", "", 18, 1, 2, 0.1


def build():
    model = ResNet(None, Arguments())
    model.build_model()
    return {
        "train_logits": model.train_logits, "test_logits": model.test_logits, "train_loss": model.train_loss,
        "test_loss": model.test_loss, "train_step": model.optim,
    }
