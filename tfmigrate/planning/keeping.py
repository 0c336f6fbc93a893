"""Which functions of the libraries say the last dimension of what they give, and which leave that of their input."""

from __future__ import annotations

import ast

from tfmigrate.program.aliases import library_name
from tfmigrate.tf1 import symbols
from tfmigrate.walk.values import FunctionValue, Library, Value

KEEPS = {
    "relu", "elu", "selu", "tanh", "sigmoid", "softplus", "leaky_relu", "relu6", "dropout", "identity", "softmax",
    "bias_add",
    "lrn", "local_response_normalization", "stop_gradient", "exp", "square", "abs", "nn.relu", "max_pool", "avg_pool",
}  # fmt: skip
_LAYERS_THAT_KEEP = {
    "tf.layers.batch_normalization", "tf.layers.dropout", "tf.layers.average_pooling2d", "tf.layers.max_pooling2d",
    "tf.contrib.layers.dropout", "tf.contrib.layers.avg_pool2d", "tf.contrib.layers.max_pool2d",
}  # fmt: skip
ELEMENTWISE = {"tf.add", "tf.subtract", "tf.multiply", "tf.maximum", "tf.minimum"}
# what says the last dimension of the outputs, and the rank of these; None: that of the inputs
SIZES: dict[str, tuple[str, int | None]] = {
    "tf.layers.dense": ("units", None),
    "tf.layers.conv1d": ("filters", 3),
    "tf.layers.conv2d": ("filters", 4),
    "tf.layers.conv2d_transpose": ("filters", 4),
    "tf.contrib.layers.fully_connected": ("num_outputs", None),
}
_FLATTENS = {"tf.layers.flatten", "tf.contrib.layers.flatten"}


def is_flattening(value: Value | None) -> bool:
    """Whether a function gives all numbers of each image in one row: the library's own, or one that only calls it."""
    if isinstance(value, Library):
        return value.name in _FLATTENS
    body = value.function.node.body if isinstance(value, FunctionValue) else []
    last = body[-1].value if len(body) == 1 and isinstance(body[-1], ast.Return) else None
    if not isinstance(value, FunctionValue) or not isinstance(last, ast.Call) or len(last.args) != 1 or last.keywords:
        return False
    taken = last.args[0]
    known = value.function.params[:1] == [getattr(taken, "id", None)] and not value.function.node.decorator_list
    return known and symbols.canonical(library_name(value.function.module, last.func) or "") in _FLATTENS


def keeps_last(name: str, call: ast.Call) -> bool:
    """Whether an operation leaves the last dimension as it is; of images that is not their channels everywhere."""
    formatted = any(k.arg == "data_format" for k in call.keywords)
    if name in _LAYERS_THAT_KEEP:
        return not formatted and not any(k.arg == "axis" for k in call.keywords)
    return name.rsplit(".", 1)[-1] in KEEPS and "layers" not in name and not formatted
