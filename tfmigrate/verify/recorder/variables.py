"""The variables of a graph, and who reads them."""

from __future__ import annotations

import re
from functools import partial
from typing import Any, Callable, Dict, List, Optional, Sequence

from .graph import SHAPE_ONLY, TRANSPARENT, ancestors, read_inputs, writes
from .loaded import tf
from .watch import WATCH


class Variable:
    """One variable by identity. `name` is the one of this side, `key` the TF1 name it stands for."""

    def __init__(self, tf_variable: Any, name: str, key: str) -> None:
        self.tf_variable = tf_variable
        self.name = name
        self.key = key
        self.trainable = False
        self.role = "variable"
        # makes the loss that Keras has of it
        self.regularizer: Optional[Callable[[], Any]] = None
        self.reads: List[Any] = []
        self.source = ""

    @property
    def op(self) -> Any:
        return self.tf_variable.op

    @property
    def dtype(self) -> str:
        return str(self.tf_variable.dtype.base_dtype.name)

    @property
    def shape(self) -> Optional[List[Optional[int]]]:
        shape = self.tf_variable.shape
        return None if shape.ndims is None else [None if d is None else int(d) for d in shape.as_list()]


def renamed(name: str, names: Dict[str, str]) -> str:
    """What a map makes of a name. `{i}` in a name of the map is any text within a segment, the same on both sides."""
    if name in names:
        return names[name]
    for old, new in names.items():
        pieces = re.split(r"(\{[^{}]*\})", old)
        found = re.fullmatch("".join("([^/]+)" if p.startswith("{") else re.escape(p) for p in pieces), name)
        if found is not None:
            values = iter(found.groups())
            return "".join(next(values) if p.startswith("{") else p for p in re.split(r"(\{[^{}]*\})", new))
    return name


def find_variables(graph: Any, renames: Dict[str, str]) -> List[Variable]:
    """All variables of the graph, each once, in order of creation. `renames` maps a name of this side to a TF1 name."""
    keras = keras_values()
    seeds = {id(seed.state) for seed in WATCH.seeds if getattr(seed, "state", None) is not None}
    trainable = {id(v) for v in graph.get_collection(tf.GraphKeys.TRAINABLE_VARIABLES)}
    local = {id(v) for v in graph.get_collection(tf.GraphKeys.LOCAL_VARIABLES)}
    found: Dict[str, Variable] = {}
    for tf_variable in WATCH.variables:
        if tf_variable.graph is not graph or tf_variable.op.name in found:
            continue
        wrapper = keras.get(id(tf_variable))
        name = wrapper.path if wrapper is not None else tf_variable.op.name
        variable = Variable(tf_variable, name, renamed(name, renames))
        if wrapper is not None:
            variable.trainable = bool(wrapper.trainable)
            if wrapper.regularizer is not None:
                variable.regularizer = partial(wrapper.regularizer, wrapper)
            variable.role = "seed" if id(wrapper) in seeds else "variable"
        else:
            variable.trainable = id(tf_variable) in trainable
        if id(tf_variable) in local:
            variable.role = "local"
        found[tf_variable.op.name] = variable
    name_slots(found)
    return [variable for variable in found.values() if variable.role != "seed"]


def keras_values() -> Dict[int, Any]:
    """Keras variables by the identity of the TensorFlow variable inside."""
    values = {}
    for variable in WATCH.keras:
        inner = getattr(variable, "_value", None)
        if inner is not None:
            values[id(inner)] = variable
    return values


def name_slots(found: Dict[str, Variable]) -> None:
    """A slot is named after its variable, whose name in the graph is not the path: put the TF1 name in its place."""
    for variable in [found.get(state.op.name) for state in WATCH.state]:
        if variable is not None:
            variable.role = "slot"
    for slot, primary in WATCH.slots:
        variable = found.get(slot.op.name)
        owner = found.get(getattr(getattr(primary, "op", None), "name", ""))
        if variable is None or owner is None:
            continue
        variable.role = "slot"
        for text in (owner.op.name, getattr(primary, "_shared_name", owner.op.name)):
            if text in variable.name:
                variable.key = variable.name.replace(text, owner.key, 1)
                break


def find_reads(graph: Any, variables: Sequence[Variable], roots: Sequence[Any]) -> None:
    """Fills `reads` of each variable: the ops on the way to the roots that take its value, in order of creation."""
    needed = ancestors(roots)
    order = {op.name: number for number, op in enumerate(graph.get_operations())}
    for variable in variables:
        reads: Dict[str, Any] = {}
        stack, seen = [variable.op.outputs[0]], {variable.op.outputs[0].name}
        while stack:
            tensor = stack.pop()
            for op in tensor.consumers():
                if op not in needed or op.type in SHAPE_ONLY or writes(op):
                    continue
                if not any(tensor is read for read in read_inputs(op)):
                    continue
                if op.type not in TRANSPARENT:
                    reads[op.name] = op
                    continue
                for output in op.outputs:
                    if output.name not in seen:
                        seen.add(output.name)
                        stack.append(output)
        variable.reads = sorted(reads.values(), key=lambda op: order[op.name])
