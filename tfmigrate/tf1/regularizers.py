"""What a variable may be regularized by, and what Keras calls it.

Source: tensorflow/contrib/layers/python/layers/regularizers.py of TensorFlow 1.15.5 and keras/src/regularizers of
Keras 3.15. contrib halves the squares, Keras does not.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Strength:
    """One factor. param: what contrib calls it. default: where it may be left out. half: whether contrib halves it."""

    param: str
    default: str = ""
    half: bool = False


@dataclass(frozen=True)
class RegularizerRow:
    """A function of contrib that makes a regularizer: Keras' class, and its arguments in their order."""

    keras: str
    strengths: tuple[Strength, ...]


_FUNCTIONS = {
    "l1_regularizer": RegularizerRow("L1", (Strength("scale"),)),
    "l2_regularizer": RegularizerRow("L2", (Strength("scale", half=True),)),
    "l1_l2_regularizer": RegularizerRow("L1L2", (Strength("scale_l1", "1.0"), Strength("scale_l2", "1.0", half=True))),
}
_HOMES = ("tf.contrib.layers", "tf.contrib.slim", "tf_slim", "tf_slim.layers")

CONTRIB_REGULARIZERS = {f"{home}.{name}": row for home in _HOMES for name, row in _FUNCTIONS.items()}
# Keras' own, by the names that TensorFlow has for them; they stay as they are written
KERAS_REGULARIZERS = {f"tf.keras.regularizers.{name}" for name in ("l1", "l2", "l1_l2", "L1", "L2", "L1L2")}
REGULARIZERS = CONTRIB_REGULARIZERS.keys() | KERAS_REGULARIZERS
# operations that regularize as they are
OPERATIONS = {"tf.nn.l2_loss"}
# what reads the losses of regularized variables: `tf.losses.get_total_loss` adds them to those of tf.GraphKeys.LOSSES
COLLECTION = {"tf.GraphKeys.REGULARIZATION_LOSSES", "regularization_losses"}
READERS = {
    "tf.losses.get_regularization_losses": "list", "tf.losses.get_regularization_loss": "sum",
    "tf.losses.get_total_loss": "total",
}  # fmt: skip
# by these names a program's text mentions them
MENTIONS = {"REGULARIZATION_LOSSES", "regularization_losses", *(name.rsplit(".", 1)[-1] for name in READERS)}
