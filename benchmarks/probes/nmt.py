"""AttentionModel of the translation tutorial for training: bidirectional encoder, attention, shared vocabulary."""

import os
import sys
import types

import tensorflow as tf

from nmt import attention_model
from nmt.utils import common_test_utils, iterator_utils


def build():
    hparams = common_test_utils.create_test_hparams(
        encoder_type="bi", num_layers=2, attention="scaled_luong", attention_architecture="standard", use_residual=False
    )
    more = dict(num_residual_layers=0, use_char_encode=False, num_sampled_softmax=0, num_keep_ckpts=1)
    for name, value in dict(more, share_vocab=True, extract_encoder_layers=False).items():
        if hasattr(hparams, name):
            setattr(hparams, name, value)
        else:
            hparams.add_hparam(name, value)
    ids = {name: tf.placeholder(tf.int32, [2, 4], name=name) for name in ("source", "target_input", "target_output")}
    length = tf.constant([4, 3])
    batch = iterator_utils.BatchedInput(
        initializer=None, source_sequence_length=length, target_sequence_length=length, **ids
    )
    table = tf.contrib.lookup.index_table_from_tensor(tf.constant(["a", "b", "</s>", "<s>"]))
    model = attention_model.AttentionModel(
        hparams, mode=tf.contrib.learn.ModeKeys.TRAIN, iterator=batch, source_vocab_table=table,
        target_vocab_table=table, scope="nmt",
    )  # fmt: skip
    return {"loss": model.train_loss, "train_step": model.update}
