"""MAML for omniglot, with batch normalisation inside tf.map_fn: the training and the validation model."""

import sys

import tensorflow as tf
from tensorflow.python.platform import flags

sys.argv = sys.argv[:1]
for name, value in (("datasource", "omniglot"), ("norm", "batch_norm")):
    flags.DEFINE_string(name, value, "")
for name in ("num_filters", "num_updates", "meta_batch_size", "metatrain_iterations", "update_batch_size"):
    flags.DEFINE_integer(name, {"num_filters": 4, "num_updates": 1, "update_batch_size": 1}.get(name, 2), "")
for name in ("update_lr", "meta_lr"):
    flags.DEFINE_float(name, 0.1, "")
for name, value in (("conv", True), ("stop_grad", False), ("max_pool", False)):
    flags.DEFINE_bool(name, value, "")

import maml


def tensors(prefix):
    shapes = {"inputa": 784, "inputb": 784, "labela": 3, "labelb": 3}
    return {name: tf.placeholder(tf.float32, [2, 3, size], name=prefix + name) for name, size in shapes.items()}


def build():
    model = maml.MAML(784, 3, test_num_updates=2)
    model.construct_model(tensors("train_"), prefix="metatrain_")
    model.construct_model(tensors("val_"), prefix="metaval_")
    return {
        "loss": model.total_loss1,
        "losses": model.total_losses2,
        "validation": model.metaval_total_losses2,
        "pretrain_step": model.pretrain_op,
        "metatrain_step": model.metatrain_op,
    }
