"""Pinned randomness: the random ops of TensorFlow draw numbers that depend on nothing but their shape."""

from __future__ import annotations

import contextlib
import functools
import importlib
import zlib
from typing import Any, Dict, Optional, Sequence, Set, Tuple

from .graph import SOURCES, VARIABLES, ancestors, is_tensor
from .loaded import np, tf


class Pins:
    """Replaces the random ops. `kinds` tells for an op name which draw it is; `draw` is fed to get another sample.

    Draws of one shape are equal here, which they must not be in truth: `seeds` keeps what tells them apart, a number
    for an op with a seed of its own, a tensor for a stateless op.
    """

    def __init__(self) -> None:
        self.draws: Dict[int, Tuple[Any, Any]] = {}
        self.kinds: Dict[str, str] = {}
        self.seeds: Dict[str, Any] = {}

    def forget(self) -> None:
        self.draws.clear()
        self.kinds.clear()
        self.seeds.clear()

    def draw_of(self, graph: Any) -> Optional[Any]:
        found = self.draws.get(id(graph))
        return found[1] if found else None

    def _draw_tensor(self) -> Any:
        ops = importlib.import_module("tensorflow.python.framework.ops")
        graph = ops.get_default_graph()
        if graph.building_function:
            return tf.constant(0, tf.int64)
        if id(graph) not in self.draws:
            with ops.init_scope(), tf.name_scope(None):
                tensor = tf.placeholder_with_default(np.int64(0), [], name="tfmigrate_draw")
            self.draws[id(graph)] = (graph, tensor)
        return self.draws[id(graph)][1]

    def sample(self, kind: str, shape: Any, dtype: Any, extra: Sequence[Any] = (), seed: Any = None) -> Any:
        """A tensor of `dtype` and `shape` whose values follow `kind` and depend on nothing but shape and draw."""
        dtype = tf.as_dtype(dtype)
        function = functools.partial(draw, kind, dtype.as_numpy_dtype)
        if tf.executing_eagerly():
            values = [np.asarray(v) for v in (shape, 0, *extra)]
            return tf.constant(function(*values), dtype)
        tensor_util = importlib.import_module("tensorflow.python.framework.tensor_util")
        shape = tf.convert_to_tensor(shape, dtype=shape_dtype(shape))
        inputs = [shape, self._draw_tensor()] + [tf.convert_to_tensor(e) for e in extra]
        result = tf.py_func(function, inputs, dtype, stateful=False, name="pinned_" + kind)
        result.set_shape(tensor_util.constant_value_as_shape(shape))
        self.kinds[result.op.name] = kind
        if seed is not None:
            self.seeds[result.op.name] = seed
        return result

    def stream(self, op: Any, written: Set[str]) -> Tuple[str, bool]:
        """What a draw is known by, and whether it is the same in every run that writes no more than these variables.

        Two draws with one name and one shape are the same numbers.
        """
        seed = self.seeds.get(op.name)
        if seed is None or not is_tensor(seed) or seed.graph is not op.graph:
            return (op.name if seed is None else str(seed)), False
        sources = ancestors([seed.op])
        state = sorted(source.name for source in sources if source.type in VARIABLES)
        if written & set(state) or any(source.type in SOURCES or source.name in self.kinds for source in sources):
            return op.name, False
        values = [source.get_attr("value").SerializeToString() for source in sources if source.type == "Const"]
        fixed = zlib.crc32(b"".join(sorted(values)))
        return ("the state " + ", ".join(state)) if state else "the constant seed %d" % fixed, True


PINS = Pins()


def shape_dtype(shape: Any) -> Any:
    dtype = getattr(shape, "dtype", None)
    return dtype if dtype is not None and getattr(dtype, "is_integer", False) else tf.int32


def draw(kind: str, dtype: Any, shape: Any, number: Any, *extra: Any) -> Any:
    """The numbers themselves, the same under every NumPy: RandomState's streams are frozen."""
    size = tuple(int(d) for d in np.ravel(shape))
    state = np.random.RandomState(zlib.crc32(repr((size, int(number))).encode()) & 0xFFFFFFFF)
    if kind == "integers":
        low, high = (int(e) for e in extra)
        return np.asarray(state.randint(low, max(high, low + 1), size=size), dtype)
    if kind == "normal":
        return np.asarray(state.standard_normal(size), dtype)
    if kind == "truncated":
        return np.asarray(truncated(state, size), dtype)
    if kind == "gamma":
        return np.asarray(state.standard_gamma(np.broadcast_to(extra[0], size + np.shape(extra[0]))), dtype)
    values = np.asarray(state.random_sample(size), dtype)
    return np.minimum(values, np.nextafter(dtype(1), dtype(0)))


def truncated(state: Any, size: Tuple[int, ...]) -> Any:
    """Standard normal values, those beyond two standard deviations drawn again, as TensorFlow defines it."""
    values = state.standard_normal(size).ravel()
    while True:
        outside = np.abs(values) > 2
        if not outside.any():
            return values.reshape(size)
        values[outside] = state.standard_normal(int(outside.sum()))


def choose(logits: Any, samples: Any, dtype: Any) -> Any:
    """Categorical draws by the Gumbel trick, so that they follow the logits and the pinned numbers alone."""
    logits = tf.cast(logits, tf.float32)
    shape = tf.stack([tf.shape(logits)[0], tf.cast(samples, tf.int32), tf.shape(logits)[1]])
    noise = PINS.sample("uniform", shape, tf.float32)
    gumbel = -tf.log(-tf.log(noise + 1e-20) + 1e-20)
    result = tf.cast(tf.argmax(tf.expand_dims(logits, 1) + gumbel, axis=2), dtype)
    tensor_util = importlib.import_module("tensorflow.python.framework.tensor_util")
    result.set_shape([logits.shape[0], tensor_util.constant_value(tf.convert_to_tensor(samples))])
    return result


def shuffle(value: Any) -> Any:
    value = tf.convert_to_tensor(value)
    keys = PINS.sample("uniform", tf.stack([tf.shape(value)[0]]), tf.float32)
    result = tf.gather(value, tf.nn.top_k(keys, tf.shape(value)[0]).indices)
    result.set_shape(value.shape)
    return result


def pin_random_ops() -> None:
    """Puts the pinned draws where the Python functions of TensorFlow look for their kernels."""
    legacy: Any = importlib.import_module("tensorflow.python.ops.gen_random_ops")
    simple = {"random_uniform": "uniform", "random_standard_normal": "normal", "truncated_normal": "truncated"}
    for name, kind in simple.items():
        setattr(legacy, name, functools.partial(_stateful, kind))
    legacy.random_uniform_int = lambda shape, minval, maxval, **_: _integers(shape, minval, maxval)
    legacy.random_shuffle = lambda value, **_: shuffle(value)
    legacy.multinomial = lambda logits, num_samples, seed=0, seed2=0, output_dtype=None, name=None: choose(
        logits, num_samples, output_dtype or tf.int64
    )
    stateless = importlib.import_module("tensorflow.python.ops.gen_stateless_random_ops")
    _pin_stateless(stateless, "")
    with contextlib.suppress(ImportError):
        second: Any = importlib.import_module("tensorflow.python.ops.gen_stateless_random_ops_v2")
        _pin_stateless(second, "_v2")
        second.stateless_shuffle = lambda value, **_: shuffle(value)


def _pin_stateless(module: Any, suffix: str) -> None:
    for name, kind in (("uniform", "uniform"), ("normal", "normal")):
        setattr(module, "stateless_random_" + name + suffix, functools.partial(_stateless, kind))
    setattr(module, "stateless_truncated_normal" + suffix, functools.partial(_stateless, "truncated"))
    setattr(
        module,
        "stateless_random_uniform_int" + suffix,
        lambda shape, *_, minval, maxval, **__: _integers(shape, minval, maxval),
    )
    setattr(
        module,
        "stateless_multinomial" + suffix,
        lambda logits, num_samples, *_, output_dtype=None, **__: choose(logits, num_samples, output_dtype or tf.int64),
    )


def _stateful(kind: str, shape: Any, dtype: Any, *_: Any, **kwargs: Any) -> Any:
    seeds = (kwargs.get("seed") or 0, kwargs.get("seed2") or 0)
    return PINS.sample(kind, shape, dtype, seed="the seeds %d and %d" % seeds if any(seeds) else None)


def _stateless(kind: str, shape: Any, seed: Any = None, *_: Any, **kwargs: Any) -> Any:
    seed = kwargs.get("seed", kwargs.get("key", seed))
    return PINS.sample(kind, shape, kwargs.get("dtype") or tf.float32, seed=seed)


def _integers(shape: Any, minval: Any, maxval: Any) -> Any:
    dtype = getattr(minval, "dtype", None) or getattr(maxval, "dtype", None) or tf.int32
    low, high = tf.convert_to_tensor(minval, dtype), tf.convert_to_tensor(maxval, dtype)
    return PINS.sample("integers", shape, low.dtype, [low, high])
