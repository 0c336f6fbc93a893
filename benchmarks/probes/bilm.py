"""The language model of ELMo with a character CNN, in two towers, trained by the mean of their gradients."""

import os
import sys
import types

sys.modules["bilm"] = types.ModuleType("bilm")
sys.modules["bilm"].__path__ = [os.path.join(os.path.dirname(os.path.abspath(__file__)), "bilm")]

import tensorflow as tf

from bilm import training

CHARACTERS = dict(
    activation="relu", embedding={"dim": 3}, filters=[[1, 4], [2, 5]], max_characters_per_token=6, n_characters=261,
    n_highway=1,
)  # fmt: skip
LSTM = dict(cell_clip=3, dim=5, n_layers=2, projection_dim=4, proj_clip=3, use_skip_connections=True)
OPTIONS = dict(
    bidirectional=True, char_cnn=CHARACTERS, dropout=0.1, lstm=LSTM, all_clip_norm_val=10.0,
    n_negative_samples_batch=3, n_tokens_vocab=20, unroll_steps=4, batch_size=2,
)  # fmt: skip


def build():
    optimizer = tf.train.AdagradOptimizer(0.2, initial_accumulator_value=1.0)
    towers, models = [], []
    for k in range(2):
        with tf.variable_scope("lm", reuse=k > 0):
            models.append(training.LanguageModel(OPTIONS, False))
            towers.append(optimizer.compute_gradients(models[-1].total_loss))
    averaged = training.average_gradients(towers, OPTIONS["batch_size"], OPTIONS)
    return {
        "first": models[0].total_loss,
        "second": models[1].total_loss,
        "embedding": models[0].embedding,
        "train_step": optimizer.apply_gradients(averaged),
    }
