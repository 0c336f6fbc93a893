"""The model, its loss, and sampling, which calls it once more before and inside a tf.while_loop."""

import tensorflow as tf

import model
import sample


def build():
    hparams = model.default_hparams()
    hparams.override_from_dict(dict(n_vocab=20, n_ctx=8, n_embd=8, n_head=2, n_layer=2))
    context = tf.placeholder(tf.int32, [1, 3], name="context")
    logits = model.model(hparams=hparams, X=context)["logits"]
    loss = tf.reduce_mean(
        tf.nn.sparse_softmax_cross_entropy_with_logits(labels=context[:, 1:], logits=logits[:, :-1])
    )
    with tf.variable_scope(tf.get_variable_scope(), reuse=True):
        tokens = sample.sample_sequence(hparams=hparams, length=3, context=context, batch_size=1, top_k=3)
    return {
        "logits": logits,
        "loss": loss,
        "tokens": tokens,
        "train_step": tf.train.AdamOptimizer(0.001).minimize(loss),
    }
