"""Cells of `tf.nn.rnn_cell` and `tf.contrib.rnn`, and the functions that run them.

Source: tensorflow/python/ops/rnn_cell_impl.py, rnn_cell_wrapper_impl.py and rnn.py of TensorFlow 1.15.5.
"""

from __future__ import annotations

from tfmigrate.tf1.rows import LayerRow

_KERNEL_BIAS = (("kernel", None, True), ("bias", None, True))
_STATE_IS_TUPLE: dict[str, tuple[object, ...]] = {"state_is_tuple": (True,)}

# Cells that have variables. What they are made with is, under the same names, what the emitted class takes.
CELLS: dict[str, LayerRow] = {
    "tf.nn.rnn_cell.BasicLSTMCell": LayerRow(
        ("num_units", "forget_bias", "state_is_tuple", "activation", "reuse", "name", "dtype"),
        "BasicLSTMCell", "basic_lstm_cell", _KERNEL_BIAS, 2, only=_STATE_IS_TUPLE, cell=True,
    ),
    "tf.nn.rnn_cell.LSTMCell": LayerRow(
        (
            "num_units", "use_peepholes", "cell_clip", "initializer", "num_proj", "proj_clip", "num_unit_shards",
            "num_proj_shards", "forget_bias", "state_is_tuple", "activation", "reuse", "name", "dtype",
        ),
        "LSTMCell", "lstm_cell",
        (
            *_KERNEL_BIAS, ("w_f_diag", "use_peepholes", True), ("w_i_diag", "use_peepholes", True),
            ("w_o_diag", "use_peepholes", True), ("projection/kernel", "num_proj", True),
        ),
        6, only=_STATE_IS_TUPLE, switched_off=frozenset({"use_peepholes", "num_proj"}),
        refused=frozenset({"num_unit_shards", "num_proj_shards"}), cell=True,
    ),
    "tf.nn.rnn_cell.GRUCell": LayerRow(
        ("num_units", "activation", "reuse", "kernel_initializer", "bias_initializer", "name", "dtype"),
        "GRUCell", "gru_cell",
        (
            ("gates/kernel", None, True), ("gates/bias", None, True), ("candidate/kernel", None, True),
            ("candidate/bias", None, True),
        ),
        2, cell=True,
    ),
    "tf.nn.rnn_cell.BasicRNNCell": LayerRow(
        ("num_units", "activation", "reuse", "name", "dtype"),
        "BasicRNNCell", "basic_rnn_cell", _KERNEL_BIAS, 2, cell=True,
    ),
}  # fmt: skip
# By which argument the emitted class is told how kernels start that the program says nothing of.
STARTED_BY = {
    "BasicLSTMCell": "initializer",
    "LSTMCell": "initializer",
    "GRUCell": "kernel_initializer",
    "BasicRNNCell": "initializer",
}
# What the emitted class is not told.
UNTOLD = {"reuse", "name", "dtype", "state_is_tuple"}

# Cells around other cells. They have no variables, so they are made at every call, as before.
WRAPPERS: dict[str, LayerRow] = {
    "tf.nn.rnn_cell.MultiRNNCell": LayerRow(
        ("cells", "state_is_tuple"), "", "multi_rnn_cell", operation="MultiRNNCell", only=_STATE_IS_TUPLE
    ),
    "tf.nn.rnn_cell.DropoutWrapper": LayerRow(
        (
            "cell", "input_keep_prob", "output_keep_prob", "state_keep_prob", "variational_recurrent", "input_size",
            "dtype", "seed", "dropout_state_filter_visitor",
        ),
        "", "", operation="DropoutWrapper", only={"variational_recurrent": (False,)},
        refused=frozenset({"input_size", "dtype", "seed", "dropout_state_filter_visitor"}),
    ),
    "tf.nn.rnn_cell.ResidualWrapper": LayerRow(
        ("cell", "residual_fn"), "", "", operation="ResidualWrapper", refused=frozenset({"residual_fn"})
    ),
    "tf.nn.rnn_cell.DeviceWrapper": LayerRow(("cell", "device"), "", "", operation="DeviceWrapper"),
}  # fmt: skip

_DYNAMIC = ("dtype", "parallel_iterations", "swap_memory", "time_major", "scope")
_TWO_STATES = ("initial_state_fw", "initial_state_bw")
# Functions that run cells. `base_name` is the scope that they open if they are given none.
DRIVERS: dict[str, LayerRow] = {
    "tf.nn.dynamic_rnn": LayerRow(
        ("cell", "inputs", "sequence_length", "initial_state", *_DYNAMIC), "", "rnn", operation="dynamic_rnn"
    ),
    "tf.nn.static_rnn": LayerRow(
        ("cell", "inputs", "initial_state", "dtype", "sequence_length", "scope"), "", "rnn", operation="static_rnn"
    ),
    "tf.nn.bidirectional_dynamic_rnn": LayerRow(
        ("cell_fw", "cell_bw", "inputs", "sequence_length", *_TWO_STATES, *_DYNAMIC),
        "", "bidirectional_rnn", operation="bidirectional_dynamic_rnn",
    ),
    "tf.nn.static_bidirectional_rnn": LayerRow(
        ("cell_fw", "cell_bw", "inputs", *_TWO_STATES, "dtype", "sequence_length", "scope"),
        "", "bidirectional_rnn", operation="static_bidirectional_rnn",
    ),
}  # fmt: skip

# Which of their parameters take a cell.
DRIVEN = ("cell", "cell_fw", "cell_bw")

# The state of an LSTM as the program puts it together.
STATES = {"tf.nn.rnn_cell.LSTMStateTuple": LayerRow(("c", "h"), "", "", operation="LSTMStateTuple")}

KNOWN = {*CELLS, *WRAPPERS, *DRIVERS, *STATES}

# A call of a cell.
STEP = LayerRow(("inputs", "state", "scope"), "", "", operation="step")

# What Keras computes as TensorFlow 1 does under the same name.
ACTIVATIONS = {"tanh", "relu", "sigmoid", "linear", "elu", "softplus", "softsign"}

_HOMES = {
    "tf.contrib.rnn", "tf.python.ops.rnn_cell", "tf.python.ops.rnn_cell_impl", "tf.models.rnn.rnn_cell",
    "tf.contrib.rnn.core_rnn_cell", "tf.contrib.rnn.python.ops.core_rnn_cell",
}  # fmt: skip
_CLASSES = {f"{home}.{name.rsplit('.', 1)[-1]}": name for home in _HOMES for name in (*CELLS, *WRAPPERS, *STATES)}
_FUNCTIONS = {
    f"{home}.{name.rsplit('.', 1)[-1]}": name for home in ("tf.contrib.rnn", "tf.python.ops.rnn") for name in DRIVERS
}
CELL_ALIASES = {**_CLASSES, **_FUNCTIONS}
