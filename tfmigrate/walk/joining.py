"""Whether two values are surely the same, and what is known of one that is either of two."""

from __future__ import annotations

from collections.abc import Sequence

from tfmigrate.walk.values import (
    NONE,
    TENSOR,
    UNKNOWN,
    Choice,
    Const,
    FunctionValue,
    ListValue,
    Method,
    Regularizer,
    Tensor,
    TupleValue,
    Unknown,
    Value,
    is_python,
    is_tensor,
    python_from,
)


def same(left: Value, right: Value) -> bool:
    """Whether both are surely the same value."""
    if left is right:
        return not isinstance(left, Unknown)
    if isinstance(left, Unknown) or isinstance(right, Unknown) or type(left) is not type(right):
        return False
    if isinstance(left, Const) and isinstance(right, Const):
        return type(left.value) is type(right.value) and left.value == right.value
    if isinstance(left, (TupleValue, ListValue)) and isinstance(right, (TupleValue, ListValue)):
        if isinstance(left, ListValue) and not (left.complete and isinstance(right, ListValue) and right.complete):
            return False
        return _all_same(left.items, right.items)
    if isinstance(left, Choice) and isinstance(right, Choice):
        return left.key is right.key and _all_same(left.options, right.options)
    if isinstance(left, FunctionValue) and isinstance(right, FunctionValue):
        return left.function is right.function and left.bound is right.bound and left.env is right.env
    if isinstance(left, Method) and isinstance(right, Method):
        return left.name == right.name and same(left.owner, right.owner)
    if isinstance(left, Tensor):
        return False
    return left == right


def _all_same(left: Sequence[Value], right: Sequence[Value]) -> bool:
    return len(left) == len(right) and all(same(a, b) for a, b in zip(left, right, strict=False))


def join(left: Value | None, right: Value | None) -> Value:
    """What is known of a value that is `left` on one path and `right` on the other."""
    if left is None or right is None:
        present = left if right is None else right
        return present if present is not None else UNKNOWN
    if left is right or same(left, right):
        return left
    if isinstance(left, Tensor) and isinstance(right, Tensor):
        shapeless = left.shapeless or right.shapeless
        return left if left.label == right.label and left.shapeless is shapeless else Tensor("", shapeless)
    if isinstance(left, TupleValue) and isinstance(right, TupleValue) and len(left.items) == len(right.items):
        return TupleValue(tuple(join(a, b) for a, b in zip(left.items, right.items, strict=False)))
    if isinstance(left, Regularizer) or isinstance(right, Regularizer):
        return _either_regularizer(left, right)
    if is_python(left) and is_python(right):
        return python_from(left, right)
    if is_tensor(left) and is_tensor(right):
        return TENSOR
    return UNKNOWN


def _either_regularizer(left: Value, right: Value) -> Value:
    """A regularizer that may be another one, or none at all."""
    if not all(isinstance(value, Regularizer) or value == NONE for value in (left, right)):
        return python_from(left, right) if is_python(left) and is_python(right) else UNKNOWN
    sure = all(isinstance(value, Regularizer) and value.sure for value in (left, right))
    return Regularizer(object(), sure)
