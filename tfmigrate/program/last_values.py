"""What a name may have been given last where a body reads it, behind branches and loops."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from tfmigrate.program.rounds import runs_through
from tfmigrate.program.scan import Scan

_RANGES = ("range", "xrange")
Values = list[ast.expr | None]


def last_values(scan: Scan, name: str, at: ast.AST) -> Values:
    """The values that may reach a node; None among them stands for one that cannot be told, or comes from outside."""
    here = scan.statement(at)
    while True:
        owner, suite = scan.suite(here)
        row = scan.body if owner is None else getattr(owner, suite)
        if here not in row:
            return [None]
        found = _given(scan, name, row[: row.index(here)])
        if found is not None and _OPEN not in found:
            return found
        if isinstance(owner, (ast.With, ast.If)):
            if found is not None:
                return [None]
            here = owner
        else:
            return [None]


_OPEN = ast.Constant("what it was before")


def _given(scan: Scan, name: str, row: Sequence[ast.stmt]) -> Values | None:
    """What a row of statements may leave a name, `_OPEN` where it may leave it alone; None where it surely does."""
    rest: Values = []
    for statement in reversed(row):
        found = _given_by(scan, name, statement)
        if found is None:
            continue
        rest += [value for value in found if value is not _OPEN]
        if _OPEN not in found:
            return rest
    return [*rest, _OPEN] if rest else None


def _given_by(scan: Scan, name: str, statement: ast.stmt) -> Values | None:
    inside = {statement, *ast.walk(statement)}
    here = [binding for binding in scan.bindings.get(name, ()) if binding.statement in inside]
    if not here:
        return None
    if here[0].statement is statement:
        return [here[0].value if len(here) == 1 else None]
    if isinstance(statement, ast.With):
        return _given(scan, name, statement.body)
    if isinstance(statement, ast.If):
        ways = [way for way in (statement.body, statement.orelse) if not _leaves(way)]
        return [value for way in ways for value in _given(scan, name, way) or [_OPEN]]
    if isinstance(statement, ast.For) and runs_through(statement) and _has_rounds(statement.iter):
        found = _given(scan, name, statement.body)
        return found if found is not None and _OPEN not in found else [None]
    return [None]


def _leaves(row: Sequence[ast.stmt]) -> bool:
    return bool(row) and isinstance(row[-1], (ast.Return, ast.Raise))


def _has_rounds(iterated: ast.expr) -> bool:
    """Whether a loop over this surely has a round."""
    if isinstance(iterated, (ast.List, ast.Tuple)):
        return any(not isinstance(item, ast.Starred) for item in iterated.elts)
    if not isinstance(iterated, ast.Call) or getattr(iterated.func, "id", "") not in _RANGES or len(iterated.args) != 1:
        return False
    stop = iterated.args[0]
    return isinstance(stop, ast.Constant) and isinstance(stop.value, int) and stop.value > 0
