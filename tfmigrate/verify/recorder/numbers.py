"""Arrays that are written down, and sessions that start from the same weights."""

from __future__ import annotations

import copy
import os
import zlib
from typing import Any, Dict, List, Sequence

from .loaded import np, save_arrays, tf
from .pins import PINS
from .variables import Variable

FULL = 65536  # elements of an array that are written whole; larger ones are sampled evenly
TRAINED = 4096  # the same for what is written again after every training op
ULPS, FAR = 4, 16  # by how many units in the last place weights are moved to see what rounding does, and times that


class Arrays:
    """Arrays under readable names, for an .npz whose members are numbered."""

    def __init__(self) -> None:
        self.values: Dict[str, Any] = {}

    def add(self, name: str, value: Any, most: int = FULL) -> None:
        value = np.asarray(value)
        if value.dtype.kind in "OSU":
            value = np.asarray([zlib.crc32(repr(v).encode()) for v in value.ravel()], np.int64)
        if value.dtype.name == "bfloat16":
            value = value.astype(np.float32)
        self.values[name] = sampled(value, most)

    def gaps(self, other: Arrays) -> Dict[str, float]:
        """The largest difference of each float array that both have and that is finite."""
        found = {}
        for name, value in self.values.items():
            twin = other.values.get(name)
            if twin is None or value.dtype.kind != "f" or twin.shape != value.shape or not value.size:
                continue
            gap = float(np.abs(value.astype(np.float64) - twin).max())
            if gap > 0 and np.isfinite(gap):
                found[name] = gap
        return found

    def save(self, path: str) -> None:
        members = {"a%d" % number: value for number, value in enumerate(self.values.values())}
        with open(path + ".part", "wb") as file:
            save_arrays(file, **members)
        os.rename(path + ".part", path)


def sampled(value: Any, most: int = FULL) -> Any:
    """The array, or an evenly spaced part of it when it is large; shapes are compared apart."""
    if value.size <= most:
        return np.array(value)
    return value.ravel()[:: value.size // most + 1].copy()


def session_for(graph: Any) -> Any:
    """One thread and no rewriting: the same order of additions in every run, and quick small runs."""
    config = tf.ConfigProto(
        intra_op_parallelism_threads=1,
        inter_op_parallelism_threads=1,
        allow_soft_placement=True,
        device_count={"GPU": 0},
    )
    config.graph_options.rewrite_options.disable_meta_optimizer = True
    return tf.Session(graph=graph, config=config)


def initialise(session: Any, variables: Sequence[Variable], number: int) -> None:
    """Runs every initializer; number selects the draw of the pinned random ops."""
    pin = PINS.draw_of(session.graph)
    feed = {pin: number} if pin is not None else {}
    pending = [v.tf_variable.initializer for v in variables]
    session.run(pending, feed)


def read_values(session: Any, variables: Sequence[Variable]) -> List[Any]:
    return [np.array(value) for value in session.run([v.tf_variable for v in variables])] if variables else []


def distinct_weights(variables: Sequence[Variable], values: Sequence[Any]) -> List[Any]:
    """Values that tell variables apart: no two alike, no zero biases, variances stay positive.

    Initial values hide mistakes (a bias of zeros may be left out), and pinned draws of one shape are equal.
    """
    result = []
    for variable, value in zip(variables, values):
        if variable.role == "slot" or value.dtype.kind != "f" or (value.ndim == 0 and not variable.trainable):
            result.append(value)
            continue
        state = np.random.RandomState(zlib.crc32(variable.key.encode()) & 0xFFFFFFFF)
        spread = float(value.std()) if value.size else 0.0
        if not variable.trainable:
            changed = value + 0.05 * max(1.0, spread) * state.random_sample(value.shape)
        elif spread > 0:
            changed = state.permutation(value.ravel()).reshape(value.shape)
            changed = changed + 0.05 * spread * state.standard_normal(value.shape)
        else:
            changed = value + 0.1 * state.standard_normal(value.shape)
        result.append(np.asarray(changed, value.dtype))
    return result


class Bench:
    """A session, and the weights that every run of it starts from."""

    def __init__(self, session: Any, graph: Any, variables: Sequence[Variable]) -> None:
        self.session = session
        self.weights: List[Any] = []
        with graph.as_default(), tf.name_scope("tfmigrate_set"), tf.device(None), tf.control_dependencies(None):
            self._inputs = [tf.placeholder(v.tf_variable.dtype.base_dtype, v.shape) for v in variables]
            self._assign = [tf.assign(v.tf_variable, i).op for v, i in zip(variables, self._inputs)]

    def shaken(self, ulps: int, number: int) -> Bench:
        """The same with weights that differ in the last bits: what changes then is rounding, not a difference."""
        other = copy.copy(self)
        other.weights = []
        state = np.random.RandomState(number)
        for weight in self.weights:
            if weight.dtype.kind == "f":
                signs = state.choice([-1, 1], size=weight.shape)
                eps = float(np.finfo(weight.dtype).eps)
                step = min(ulps * eps, max(ULPS * eps, 1e-5))  # of float16, the larger step would be coarse
                weight = np.asarray(weight * (1 + step * signs), weight.dtype)
            other.weights.append(weight)
        return other

    def scaled(self, variables: Sequence[Variable], trainable: float, others: float) -> Bench:
        """The same with larger or smaller weights; what an optimizer keeps stays as it is."""
        other = copy.copy(self)
        other.weights = [
            weight
            if weight.dtype.kind != "f" or variable.role == "slot"
            else np.asarray(weight * (trainable if variable.trainable else others), weight.dtype)
            for variable, weight in zip(variables, self.weights)
        ]
        return other

    def at(self, count: int, counters: Sequence[int]) -> Bench:
        """The same with some variables, given by position, set to a number."""
        other = copy.copy(self)
        other.weights = [
            np.asarray(count, weight.dtype) if n in counters else weight for n, weight in enumerate(self.weights)
        ]
        return other

    def restart(self) -> None:
        self.session.run(self._assign, dict(zip(self._inputs, self.weights)))

    def run(self, fetches: Any, feed: Dict[Any, Any]) -> Any:
        """From the weights on: fetching an output may run update ops, and must not leave a trace in the next run."""
        self.restart()
        return self.session.run(fetches, feed)

    def run_apart(self, fetches: Sequence[Any], alone: Sequence[int], feed: Dict[Any, Any]) -> List[Any]:
        """Those with effects on their own, since what they change would reach the others sooner or later."""
        together = [n for n in range(len(fetches)) if n not in alone]
        values = dict(zip(together, self.run([fetches[n] for n in together], feed)))
        values.update({n: self.run(fetches[n], feed) for n in alone})
        return [values[n] for n in range(len(fetches))]


def same_bits(one: Any, other: Any) -> bool:
    one, other = np.asarray(one), np.asarray(other)
    return bool(one.shape == other.shape and one.tobytes() == other.tobytes())


def combination(tensor: Any, name: str, scale: float) -> Any:
    """A scalar that depends on every element of the tensor with a weight of its own, and is of the order of one."""
    seed = zlib.crc32(name.encode()) & 0xFFFFFFFF

    def factors(shape: Any) -> Any:
        values = np.random.RandomState(seed).standard_normal([int(d) for d in shape]) / scale
        return np.asarray(values, tensor.dtype.base_dtype.as_numpy_dtype)

    weights = tf.py_func(factors, [tf.shape(tensor)], tensor.dtype.base_dtype, stateful=False)
    weights.set_shape(tensor.shape)
    return tf.reduce_sum(tensor * weights)


def magnitude(value: Any) -> float:
    value = np.asarray(value)
    finite = np.isfinite(value) if value.dtype.kind == "f" else np.zeros(value.shape, bool)
    return float(np.abs(value[finite]).max() or 1.0) if finite.any() else 1.0


def run_if_any(session: Any, ops: Sequence[Any]) -> None:
    if ops:
        session.run(list(ops))
