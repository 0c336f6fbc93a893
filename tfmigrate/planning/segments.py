"""The names that a scope opens one in another: `variable_scope("a/b")` opens b in a."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence

from tfmigrate.planning.making import Naming
from tfmigrate.program.scan import arguments_of
from tfmigrate.tf1.layers import VARIABLE_SCOPE
from tfmigrate.walk.regions import Region


def has_segments(regions: Sequence[Region]) -> bool:
    """Whether a scope opens several names."""
    return any(region.name is not None and len(region.name) > 1 for region in regions)


def segment_texts(
    call: ast.expr, regions: Sequence[Region], naming: Naming, show: Callable[[ast.expr], str]
) -> list[str] | None:
    """Each of the names as Python writes it, outside in; None where they cannot be told apart."""
    parts = _parts(scope_name(call))
    if parts is None or any(region.name is None or len(region.name) != len(parts) for region in regions):
        return None
    return [naming.literal(part) if isinstance(part, str) else show(part) for part in parts]


def last_segment(call: ast.expr) -> str | ast.expr | None:
    """The innermost of the names, if they can be told apart."""
    parts = _parts(scope_name(call))
    return None if parts is None else parts[-1]


def scope_name(call: ast.expr) -> ast.expr | None:
    """The name that a `variable_scope(...)` call opens."""
    return arguments_of(call, VARIABLE_SCOPE).get("name_or_scope") if isinstance(call, ast.Call) else None


def _parts(name: ast.expr | None) -> list[str | ast.expr] | None:
    """What stands between the slashes of `"a/b"`, `scope + "/a/b"` and `"a/" + scope`."""
    if isinstance(name, ast.Constant) and isinstance(name.value, str):
        return [*name.value.split("/")]
    if not isinstance(name, ast.BinOp) or not isinstance(name.op, ast.Add):
        return None
    left, right = name.left, name.right
    if isinstance(right, ast.Constant) and isinstance(right.value, str) and right.value.startswith("/"):
        rest: list[str | ast.expr] = [*right.value[1:].split("/")]
        return [left, *rest] if all(rest) else None
    if isinstance(left, ast.Constant) and isinstance(left.value, str) and left.value.endswith("/"):
        rest = [*left.value[:-1].split("/")]
        return [*rest, right] if all(rest) else None
    return None
