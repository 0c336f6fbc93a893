"""Calls of TensorFlow 1 that TensorFlow 2 knows under another name only."""

from __future__ import annotations

import ast
from functools import lru_cache

from tfmigrate.link import Module
from tfmigrate.tf1 import symbols
from tfmigrate.tf1.emitted import RENAMED


@lru_cache(maxsize=1024)
def _origins(module: Module) -> dict[str, str]:
    """What the names mean that a file imports from tensorflow, or takes over from a file that does."""
    found: dict[str, str] = {}
    for other in module.starred:
        found |= {name: origin for name, origin in _own_origins(other).items() if not name.startswith("_")}
    return found | _own_origins(module)


def _own_origins(module: Module) -> dict[str, str]:
    found: dict[str, str] = {}
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            found.update((a.asname or "tensorflow", a.name if a.asname else "tensorflow") for a in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found.update((a.asname or a.name, f"{node.module}.{a.name}") for a in node.names)
    return {name: origin for name, origin in found.items() if origin.split(".")[0] == "tensorflow"}


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
    if not any("contrib" in m.text for m in (module, *module.starred)) or not isinstance(node, ast.Call) or node.args:
        return None
    if not isinstance(node.func, (ast.Attribute, ast.Name)):
        return None
    first, _, rest = ast.unparse(node.func).partition(".")
    alias, origin = tensorflow_alias(module), _origins(module).get(first)
    if origin is None:
        return None
    symbol = symbols.canonical(f"{origin}.{rest}" if rest else origin)
    name, allowed, added = RENAMED.get(symbol, ("", frozenset(), ""))
    if not name or not {k.arg for k in node.keywords} <= allowed:
        return None
    arguments = [*([added] if added else []), *map(ast.unparse, node.keywords)]
    return f"{alias}.{name}({', '.join(arguments)})"
