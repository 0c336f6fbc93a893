"""What Python's own functions give: `len`, `super`, `getattr`, `map` and so on."""

from __future__ import annotations

import ast
from collections.abc import Callable
from itertools import count

from tfmigrate.walk import operate
from tfmigrate.walk.arguments import Arguments
from tfmigrate.walk.assigning import set_attribute
from tfmigrate.walk.attributes import SuperValue, object_attribute
from tfmigrate.walk.containers import copied, in_order
from tfmigrate.walk.evaluate import Evaluator
from tfmigrate.walk.items import length_of_value
from tfmigrate.walk.joining import join
from tfmigrate.walk.opening import AttributesOf, opened
from tfmigrate.walk.values import (
    NONE,
    PYTHON,
    SOME_NUMBER,
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
    Unknown,
    Value,
    code_in,
    is_tensor,
    is_whole,
    python_from,
    text_of,
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
_numbers = count()


def python_function(ev: Evaluator, name: str, args: Arguments, node: ast.Call, env: Env) -> Value | None:
    """The result of calling the builtin of that name; None where nothing is known of it."""
    first = args.get(0, "")
    if name == "super" and ev.frame.function is not None and ev.frame.obj is not None:
        cls = first.cls if isinstance(first, ClassValue) else ev.frame.function.cls
        return SuperValue(ev.frame.obj, cls) if cls is not None else UNKNOWN
    if name in ("int", "float", "abs", "round") and isinstance(first, (Dim, LoopIndex, Symbol)):
        return first
    if name == "int" and isinstance(first, Unknown) and first.kind is Kind.PYTHON and ev.semantics.exact:
        # it stays what it is, wherever the emitted code hands it to
        text = f"{SOME_NUMBER}{next(_numbers)})"
        return Symbol(text, text, Kind.PYTHON)
    if name == "str" and first is not None:
        return operate.concatenate([first])
    if name == "len":
        length = length_of_value(first)
        unknown = ev.formatting and ev.semantics.exact and length == PYTHON
        return Symbol("len(?)", f"len at {id(node)}", Kind.PYTHON) if unknown else length
    if name in ("list", "tuple", "sorted", "reversed") and isinstance(first, (ListValue, TupleValue)):
        return _sequence(name, first, args)
    if name in ("zip", "map") and len(args.positional) > 1:
        ev.semantics.lined_up(ev, node, [value for value, _ in args.positional])
    if name in ("enumerate", "iter") and first is not None:
        ev.semantics.lined_up(ev, node, [first], in_row=True)
    if name == "dict" and not args.star and (first is None or isinstance(first, DictValue)):
        result = DictValue({}) if first is None else copied(first)
        result.items.update({key: value for key, (value, _) in args.keywords.items()})
        result.maybe.difference_update(args.keywords)
        return result
    if name in ("int", "float", "bool", "abs", "min", "max") and args.positional:
        return _fold(name, list(args.values()), whole=not args.keywords and not args.more)
    if name in ("getattr", "hasattr") and len(args.positional) >= 2:
        return _get_attribute(ev, name, args, node)
    if name in ("setattr", "delattr") and len(args.positional) >= 2:
        return _set_attribute(ev, name, args)
    if name == "type" and isinstance(first, ObjectValue) and len(args.positional) == 1:
        return ClassValue(first.cls)
    if name == "vars" and isinstance(first, ObjectValue):
        return AttributesOf(first)
    if name == "map" and first is not None and isinstance(first, (LambdaValue, Opaque, *CALLED)):
        return _map(ev, first, args, node, env)
    if name == "isinstance" and isinstance(first, Opaque):
        return None  # it is for the library to say
    if name in _PYTHON:
        return TENSOR if name == "sum" and any(is_tensor(v) for v in args.values()) else python_from(*args.values())
    return None


def _sequence(name: str, first: ListValue | TupleValue, args: Arguments) -> Value:
    """`list(items)` and the like."""
    items, complete = list(first.items), is_whole(first)
    if name == "tuple" and complete:
        return TupleValue(tuple(items))
    unsure = isinstance(first, ListValue) and first.unsure
    of_library = isinstance(first, ListValue) and (
        first.tag or first.origin or any(isinstance(i, Opaque) for i in items)
    )
    if not of_library and name in ("sorted", "reversed"):
        ordered = None if not complete else items[::-1] if name == "reversed" else in_order(items, args)
        complete, unsure, items = ordered is not None, ordered is None, items if ordered is None else ordered
    if isinstance(first, TupleValue):
        return ListValue(items, complete, unsure=unsure)
    by_name = name == "sorted" or first.by_name
    return ListValue(items, complete, origin=first.origin or first, by_name=by_name, unsure=unsure)


def _set_attribute(ev: Evaluator, name: str, args: Arguments) -> Value:
    """`setattr(owner, attr, value)`, or `delattr(owner, attr)`."""
    owner, attr = args.positional[0][0], args.positional[1][0]
    value = args.positional[2][0] if len(args.positional) > 2 else None
    text = text_of(attr)
    if text is not None and (value is not None or name == "delattr"):
        set_attribute(ev, owner, text, value)
    elif isinstance(owner, ObjectValue):
        opened(ev.effects, owner)
    return NONE


def _fold(name: str, values: list[Value], whole: bool) -> Value:
    """The result for numbers that are known. whole: whether these are all arguments, by position."""
    plain = [value.value for value in values if isinstance(value, Const)]
    if whole and len(plain) == len(values):
        try:
            return Const(_FOLDS[name](*plain))
        except (TypeError, ValueError, OverflowError):
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
        of_class = ev.class_attribute(owner.cls, attr.value)
        known = of_class is not None or (attr.value in owner.attrs and attr.value not in owner.maybe)
        if name == "hasattr":
            return Const(known) if known or not (owner.opened or attr.value in owner.maybe) else PYTHON
        if known:
            return object_attribute(ev, owner, attr.value)
        if attr.value in owner.maybe and len(args.positional) > 2:
            if ev.semantics.exact and isinstance(owner.attrs[attr.value], ObjectValue):
                return owner.attrs[attr.value]  # a layer that not all objects have is called by those that do
            return join(owner.attrs[attr.value], args.positional[2][0])
    if name == "hasattr":
        return PYTHON
    if isinstance(owner, Library):
        found = Library(f"{owner.name}.?")
        return Unknown(code=code_in(found, *(value for value, _ in args.positional[2:])))
    if isinstance(owner, ObjectValue):
        for method in dict.fromkeys(name for cls in ev.classes.mro(owner.cls) for name in cls.methods):
            ev.semantics.unresolved(ev, method, node)
    return UNKNOWN
