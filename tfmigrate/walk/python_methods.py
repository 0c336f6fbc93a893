"""What the methods of Python's own values give: of lists, dictionaries and strings, and of shapes."""

from __future__ import annotations

import ast

from tfmigrate.walk import operate
from tfmigrate.walk.arguments import Arguments
from tfmigrate.walk.containers import copied, dictionary_method, list_method
from tfmigrate.walk.effects import Effects
from tfmigrate.walk.frames import Frame
from tfmigrate.walk.growing import note_append
from tfmigrate.walk.joining import join
from tfmigrate.walk.opening import AttributesOf, opened
from tfmigrate.walk.targets import round_index
from tfmigrate.walk.values import (
    NONE,
    PYTHON,
    TENSOR,
    UNKNOWN,
    Const,
    DictValue,
    ListValue,
    LoopIndex,
    Method,
    Shape,
    Tensor,
    Text,
    TupleValue,
    Value,
    is_tensor,
    is_whole,
)

_PURE = {"lower", "upper", "strip", "split", "replace", "join", "rstrip", "lstrip", "title", "get", "keys"}
# what changes the attributes of an object through its `__dict__`
_CHANGING = {"update", "setdefault", "pop", "popitem", "clear"}


def python_method(callee: Method, args: Arguments, frame: Frame, effects: Effects) -> Value | None:
    """The result of calling a method; None where it is none of these. frame: the running activation."""
    owner, name = callee.owner, callee.name
    if isinstance(owner, AttributesOf):
        return opened(effects, owner.obj) if name in _CHANGING else None
    if isinstance(owner, (Tensor, Shape)):
        return _shape_method(owner, name)
    first = args.get(0, "")
    if name == "__contains__" and first is not None:
        return operate.compare(ast.In(), first, owner)
    if name == "append" and isinstance(owner, ListValue) and first is not None:
        owner.index = _append_index(owner, frame)
        note_append(owner, not frame.is_repeated_for(owner))
        owner.items.append(first)
        owner.complete = owner.complete and not frame.is_repeated_for(owner)
        owner.unsure = owner.unsure or frame.is_undecided_for(owner)
        return NONE
    if name == "extend" and isinstance(owner, ListValue):
        owner.unsure = owner.unsure or frame.is_undecided_for(owner) or not owner.complete
        if isinstance(first, (ListValue, TupleValue)):
            owner.unsure = owner.unsure or (isinstance(first, ListValue) and first.unsure)
            owner.items.extend(first.items)
        else:
            owner.items.append(TENSOR if is_tensor(first) else UNKNOWN)
        owner.complete, owner.length = False, None
        return NONE
    if isinstance(owner, ListValue):
        changed = list_method(owner, name, args, frame)
        if changed is not None:
            return changed
    if name == "format" and isinstance(owner, Const) and isinstance(owner.value, str):
        named = {key: value for key, (value, _) in args.keywords.items()}
        return operate.brace_format(owner.value, [value for value, _ in args.positional], named)
    if isinstance(owner, (Const, Text)) and name in ("startswith", "endswith"):
        return _text_method(owner, name, first)
    if isinstance(owner, Const):
        return _const_method(owner.value, name, args)
    if isinstance(owner, DictValue):
        return dictionary_method(effects, owner, name, args) or _dict_method(owner, name, args)
    return None


def _append_index(owner: ListValue, frame: Frame) -> LoopIndex | None:
    """The index of the loop that fills a list, while it appends one item a round."""
    loop = frame.loops[-1] if frame.loops and not frame.conditions else None
    index = round_index(loop.target, frame.env) if isinstance(loop, ast.For) else None
    if index is None or index.first == bool(owner.items):
        return None
    return index if not owner.items or owner.index == index else None


def _shape_method(owner: Tensor | Shape, name: str) -> Value:
    if name == "get_shape" and isinstance(owner, Tensor):
        return Shape(owner.label)
    if isinstance(owner, Shape):
        if name in ("as_list", "with_rank"):
            return owner
        return PYTHON
    return TENSOR


def _text_method(owner: Const | Text, name: str, needle: Value | None) -> Value:
    if not isinstance(needle, Const) or not isinstance(needle.value, str):
        return PYTHON
    if isinstance(owner, Const):
        return Const(getattr(str(owner.value), name)(needle.value))
    edge = owner.parts[0 if name == "startswith" else -1]
    if isinstance(edge, str) and len(edge) >= len(needle.value):
        return Const(getattr(edge, name)(needle.value))
    if isinstance(edge, str) and not (
        needle.value.startswith(edge) if name == "startswith" else needle.value.endswith(edge)
    ):
        return Const(False)
    return PYTHON


def _const_method(owner: object, name: str, args: Arguments) -> Value:
    plain = [value.value for value, _ in args.positional if isinstance(value, Const)]
    if isinstance(owner, str) and name == "join" and len(args.positional) == 1:
        sequence = args.positional[0][0]
        if isinstance(sequence, (ListValue, TupleValue)) and is_whole(sequence):
            pieces: list[Value] = []
            for item in sequence.items:
                pieces.extend([Const(owner), item] if pieces else [item])
            return operate.concatenate(pieces)
    if isinstance(owner, str) and name in _PURE and len(plain) == len(args.positional) and not args.keywords:
        try:
            result = getattr(owner, name, lambda *_: None)(*plain)
        except (TypeError, ValueError):  # "".join(None) on a path that no run takes
            return PYTHON
        if isinstance(result, list):
            return ListValue([Const(item) for item in result])
        return Const(result)
    return PYTHON


def _dict_method(owner: DictValue, name: str, args: Arguments) -> Value | None:
    key = args.get(0, "")
    if name == "get" and isinstance(key, Const):
        default = args.get(1, "default") or NONE
        if key.value in owner.items:
            return join(owner.items[key.value], default) if key.value in owner.maybe else owner.items[key.value]
        return default if owner.complete else UNKNOWN
    if name == "copy":
        return copied(owner)
    sure = owner.complete and not owner.maybe
    if name == "items" and sure:
        return ListValue([TupleValue((Const(k), v)) for k, v in owner.items.items()])
    if name == "values":
        return ListValue(list(owner.items.values()), sure)
    if name == "keys":
        return ListValue([Const(k) for k in owner.items], sure)
    return None
