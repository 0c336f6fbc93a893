"""Whether what several calls give is one value."""

from __future__ import annotations

import ast
from collections.abc import Container, Iterator

from tfmigrate.program.scan import CHANGING, Scan, scan_code
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
    names = {ast.unparse(e) for e in expressions if isinstance(e, (ast.Name, ast.Attribute, ast.Subscript))}
    calls = [region.node for region in regions if region.node is not None]
    callers = {region.frame.parent for region in regions}
    caller = next(iter(callers))
    if len(callers) > 1 or caller is None or not calls or not names:
        return False
    scan = scan_code(caller.function or caller.module)
    around = {outer for call in calls for outer in scan.ancestors(call) if isinstance(outer, (ast.For, ast.While))}
    first = min(call.lineno for call in calls if isinstance(call, ast.expr)) if calls else 0
    roots = {node for e in expressions if e is not None for node in map(ast.unparse, _chain(e))}
    for read in (read for root in roots for read in scan.loads(root)):
        late = read.lineno > first or not around.isdisjoint(scan.ancestors(read))
        if late and _is_changed_behind(read, names, scan):
            return True
    return False


def _chain(node: ast.expr) -> Iterator[ast.expr]:
    """What an item or attribute is read of, and of what that is."""
    yield node
    if isinstance(node, (ast.Attribute, ast.Subscript)):
        yield from _chain(node.value)


def _is_changed_behind(node: ast.expr, names: Container[str], scan: Scan) -> bool:
    """Whether what a name stands for, or an item in it, is changed where something is read that it is reached by."""
    found = False
    parent = scan.parents.get(node)
    while isinstance(parent, (ast.Attribute, ast.Subscript)) and parent.value is node:
        found = found or ast.unparse(node) in names
        if found and isinstance(parent, ast.Subscript) and not isinstance(parent.ctx, ast.Load):
            return True
        if found and isinstance(parent, ast.Attribute) and parent.attr in CHANGING:
            return True
        node, parent = parent, scan.parents.get(parent)
    return False
