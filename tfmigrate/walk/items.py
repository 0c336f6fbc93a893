"""The items of a value: one by its index, a slice, those that it is unpacked into, and how many there are."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from functools import reduce

from tfmigrate.walk import operate
from tfmigrate.walk.growing import length_in
from tfmigrate.walk.joining import join
from tfmigrate.walk.values import (
    PYTHON,
    TENSOR,
    UNKNOWN,
    Const,
    DictValue,
    Dim,
    Kind,
    ListValue,
    LoopIndex,
    Shape,
    Symbol,
    TupleValue,
    Unknown,
    Value,
    code_in,
    is_python,
    is_tensor,
    is_whole,
    python_from,
    round_of,
)


def subscript(owner: Value, index: Value) -> Value:
    """`owner[index]`."""
    made = _of_same_round(owner, index) if isinstance(owner, ListValue) and isinstance(index, LoopIndex) else None
    if made is not None:
        return made
    if isinstance(owner, (TupleValue, ListValue)) and isinstance(index, Const) and isinstance(index.value, int):
        complete = not isinstance(owner, ListValue) or owner.complete
        if complete and -len(owner.items) <= index.value < len(owner.items):
            return owner.items[index.value]
    if isinstance(owner, (TupleValue, ListValue)) and owner.items:
        return reduce(join, owner.items)
    if isinstance(owner, DictValue) and owner.key is not None:
        of_round = owner.of_round(index)
        return UNKNOWN if of_round is None else of_round
    if isinstance(owner, DictValue) and isinstance(index, Const):
        return owner.items.get(index.value, UNKNOWN)
    if isinstance(owner, Shape):
        return Dim(f"{owner.label}.shape{owner.slice}[{operate.show(index)}]")
    if isinstance(owner, Symbol):
        text, key = (f"{name}[{operate.show(index)}]" for name in (owner.text, owner.key))
        return Symbol(text, key, owner.kind, round_of(owner, index))
    if is_tensor(owner):
        return TENSOR
    return python_from(owner) if is_python(owner) else Unknown(code=code_in(owner))


def _of_same_round(owner: ListValue, index: LoopIndex) -> Value | None:
    """The item that the round made to which the index belongs; counted from where the loop starts."""
    position: Value | None = owner.index
    if owner.index is not None and owner.index.start is not None and index.start is None:
        # in another order: the last one first
        return owner.of_round(not index.first) if owner.index == index else None
    if owner.index is not None and owner.index.start:
        position = operate.binary(ast.Sub(), owner.index, Const(owner.index.start))
    elif owner.index is not None and owner.index.origin:
        position = operate.from_zero(owner.index)
    return owner.of_round(index.first) if position == index else None


def slice_of(owner: Value, between: Sequence[Value | None], text: str) -> Value:
    """`owner[lower:upper:step]`; text: what stands in the brackets."""
    bounds = [b.value if isinstance(b, Const) else b for b in between]
    numbers = [b for b in bounds if b is None or isinstance(b, int)]
    if isinstance(owner, (TupleValue, ListValue)) and len(numbers) == len(bounds) and bounds[-1] != 0:
        if isinstance(owner, TupleValue):
            return TupleValue(owner.items[slice(*numbers)])
        if not is_whole(owner) and (owner.unsure or numbers[0] or any((bound or 0) < 0 for bound in numbers)):
            return ListValue(list(owner.items), complete=False, unsure=True)  # it may be any of them
        return ListValue(owner.items[slice(*numbers)], owner.complete)
    if isinstance(owner, Shape):
        return Shape(owner.label, f"{owner.slice}[{text}]")
    if is_tensor(owner):
        return TENSOR
    return python_from(owner) if is_python(owner) else Unknown(code=code_in(owner))


def element(value: Value, index: int) -> Value:
    """The item at `index` of a value that is unpacked."""
    if isinstance(value, (TupleValue, ListValue)):
        if index < len(value.items):
            return reduce(join, value.items) if isinstance(value, ListValue) and value.unsure else value.items[index]
        return reduce(join, value.items) if value.items else UNKNOWN
    return subscript(value, Const(index))


def length_of_value(value: Value | None) -> Value:
    """`len(value)`."""
    if isinstance(value, ListValue) and (value.growth is not None or (value.length is not None and not value.complete)):
        return length_in(value.growth) or value.length or PYTHON
    if isinstance(value, TupleValue) or (isinstance(value, ListValue) and value.complete):
        return Const(len(value.items))
    if isinstance(value, Symbol):
        return Symbol(f"len({value.text})", f"len({value.key})", Kind.PYTHON, value.round)
    if isinstance(value, Shape):
        return Dim(f"len({value.label}.shape{value.slice})")
    return PYTHON
