"""Placeholders without a shape: a layer function may take one, and a Keras layer asks every tensor for its rank."""

from __future__ import annotations

import ast

from tfmigrate.program.link import Module
from tfmigrate.walk.arguments import Arguments
from tfmigrate.walk.values import NONE, DictValue, ListValue, Shapeless, Tensor, TupleValue, Value

# arguments of TensorFlow's functions that have to be a single number or truth value
_SCALARS = frozenset({"training", "is_training", "keep_prob", "rate", "pred"})
_BY_POSITION = {"tf.nn.dropout": 1, "tf.cond": 0, "tf.layers.dropout": 1, "tf.contrib.layers.dropout": 1}


def placeholder(args: Arguments, node: ast.Call, module: Module) -> Tensor:
    """What `tf.placeholder` gives."""
    shape = args.get(1, "shape")
    return Tensor(shapeless=Shapeless(node, module) if shape in (None, NONE) else None)


def scalars(name: str, args: Arguments) -> list[Shapeless]:
    """The placeholders that a call of the library shows to be scalars."""
    given = [args.get(-1, keyword) for keyword in sorted(_SCALARS)] if name.startswith(("tf.", "tf_slim")) else []
    if name in _BY_POSITION:
        given.append(args.get(_BY_POSITION[name], ""))
    return [v.shapeless for v in given if isinstance(v, Tensor) and v.shapeless is not None]


def shapeless_in(value: Value | None) -> list[Shapeless]:
    """The placeholders without a shape that a value is made of."""
    if isinstance(value, Tensor):
        return [value.shapeless] if value.shapeless is not None else []
    items: list[Value] = []
    if isinstance(value, (ListValue, TupleValue)):
        items = list(value.items)
    elif isinstance(value, DictValue):
        items = list(value.items.values())
    return [found for item in items for found in shapeless_in(item)]
