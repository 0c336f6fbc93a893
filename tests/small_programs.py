"""Programs for tests to which it does not matter much what they migrate."""

from __future__ import annotations

_SHARED = """\
import tensorflow as tf


def {name}(x, reuse=None):
    with tf.variable_scope("{name}", reuse=reuse):
        return tf.matmul(x, tf.get_variable("w", [3, 4]))


def build():
    x = tf.placeholder(tf.float32, [None, 3])
    return {{"a": {name}(x), "b": {name}(x, reuse=True)}}
"""

TWO_PARTS = """\
import tensorflow as tf


def encoder(x, reuse=False):
    with tf.variable_scope("encoder", reuse=reuse):
        return tf.matmul(x, tf.get_variable("w", [3, 4]))


def decoder(h):
    with tf.variable_scope("decoder"):
        return tf.matmul(h, tf.get_variable("w", [4, 3])) + tf.get_variable("b", [3])


def build():
    x = tf.placeholder(tf.float32, [None, 3])
    h = encoder(x)
    return {"y": decoder(h), "again": encoder(2 * x, reuse=True)}
"""


def shared(name: str) -> str:
    """A function of that name, called twice with one set of variables."""
    return _SHARED.format(name=name)
