"""CaptionGenerator.build_model, and build_sampler on its variables, as CaptioningSolver.train calls them."""

import os
import types

import tensorflow as tf

WORDS = {"<START>": 0, "<NULL>": 1, "a": 2, "b": 3}


def build():
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "core", "model.py")) as file:
        text = file.read()
    module = types.ModuleType("model")
    exec(compile(text.replace("iteritems", "items"), "model.py", "exec"), module.__dict__)  # it is Python 2
    model = module.CaptionGenerator(WORDS, dim_feature=[4, 3], dim_embed=5, dim_hidden=6, n_time_step=4, alpha_c=1.0)
    with tf.variable_scope("model"):
        loss = model.build_model()
        tf.get_variable_scope().reuse_variables()
        alphas, betas, captions = model.build_sampler(max_len=3)
    return {
        "loss": loss,
        "alphas": alphas,
        "betas": betas,
        "captions": captions,
        "train_step": tf.train.AdamOptimizer(0.001).minimize(loss),
    }
