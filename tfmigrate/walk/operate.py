"""Operators on symbolic values: arithmetic, string formatting, comparison, truth."""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Collection, Iterable
from itertools import product, takewhile
from math import prod
from typing import Any

from tfmigrate.walk.joining import same
from tfmigrate.walk.values import (
    NONE,
    PYTHON,
    TENSOR,
    UNKNOWN,
    ClassValue,
    Const,
    Counted,
    DictValue,
    Dim,
    FunctionValue,
    Kind,
    Library,
    ListValue,
    LoopIndex,
    ModuleValue,
    Named,
    ObjectValue,
    Opaque,
    Shape,
    Symbol,
    Tensor,
    Text,
    TupleValue,
    Value,
    is_python,
    is_tensor,
    is_whole,
    python_from,
    round_of,
)

ARITHMETIC: dict[type[ast.operator], tuple[str, Callable[[object, object], object]]] = {
    ast.Add: ("+", operator.add),
    ast.Sub: ("-", operator.sub),
    ast.Mult: ("*", operator.mul),
    ast.Div: ("/", operator.truediv),
    ast.FloorDiv: ("//", operator.floordiv),
    ast.Mod: ("%", operator.mod),
    ast.Pow: ("**", operator.pow),
}
_BIG = 10_000
_FEW = 64
# methods by which an object may count as false
_SAYS_TRUTH = {"__bool__", "__nonzero__", "__len__"}
_FIELD = re.compile(r"%(?:\((\w+)\))?[-+ #0]*\d*(?:\.\d+)?([sdifrxgecuoaXEGF%])")


def show(value: Value) -> str:
    """Canonical text of a value, the same for the same value on both sides of a migration."""
    if isinstance(value, (Symbol, LoopIndex, Dim)):
        return value.text
    if isinstance(value, Const):
        return repr(value.value)
    if isinstance(value, Text):
        return repr(str(value))
    if isinstance(value, Shape):
        return f"{value.label}.shape{value.slice}"
    if isinstance(value, TupleValue):
        return f"({', '.join(map(show, value.items))})"
    if isinstance(value, ListValue):
        return f"[{', '.join(map(show, value.items))}]"
    if isinstance(value, Library):
        return value.name
    if isinstance(value, FunctionValue):
        return value.function.name
    return "?"


def binary(op: ast.operator, left: Value, right: Value) -> Value:
    """The result of `left op right`."""
    row = ARITHMETIC.get(type(op))
    if isinstance(op, ast.Add) and (_is_text(left) or _is_text(right)):
        return concatenate([left, right])
    if isinstance(op, ast.Mod) and isinstance(left, Const) and isinstance(left.value, str):
        return percent_format(left.value, right)
    sequences = isinstance(left, (ListValue, TupleValue)) and isinstance(right, (ListValue, TupleValue))
    if not sequences and (is_tensor(left) or is_tensor(right)):
        shapeless = next((v.shapeless for v in (left, right) if isinstance(v, Tensor) and v.shapeless), None)
        return Tensor(shapeless=shapeless) if shapeless is not None else TENSOR
    if isinstance(left, ListValue) and isinstance(right, ListValue) and isinstance(op, ast.Add):
        unsure = right.unsure or not is_whole(left)  # where the second one begins is not known either
        return ListValue([*left.items, *right.items], left.complete and right.complete, unsure=unsure)
    if isinstance(left, TupleValue) and isinstance(right, TupleValue) and isinstance(op, ast.Add):
        return TupleValue(left.items + right.items)
    if isinstance(left, ListValue) and isinstance(op, ast.Mult):
        times = right.value if isinstance(right, Const) else None
        plain = left.complete and all(isinstance(item, Const) for item in left.items)
        if isinstance(times, int) and 0 <= times * len(left.items) <= _FEW and plain:
            return ListValue(left.items * times)
        return ListValue(list(left.items), complete=False, unsure=left.unsure)
    if row is None:
        return python_from(left, right) if is_python(left) and is_python(right) else UNKNOWN
    symbol, compute = row
    if isinstance(left, Const) and isinstance(right, Const):
        return _compute(compute, left.value, right.value)
    if isinstance(left, LoopIndex) and isinstance(right, Const) and isinstance(right.value, int) and symbol in "+-":
        return _shift(left, right.value, symbol)
    if isinstance(left, LoopIndex) and isinstance(right, Symbol) and symbol == "-" and right.text == left.origin:
        return from_zero(left)
    if isinstance(left, (Dim, Const, Symbol, LoopIndex)) and isinstance(right, (Dim, Const, Symbol, LoopIndex)):
        text = f"{_operand(left)} {symbol} {_operand(right)}"
        if isinstance(left, Dim) or isinstance(right, Dim):
            return Dim(text)
        return Symbol(text, text, Kind.PYTHON, round_of(left, right))
    return python_from(left, right) if is_python(left) and is_python(right) else UNKNOWN


def _operand(value: Value) -> str:
    """The text of an operand, in parentheses if it has operators of its own."""
    text = show(value)
    return f"({text})" if isinstance(value, (Dim, Symbol, LoopIndex)) and _has_operator(text) else text


def _has_operator(text: str) -> bool:
    depth = 0
    for i, char in enumerate(text):
        depth += (char in "([") - (char in ")]")
        if depth == 0 and char == " " and text[i + 1 : i + 2] in tuple("+-*/%"):
            return True
    return False


def _compute(compute: Callable[[object, object], object], left: object, right: object) -> Value:
    for side in (left, right):
        if isinstance(side, int) and abs(side) > _BIG * _BIG:
            return PYTHON
    try:
        result = compute(left, right)
    except Exception:  # noqa: BLE001 - the program's own arithmetic may fail in any way; then nothing is known
        return PYTHON
    return Const(result) if not isinstance(result, str) or len(result) < _BIG else PYTHON


def from_zero(index: LoopIndex) -> LoopIndex:
    """The index of a range that starts at a symbol, without that."""
    text = f"{_operand(index)} - {index.origin}"
    return LoopIndex(text, f"{index.key}-{index.origin}", index.distinct, 0, index.first, None, index.run)


def _shift(index: LoopIndex, by: int, symbol: str) -> LoopIndex:
    delta = by if symbol == "+" else -by
    if isinstance(index, Counted):
        return index.shifted(delta)
    start = None if index.start is None else index.start + delta
    values = None
    if index.values is not None and all(isinstance(v, int) for v in index.values):
        values = tuple(v + delta for v in index.values if isinstance(v, int))
    text, key = f"{_operand(index)} {symbol} {by}", f"{index.key}{symbol}{by}"
    return LoopIndex(text, key, index.distinct, start, index.first, values, index.run)


def _is_text(value: Value) -> bool:
    return isinstance(value, Text) or (isinstance(value, Const) and isinstance(value.value, str))


def concatenate(values: Iterable[Value]) -> Value:
    """Strings after one another; symbols stay symbols."""
    parts: list[str | Symbol | LoopIndex] = []
    for value in values:
        if isinstance(value, Text):
            parts.extend(value.parts)
        elif isinstance(value, Const):
            parts.append(str(value.value))
        elif isinstance(value, (Symbol, LoopIndex)):
            parts.append(value)
        elif isinstance(value, Dim):
            parts.append(Symbol(value.text, value.text))
        else:
            return UNKNOWN if not is_python(value) else PYTHON
    merged: list[str | Symbol | LoopIndex] = []
    for part in parts:
        if isinstance(part, str) and merged and isinstance(merged[-1], str):
            merged[-1] += part
        elif part != "":
            merged.append(part)
    if all(isinstance(part, str) for part in merged):
        return Const("".join(str(part) for part in merged))
    return Text(tuple(merged))


def percent_format(template: str, argument: Value) -> Value:
    """`template % argument`; conversion flags count only where everything is known."""
    arguments = list(argument.items) if isinstance(argument, TupleValue) else [argument]
    if all(isinstance(a, Const) for a in arguments):
        plain = tuple(a.value for a in arguments if isinstance(a, Const))
        return _compute(operator.mod, template, plain if isinstance(argument, TupleValue) else plain[0])
    pieces: list[Value] = []
    end = 0
    queue = list(arguments)
    for match in _FIELD.finditer(template):
        pieces.append(Const(template[end : match.start()]))
        end = match.end()
        if match[2] == "%":
            pieces.append(Const("%"))
        elif match[1] is not None or not queue:
            return PYTHON
        else:
            pieces.append(queue.pop(0))
    pieces.append(Const(template[end:]))
    return concatenate(pieces)


def brace_format(template: str, positional: list[Value], named: dict[str, Value]) -> Value:
    """`template.format(...)` for fields without attribute access."""
    import string

    pieces: list[Value] = []
    automatic = 0
    try:
        fields = list(string.Formatter().parse(template))
    except ValueError:
        return PYTHON
    for literal, name, spec, conversion in fields:
        pieces.append(Const(literal))
        if name is None or spec is None:
            continue
        if name == "":
            name = str(automatic)
            automatic += 1
        value = positional[int(name)] if name.isdigit() and int(name) < len(positional) else named.get(name)
        if value is None:
            return PYTHON
        pieces.append(formatted(value, spec, conversion))
    return concatenate(pieces)


def formatted(value: Value, spec: str, conversion: str | None) -> Value:
    """`{value!conversion:spec}` in a string; what is known by name only stays so."""
    if not isinstance(value, Const) or not (spec or conversion):
        return value
    if "{" in spec:
        return PYTHON
    conversions: dict[str | None, Callable[[object], str]] = {"r": repr, "s": str, "a": ascii}
    converted = conversions[conversion](value.value) if conversion in conversions else value.value
    try:
        return Const(format(converted, spec))
    except (TypeError, ValueError):
        return PYTHON


def truth(value: Value) -> bool | None:
    """Whether the value counts as true; None where that is not known."""
    if isinstance(value, Const):
        return bool(value.value)
    if isinstance(value, LoopIndex):
        if value.start is None:
            now = {bool(item) for item in (value.values or ())[slice(1) if value.first else slice(1, None)]}
            return now.pop() if len(now) == 1 else None
        return value.start != 0 if value.first else (True if value.start >= 0 else None)
    if isinstance(value, ListValue):
        return (None if value.unsure else True) if value.items else (False if value.complete else None)
    if isinstance(value, DictValue):
        return True if value.items.keys() - value.maybe else (False if value.complete and not value.items else None)
    if isinstance(value, TupleValue):
        return bool(value.items)
    if isinstance(value, ObjectValue):
        return None if _SAYS_TRUTH & value.cls.methods.keys() else True
    if isinstance(value, (FunctionValue, ClassValue, ModuleValue)):
        return True
    if isinstance(value, Text):
        return True if any(isinstance(part, str) for part in value.parts) else None
    return True if isinstance(value, Opaque) and value.is_true else None


_ORDER: dict[type[ast.cmpop], Callable[[Any, Any], object]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}


def compare(op: ast.cmpop, left: Value, right: Value) -> Value:
    """The result of a comparison: Const(True), Const(False) or not known."""
    answer = _compare(op, left, right)
    if answer is None:
        return TENSOR if is_tensor(left) or is_tensor(right) else PYTHON
    return Const(answer)


def _compare(op: ast.cmpop, left: Value, right: Value) -> bool | None:
    if isinstance(op, (ast.Is, ast.IsNot)):
        equal = _is_same_object(left, right)
        return None if equal is None else equal is isinstance(op, ast.Is)
    if isinstance(op, (ast.In, ast.NotIn)):
        found = _contains(right, left)
        return None if found is None else found is isinstance(op, ast.In)
    if isinstance(left, Const) and isinstance(right, Const):
        try:
            return bool(_ORDER[type(op)](left.value, right.value))
        except TypeError:
            return None
    if isinstance(left, LoopIndex) and isinstance(right, Const) and isinstance(right.value, int):
        return _compare_index(op, left, right.value)
    if isinstance(right, LoopIndex) and isinstance(left, Const) and isinstance(left.value, int):
        mirrored: dict[type[ast.cmpop], ast.cmpop] = {
            ast.Lt: ast.Gt(),
            ast.Gt: ast.Lt(),
            ast.LtE: ast.GtE(),
            ast.GtE: ast.LtE(),
        }
        return _compare_index(mirrored.get(type(op), op), right, left.value)
    if isinstance(op, ast.Eq) and same(left, right):
        return True
    if isinstance(op, ast.NotEq) and same(left, right):
        return False
    if isinstance(op, (ast.Eq, ast.NotEq)) and NONE in (left, right) and _never_none(right if left == NONE else left):
        return isinstance(op, ast.NotEq)
    if isinstance(op, (ast.Eq, ast.NotEq)) and (_never_says(left, right) or _never_says(right, left)):
        return isinstance(op, ast.NotEq)
    return None


def _never_says(text: Value, other: Value) -> bool:
    """Whether a string with symbols in it begins or ends otherwise than a known one."""
    if not isinstance(text, Text) or not isinstance(other, Const) or not isinstance(other.value, str):
        return False
    prefix = "".join(takewhile(lambda part: isinstance(part, str), text.parts))  # type: ignore[arg-type]
    suffix = text.parts[-1] if isinstance(text.parts[-1], str) and len(text.parts) > 1 else ""
    return not other.value.startswith(prefix) or not other.value.endswith(suffix)


def _compare_index(op: ast.cmpop, index: LoopIndex, number: int) -> bool | None:
    if index.start is None:
        return None
    if index.first:
        return bool(_ORDER[type(op)](index.start, number))
    smallest = index.start + 1
    if smallest > number:
        return isinstance(op, (ast.Gt, ast.GtE, ast.NotEq))
    if smallest == number and isinstance(op, (ast.GtE, ast.Lt)):
        return isinstance(op, ast.GtE)
    return None


def _is_same_object(left: Value, right: Value) -> bool | None:
    if isinstance(left, Const) and isinstance(right, Const):
        return left.value is right.value or (left.value == right.value and type(left.value) is type(right.value))
    if NONE in (left, right):
        return False if _never_none(right if left == NONE else left) else None
    return None


def _never_none(value: Value) -> bool:
    known = (
        Text,
        TupleValue,
        ListValue,
        DictValue,
        ObjectValue,
        FunctionValue,
        ClassValue,
        Library,
        LoopIndex,
        Dim,
        Shape,
    )
    if isinstance(value, Opaque) and value.is_true:
        return True
    return isinstance(value, known) or is_tensor(value) or (isinstance(value, Const) and value.value is not None)


def _contains(container: Value, item: Value) -> bool | None:
    if isinstance(container, Const) and isinstance(container.value, (str, bytes)) and isinstance(item, Const):
        return isinstance(item.value, str) and isinstance(container.value, str) and item.value in container.value
    if isinstance(container, Text) and isinstance(item, Const) and isinstance(item.value, str):
        return text_contains(container, item.value)
    if isinstance(container, Named) and isinstance(item, Const) and isinstance(item.value, str):
        return container.holds(item.value)
    if isinstance(container, (ListValue, TupleValue)):
        if any(same(entry, item) for entry in container.items):
            return None if isinstance(container, ListValue) and container.unsure else True
        complete = not isinstance(container, ListValue) or container.complete
        if complete and isinstance(item, Const) and all(isinstance(entry, Const) for entry in container.items):
            return False
    if isinstance(container, DictValue) and isinstance(item, Const):
        if item.value in container.items:
            return None if item.value in container.maybe else True
        return False if container.complete else None
    return None


# ways to fill in the symbols of a text that are gone through
_MANY = 4_096


def text_contains(text: Text, needle: str) -> bool | None:
    """Whether a string with symbols contains `needle`: True in a literal part; False if no symbol can help."""
    if any(isinstance(part, str) and needle in part for part in text.parts):
        return True
    return None if _may_contain(text, needle) else False


def _may_contain(text: Text, needle: str) -> bool:
    """Whether some value of the symbols could make `needle` appear; number symbols yield digits only."""
    digits = re.findall(r"\d+", needle)
    # of a number, no more than these can be a part of it, and what else it has does not matter
    within = {"0", *(run[i:j] for run in digits for i in range(len(run)) for j in range(i + 1, len(run) + 1))}
    choices: list[Collection[str]] = []
    for part in text.parts:
        if isinstance(part, LoopIndex) and part.values is not None:
            choices.append({str(value) for value in part.values})
        elif not isinstance(part, str) and not is_number(part):
            return True
        else:
            choices.append([part] if isinstance(part, str) else within)
    if prod(map(len, choices)) > _MANY:
        return True
    return any(needle in "".join(parts) for parts in product(*choices))


def is_number(part: Symbol | LoopIndex) -> bool:
    """Whether a symbol in a string certainly stands for a whole number."""
    return isinstance(part, LoopIndex) and (
        part.start is not None or (part.values is not None and all(isinstance(v, int) for v in part.values))
    )
