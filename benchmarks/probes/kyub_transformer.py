"""Transformer.train and Transformer.eval on one object, as train.py calls them."""

import sys
import types

sys.modules["tqdm"] = types.ModuleType("tqdm")
sys.modules["tqdm"].tqdm = iter

import tensorflow as tf

import model

TOKENS = ["<pad>", "<unk>", "<s>", "</s>", "a", "b"]


class Hyperparameters(object):
    vocab = "vocabulary"
    vocab_size = 6
    d_model = 8
    dropout_rate = 0.1
    maxlen1 = 6
    maxlen2 = 6
    num_blocks = 2
    num_heads = 2
    d_ff = 12
    lr = 0.001
    warmup_steps = 10.0


def build():
    model.load_vocab = lambda path: ({t: i for i, t in enumerate(TOKENS)}, dict(enumerate(TOKENS)))
    m = model.Transformer(Hyperparameters())
    xs = (tf.placeholder(tf.int32, [2, 5]), tf.placeholder(tf.int32, [2]), tf.constant(["x", "y"]))
    decoder_inputs, y = tf.placeholder(tf.int32, [2, 4]), tf.placeholder(tf.int32, [2, 4])
    ys = (decoder_inputs, y, tf.placeholder(tf.int32, [2]), tf.constant(["x", "y"]))
    loss, train_op, global_step, train_summaries = m.train(xs, ys)
    y_hat, eval_summaries = m.eval(xs, ys)
    return {"loss": loss, "y_hat": y_hat, "train_step": train_op}
