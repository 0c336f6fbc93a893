"""Calls in a branch that no run of the program takes, where the other branch makes the same call.

if use_bias:
    x = tf.matmul(x, spectral_norm(w)) + bias
else:                                           # all callers want a bias
    x = tf.matmul(x, spectral_norm(w))
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator

from tfmigrate.program.link import Module
from tfmigrate.program.scan import COMPREHENSIONS
from tfmigrate.program.standing import ancestors

# what a call may stand in below the branch, so that both ask for the same
_OPEN = (ast.expr, ast.keyword, ast.Assign, ast.AugAssign, ast.AnnAssign, ast.Expr, ast.Return, ast.If)
_CLOSED = (ast.Lambda, *COMPREHENSIONS)


def same_in_other_branch(module: Module, call: ast.Call, seen: Collection[ast.AST | None]) -> ast.Call | None:
    """Of the calls that were seen, the one that says the same in the other branch of an `if`."""
    below: list[ast.AST] = [call]
    for outer in ancestors(module, call):
        if isinstance(outer, ast.If):
            other = outer.orelse if below[-1] in outer.body else outer.body if below[-1] in outer.orelse else []
            for node in (node for statement in other for node in _open_nodes(statement)):
                if isinstance(node, ast.Call) and node in seen and ast.dump(node) == ast.dump(call):
                    return node if _names(call).isdisjoint(_set_in(outer)) else None
        if not isinstance(outer, _OPEN) or isinstance(outer, _CLOSED):
            return None
        below.append(outer)
    return None


def _open_nodes(node: ast.AST) -> Iterator[ast.AST]:
    """What runs in the same scope and as often as the branch, as far as branches in it do."""
    if isinstance(node, _OPEN) and not isinstance(node, _CLOSED):
        yield node
        for child in ast.iter_child_nodes(node):
            yield from _open_nodes(child)


def _names(call: ast.Call) -> set[str]:
    return {node.id for node in ast.walk(call) if isinstance(node, ast.Name)}


def _set_in(node: ast.AST) -> set[str]:
    return {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Load)}
