"""Two towers of transformer-xl with an adaptive softmax that is tied to the embeddings."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "tf"))

import tensorflow as tf

import model

OPTIONS = dict(
    n_token=30, n_layer=2, d_model=8, d_embed=8, n_head=2, d_head=4, d_inner=12, dropout=0.1, dropatt=0.1,
    is_training=True, mem_len=4, cutoffs=[10, 20], div_val=2, tie_projs=[False, True, True], use_tpu=False,
    untie_r=True, proj_same_dim=True,
)  # fmt: skip


def build():
    initializer = tf.initializers.random_normal(stddev=0.02)
    losses = []
    for i in range(2):
        with tf.variable_scope(tf.get_variable_scope(), reuse=True if i > 0 else None):
            loss, _ = model.transformer(
                dec_inp=tf.placeholder(tf.int32, [5, 2], name="inputs_%d" % i),
                target=tf.placeholder(tf.int32, [5, 2], name="targets_%d" % i),
                mems=[tf.placeholder(tf.float32, [4, 2, 8], name="memory_%d_%d" % (i, n)) for n in range(2)],
                initializer=initializer, proj_initializer=initializer, **OPTIONS
            )  # fmt: skip
            losses.append(loss)
    loss = tf.add_n(losses) / 2
    return {"losses": losses, "loss": loss, "train_step": tf.train.AdamOptimizer(0.001).minimize(loss)}
