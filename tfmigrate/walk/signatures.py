"""What the signature and the body of a function say about how to call it."""

from __future__ import annotations

import ast

from tfmigrate.program.link import Function
from tfmigrate.walk.values import Const, Value


def literal(value: Value | None) -> str | None:
    """How to write a value that is known."""
    return repr(value.value) if isinstance(value, Const) else None


def returned(function: Function) -> list[ast.expr | None]:
    """The values of a function's `return` statements; None where one has none."""
    inner = {n for child in ast.walk(function.node) if child is not function.node
             and isinstance(child, (ast.FunctionDef, ast.Lambda)) for n in ast.walk(child)}  # fmt: skip
    return [n.value for n in ast.walk(function.node) if isinstance(n, ast.Return) and n not in inner]


def returns_one(function: Function) -> bool:
    """Whether what it returns needs a name: it is no dictionary, as far as one can see."""
    return not any(isinstance(value, ast.Dict) for value in returned(function))


def returns_nothing(function: Function) -> bool:
    return not any(value is not None for value in returned(function))


def takes_tensor(function: Function, name: str) -> bool:
    """Whether a parameter is used as a tensor: it goes into calls and arithmetic, and decides nothing."""
    used = False
    for node in ast.walk(function.node):
        if isinstance(node, (ast.If, ast.While, ast.IfExp)) and _mentions(node.test, name):
            return False
        if isinstance(node, (ast.List, ast.Tuple)) and any(_mentions(item, name) for item in node.elts):
            return False
        if isinstance(node, ast.Call):
            used = used or any(isinstance(a, ast.Name) and a.id == name for a in node.args[:2])
        if isinstance(node, (ast.BinOp, ast.Attribute)):
            inner = (node.left, node.right) if isinstance(node, ast.BinOp) else (node.value,)
            used = used or any(isinstance(i, ast.Name) and i.id == name for i in inner)
    return used


def _mentions(node: ast.AST, name: str) -> bool:
    return any(isinstance(child, ast.Name) and child.id == name for child in ast.walk(node))
