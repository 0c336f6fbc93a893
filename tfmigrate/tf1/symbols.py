"""Names of TensorFlow 1 that the analysis has to tell apart."""

from __future__ import annotations

import re
from functools import lru_cache

# Any of these in a text makes the file worth parsing.
MARKER = re.compile(
    r"variable_scope|get_variable|reuse_variables|make_template|\blayers\b|slim|rnn_cell|tensorflow|\btf\b"
)

# What only the outside of a network does; a function that does it is a root. Networks read the global step as well.
ROOT_EVIDENCE = re.compile(
    r"^tf\.(placeholder(_with_default)?|Session|InteractiveSession|global_variables_initializer|"
    r"initialize_all_variables|train\.(?!(get_|get_or_create_)?global_step$).*|data\..*|app\.run|estimator\..*|ConfigProto|gradients|report_uninitialized_variables)$"
)
SESSION = {
    "tf.Session", "tf.InteractiveSession", "tf.train.MonitoredSession", "tf.train.MonitoredTrainingSession",
    "tf.train.Supervisor", "tf.train.SingularMonitoredSession",
}  # fmt: skip
# Optimizers without slots: a program that uses only these has no more variables than its layers.
SLOTLESS = {"tf.train.GradientDescentOptimizer", "tf.train.ProximalGradientDescentOptimizer"}
BY_NAME = {
    "tf.train.init_from_checkpoint", "tf.train.NewCheckpointReader",
    "tf.train.load_variable", "tf.train.list_variables", "tf.contrib.framework.init_from_checkpoint",
}  # fmt: skip

# Foreign layers and variable makers that are not covered; each is refused where it stands.
FOREIGN_LAYERS = re.compile(
    r"^(tf\.contrib\.(layers|slim|rnn|cudnn_rnn|seq2seq|legacy_seq2seq|keras|framework\.(arg_scope|add_arg_scope|model_variable|variable))\b"
    r"|tf_slim\b|tf\.nn\.(rnn_cell|static_rnn|dynamic_rnn|bidirectional_dynamic_rnn|static_bidirectional_rnn|raw_rnn)\b"
    r"|tf\.layers\.|sonnet\b|tflearn\b|tensorlayer\b)"
)
# Initializers of contrib, some of which TensorFlow 2 has by another name
GONE = re.compile(r"^((tf\.contrib|tf_slim)\..*_initializer(_conv2d)?|tf\.keras\.initializers\.(get|deserialize))$")
# Of those, what makes no variable and opens no scope.
HARMLESS = re.compile(
    r"(initializer|xavier_initializer\w*|regularizer|flatten|arg_scope|batch_norm_params|max_pool2d|avg_pool2d|dropout|get_variables\w*|"
    r"assign_from_checkpoint\w*|l2_loss|summarize\w*)$"
)
MAKERS = {
    "tf.Variable": "TFM504",
    "tf.make_template": "TFM505",
    "tf.get_local_variable": "TFM503",
    "tf.variable_op_scope": "TFM203",
    "tf.contrib.framework.local_variable": "TFM503",
}

PYTHON_RESULTS = re.compile(
    r"(_(initializer(_conv2d)?|regularizer)|HParams|RunConfig|regularizers?\..*|initializers\..*|constraints\..*|Optimizer|ConfigProto|Session|Saver|app\..*|flags\..*|gfile\..*|"
    r"logging\..*|GraphKeys\..*|Graph|FileWriter|Coordinator|get_default_graph|name_scope|device|control_dependencies|Dimension|TensorShape)$"
)
HALF_OR_DOUBLE = re.compile(r"float64|to_double|\bdouble\b|float16|\bhalf\b|bfloat16|set_floatx")

KEYS = {
    "tf.GraphKeys.TRAINABLE_VARIABLES": "trainable",
    "tf.GraphKeys.GLOBAL_VARIABLES": "global",
    "tf.GraphKeys.VARIABLES": "global",
    "trainable_variables": "trainable",
    "variables": "global",
}
# Collections that Keras layers do not fill.
UNFILLED = {"tf.GraphKeys.MODEL_VARIABLES", "model_variables"}
# What a Keras layer calls the lists of its own variables.
LISTS_OF_LAYERS = frozenset({"variables", "weights", "trainable_variables", "trainable_weights"})
# Functions that take a Keras variable as it is; elsewhere its `.value` is passed.
TAKES_VARIABLES = {
    "matmul", "add", "subtract", "multiply", "conv1d", "conv2d", "conv3d", "conv2d_transpose", "depthwise_conv2d",
    "bias_add", "reshape", "transpose", "square", "reduce_sum", "reduce_mean", "reduce_max", "l2_loss", "gather",
    "xw_plus_b", "tensordot", "expand_dims", "exp", "tile", "sigmoid", "tanh", "softmax", "relu", "einsum",
    "l2_normalize",
}  # fmt: skip


@lru_cache(maxsize=20_000)
def canonical(name: str) -> str:
    """The one name of a symbol: `tensorflow.compat.v1.layers.dense` is `tf.layers.dense`."""
    if name == "tensorflow" or name.startswith("tensorflow."):
        name = "tf" + name[10:]
    name = re.sub(r"^tf\.(_api\.v[12]\.)?compat\.v1(?=\.|$)", "tf", name)
    name = re.sub(r"^tf\.python\.layers\.(core|convolutional|normalization|pooling)\.", "tf.layers.", name)
    name = re.sub(r"^tf\.python\.(ops\.)?(variable_scope|layers|init_ops|array_ops|math_ops|nn_ops)\.", "tf.", name)
    name = re.sub(
        r"^tf\.contrib\.layers\.python\.layers\.((initializers|regularizers|layers)\.)?", "tf.contrib.layers.", name
    )
    name = re.sub(r"^tf\.contrib\.slim\.python\.slim\b", "tf.contrib.slim", name)
    name = re.sub(r"^tf\.contrib\.framework\.python\.ops\.(variables\.)?", "tf.contrib.framework.", name)
    return {"np": "numpy"}.get(name, name)
