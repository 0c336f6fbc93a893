"""What a call says of a variable that it only reuses, and that the call which made it says otherwise."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tfmigrate.auditing.facts import Facts, place_of
from tfmigrate.auditing.remark import Remark
from tfmigrate.program.aliases import library_name
from tfmigrate.tf1.layers import GET_VARIABLE
from tfmigrate.walk.regions import Creation, Region, around, given_to, show_path
from tfmigrate.walk.values import Const, Value

_TRAINABLE = "trainable"


def check(facts: Facts) -> Iterator[Remark]:
    for variable, first, later in facts.shared():
        if any(_has_getter(block) for block in around(later.region)):
            continue
        name = show_path(variable.path or ())
        for said, other, what in _ignored(first, later):
            module, node = place_of(later, first)
            home, made = place_of(first, later)
            text = f"{said} has no effect on {name}, which is there already and was made {what}"
            yield Remark("TFM702", module, node, text, ((home, made, f"made here with {other}"),))


def _ignored(first: Creation, later: Creation) -> Iterator[tuple[str, str, str]]:
    said, decided = (_flag(creation) for creation in (later, first))
    if decided is True and said is False:
        yield "trainable=False", "trainable=True", "trainable"
    elif decided is False and said is True and _is_said(later, _TRAINABLE):
        yield "trainable=True", "trainable=False", "not trainable"
    for key in sorted(set(_given(first)) & set(_given(later))):
        if key.endswith("initializer"):
            one, other = (_closed(creation, _given(creation)[key][1]) for creation in (first, later))
            if one is not None and other is not None and one != other:
                yield f"{key}={other}", f"{key}={one}", "with another initializer"


def _has_getter(block: Region) -> bool:
    """Whether a `custom_getter` decides what a request gets, and may look at what it says."""
    items = block.node.items if isinstance(block.node, ast.With) else ()
    calls = [item.context_expr for item in items if isinstance(item.context_expr, ast.Call)]
    return any(keyword.arg == "custom_getter" for call in calls for keyword in call.keywords)


def _given(creation: Creation) -> dict[str, tuple[Value, ast.expr]]:
    if creation.row is not None:
        return given_to(creation.row, creation.args)
    given = {GET_VARIABLE[i]: pair for i, pair in enumerate(creation.args.positional) if i < len(GET_VARIABLE)}
    return {**given, **creation.args.keywords}


def _is_said(creation: Creation, key: str) -> bool:
    return key in _given(creation)


def _flag(creation: Creation) -> bool | None:
    """Whether the variable is to be trained, as far as the call itself says so."""
    value = _given(creation)[_TRAINABLE][0] if _is_said(creation, _TRAINABLE) else Const(True)
    return value.value if isinstance(value, Const) and isinstance(value.value, bool) else None


def _closed(creation: Creation, node: ast.expr) -> str | None:
    """The text of an expression that means the same everywhere: library functions of literals."""
    module = creation.region.module
    for part in ast.walk(node):
        if isinstance(part, ast.Name) and not library_name(module, part):
            return None
        if not isinstance(part, (ast.Name, ast.Attribute, ast.Call, ast.Constant, ast.keyword, ast.Load, ast.UnaryOp)):
            if not isinstance(part, ast.unaryop):
                return None
    return ast.unparse(node) if isinstance(node, ast.Call) else None
