"""AlbertModel with four layers in two groups, whose scopes are entered again under AUTO_REUSE, trained by LAMB's loss."""

import os
import sys
import types

ROOT = os.path.dirname(os.path.abspath(__file__))
sys.modules["albert"] = types.ModuleType("albert")
sys.modules["albert"].__path__ = [ROOT]

import tensorflow.compat.v1 as tf

from albert import modeling


def build():
    config = modeling.AlbertConfig(
        vocab_size=20, embedding_size=6, hidden_size=8, num_hidden_layers=4, num_hidden_groups=2,
        num_attention_heads=2, intermediate_size=12, inner_group_num=2, max_position_embeddings=16,
    )  # fmt: skip
    ids = tf.placeholder(tf.int32, [2, 6], name="input_ids")
    model = modeling.AlbertModel(config, True, ids)
    loss = tf.reduce_mean(tf.square(model.get_sequence_output())) + tf.reduce_mean(model.get_pooled_output())
    return {
        "sequence": model.get_sequence_output(),
        "pooled": model.get_pooled_output(),
        "loss": loss,
        "train_step": tf.train.AdamOptimizer(0.001).minimize(loss),
    }
