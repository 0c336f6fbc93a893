"""A variable that is asked for with another shape or dtype than it was made with: TF1 raises when it gets there."""

from __future__ import annotations

from collections.abc import Iterator

from tfmigrate.auditing.facts import Facts, place_of
from tfmigrate.auditing.remark import Remark
from tfmigrate.tf1.layers import GET_VARIABLE
from tfmigrate.walk.naming import dtype_of
from tfmigrate.walk.regions import Creation, given_to, show_path
from tfmigrate.walk.values import NONE, Const, Library, ListValue, TupleValue, Value

# of a layer, what its kernel gets its shape from
_SIZES = ("units", "num_outputs", "filters", "kernel_size")


def check(facts: Facts) -> Iterator[Remark]:
    for variable, first, later in facts.shared():
        differing = _differing(first, later)
        if differing is not None:
            what, one, other = differing
            module, node = place_of(later, first)
            home, made = place_of(first, later)
            name = show_path(variable.path or ())
            text = f"{name} is asked for with {what} {other}, but was made with {one}; TF1 raises ValueError"
            yield Remark("TFM701", module, node, text, ((home, made, f"made here with {what} {one}"),))


def _differing(first: Creation, later: Creation) -> tuple[str, str, str] | None:
    """What both say, and not alike."""
    if first.row is None and later.row is None:
        one, other = (_sizes(_asked(creation, "shape")) for creation in (first, later))
        if one is not None and other is not None and not _compatible(one, other):
            return "shape", _shown(one), _shown(other)
        types = [_dtype(creation) for creation in (first, later)]
        if None not in types and types[0] != types[1]:
            return "dtype", str(types[0]), str(types[1])
    elif first.row is not None and first.row is later.row:
        given = [given_to(first.row, creation.args) for creation in (first, later)]
        for key in _SIZES:
            values = [arguments[key][0] if key in arguments else None for arguments in given]
            numbers = [_sizes(value) for value in values]
            if numbers[0] is not None and numbers[1] is not None and not _same_sizes(*numbers):
                return key, _shown(numbers[0]), _shown(numbers[1])
    return None


def _asked(creation: Creation, name: str) -> Value | None:
    return creation.args.get(GET_VARIABLE.index(name), name)


def _sizes(value: Value | None) -> tuple[int | None, ...] | None:
    """The dimensions of a shape, None for one that is not known; None for a shape of unknown length."""
    if isinstance(value, Const) and type(value.value) is int:
        return (value.value,)
    if not isinstance(value, (ListValue, TupleValue)) or (isinstance(value, ListValue) and not value.complete):
        return None
    return tuple(i.value if isinstance(i, Const) and type(i.value) is int else None for i in value.items)


def _compatible(one: tuple[int | None, ...], other: tuple[int | None, ...]) -> bool:
    return len(one) == len(other) and all(a == b or None in (a, b) for a, b in zip(one, other))


def _same_sizes(one: tuple[int | None, ...] | None, other: tuple[int | None, ...] | None) -> bool:
    """As `_compatible`, where one number stands for all."""
    if one is None or other is None:
        return True
    if len(one) == 1 or len(other) == 1:
        longest = max(len(one), len(other))
        one, other = (sizes * longest if len(sizes) == 1 else sizes for sizes in (one, other))
    return _compatible(one, other)


def _shown(sizes: tuple[int | None, ...]) -> str:
    return f"[{', '.join('?' if size is None else str(size) for size in sizes)}]" if len(sizes) != 1 else str(sizes[0])


def _dtype(creation: Creation) -> str | None:
    """None where it is not known for sure."""
    value = _asked(creation, "dtype")
    if value is None or value == NONE:
        return "float32" if _asked(creation, "initializer") in (None, NONE) else None
    known = dtype_of(value) if isinstance(value, (Library, Const)) else "?"
    return known if known in ("float32", "float64", "int32", "int64", "float16", "bool") else None
