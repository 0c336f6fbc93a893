"""`tf.contrib.layers.*`, which `slim` hands on: what sets each function apart from its Keras layer.

Source: tensorflow/contrib/layers/python/layers of TensorFlow 1.15.5 and keras/src/layers of Keras 3.15.
"""

from __future__ import annotations

from dataclasses import replace

from tfmigrate.tf1.rows import LayerRow

_KERNEL = {"weights": "kernel", "biases": "bias"}
_VARIABLES = (("weights", None, True), ("biases", "biases_initializer", True))
_OFFSET_AND_FACTOR = (("beta", "center", True), ("gamma", "scale", True))
_MOVING = (("moving_mean", None, False), ("moving_variance", None, False))
_NORMALIZER = ("normalizer_fn", "normalizer_params")
_TAIL = (
    "weights_initializer", "weights_regularizer", "biases_initializer", "biases_regularizer", "reuse",
    "variables_collections", "outputs_collections", "trainable", "scope",
)  # fmt: skip
_RENAMED = {
    "num_outputs": "units", "activation_fn": "activation", "weights_initializer": "kernel_initializer",
    "biases_initializer": "bias_initializer", "weights_regularizer": "kernel_regularizer",
    "biases_regularizer": "bias_regularizer", "scope": "name",
}  # fmt: skip
_CONV_RENAMED = {**_RENAMED, "num_outputs": "filters", "stride": "strides", "rate": "dilation_rate"}
# collections that Keras does not fill
_COLLECTIONS = frozenset({"variables_collections", "outputs_collections"})
_LAST: dict[str, tuple[object, ...]] = {"data_format": (None, "NHWC")}
_WITHOUT = {"activation_fn": "", "weights_initializer": "", "biases_initializer": "use_bias=False"}
_RELU = {"activation": '"relu"'}


def _layer(
    params: tuple[str, ...],
    keras: str,
    base_name: str,
    rename: dict[str, str],
    defaults: dict[str, str],
    positional: int,
    formats: tuple[object, ...] = (None, "NHWC"),
) -> LayerRow:
    """A function with weights, biases and a normalizer. formats: where channels may be said to stand."""
    return LayerRow(
        params, keras, base_name, _VARIABLES, positional, rename=rename, defaults=defaults, refused=_COLLECTIONS,
        only={"data_format": formats}, without=_WITHOUT, keras_variables=_KERNEL,
    )  # fmt: skip


def _convolution(keras: str) -> LayerRow:
    params = (
        "inputs", "num_outputs", "kernel_size", "stride", "padding", "data_format", "rate", "activation_fn",
        *_NORMALIZER, *_TAIL,
    )  # fmt: skip
    formats = (None, "NWC", "NHWC", "NDHWC")
    return _layer(params, keras, "Conv", _CONV_RENAMED, {"padding": '"same"', **_RELU}, 4, formats)


def _transposed(keras: str, base_name: str, layout: str) -> LayerRow:
    params = (
        "inputs", "num_outputs", "kernel_size", "stride", "padding", "data_format", "activation_fn", *_NORMALIZER,
        *_TAIL,
    )  # fmt: skip
    return _layer(params, keras, base_name, _CONV_RENAMED, {"padding": '"same"', **_RELU}, 4, (layout,))


def _operation(params: tuple[str, ...], name: str, **only: tuple[object, ...]) -> LayerRow:
    """A function without variables."""
    only = {**only, **({"data_format": (None, "NHWC")} if "data_format" in params else {})}
    return LayerRow(params, "", name, operation=name, refused=_COLLECTIONS, only=only)


_SEPARABLE = LayerRow(
    (
        "inputs", "num_outputs", "kernel_size", "depth_multiplier", "stride", "padding", "data_format", "rate",
        "activation_fn", *_NORMALIZER, "weights_initializer", "pointwise_initializer", "weights_regularizer",
        "biases_initializer", "biases_regularizer", "reuse", "variables_collections", "outputs_collections",
        "trainable", "scope",
    ),
    "SeparableConv2D", "SeparableConv2d",
    (
        ("depthwise_weights", None, True), ("pointwise_weights", None, True), ("biases", "biases_initializer", True),
    ),
    2,
    rename={
        **_CONV_RENAMED, "weights_initializer": "depthwise_initializer", "weights_regularizer": "depthwise_regularizer",
    },
    defaults={"padding": '"same"', **_RELU}, refused=_COLLECTIONS, only=_LAST,
    without={**_WITHOUT, "pointwise_initializer": ""}, never_none=frozenset({"num_outputs"}),
    twice={"weights_initializer": "pointwise_initializer", "weights_regularizer": "pointwise_regularizer"},
    keras_variables={
        "depthwise_weights": "depthwise_kernel", "pointwise_weights": "pointwise_kernel", "biases": "bias",
    },
)  # fmt: skip
_POOL = ("inputs", "kernel_size", "stride", "padding", "data_format", "outputs_collections", "scope")
_FULLY_CONNECTED = _layer(
    ("inputs", "num_outputs", "activation_fn", *_NORMALIZER, *_TAIL),
    "Dense", "fully_connected", _RENAMED, _RELU, 1,
)  # fmt: skip
_BATCH_NORM = LayerRow(
    (
        "inputs", "decay", "center", "scale", "epsilon", "activation_fn", "param_initializers", "param_regularizers",
        "updates_collections", "is_training", "reuse", "variables_collections", "outputs_collections", "trainable",
        "batch_weights", "fused", "data_format", "zero_debias_moving_mean", "scope", "renorm", "renorm_clipping",
        "renorm_decay", "adjustment",
    ),
    "BatchNormalization", "BatchNorm",
    (*_OFFSET_AND_FACTOR, *_MOVING),
    0, ("training",),
    rename={"decay": "momentum", "is_training": "training", "scope": "name"},
    defaults={"momentum": "0.999", "scale": "False", "training": "True"},
    switched_off=frozenset({"scale"}),
    refused=frozenset({
        "param_initializers", "param_regularizers", "variables_collections", "outputs_collections", "batch_weights",
        "renorm_clipping", "renorm_decay", "adjustment",
    }),
    # contrib computes features by the fused kernel too, and may update its averages in place
    extra=("fused_ranks=(2, 4)",),
    only={
        "data_format": (None, "NHWC"), "fused": (None, True, False), "zero_debias_moving_mean": (False,),
        "renorm": (False,),
    },
    without={"activation_fn": ""},
)  # fmt: skip
_LAYER_NORM = LayerRow(
    (
        "inputs", "center", "scale", "activation_fn", "reuse", "variables_collections", "outputs_collections",
        "trainable", "begin_norm_axis", "begin_params_axis", "scope",
    ),
    "LayerNormalization", "LayerNorm", _OFFSET_AND_FACTOR,
    rename={"scope": "name"}, defaults={"epsilon": "1e-12"}, refused=_COLLECTIONS,
    only={"begin_params_axis": (-1,)}, without={"activation_fn": ""},
)  # fmt: skip
_INSTANCE_NORM = LayerRow(
    (
        "inputs", "center", "scale", "epsilon", "activation_fn", "param_initializers", "reuse",
        "variables_collections", "outputs_collections", "trainable", "data_format", "scope",
    ),
    "GroupNormalization", "InstanceNorm", _OFFSET_AND_FACTOR,
    rename={"scope": "name"}, defaults={"groups": "-1", "epsilon": "1e-6"},
    refused=_COLLECTIONS | {"param_initializers"}, only=_LAST, without={"activation_fn": ""},
)  # fmt: skip


def _partial(activation: str) -> LayerRow:
    """`functools.partial(fully_connected, activation_fn=...)`."""
    defaults = {"activation": f'"{activation}"'} if activation else {}
    return replace(_FULLY_CONNECTED, defaults=defaults, key="fully_connected", preset=frozenset({"activation_fn"}))


_FUNCTIONS = {
    "fully_connected": _FULLY_CONNECTED,
    "linear": _partial(""),
    "relu": _partial("relu"),
    "relu6": _partial("relu6"),
    "elu": _partial("elu"),
    "convolution1d": _convolution("Conv1D"),
    "convolution2d": _convolution("Conv2D"),
    "convolution3d": _convolution("Conv3D"),
    "convolution2d_transpose": _transposed("Conv2DTranspose", "Conv2d_transpose", "NHWC"),
    "convolution3d_transpose": _transposed("Conv3DTranspose", "Conv3d_transpose", "NDHWC"),
    "separable_convolution2d": _SEPARABLE,
    "batch_norm": _BATCH_NORM,
    "layer_norm": _LAYER_NORM,
    "instance_norm": _INSTANCE_NORM,
    "flatten": LayerRow(("inputs", "outputs_collections", "scope"), "Flatten", "Flatten", refused=_COLLECTIONS),
    "dropout": _operation(
        ("inputs", "keep_prob", "noise_shape", "is_training", "outputs_collections", "scope", "seed"), "keep",
        noise_shape=(None,),
    ),
    "max_pool2d": _operation(_POOL, "max_pool2d"),
    "avg_pool2d": _operation(_POOL, "avg_pool2d"),
}  # fmt: skip
_OTHER_NAMES = {
    "conv1d": "convolution1d", "conv2d": "convolution2d", "conv3d": "convolution3d",
    "conv2d_transpose": "convolution2d_transpose", "conv3d_transpose": "convolution3d_transpose",
    "separable_conv2d": "separable_convolution2d",
}  # fmt: skip
# what runs a layer function several times: with the same arguments, or each time with others
REPEAT, STACK = "tf.contrib.layers.repeat", "tf.contrib.layers.stack"
# functions of contrib.framework that slim hands on
_LISTS = ("get_variables", "get_trainable_variables", "get_model_variables")
_RESTORING = (
    "assign_from_checkpoint", "assign_from_checkpoint_fn", "get_variables_to_restore", "get_variables_by_name",
    "get_variables_by_suffix", "get_unique_variable",
)  # fmt: skip
_LIBRARY = "tf.contrib.layers"
_HOMES = ("tf.contrib.slim", "tf_slim", "tf_slim.layers", f"{_LIBRARY}.python.layers")

CONTRIB: dict[str, LayerRow] = {
    f"{_LIBRARY}.{name}": replace(row, key=f"{_LIBRARY}.{row.key or name}") for name, row in _FUNCTIONS.items()
}
CONTRIB_ALIASES: dict[str, str] = {
    **{f"{_LIBRARY}.{other}": f"{_LIBRARY}.{name}" for other, name in _OTHER_NAMES.items()},
    **{
        f"{home}.{other}": f"{_LIBRARY}.{_OTHER_NAMES.get(other, other)}"
        for home in _HOMES
        for other in (*_FUNCTIONS, *_OTHER_NAMES, "repeat", "stack")
    },
    **{
        f"{home}.{name}": f"tf.contrib.framework.{name}"
        for home in ("tf.contrib.slim", "tf_slim")
        for name in ("arg_scope", *_LISTS, *_RESTORING)
    },
}
# what finds variables by their TF1 names
RESTORING = {f"tf.contrib.framework.{name}" for name in _RESTORING}
# what may normalize the outputs of another layer
NORMALIZERS = {f"{_LIBRARY}.{name}" for name in ("batch_norm", "layer_norm", "instance_norm")}
