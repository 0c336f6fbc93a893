"""What a function does besides returning something."""

from __future__ import annotations

import ast

from tfmigrate.program.link import Function

_STATEMENTS = (ast.For, ast.While, ast.Try, ast.Global, ast.AugAssign, ast.FunctionDef, ast.Raise)


def has_effects(helper: Function) -> bool:
    """Whether a helper does more than compute arguments, make the variable and return it."""
    return any(_has_effect(node, helper) for node in helper.nodes if node is not helper.node)


def _has_effect(node: ast.AST, helper: Function) -> bool:
    if isinstance(node, _STATEMENTS):
        return True
    if isinstance(node, ast.Expr):
        return not isinstance(node.value, ast.Constant)
    return isinstance(node, ast.Return) and not _returns_variable(node.value, helper)


def _returns_variable(value: ast.expr | None, helper: Function) -> bool:
    if not isinstance(value, ast.Name):
        return isinstance(value, ast.Call)
    assigned = [
        node.value
        for node in helper.nodes
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id == value.id
    ]
    return all(isinstance(made, ast.Call) for made in assigned)
