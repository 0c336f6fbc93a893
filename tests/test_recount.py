"""The recount: which variables Keras code has, under which paths, and how often each is read."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tfmigrate.program.link import Program, parse_module
from tfmigrate.proving.counting import Counting
from tfmigrate.proving.keras3 import Weight
from tfmigrate.proving.recount import Counted, recount, requested
from tfmigrate.walk.arguments import Arguments
from tfmigrate.walk.execute import Executor
from tfmigrate.walk.frames import Frame
from tfmigrate.walk.semantics import Semantics
from tfmigrate.walk.sharing import Scoping
from tfmigrate.walk.values import Env, FunctionValue, ListValue

KERAS = """
import keras
import tensorflow.compat.v1 as tf

class Linear(keras.layers.Layer):
    def __init__(self, size, **kwargs):
        super().__init__(**kwargs)
        self.size = size

    def build(self, x_shape):
        self.w = self.add_weight(name="w", shape=[x_shape[-1], self.size])

    def call(self, x):
        return tf.matmul(x, self.w)

x = tf.placeholder(tf.float32, [2, 3])
"""


def _walk(text: str, semantics: Semantics) -> tuple[Executor, Env]:
    module = parse_module("program", Path("program.py"), text)
    executor = Executor(Program({"program": module}), semantics)
    executor.frame = Frame(None, module, None, None, Env({}, None, module))
    return executor, executor.module_env(module)


def _counting(text: str) -> Counting:
    counting = Counting()
    _walk(KERAS + text, counting)
    return counting


def _count(text: str) -> list[Counted]:
    counting = _counting(text)
    assert not counting.problems
    return recount(counting)


def _reads(text: str) -> list[tuple[str, int]]:
    return [(counted.path, counted.reads) for counted in _count(text)]


# --- instances and sharing


def test_one_instance_called_twice_is_one_variable() -> None:
    expected = [Counted("net/w", ("x.shape[-1]", "8"), "float32", True, 2)]
    assert _count("net = Linear(8, name='net')\nnet(x)\nnet(x)") == expected


def test_a_second_instance_is_a_second_variable_of_the_same_path() -> None:
    assert _reads("Linear(8, name='net')(x)\nLinear(8, name='net')(x)") == [("net/w", 1), ("net/w", 1)]


def test_a_layer_that_is_not_called_has_no_variables() -> None:
    assert _count("net = Linear(8, name='net')") == []


NET = """
class Net(keras.layers.Layer):
    def __init__(self, depth, name="net", **kwargs):
        super().__init__(name=name, **kwargs)
        self.depth = depth
        {init}

    def call(self, x):
        {loop}
        return x

net = Net(3)
net(x)
"""
COMPREHENSION = "self.hs = [Linear(4, name='h%d' % i) for i in range(depth)]"
APPENDED = "self.hs = []\n        for i in range(depth):\n            self.hs.append(Linear(4, name='h%d' % i))"


def _net(init: str, loop: str) -> str:
    return NET.format(init=init, loop=loop)


@pytest.mark.parametrize("init", [COMPREHENSION, APPENDED])
@pytest.mark.parametrize(
    "loop",
    [
        "for i in range(self.depth): x = self.hs[i](x)",
        "for h in self.hs: x = h(x)",
        "for i, h in enumerate(self.hs): x = h(x)",
        "for h, size in zip(self.hs, [1, 2, 3]): x = h(x)",
    ],
)
def test_layers_of_a_loop_are_one_symbolic_layer(init: str, loop: str) -> None:
    assert _reads(_net(init, loop)) == [("net/h{i}/w", 2)]


def test_a_loop_that_starts_later_is_indexed_from_its_start() -> None:
    init = "self.hs = [Linear(4, name='h%d' % i) for i in range(1, depth)]"
    assert _reads(_net(init, "for i in range(1, self.depth): x = self.hs[i - 1](x)")) == [("net/h{i}/w", 2)]


def test_layers_of_nested_loops_are_one_symbolic_layer() -> None:
    init = "self.hs = [[Linear(4, name='h%d_%d' % (i, j)) for j in range(2)] for i in range(depth)]"
    loop = "for i in range(self.depth):\n            for j in range(2): x = self.hs[i][j](x)"
    assert _reads(_net(init, loop)) == [("net/h{i}_{j}/w", 4)]


@pytest.mark.parametrize("index", ["0", "self.depth - 1 - i", "i + 1"])
def test_a_wrong_index_is_not_taken_for_the_right_one(index: str) -> None:
    assert _reads(_net(COMPREHENSION, f"for i in range(self.depth): x = self.hs[{index}](x)")) == []


def test_the_first_round_may_differ() -> None:
    init = "self.hs = [keras.layers.Dense(4, use_bias=i > 0, name='h%d' % i) for i in range(depth)]"
    counted = _reads(_net(init, "for i in range(self.depth): x = self.hs[i](x)"))
    assert counted == [("net/h{i}/kernel", 2), ("net/h{i}/bias", 1)]


def test_one_name_for_every_round_is_a_variable_for_every_round() -> None:
    init = "self.hs = [Linear(4, name='h') for i in range(depth)]"
    assert _reads(_net(init, "for i in range(self.depth): x = self.hs[i](x)")) == [("net/h/w", 1), ("net/h/w", 1)]


def test_weights_of_a_loop_are_one_symbolic_weight() -> None:
    text = """
class Maxout(keras.layers.Layer):
    def build(self, x_shape):
        self.ws = [self.add_weight(name="w%d" % i, shape=[x_shape[1]]) for i in range(5)]

    def call(self, x):
        return tf.stack([x * self.ws[i] for i in range(5)])

Maxout(name="maxout")(x)
"""
    assert _count(text) == [Counted("maxout/w{i}", ("x.shape[1]",), "float32", True, 1)]


def test_layers_in_a_dictionary() -> None:
    init = "self.hs = {'a': Linear(4, name='a'), 'b': Linear(4, name='b')}"
    assert _reads(_net(init, "x = self.hs['b'](self.hs['a'](x))")) == [("net/a/w", 1), ("net/b/w", 1)]


# --- paths


def test_a_name_scope_reaches_the_sub_layers() -> None:
    loop = "with keras.name_scope('deep'): x = self.h(x)"
    text = f"with keras.name_scope('ambient'):{_indented(_net('self.h = Linear(4, name=' + repr('h') + ')', loop))}"
    assert _reads(text) == [("ambient/net/deep/h/w", 1)]


def _indented(text: str) -> str:
    return text.replace("\n", "\n    ")


def test_a_name_scope_around_add_weight_does_not_reach_the_path() -> None:
    text = """
class Scale(keras.layers.Layer):
    def build(self, shape):
        with keras.name_scope("lost"):
            self.s = self.add_weight(name="s", shape=[])

    def call(self, x):
        return x * self.s

Scale(name="scale")(x)
"""
    assert _count(text) == [Counted("scale/s", (), "float32", True, 1)]


def test_a_tf_scope_does_not_reach_the_path() -> None:
    text = "with tf.variable_scope('a'), tf.name_scope('b'): Linear(8, name='net')(x)"
    assert _reads(text) == [("net/w", 1)]


def test_the_first_call_decides_about_the_path() -> None:
    text = """
net = Linear(8, name="net")
with keras.name_scope("first"):
    net(x)
with keras.name_scope("second"):
    net(x)
"""
    assert _reads(text) == [("first/net/w", 2)]


METHODS = """
class Net(keras.layers.Layer):
    def __init__(self):
        super().__init__(name="net")
        self.h = Linear(8, name="h")

    def call(self, x):
        return self.h(x)

    def sample(self, x):
        return self.h(x)

net = Net()
"""


def test_a_second_method_shares() -> None:
    assert _reads(METHODS + "net(x)\nnet.sample(x)") == [("net/h/w", 2)]


def test_a_second_method_opens_no_scope() -> None:
    assert _reads(METHODS + "net.sample(x)\nnet(x)") == [("h/w", 2)]


def test_sub_layers_of_build_and_an_explicit_build() -> None:
    text = """
class Net(keras.layers.Layer):
    def build(self, x_shape):
        self.h = Linear(x_shape[-1], name="h")
        self.h.build(x_shape)

    def call(self, x):
        return x

Net(name="net")(x)
"""
    assert _count(text) == [Counted("net/h/w", ("x.shape[-1]", "x.shape[-1]"), "float32", True, 0)]


def test_the_unnamed_are_numbered_over_the_whole_program() -> None:
    text = (
        "Linear(1)(x)\nwith keras.name_scope('a'): Linear(1)(x)\nkeras.layers.Conv2DTranspose(1, 2, use_bias=False)(x)"
    )
    assert [path for path, _ in _reads(text)] == ["linear/w", "a/linear_1/w", "conv2d_transpose/kernel"]


def test_the_number_of_an_unnamed_layer_in_a_loop_is_not_known() -> None:
    assert len(_reads("for i in range(3): Linear(1)(x)\nLinear(1)(x)")) == 3
    assert "linear/w" not in dict(_reads("for i in range(3): Linear(1)(x)\nLinear(1)(x)"))


def test_tf_keras_is_keras() -> None:
    assert _reads("tf.keras.layers.Dense(1, name='d', use_bias=False)(x)") == [("d/kernel", 1)]


# --- shapes, dtypes, trainable

BUILD = """
class Net(keras.layers.Layer):
    def build(self, {build}):
        self.w = self.add_weight(name="w", shape={shape})

    def call(self, {call}):
        return self.w

y = tf.placeholder(tf.float32, [2, 3])
Net(name="net")({given})
"""


@pytest.mark.parametrize(
    ("build", "shape", "call", "given", "expected"),
    [
        ("x_shape", "[x_shape[-1], 4]", "x", "x", ("x.shape[-1]", "4")),
        ("input_shape", "[input_shape[1]]", "input_", "x", ("input.shape[1]",)),
        ("shape", "[shape[1]]", "flag, x", "x=x, flag=True", ("x.shape[1]",)),
        ("y_shape, x_shape", "[x_shape[0], y_shape[1]]", "x, y, flag=0", "x, y=y", ("x.shape[0]", "y.shape[1]")),
        ("shapes", "[shapes[0][-1], shapes[1][0]]", "xs", "[x, y]", ("x.shape[-1]", "y.shape[0]")),
        ("x_shape", "()", "x", "x", ()),
        ("x_shape", "x_shape[1:]", "x", "x", ("x.shape[1:]",)),
    ],
)
def test_the_shapes_that_build_gets(build: str, shape: str, call: str, given: str, expected: tuple[str, ...]) -> None:
    assert [c.shape for c in _count(BUILD.format(build=build, shape=shape, call=call, given=given))] == [expected]


@pytest.mark.parametrize(
    "text",
    [
        "Linear(1, name='a', trainable=False)(x)",
        "net = Linear(1, name='a')\nnet(x)\nnet.trainable = False",
        BUILD.format(build="x_shape", shape="(), trainable=False", call="x", given="x"),
    ],
)
def test_what_is_not_trained(text: str) -> None:
    assert [c.trainable for c in _count(text)] == [False]


def test_the_dtype_of_a_layer_and_of_a_weight() -> None:
    assert [c.dtype for c in _count("Linear(1, name='a', dtype='float64')(x)")] == ["float64"]
    own = BUILD.format(build="x_shape", shape="(), dtype=tf.int32", call="x", given="x")
    assert [c.dtype for c in _count(own)] == ["int32"]


# --- layers of the library


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        ("Dense(2, name='l')", ["l/kernel", "l/bias"]),
        ("Dense(2, None, False, name='l')", ["l/kernel"]),
        ("Conv2D(2, 3, padding='same', use_bias=False, name='l')", ["l/kernel"]),
        ("BatchNormalization(scale=False, name='l')", ["l/beta", "l/moving_mean", "l/moving_variance"]),
        ("MaxPooling2D(2, 2, name='l')", []),
        ("SpatialDropout1D(0.5, name='l')", []),
    ],
)
def test_what_built_in_layers_have(made: str, expected: list[str]) -> None:
    counted = _count(f"layer = keras.layers.{made}\nlayer(x)\nlayer(x)")
    assert [c.path for c in counted] == expected
    assert all(c.shape is None and c.reads == 2 and c.trainable is ("moving" not in c.path) for c in counted)


def test_a_built_in_layer_we_do_not_know_equals_nothing() -> None:
    assert [c.path for c in _count("keras.layers.LSTM(3, name='l')(x)")] == ["l/{LSTM}"]


def test_a_subclass_of_a_built_in_layer() -> None:
    text = """
class Norm(keras.layers.BatchNormalization):
    def call(self, inputs, training=None):
        return super().call(inputs, training=training)

norm = Norm(center=False, name="bn")
norm(x, training=True)
norm(x, training=False)
"""
    assert _reads(text) == [("bn/gamma", 2), ("bn/moving_mean", 2), ("bn/moving_variance", 2)]


def test_the_weights_of_a_built_in_layer_can_be_read() -> None:
    text = "d = keras.layers.Dense(1, use_bias=False, name='d')\nd(x)\ndef tied(): return d.kernel\ntied()"
    assert _reads(text) == [("d/kernel", 2)]


# --- reads


def test_a_helper_makes_a_weight_for_a_layer() -> None:
    text = """
def variable(layer, name, shape):
    with tf.device("/cpu:0"):
        return layer.add_weight(name=name, shape=shape, dtype=tf.float32)

def decay(var):
    tf.add_to_collection("losses", tf.nn.l2_loss(var) + tf.reduce_sum(var))

class Net(keras.layers.Layer):
    def build(self, x_shape):
        self.w = variable(self, "w", [x_shape[1], 2])

    def call(self, x):
        decay(self.w)
        return tf.matmul(x, self.w)

Net(name="net")(x)
"""
    assert _count(text) == [Counted("net/w", ("x.shape[1]", "2"), "float32", True, 1)]


def test_a_function_inside_a_method_reads_for_the_method() -> None:
    text = """
class Net(keras.layers.Layer):
    def build(self, shape):
        self.w = self.add_weight(name="w", shape=[3])
        self.half = tf.size(self.w)

    def call(self, x):
        def scale(part):
            return part * self.w
        return tf.concat(list(map(scale, tf.split(x, 3))), 0) + scale(x)

    def unembed(self, h):
        return h * self.w

class Outer(keras.layers.Layer):
    def __init__(self):
        super().__init__(name="outer")
        self.net = Net(name="net")

    def call(self, x):
        return self.net.unembed(self.net(x)) + self.net.w

Outer()(x)
"""
    assert _reads(text) == [("outer/net/w", 3)]


def test_layers_made_on_first_use() -> None:
    text = """
class Net(keras.layers.Layer):
    def __init__(self, name="net", **kwargs):
        super().__init__(name=name, **kwargs)
        self.made = {}

    def build(self, x_shape):
        self.compute_output_spec(keras.KerasTensor(x_shape))

    def get_or_make(self, key, make):
        if key not in self.made:
            self.made[key] = make()
        return self.made[key]

    def call(self, x):
        h = tf.reshape(x, [2, -1])
        return self.get_or_make("h", lambda: Linear(4, name="h"))(h)

net = Net()
net(x)
net(x)
"""
    assert _reads(text) == [("net/h/w", 2)]


def test_the_lists_of_a_layers_variables() -> None:
    text = """
class Net(keras.layers.Layer):
    def __init__(self):
        super().__init__(name="net")
        self.first = Linear(8, name="first")
        self.norm = keras.layers.BatchNormalization(scale=False, center=False, name="norm")

    def build(self, shape):
        self.frozen = self.add_weight(name="frozen", shape=[], trainable=False)
        self.own = self.add_weight(name="own", shape=[])

    def call(self, x):
        return self.norm(self.first(x))

net = Net()
net(x)
result = net.{}
"""
    everything = ["net/own", "net/frozen", "net/first/w", "net/norm/moving_mean", "net/norm/moving_variance"]
    assert _paths(text.format("variables")) == everything
    assert _paths(text.format("trainable_variables")) == ["net/own", "net/first/w"]


def _paths(text: str) -> list[str]:
    _, env = _walk(KERAS + text, Counting())
    value = env.names["result"]
    assert isinstance(value, ListValue)
    assert value.complete
    return ["/".join(map(str, item.path)) for item in value.items if isinstance(item, Weight)]


# --- what Keras would not accept


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("Linear(8, name='a/b')(x)", "Keras allows no '/' in a name: a/b"),
        ("net = Linear(8)\nnet(x, 3)", "Keras takes only tensors as positional arguments of a layer's call: 3"),
        ("net = Linear(8)\nnet(x)\nnet.add_weight(name='late', shape=[])", "Keras takes no new weight in a layer that"),
        (
            BUILD.format(build="x_shape, y_shape", shape="[]", call="x, y=None", given="x"),
            "`build` wants y_shape, and no tensor argument of the call gives it",
        ),
    ],
)
def test_problems(text: str, sentence: str) -> None:
    (problem,) = _counting(text).problems
    assert problem.startswith("program.py:")
    assert sentence in problem


# --- beside TF1

TF1 = """
import tensorflow as tf

def linear(x, size, name):
    with tf.variable_scope(name):
        return tf.matmul(x, tf.get_variable("w", [x.get_shape()[-1], size]))

def net(x, depth, reuse=False):
    with tf.variable_scope("net", reuse=reuse):
        for i in range(depth):
            x = linear(x, 4, "h%d" % i)
        x = tf.layers.dense(x, 2, name="out")
        with tf.variable_scope("state"):
            for t in range(9):
                if t > 0:
                    tf.get_variable_scope().reuse_variables()
                x = x * tf.get_variable("s", [], trainable=False)
        return x

x = tf.placeholder(tf.float32, [2, 3])
net(x, 3)
net(x, 3, reuse=True)
"""
MIGRATED = """
class State(keras.layers.Layer):
    def __init__(self, name="state", **kwargs):
        super().__init__(name=name, **kwargs)

    def build(self, x_shape):
        self.s = self.add_weight(name="s", shape=[], trainable=False)

    def call(self, x):
        for t in range(9):
            x = x * self.s
        return x

class Net(keras.layers.Layer):
    def __init__(self, depth, name="net", **kwargs):
        super().__init__(name=name, **kwargs)
        self.depth = depth
        self.hs = [Linear(4, name="h%d" % i) for i in range(depth)]
        self.out = keras.layers.Dense(2, name="out")
        self.state = State()

    def call(self, x):
        for i in range(self.depth):
            x = self.hs[i](x)
        return self.state(self.out(x))

net = Net(3)
net(x)
net(x)
"""


def test_both_sides_of_a_migration_count_the_same() -> None:
    scoping = Scoping()
    _walk(TF1, scoping)
    assert Counter(requested(scoping)) == Counter(_count(MIGRATED))


def test_what_is_left_as_it_was_is_counted_as_before() -> None:
    scoping = Scoping()
    _walk(TF1, scoping)
    left = TF1.replace("import tensorflow as tf", "")
    assert Counter(_count("Linear(8, name='new')(x)\n" + left)) == Counter(
        [*requested(scoping), Counted("new/w", ("x.shape[-1]", "8"), "float32", True, 1)]
    )


def test_the_parameters_of_a_root_are_known_by_name() -> None:
    counting = Counting()
    executor, env = _walk(KERAS + "def root(image): return Linear(8, name='net')(image)", counting)
    root = env.names["root"]
    assert isinstance(root, FunctionValue)
    executor.call_function(root, Arguments(), None)
    assert [counted.shape for counted in recount(counting)] == [("image.shape[-1]", "8")]
