"""Attributes that an emitted layer reads and nothing sets: Python finds out only when the layer is called."""

from __future__ import annotations

import ast

from tfmigrate.program.link import Module
from tfmigrate.tf1.emitted import LAYER_ATTRIBUTES


def unset_attributes(module: Module) -> set[str]:
    """`Class.attribute` of the classes that are Keras layers and nothing else."""
    found = set()
    for node in module.of_kind(ast.ClassDef):
        if [ast.unparse(base) for base in node.bases] == ["keras.layers.Layer"]:
            found |= {f"{node.name}.{name}" for name in _read(node) - _known(node)}
    return found


def _known(cls: ast.ClassDef) -> set[str]:
    names = {n.attr for n in ast.walk(cls) if isinstance(n, ast.Attribute) and isinstance(n.ctx, ast.Store)}
    for statement in cls.body:
        if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            names.add(statement.name)
        names |= {n.id for n in ast.walk(statement) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    return names | LAYER_ATTRIBUTES


def _read(cls: ast.ClassDef) -> set[str]:
    found = set()
    for method in cls.body:
        if isinstance(method, ast.FunctionDef) and method.args.args and not method.decorator_list:
            own = method.args.args[0].arg
            found |= {n.attr for n in ast.walk(method) if _is_load(n) and _owner(n) == own}  # type: ignore[attr-defined]
    return {name for name in found if not name.startswith("__")}


def _is_load(node: ast.AST) -> bool:
    return isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load)


def _owner(node: ast.AST) -> str:
    assert isinstance(node, ast.Attribute)
    return node.value.id if isinstance(node.value, ast.Name) else ""
