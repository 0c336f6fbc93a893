"""Names, shapes and dtypes of TensorFlow 1's variables, as far as they are known."""

from __future__ import annotations

import re
from itertools import takewhile

from tfmigrate.walk import operate
from tfmigrate.walk.objects import VariableOp
from tfmigrate.walk.regions import (
    Path,
    Variable,
    path_of,
    show_path,
)
from tfmigrate.walk.values import (
    PYTHON,
    SOME_NUMBER,
    TENSOR,
    Const,
    Dim,
    Library,
    ListValue,
    Method,
    Shape,
    Symbol,
    Text,
    TupleValue,
    Unknown,
    Value,
    text_of,
)


def is_plain(path: Path) -> bool:
    """Whether a path is known to the letter."""
    return all(isinstance(segment, Const) for segment in path)


def joined(path: Path) -> Value:
    pieces: list[Value] = []
    for segment in path:
        pieces.extend([Const("/"), segment] if pieces else [segment])
    return operate.concatenate(pieces)


def name_of(variable: Variable, suffix: str) -> Value:
    if variable.path is None:
        return Symbol("name of a tf.Variable", f"variable {id(variable)}", PYTHON.kind)
    return operate.concatenate([joined(variable.path), Const(suffix)])


def variable_attribute(owner: Variable, name: str) -> Value:
    if name == "name":
        return name_of(owner, ":0")
    if name == "op":
        return VariableOp(owner)
    if name == "shape":
        return Shape(show_path(owner.path or ()))
    return Method(TENSOR, name)


def matches(variable: Variable, scope: Value) -> bool | None:
    """Whether the scope of a collection chooses a variable; None if that is not known."""
    wanted, stem = text_of(scope), variable.stem
    if variable.path is not None or stem is None or not wanted or not re.fullmatch(r"[\w/]+", wanted):
        return starts(variable.path, scope)
    return None if stem.startswith(wanted) or wanted.startswith(stem) else False


def starts(path: Path | None, scope: Value) -> bool | None:
    """Whether TF1's `re.match(scope, name)` succeeds."""
    if path is None:
        return None
    wanted = text_of(scope)
    name = joined(path)
    if isinstance(name, Const) and wanted is not None:
        try:
            return re.match(wanted, f"{name.value}:0") is not None
        except re.error:
            return None
    prefix = path_of(scope)
    if prefix is None:
        return None
    if path[: len(prefix)] == prefix:
        return True
    first = text_of(path[0])
    if wanted is not None and first is not None and not first.startswith(wanted.split("/")[0]):
        return False
    if (
        wanted is not None
        and isinstance(name, Text)
        and isinstance(name.parts[0], str)
        and name.parts[0].startswith(wanted)
    ):
        return True
    if is_plain(prefix) and is_plain(path[:1]) and path[0] != prefix[0]:
        return False
    return _starts_by_parts(path, prefix)


def _starts_by_parts(path: Path, prefix: Path) -> bool | None:
    """The same of names with symbols in them, by the first segments that are not the same."""
    i = next((i for i, (one, other) in enumerate(zip(path, prefix)) if one != other), None)
    if i is None:
        return None
    known, wanted = _lead(path[i]), _lead(prefix[i])
    if not re.fullmatch(r"\w+", wanted):
        return None
    return None if known.startswith(wanted) or wanted.startswith(known) else False


def _lead(segment: Value) -> str:
    """What a segment begins with for sure."""
    if isinstance(segment, Text):
        return "".join(takewhile(lambda part: isinstance(part, str), segment.parts))  # type: ignore[arg-type]
    return str(segment.value) if isinstance(segment, Const) else ""


def symbols_of(path: Path) -> list[Symbol]:
    """What is not known of a name."""
    parts = [part for segment in path if isinstance(segment, Text) for part in segment.parts]
    return [part for part in parts if isinstance(part, Symbol)]


def is_uncertain(path: Path) -> bool:
    """Whether the path may be another one than it seems, or one of many."""
    return any(part.key.startswith("unknown@") for part in symbols_of(path))


def is_variable_list(value: Value) -> bool:
    return (
        isinstance(value, (ListValue, TupleValue))
        and bool(value.items)
        and all(isinstance(i, Variable) for i in value.items)
    )


def listed_variables(value: Value | None) -> list[Variable] | None:
    """What a list holds, if that is known to be variables and no others."""
    if not isinstance(value, (ListValue, TupleValue)) or (isinstance(value, ListValue) and not value.complete):
        return None
    found = [item for item in value.items if isinstance(item, Variable)]
    return found if found and len(found) == len(value.items) else None


def dimensions(value: Value) -> tuple[str, ...] | None:
    """A shape argument as canonical text per dimension."""
    if isinstance(value, (ListValue, TupleValue)):
        if isinstance(value, ListValue) and not value.complete:
            return None
        return tuple(_size(item) for item in value.items)
    if isinstance(value, Const) and isinstance(value.value, (int, float)):
        return (_size(value),)
    return (operate.show(value),) if isinstance(value, Shape) else None


def _size(value: Value) -> str:
    text = operate.show(_whole(value))
    return "?" if SOME_NUMBER in text else text


def _whole(value: Value) -> Value:
    """TF1 takes 4.0 for a dimension of 4."""
    if isinstance(value, Const) and isinstance(value.value, float) and value.value.is_integer():
        return Const(int(value.value))
    return value


def may_be_float(value: Value | None) -> bool:
    """Whether a size may be a float, as a division with `/` gives it; Keras takes whole numbers alone."""
    if isinstance(value, Const):
        return isinstance(value.value, float)
    return isinstance(value, (Dim, Symbol)) and " / " in value.text


def may_be_numpys(value: Value | None) -> bool:
    """Whether a size may be a number of numpy's, which is no `int` of Python."""
    code = value.code if isinstance(value, Unknown) else None
    return any(isinstance(name, str) and name.startswith("numpy.") for name in code or ())


def dtype_of(value: Value) -> str:
    """`tf.float32` and "float32" are one dtype."""
    if isinstance(value, Library):
        return value.name.rsplit(".", 1)[-1]
    return text_of(value) or "?"
