"""RNN cells with TensorFlow 1's variables, and its functions that run them under a scope. They go into the file that
uses them."""

from __future__ import annotations

STATE = """\
LSTMStateTuple = collections.namedtuple("LSTMStateTuple", ("c", "h"))
"""

_LSTM_STATE = """
    @property
    def state_size(self):
        return LSTMStateTuple({c}, {h})

    def zero_state(self, batch_size, dtype):
        return LSTMStateTuple(*(tf.zeros([batch_size, size], dtype) for size in self.state_size))
"""

_STATE = """
    @property
    def state_size(self):
        return self.num_units

    def zero_state(self, batch_size, dtype):
        return tf.zeros([batch_size, self.num_units], dtype)
"""

BASIC_LSTM = f'''\
class BasicLSTMCell(keras.layers.Layer):
    """One step of an LSTM with the variables of TensorFlow 1: one kernel for all gates, of the inputs and the state."""

    def __init__(self, num_units, forget_bias=1.0, activation=None, initializer=None, name="basic_lstm_cell", **kwargs):
        super().__init__(name=name, **kwargs)
        self.num_units = self.output_size = num_units
        self.forget_bias = forget_bias
        self.activation = keras.activations.get(activation or tf.tanh)
        self.initializer = initializer
{_LSTM_STATE.format(c="self.num_units", h="self.num_units")}
    def build(self, inputs_shape):
        rows = inputs_shape[-1] + self.num_units
        self.kernel = self.add_weight(name="kernel", shape=[rows, 4 * self.num_units], initializer=self.initializer)
        self.bias = self.add_weight(name="bias", shape=[4 * self.num_units], initializer="zeros")

    def call(self, inputs, state):
        c, h = state
        gates = tf.matmul(tf.concat([inputs, h], 1), self.kernel) + self.bias
        i, j, f, o = tf.split(gates, 4, axis=1)
        c = c * tf.sigmoid(f + self.forget_bias) + tf.sigmoid(i) * self.activation(j)
        h = self.activation(c) * tf.sigmoid(o)
        return h, LSTMStateTuple(c, h)
'''

LSTM = f'''\
class LSTMCell(keras.layers.Layer):
    """One step of an LSTM with the variables of TensorFlow 1: one kernel for all gates, of the inputs and the state."""

    def __init__(self, num_units, use_peepholes=False, cell_clip=None, initializer=None, num_proj=None, proj_clip=None,
                 forget_bias=1.0, activation=None, name="lstm_cell", **kwargs):
        super().__init__(name=name, **kwargs)
        self.num_units = num_units
        self.use_peepholes = use_peepholes
        self.cell_clip = cell_clip
        self.initializer = initializer
        self.output_size = num_units if num_proj is None else num_proj
        self.projection = None
        if num_proj is not None:
            self.projection = keras.layers.Dense(
                num_proj, use_bias=False, kernel_initializer=initializer or "glorot_uniform", name="projection")
        self.proj_clip = proj_clip
        self.forget_bias = forget_bias
        self.activation = keras.activations.get(activation or tf.tanh)
{_LSTM_STATE.format(c="self.num_units", h="self.output_size")}
    def build(self, inputs_shape):
        rows = inputs_shape[-1] + self.output_size
        self.kernel = self.add_weight(name="kernel", shape=[rows, 4 * self.num_units], initializer=self.initializer)
        self.bias = self.add_weight(name="bias", shape=[4 * self.num_units], initializer="zeros")
        if self.use_peepholes:
            self.w_f_diag = self.add_weight(name="w_f_diag", shape=[self.num_units], initializer=self.initializer)
            self.w_i_diag = self.add_weight(name="w_i_diag", shape=[self.num_units], initializer=self.initializer)
            self.w_o_diag = self.add_weight(name="w_o_diag", shape=[self.num_units], initializer=self.initializer)

    def call(self, inputs, state):
        c, h = state
        gates = tf.matmul(tf.concat([inputs, h], 1), self.kernel) + self.bias
        i, j, f, o = tf.split(gates, 4, axis=1)
        f += self.forget_bias
        if self.use_peepholes:
            f += self.w_f_diag * c
            i += self.w_i_diag * c
        c = c * tf.sigmoid(f) + tf.sigmoid(i) * self.activation(j)
        if self.cell_clip is not None:
            c = tf.clip_by_value(c, -self.cell_clip, self.cell_clip)
        if self.use_peepholes:
            o += self.w_o_diag * c
        h = self.activation(c) * tf.sigmoid(o)
        if self.projection is not None:
            h = self.projection(h)
            if self.proj_clip is not None:
                h = tf.clip_by_value(h, -self.proj_clip, self.proj_clip)
        return h, LSTMStateTuple(c, h)
'''

GRU = f'''\
class GRUCell(keras.layers.Layer):
    """One step of a GRU with the variables of TensorFlow 1: a kernel for both gates, and one for the candidate."""

    def __init__(self, num_units, activation=None, kernel_initializer=None, bias_initializer=None, name="gru_cell",
                 **kwargs):
        super().__init__(name=name, **kwargs)
        self.num_units = self.output_size = num_units
        kernel_initializer = kernel_initializer or "glorot_uniform"
        self.gates = keras.layers.Dense(
            2 * num_units, tf.sigmoid, kernel_initializer=kernel_initializer,
            bias_initializer=bias_initializer or "ones", name="gates")
        self.candidate = keras.layers.Dense(
            num_units, activation or tf.tanh, kernel_initializer=kernel_initializer,
            bias_initializer=bias_initializer or "zeros", name="candidate")
{_STATE}
    def call(self, inputs, state):
        r, u = tf.split(self.gates(tf.concat([inputs, state], 1)), 2, axis=1)
        c = self.candidate(tf.concat([inputs, r * state], 1))
        h = u * state + (1 - u) * c
        return h, h
'''

BASIC_RNN = f'''\
class BasicRNNCell(keras.layers.Layer):
    """One step of a plain RNN with the variables of TensorFlow 1: one kernel for the inputs and the state."""

    def __init__(self, num_units, activation=None, initializer=None, name="basic_rnn_cell", **kwargs):
        super().__init__(name=name, **kwargs)
        self.num_units = self.output_size = num_units
        self.activation = keras.activations.get(activation or tf.tanh)
        self.initializer = initializer
{_STATE}
    def build(self, inputs_shape):
        rows = inputs_shape[-1] + self.num_units
        self.kernel = self.add_weight(name="kernel", shape=[rows, self.num_units], initializer=self.initializer)
        self.bias = self.add_weight(name="bias", shape=[self.num_units], initializer="zeros")

    def call(self, inputs, state):
        h = self.activation(tf.matmul(tf.concat([inputs, state], 1), self.kernel) + self.bias)
        return h, h
'''

MULTI = '''\
class MultiRNNCell:
    """Cells on top of each other. The name scopes keep the paths that their variables had in TensorFlow 1."""

    def __init__(self, cells):
        self.cells = cells

    @property
    def state_size(self):
        return tuple(cell.state_size for cell in self.cells)

    @property
    def output_size(self):
        return self.cells[-1].output_size

    def zero_state(self, batch_size, dtype):
        return tuple(cell.zero_state(batch_size, dtype) for cell in self.cells)

    def __call__(self, inputs, state):
        states = []
        with keras.name_scope("multi_rnn_cell"):
            for i, cell in enumerate(self.cells):
                with keras.name_scope("cell_%d" % i):
                    inputs, new_state = cell(inputs, state[i])
                    states.append(new_state)
        return inputs, tuple(states)
'''

DROPOUT = '''\
class DropoutWrapper:
    """A cell with dropout on what goes in, on what comes out and on its state, but not on the memory of an LSTM."""

    def __init__(self, cell, input_keep_prob=1.0, output_keep_prob=1.0, state_keep_prob=1.0):
        self.cell = cell
        self.input_keep_prob = input_keep_prob
        self.output_keep_prob = output_keep_prob
        self.state_keep_prob = state_keep_prob
        self.state_size = cell.state_size
        self.output_size = cell.output_size
        self.zero_state = cell.zero_state

    def __call__(self, inputs, state):
        outputs, state = self.cell(dropped(inputs, self.input_keep_prob), state)
        return dropped(outputs, self.output_keep_prob), self.dropped_state(state)

    def dropped_state(self, state):
        if hasattr(state, "_replace"):
            return state._replace(h=dropped(state.h, self.state_keep_prob))
        if isinstance(state, tuple):
            return tuple(map(self.dropped_state, state))
        return dropped(state, self.state_keep_prob)


def dropped(x, keep_prob):
    """Dropout, or the tensor itself where all of it is kept."""
    return x if not tf.is_tensor(keep_prob) and keep_prob == 1 else tf.nn.dropout(x, rate=1 - keep_prob)
'''

RESIDUAL = '''\
class ResidualWrapper:
    """A cell whose inputs are added to what comes out."""

    def __init__(self, cell):
        self.cell = cell
        self.state_size = cell.state_size
        self.output_size = cell.output_size
        self.zero_state = cell.zero_state

    def __call__(self, inputs, state):
        outputs, state = self.cell(inputs, state)
        return inputs + outputs, state
'''

DEVICE = '''\
class DeviceWrapper:
    """A cell that runs on a device of its own."""

    def __init__(self, cell, device):
        self.cell = cell
        self.device = device
        self.state_size = cell.state_size
        self.output_size = cell.output_size
        self.zero_state = cell.zero_state

    def __call__(self, inputs, state):
        with tf.device(self.device):
            return self.cell(inputs, state)
'''

SCOPED = '''\
class ScopedCell:
    """A cell whose variables are under a name scope, as those of TensorFlow 1 were under the scope that ran it."""

    def __init__(self, cell, scope):
        self.cell = cell
        self.scope = scope
        self.state_size = cell.state_size
        self.output_size = cell.output_size
        self.zero_state = cell.zero_state

    def __call__(self, inputs, state):
        with keras.name_scope(self.scope):
            return self.cell(inputs, state)
'''

_RUN = '''\
def {name}(cell, inputs, *args, scope=None, **kwargs):
    """tf.nn.{name}, with its scope in the paths of the cell's variables."""
    with keras.name_scope(scope or "rnn"):
        return tf.nn.{name}(cell, inputs, *args, **kwargs)
'''

_RUN_BOTH = '''\
def {name}(cell_fw, cell_bw, inputs, *args, scope=None, **kwargs):
    """tf.nn.{name}, with its scopes in the paths of the cells' variables."""
    with keras.name_scope(scope or "bidirectional_rnn"):
        cell_fw, cell_bw = ScopedCell(cell_fw, "fw"), ScopedCell(cell_bw, "bw")
        return tf.nn.{name}(cell_fw, cell_bw, inputs, *args, **kwargs)
'''

EMITTED_CELLS = {
    "LSTMStateTuple": STATE,
    "BasicLSTMCell": BASIC_LSTM,
    "LSTMCell": LSTM,
    "GRUCell": GRU,
    "BasicRNNCell": BASIC_RNN,
    "MultiRNNCell": MULTI,
    "DropoutWrapper": DROPOUT,
    "ResidualWrapper": RESIDUAL,
    "DeviceWrapper": DEVICE,
    "ScopedCell": SCOPED,
    "dynamic_rnn": _RUN.format(name="dynamic_rnn"),
    "static_rnn": _RUN.format(name="static_rnn"),
    "bidirectional_dynamic_rnn": _RUN_BOTH.format(name="bidirectional_dynamic_rnn"),
    "static_bidirectional_rnn": _RUN_BOTH.format(name="static_bidirectional_rnn"),
}
# modules of Python that the code needs
NEEDED_IMPORTS = {"LSTMStateTuple": "collections"}
