"""Calls of TensorFlow 1 that TensorFlow 2 knows under another name only."""

from __future__ import annotations

import ast
from functools import lru_cache

from tfmigrate.link import Module
from tfmigrate.tf1 import symbols
from tfmigrate.tf1.emitted import RENAMED


@lru_cache(maxsize=1024)
def tensorflow_alias(module: Module) -> str:
    """The name by which a file calls tensorflow."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name in ("tensorflow", "tensorflow.compat.v1"):
                    return alias.asname or "tensorflow"
    return "tf"


def modern_call(module: Module, node: ast.AST) -> str | None:
    """The call by its new name, where that means the same with these arguments."""
    if (
        "contrib" not in module.text
        or not isinstance(node, ast.Call)
        or not isinstance(node.func, ast.Attribute)
        or node.args
    ):
        return None
    first, _, rest = ast.unparse(node.func).partition(".")
    alias = tensorflow_alias(module)
    name, allowed, added = RENAMED.get(symbols.canonical(f"tf.{rest}") if first == alias else "", ("", frozenset(), ""))
    if not name or not {k.arg for k in node.keywords} <= allowed:
        return None
    arguments = [*([added] if added else []), *map(ast.unparse, node.keywords)]
    return f"{alias}.{name}({', '.join(arguments)})"
