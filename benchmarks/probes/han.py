"""HierarchicalAttention with its losses and training op."""

import tensorflow as tf

from HAN_model import HierarchicalAttention


def build():
    model = HierarchicalAttention(3, 4, 2, 2, 0.01, 4, 100, 0.9, 6, 2, 20, 6, 5, True)
    return {"loss": model.loss_val, "train_step": model.train_op}
