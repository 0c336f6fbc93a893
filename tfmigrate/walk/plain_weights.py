"""`tf.Variable` in a scope: which of them are weights like those of `get_variable` beside them, and under which names.

TensorFlow 1 names such a variable after the name scope that is open, and makes another one at each call. Where that
name scope is surely called like the variable scope, each run has a scope of its own, and the name is known.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass

from tfmigrate.tf1 import symbols
from tfmigrate.tf1.layers import VARIABLE
from tfmigrate.walk.arguments import Arguments
from tfmigrate.walk.evaluate import Evaluator
from tfmigrate.walk.initial_values import initial_value
from tfmigrate.walk.journal import depth_of
from tfmigrate.walk.operation_names import OperationNames
from tfmigrate.walk.regions import InitialValue, Path, Scope, rounds
from tfmigrate.walk.stems import stem_of
from tfmigrate.walk.values import NONE, Const, Value, text_of

# arguments that a weight has as well
_KNOWN = {"initial_value", "trainable", "name"}


@dataclass(frozen=True)
class PlainWeight:
    """What a `tf.Variable` is as a weight. args: as `get_variable` has them."""

    path: Path
    initial: InitialValue
    args: Arguments


def plain_weight(
    ev: Evaluator, args: Arguments, node: ast.Call, scope: Scope, graph: object, names: OperationNames
) -> PlainWeight | None:
    """What `tf.Variable(...)` makes in a scope, if it is known; None if it is not."""
    given: dict[str, tuple[Value, ast.expr]] = {VARIABLE[i]: pair for i, pair in enumerate(args.positional)}
    given.update(args.keywords)
    given = {key: pair for key, pair in given.items() if pair[0] != NONE}
    named = text_of(given["name"][0]) if "name" in given else "Variable"
    anything = (graph, scope.path, rounds(scope.path), "")
    slot = (*anything[:3], (named or "").lower())
    number = names.plain[slot]
    names.plain[slot] += 1
    if named is None or "/" in named or args.star:
        names.unsure.add(anything)
        return None
    if scope.depth != (depth_of(ev.frame, "loops"), depth_of(ev.frame, "conditions")):
        names.unsure.add(slot)
    stem = stem_of(ev.frame, node, args, in_scopes=True)
    if not stem or not names.known or names.unsure & {slot, anything} or not given.keys() <= _KNOWN:
        return None
    initial = initial_value(ev, given["initial_value"][1]) if "initial_value" in given else None
    if initial is None or symbols.HALF_OR_DOUBLE.fullmatch(initial.dtype):
        return None
    if not names.is_plain(graph, scope.path) or (stem != "Variable" and names.is_taken(Const(stem))):
        return None
    numbered = f"{stem.lower()}_"
    if any(known[:3] == slot[:3] and known[3].startswith(numbered) for known in names.plain):
        return None  # it may have the name that this one would be counted to
    if number and "name" in given and not isinstance(given["name"][1], ast.Constant):
        return None
    text = stem if not number else f"{stem}_{number}"
    name = Const(text)
    told = {key: pair for key, pair in given.items() if key == "trainable"}
    keywords = {"name": (name, ast.Constant(text)), "initializer": given["initial_value"], **told}
    return PlainWeight((*scope.path, name), initial, Arguments([], keywords))
