"""Whether what several calls give is one value."""

from __future__ import annotations

import ast

from tfmigrate.program.scan import CHANGING, scan_code
from tfmigrate.walk.joining import same
from tfmigrate.walk.regions import Region
from tfmigrate.walk.values import Const, Value, is_tensor


def is_one_value(values: list[Value | None], expressions: list[ast.expr | None], frames: set[int]) -> bool:
    """Whether calls give the same: by value where it is known, else by the same text in one activation."""
    known = [value for value in values if value is not None]
    if len(known) == len(values) and all(same(known[0], value) for value in known[1:]):
        return True
    if len(frames) > 1 or any(is_tensor(v) or isinstance(v, Const) for v in values):
        return False
    texts = {ast.unparse(e) if e is not None else None for e in expressions}
    return len(texts) == 1 and None not in texts


def changes_between(regions: list[Region], expressions: list[ast.expr | None]) -> bool:
    """Whether the code that makes these calls changes what they give under one name after the first of them."""
    names = {expression.id for expression in expressions if isinstance(expression, ast.Name)}
    calls = [region.node for region in regions if region.node is not None]
    callers = {region.frame.parent for region in regions}
    caller = next(iter(callers))
    if len(callers) > 1 or caller is None or not calls or not names:
        return False
    scan = scan_code(caller.function or caller.module)
    around = {outer for call in calls for outer in scan.ancestors(call) if isinstance(outer, (ast.For, ast.While))}
    first = min(call.lineno for call in calls if isinstance(call, ast.expr)) if calls else 0
    for read in (read for name in names for read in scan.loads(name)):
        holder = scan.parents.get(read)
        stored = isinstance(holder, ast.Subscript) and holder.value is read and not isinstance(holder.ctx, ast.Load)
        method = isinstance(holder, ast.Attribute) and holder.attr in CHANGING
        if (stored or method) and (read.lineno > first or not around.isdisjoint(scan.ancestors(read))):
            return True
    return False
