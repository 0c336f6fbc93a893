"""`tf.layers.*`: arguments, default names, variables, and the Keras layer that each becomes.

Source: tensorflow/python/layers of TensorFlow 1.15.5 and keras/src/layers of Keras 3.15.
"""

from __future__ import annotations

from tfmigrate.tf1.cells import CELL_ALIASES
from tfmigrate.tf1.contrib_layers import CONTRIB, CONTRIB_ALIASES
from tfmigrate.tf1.rows import LayerRow

_KERNEL_BIAS = (("kernel", None, True), ("bias", "use_bias", True))
_MOVING = (("moving_mean", None, False), ("moving_variance", None, False))
_CONV_TAIL = (
    "activation", "use_bias", "kernel_initializer", "bias_initializer", "kernel_regularizer", "bias_regularizer",
    "activity_regularizer", "kernel_constraint", "bias_constraint", "trainable", "name", "reuse",
)  # fmt: skip
_CONV = ("inputs", "filters", "kernel_size", "strides", "padding", "data_format", "dilation_rate", *_CONV_TAIL)
_TRANSPOSE = ("inputs", "filters", "kernel_size", "strides", "padding", "data_format", *_CONV_TAIL)
_SEPARABLE = (
    "inputs", "filters", "kernel_size", "strides", "padding", "data_format", "dilation_rate", "depth_multiplier",
    "activation", "use_bias", "depthwise_initializer", "pointwise_initializer", "bias_initializer",
    "depthwise_regularizer", "pointwise_regularizer", "bias_regularizer", "activity_regularizer",
    "depthwise_constraint", "pointwise_constraint", "bias_constraint", "trainable", "name", "reuse",
)  # fmt: skip
_TWO_KERNELS = (("depthwise_kernel", None, True), ("pointwise_kernel", None, True), ("bias", "use_bias", True))
_POOL = ("inputs", "pool_size", "strides", "padding", "data_format", "name")

LAYERS: dict[str, LayerRow] = {
    "tf.layers.dense": LayerRow(
        (
            "inputs", "units", "activation", "use_bias", "kernel_initializer", "bias_initializer", "kernel_regularizer",
            "bias_regularizer", "activity_regularizer", "kernel_constraint", "bias_constraint", "trainable", "name",
            "reuse",
        ),
        "Dense", "dense", _KERNEL_BIAS, 10,
    ),
    "tf.layers.conv1d": LayerRow(_CONV, "Conv1D", "conv1d", _KERNEL_BIAS, 6),
    "tf.layers.conv2d": LayerRow(_CONV, "Conv2D", "conv2d", _KERNEL_BIAS, 6),
    "tf.layers.conv3d": LayerRow(_CONV, "Conv3D", "conv3d", _KERNEL_BIAS, 6),
    "tf.layers.conv2d_transpose": LayerRow(_TRANSPOSE, "Conv2DTranspose", "conv2d_transpose", _KERNEL_BIAS, 4),
    "tf.layers.conv3d_transpose": LayerRow(_TRANSPOSE, "Conv3DTranspose", "conv3d_transpose", _KERNEL_BIAS, 4),
    "tf.layers.separable_conv1d": LayerRow(_SEPARABLE, "SeparableConv1D", "separable_conv1d", _TWO_KERNELS, 9),
    "tf.layers.separable_conv2d": LayerRow(_SEPARABLE, "SeparableConv2D", "separable_conv2d", _TWO_KERNELS, 9),
    "tf.layers.batch_normalization": LayerRow(
        (
            "inputs", "axis", "momentum", "epsilon", "center", "scale", "beta_initializer", "gamma_initializer",
            "moving_mean_initializer", "moving_variance_initializer", "beta_regularizer", "gamma_regularizer",
            "beta_constraint", "gamma_constraint", "training", "trainable", "name", "reuse", "renorm",
            "renorm_clipping",
            "renorm_momentum", "fused", "virtual_batch_size", "adjustment",
        ),
        "BatchNormalization", "batch_normalization",
        (("gamma", "scale", True), ("beta", "center", True), *_MOVING),
        5, ("training",),
    ),
    "tf.layers.flatten": LayerRow(("inputs", "name", "data_format"), "Flatten", "flatten"),
    "tf.layers.max_pooling1d": LayerRow(_POOL, "MaxPooling1D", "max_pooling1d", (), 4),
    "tf.layers.max_pooling2d": LayerRow(_POOL, "MaxPooling2D", "max_pooling2d", (), 4),
    "tf.layers.max_pooling3d": LayerRow(_POOL, "MaxPooling3D", "max_pooling3d", (), 4),
    "tf.layers.average_pooling1d": LayerRow(_POOL, "AveragePooling1D", "average_pooling1d", (), 4),
    "tf.layers.average_pooling2d": LayerRow(_POOL, "AveragePooling2D", "average_pooling2d", (), 4),
    "tf.layers.average_pooling3d": LayerRow(_POOL, "AveragePooling3D", "average_pooling3d", (), 4),
    "tf.layers.dropout": LayerRow(
        ("inputs", "rate", "noise_shape", "seed", "training", "name"), "", "dropout", operation="dropout"
    ),
    **CONTRIB,
}  # fmt: skip

# Arguments whose meaning Keras does not share, or that fill a collection a Keras layer does not fill. Constraints hold
# for TF1's optimizers, which find them on the variable of TF1, not on the one inside a variable of Keras.
UNSUPPORTED = {
    "activity_regularizer", "renorm", "renorm_clipping", "renorm_momentum", "virtual_batch_size", "adjustment",
    "noise_shape", "kernel_constraint", "bias_constraint", "depthwise_constraint", "pointwise_constraint",
    "beta_constraint", "gamma_constraint",
}  # fmt: skip
DROPPED = {"name", "reuse", "inputs", "fused", "scope", "updates_collections"}
# None is TF1's word for "the default" in these; Keras wants the argument left out. Of a bias it says in both that the
# values are drawn like those of any other variable.
NONE_IS_DEFAULT = {"kernel_initializer", "depthwise_initializer", "pointwise_initializer"}
ALIASES = {
    "tf.layers.separable_convolution2d": "tf.layers.separable_conv2d",
    "tf.layers.separable_convolution1d": "tf.layers.separable_conv1d",
    "tf.layers.average_pooling": "tf.layers.average_pooling2d",
    **CONTRIB_ALIASES,
    **CELL_ALIASES,
}

GET_VARIABLE = (
    "name", "shape", "dtype", "initializer", "regularizer", "trainable", "collections", "caching_device", "partitioner",
    "validate_shape", "use_resource", "custom_getter", "constraint", "synchronization", "aggregation",
)  # fmt: skip
VARIABLE = (
    "initial_value", "trainable", "collections", "validate_shape", "caching_device", "name", "variable_def", "dtype",
)  # fmt: skip
# `use_resource` is how a variable is stored, not what it is: every Keras variable is a resource.
WEIGHT_ARGUMENTS = {
    "name", "shape", "dtype", "initializer", "regularizer", "trainable", "collections", "use_resource",
    "validate_shape",
}  # fmt: skip
VARIABLE_SCOPE = (
    "name_or_scope", "default_name", "values", "initializer", "regularizer", "caching_device", "partitioner",
    "custom_getter", "reuse", "dtype", "use_resource", "constraint", "auxiliary_name_scope",
)  # fmt: skip
SCOPE_ARGUMENTS = {
    "name_or_scope", "default_name", "values", "reuse", "initializer", "regularizer", "use_resource",
    "auxiliary_name_scope",
}  # fmt: skip
