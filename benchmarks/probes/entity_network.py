"""EntityNetwork with its loss and training op."""

import tensorflow as tf

from a3_entity_network import EntityNetwork


def build():
    model = EntityNetwork(3, 0.01, 4, 100, 0.9, 5, 3, 20, 6, 6, True, block_size=2)
    return {"logits": model.logits, "loss": model.loss_val, "train_step": model.train_op}
