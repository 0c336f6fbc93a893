"""Functions of contrib that TensorFlow 2 has under other names, and those that make no variables of a network.

Source: tensorflow/contrib of TensorFlow 1.15.5.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_LAYER_HOMES = ("tf.contrib.layers", "tf.contrib.slim", "tf_slim", "tf.contrib.layers.python.layers")


@dataclass(frozen=True)
class Renamed:
    """name: the new one, in compat.v1. params: the arguments that may be given, and what they are called now.

    numbers: those that must be literals, since the new function takes other shapes.
    """

    name: str
    params: dict[str, str]
    numbers: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Scaling:
    """An initializer whose variance follows from the sizes of a variable. params: its arguments in their order."""

    params: tuple[str, ...]
    factor: float
    mode: str
    uniform: bool


@dataclass(frozen=True)
class Drawing:
    """An initializer that draws anew for every variable; that of Keras 3 gives each of one shape the same numbers.

    defaults: the arguments in their order, with what has to be said where the call says nothing.
    """

    name: str
    defaults: dict[str, str]


def _same(*params: str) -> dict[str, str]:
    return {param: param for param in params}


# contrib takes the predictions first, TensorFlow the labels: so all are written by name
_REGRESSION = ("predictions", "labels", "weights")
_LOSSES = {
    "absolute_difference": _same(*_REGRESSION, "scope"),
    "mean_squared_error": _same(*_REGRESSION, "scope"),
    "log_loss": _same(*_REGRESSION, "epsilon", "scope"),
    "sigmoid_cross_entropy": _same("logits", "multi_class_labels", "weights", "label_smoothing", "scope"),
    "softmax_cross_entropy": _same("logits", "onehot_labels", "weights", "label_smoothing", "scope"),
    "sparse_softmax_cross_entropy": _same("logits", "labels", "weights", "scope"),
}
_STEPS = ("create_global_step", "get_global_step", "get_or_create_global_step")
_FUNCTIONS = {
    "softmax": Renamed("nn.softmax", {"logits": "logits", "scope": "name"}),
    "one_hot_encoding": Renamed(
        "one_hot", {"labels": "indices", "num_classes": "depth", "on_value": "on_value", "off_value": "off_value"}
    ),
}
RENAMED_CALLS: dict[str, Renamed] = {
    **{
        f"{home}.{name}": Renamed(f"losses.{name}", params, frozenset({"weights"}))
        for home in ("tf.contrib.slim.losses", "tf.contrib.losses")
        for name, params in _LOSSES.items()
    },
    **{
        f"{home}.{name}": Renamed(f"train.{name}", _same("graph"))
        for home in ("tf.contrib.slim", "tf.contrib.framework")
        for name in _STEPS
    },
    **{f"{home}.{name}": row for home in _LAYER_HOMES for name, row in _FUNCTIONS.items()},
}

# contrib's truncated normal has the variance 1.3 * factor / n, TensorFlow's own scale / n / 0.8796...**2
TRUNCATED = 1.3 * 0.87962566103423978**2
MODES = {"FAN_IN": "fan_in", "FAN_OUT": "fan_out", "FAN_AVG": "fan_avg"}
_XAVIER = Scaling(("uniform", "seed", "dtype"), 1.0, "FAN_AVG", True)
_SCALINGS = {
    "xavier_initializer": _XAVIER,
    "xavier_initializer_conv2d": _XAVIER,
    "variance_scaling_initializer": Scaling(("factor", "mode", "uniform", "seed", "dtype"), 2.0, "FAN_IN", False),
}
_INITIALIZER_HOMES = (
    *_LAYER_HOMES, "tf.contrib.slim.initializers", "tf_slim.initializers", "tf.contrib.layers.initializers",
    "tf.contrib.layers.python.layers.initializers",
)  # fmt: skip
SCALINGS = {f"{home}.{name}": row for home in _INITIALIZER_HOMES for name, row in _SCALINGS.items()}

_BY_SIZE = ("glorot_normal", "glorot_uniform", "he_normal", "he_uniform", "lecun_normal", "lecun_uniform")
_NORMAL = {"mean": "", "stddev": "0.05", "seed": "", "dtype": ""}
_UNIFORM = {"minval": "-0.05", "maxval": "0.05", "seed": "", "dtype": ""}
_SCALED = {"scale": "", "mode": "", "distribution": "", "seed": "", "dtype": ""}
_DRAWINGS = {
    **{name: Drawing(name, {"seed": "", "dtype": ""} if "glorot" in name else {"seed": ""}) for name in _BY_SIZE},
    **dict.fromkeys(("RandomNormal", "random_normal", "normal"), Drawing("random_normal", _NORMAL)),
    **dict.fromkeys(("RandomUniform", "random_uniform", "uniform"), Drawing("random_uniform", _UNIFORM)),
    **dict.fromkeys(("TruncatedNormal", "truncated_normal"), Drawing("truncated_normal", _NORMAL)),
    "VarianceScaling": Drawing("variance_scaling", _SCALED),
    **dict.fromkeys(("Orthogonal", "orthogonal"), Drawing("orthogonal", {"gain": "", "seed": "", "dtype": ""})),
}
DRAWINGS = {f"tf.keras.initializers.{name}": row for name, row in _DRAWINGS.items()}

_SLIM = r"(tf\.contrib\.slim|tf_slim)"
# What works on tensors, files and sessions alone. The losses of regularizers are read elsewhere.
WITHOUT_VARIABLES = re.compile(
    rf"^({_SLIM}\.((losses|contrib\.losses)\.(?!get_(total|regularization)_loss)|model_analyzer\.|dataset\.|queues\.|"
    r"dataset_data_provider\.|data_decoder\.|tfexample_decoder\.|parallel_reader\.|prefetch_queue\.|summar(y|ies)\.|"
    r"assert_global_step$|get_global_step$)"
    rf"|({_SLIM}|tf\.contrib\.layers)\.(softmax|one_hot_encoding|dense_to_sparse)$"
    r"|tf\.contrib\.(legacy_)?seq2seq\.sequence_loss(_by_example)?$"
    r"|tflearn\.(data_utils|datasets)\.)"
)
# What makes variables of its own, as an optimizer does; they stand in no network where no scope is open.
OF_TRAINING = re.compile(
    rf"^({_SLIM}\.(learning|evaluation|metrics)\.|{_SLIM}\.(get_or_)?create_global_step$|tf\.contrib\.layers\.optimize_loss$)"
)
