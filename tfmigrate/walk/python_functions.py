"""What Python's own functions give: `len`, `super`, `getattr`, `map` and so on."""

from __future__ import annotations

import ast
from collections.abc import Callable

from tfmigrate.walk import operate
from tfmigrate.walk.arguments import Arguments
from tfmigrate.walk.attributes import SuperValue, object_attribute
from tfmigrate.walk.evaluate import Evaluator
from tfmigrate.walk.items import length_of_value
from tfmigrate.walk.values import (
    PYTHON,
    TENSOR,
    UNKNOWN,
    ClassValue,
    Const,
    DictValue,
    Dim,
    Env,
    FunctionValue,
    Kind,
    LambdaValue,
    Library,
    ListValue,
    LoopIndex,
    ObjectValue,
    Opaque,
    Partial,
    Symbol,
    TupleValue,
    Value,
    is_tensor,
)

PARTIAL = Library("functools.partial")
# what the walk can run
CALLED = (FunctionValue, ClassValue, ObjectValue, Partial)
# what comes of them is no tensor, but for a sum
_PYTHON = frozenset({
    "print", "isinstance", "range", "zip", "enumerate", "id", "open", "type", "sum", "any", "all", "vars", "dir",
})  # fmt: skip
_FOLDS: dict[str, Callable[..., object]] = {
    "int": int, "float": float, "bool": bool, "abs": abs, "min": min, "max": max,
}  # fmt: skip


def python_function(ev: Evaluator, name: str, args: Arguments, node: ast.Call, env: Env) -> Value | None:
    """The result of calling the builtin of that name; None where nothing is known of it."""
    first = args.get(0, "")
    if name == "super" and ev.frame.function is not None and ev.frame.obj is not None:
        cls = ev.frame.function.cls
        return SuperValue(ev.frame.obj, cls) if cls is not None else UNKNOWN
    if name in ("int", "float", "abs", "round") and isinstance(first, (Dim, LoopIndex, Symbol)):
        return first
    if name == "str" and first is not None:
        return operate.concatenate([first])
    if name == "len":
        length = length_of_value(first)
        unknown = ev.formatting and ev.semantics.exact and length == PYTHON
        return Symbol("len(?)", f"len at {id(node)}", Kind.PYTHON) if unknown else length
    if name in ("list", "tuple", "sorted", "reversed") and isinstance(first, (ListValue, TupleValue)):
        if name == "tuple":
            return TupleValue(tuple(first.items))
        if not isinstance(first, ListValue):
            return ListValue(list(first.items))
        by_name = name == "sorted" or first.by_name
        return ListValue(list(first.items), first.complete, origin=first.origin or first, by_name=by_name)
    if name in ("zip", "map") and len(args.positional) > 1:
        ev.semantics.lined_up(ev, node, [value for value, _ in args.positional])
    if name == "dict" and not args.positional and not args.star:
        return DictValue({key: value for key, (value, _) in args.keywords.items()})
    if name in ("int", "float", "bool", "abs", "min", "max") and args.positional:
        return _fold(name, [value for value, _ in args.positional])
    if name in ("getattr", "hasattr") and len(args.positional) >= 2:
        return _get_attribute(ev, name, args, node)
    if name == "map" and first is not None and isinstance(first, (LambdaValue, Opaque, *CALLED)):
        return _map(ev, first, args, node, env)
    if name in _PYTHON:
        return TENSOR if name == "sum" and any(is_tensor(v) for v in args.values()) else PYTHON
    return None


def _fold(name: str, values: list[Value]) -> Value:
    plain = [value.value for value in values if isinstance(value, Const)]
    if len(plain) == len(values):
        try:
            return Const(_FOLDS[name](*plain))
        except (TypeError, ValueError):
            return PYTHON
    if any(is_tensor(value) for value in values):
        return TENSOR
    return PYTHON


def _map(ev: Evaluator, function: Value, args: Arguments, node: ast.Call, env: Env) -> Value:
    sequence = args.get(1, "")
    if not isinstance(sequence, (ListValue, TupleValue)):
        sequence = ListValue([sequence if is_tensor(sequence) and sequence is not None else UNKNOWN], complete=False)
    results = []
    complete = sequence.complete if isinstance(sequence, ListValue) else True
    if not complete:
        ev.frame.loops.append(node)
    for item in sequence.items if complete else sequence.items * 2:
        results.append(ev.call(function, Arguments([(item, node.args[-1])]), node, env))
    if not complete:
        ev.frame.loops.pop()
    return ListValue(results, complete)


def _get_attribute(ev: Evaluator, name: str, args: Arguments, node: ast.Call) -> Value:
    owner, attr = args.positional[0][0], args.positional[1][0]
    if isinstance(owner, ObjectValue) and isinstance(attr, Const) and isinstance(attr.value, str):
        known = attr.value in owner.attrs or ev.class_attribute(owner.cls, attr.value) is not None
        if name == "hasattr":
            return Const(known)
        if known:
            return object_attribute(ev, owner, attr.value)
    if name == "hasattr":
        return PYTHON
    if isinstance(owner, ObjectValue):
        for method in dict.fromkeys(name for cls in ev.classes.mro(owner.cls) for name in cls.methods):
            ev.semantics.unresolved(ev, method, node)
    return UNKNOWN
