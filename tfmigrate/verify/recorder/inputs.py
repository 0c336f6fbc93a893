"""What placeholders are fed."""

from __future__ import annotations

import re
import zlib
from typing import Any, Callable, Dict, List, Sequence, Set, Tuple

from .basics import Json
from .graph import SOURCES, static_shape
from .loaded import np, tf

MOST_SWITCHES = 8


class Strategy:
    """How inputs are made up. Tried in turn until the program accepts one and its outputs are finite."""

    def __init__(self, floats: str, integers_below: int, batch: int, other: int) -> None:
        self.floats = floats
        self.integers_below = integers_below
        self.batch = batch
        self.other = other


STRATEGIES = (
    Strategy("normal", 5, 4, 5),
    Strategy("unit", 2, 4, 5),
    Strategy("normal", 5, 2, 32),
    Strategy("unit", 2, 2, 32),
    Strategy("unit", 1, 1, 64),
)


def find_inputs(graph: Any, needed: Set[Any]) -> List[Any]:
    """The tensors through which data enters what is needed, in order of creation."""
    tensors: list[Any] = []
    for op in graph.get_operations():
        if op not in needed:
            continue
        fed_switch = op.type == "PlaceholderWithDefault" and op.outputs[0].dtype == tf.bool
        if op.type in SOURCES or fed_switch:
            values = [t for t in op.outputs if t.dtype not in (tf.resource, tf.variant)]
            tensors.extend(t for t in values if graph.is_feedable(t))
    return tensors


def make_input(tensor: Any, strategy: Strategy, number: int, case: Json) -> Any:
    """A deterministic value for one input; `number` is the round, so that training sees new data each time."""
    name = tensor.op.name
    given = case.get("inputs", {}).get(name, {})
    shape = given.get("shape")
    if shape is None:
        dims = static_shape(tensor) or []
        shape = [d if d is not None else (strategy.other if axis else strategy.batch) for axis, d in enumerate(dims)]
    state = np.random.RandomState(zlib.crc32(repr((name, number)).encode()) & 0xFFFFFFFF)
    dtype = tensor.dtype.base_dtype
    if dtype == tf.bool:
        return np.zeros(shape, bool)
    if dtype == tf.string:
        return np.full(shape, b"a", dtype=object)
    low, high = given.get("low"), given.get("high")
    if dtype.is_integer:
        low, high = int(low or 0), int(high if high is not None else (low or 0) + strategy.integers_below)
        return np.asarray(state.randint(low, max(high, low + 1), size=shape), dtype.as_numpy_dtype)
    if low is not None or high is not None:
        low, high = float(low or 0.0), float(1.0 if high is None else high)
        values = low + (high - low) * state.random_sample(shape)
    elif not shape:
        values = scalar_input(name, state)
    elif strategy.floats == "normal":
        values = 0.7 * state.standard_normal(shape)
    else:
        values = 0.05 + 0.9 * state.random_sample(shape)
    return np.asarray(values, dtype.as_numpy_dtype)


def scalar_input(name: str, state: Any) -> float:
    """A lone number is mostly a rate. Keep what stands for a probability inside (0, 1) and a learning rate small."""
    last = name.split("/")[-1].lower()
    if re.search(r"learning|(^|_)lr($|_|\d)|step_size", last):
        return 0.01
    return 0.3 + 0.5 * float(state.random_sample())


class Feeds:
    """The values of all inputs for some rounds and both settings of the boolean switches."""

    def __init__(self, tensors: Sequence[Any], rounds: List[List[Any]], names: Sequence[str] = ()) -> None:
        self.tensors = list(tensors)
        self.rounds = rounds
        self.names = list(names) or [tensor.op.name for tensor in tensors]  # those of the before side

    @property
    def has_switch(self) -> bool:
        return any(tensor.dtype == tf.bool for tensor in self.tensors)

    @property
    def switches(self) -> List[str]:
        """The names of the switches, where there are several, but not too many to try them one by one."""
        names = [name for name, tensor in zip(self.names, self.tensors) if tensor.dtype == tf.bool]
        return names if 1 < len(names) <= MOST_SWITCHES else []

    def of(self, number: int, switch: bool, scale: float = 1.0, only: str = "") -> Dict[Any, Any]:
        """`scale` is for arrays; a lone number is mostly a rate. `only` names the one switch that is set."""
        feed = {}
        for name, tensor, value in zip(self.names, self.tensors, self.rounds[number]):
            if tensor.dtype == tf.bool:
                value = np.full(np.shape(value), switch and only in ("", name))
            elif scale != 1.0 and tensor.dtype.is_floating and np.ndim(value):
                value = np.asarray(value * scale, value.dtype)
            feed[tensor] = value
        return feed


def match_inputs(tensors: Sequence[Any], described: Sequence[Json]) -> Tuple[List[int], List[str]]:
    """Which input of the before side each of ours is: by name, by last segment, then by dtype and shape in order.

    Returns the positions and a sentence for each input that has no counterpart.
    """
    free = dict(enumerate(described))
    chosen: Dict[int, int] = {}
    tests: List[Callable[[Any, Json], bool]] = [
        lambda t, d: t.name == d["name"],
        lambda t, d: t.op.name.split("/")[-1] == d["name"].split(":")[0].split("/")[-1],
        lambda t, d: t.dtype.base_dtype.name == d["dtype"] and static_shape(t) == d["shape"],
    ]
    for test in tests:
        for position, tensor in enumerate(tensors):
            if position in chosen:
                continue
            for index, description in free.items():
                if test(tensor, description):
                    chosen[position] = index
                    del free[index]
                    break
    missing = [t.name for position, t in enumerate(tensors) if position not in chosen]
    return [chosen.get(position, -1) for position in range(len(tensors))], missing
