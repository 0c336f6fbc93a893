"""Arguments that a call gets from a dictionary which the statement before it writes out, and nothing else reads.

params = {"inputs": x, "units": 8}
x = tf.layers.dense(**params)
"""

from __future__ import annotations

import ast
from dataclasses import dataclass

from tfmigrate.program.link import Module
from tfmigrate.program.standing import ancestors, functions_around

_SIMPLE = (ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Return, ast.Expr)


@dataclass(frozen=True)
class Spread:
    """The statement that writes the dictionary, the expressions in it, and where the call reads it."""

    statement: ast.Assign
    items: dict[str, ast.expr]
    read: ast.expr


def spread(module: Module, call: ast.Call) -> Spread | None:
    """What `**options` is, where it is all that the call spreads, and can go with its dictionary."""
    starred = [k.value for k in call.keywords if k.arg is None]
    if len(starred) != 1 or any(isinstance(a, ast.Starred) for a in call.args):
        return None
    function = next(functions_around(module, call), None)
    written = _written(module, starred[0])
    if function is None or written is None:
        return None
    statement, items = written
    if not items.keys().isdisjoint({k.arg for k in call.keywords}):
        return None
    name = statement.targets[0]
    for node in ast.walk(function):
        if isinstance(node, (ast.Global, ast.Nonlocal, ast.Lambda)) or (
            isinstance(node, (ast.FunctionDef, ast.ClassDef)) and node is not function
        ):
            return None
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and ast.unparse(name) == node.id:
            if _written(module, node) is None:
                return None
    return Spread(statement, items, starred[0])


def _written(module: Module, read: ast.expr) -> tuple[ast.Assign, dict[str, ast.expr]] | None:
    """The dictionary that the statement before a `**name` gives the name."""
    way = list(ancestors(module, read))
    place = next((i for i, outer in enumerate(way) if isinstance(outer, ast.stmt)), None)
    if place is None or not isinstance(way[0], ast.keyword) or way[0].arg is not None:
        return None
    statement, owner = way[place], way[place + 1]
    if not isinstance(statement, _SIMPLE) or any(isinstance(w, (ast.comprehension, ast.Lambda)) for w in way[:place]):
        return None
    suites = (getattr(owner, field, None) for field in ("body", "orelse", "finalbody"))
    suite = next((s for s in suites if isinstance(s, list) and statement in s), None)
    before = suite[suite.index(statement) - 1] if suite is not None and suite.index(statement) else None
    if not isinstance(before, ast.Assign) or len(before.targets) != 1:
        return None
    target = before.targets[0]
    items = _items(before.value)
    if not isinstance(target, ast.Name) or not isinstance(read, ast.Name) or target.id != read.id or items is None:
        return None
    return before, items


def _items(value: ast.expr) -> dict[str, ast.expr] | None:
    """What a dictionary is written out with."""
    if isinstance(value, ast.Dict):
        keys = [k.value if isinstance(k, ast.Constant) else None for k in value.keys]
        names = [key for key in keys if isinstance(key, str)]
        return dict(zip(names, value.values)) if len(set(names)) == len(keys) else None
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id == "dict" and not value.args:
        given = {k.arg: k.value for k in value.keywords if k.arg is not None}
        return given if len(given) == len(value.keywords) else None
    return None
