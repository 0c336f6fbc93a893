"""What the names of a file mean that stand for TensorFlow or a part of it."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Mapping
from functools import lru_cache

from tfmigrate.program.link import Module
from tfmigrate.tf1 import symbols

_LIBRARIES = ("tensorflow", "tf_slim")


@lru_cache(maxsize=1024)
def library_names(module: Module) -> Mapping[str, str]:
    """Dotted library names by the names that imports and statements like `slim = tf.contrib.slim` bind.

    Those of a file that this one takes everything from count too.
    """
    names: dict[str, str] = {}
    for other in module.starred:
        names |= {name: known for name, known in _own_names(other).items() if not name.startswith("_")}
    return names | _own_names(module)


def _own_names(module: Module) -> dict[str, str]:
    names: dict[str, str] = {}
    for alias in (alias for node in module.of_kind(ast.Import) for alias in node.names):
        first = alias.name.split(".")[0]
        if first in _LIBRARIES:
            names[alias.asname or first] = alias.name if alias.asname else first
    for node in module.of_kind(ast.ImportFrom):
        if not node.level and (node.module or "").split(".")[0] in _LIBRARIES:
            names.update({alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names})
    for statement in module.tree.body:
        if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
            target, known = statement.targets[0], dotted(statement.value, names)
            if isinstance(target, ast.Name) and known and isinstance(statement.value, (ast.Name, ast.Attribute)):
                names[target.id] = known
    return names


def library_name(module: Module, node: ast.expr) -> str:
    """The one name of a library symbol (`tf.contrib.layers.flatten`); nothing for what is no such symbol."""
    known = dotted(node, library_names(module))
    return symbols.canonical(known) if known else ""


def dotted(node: ast.expr, names: Mapping[str, str]) -> str:
    """The dotted library name that an expression spells out; names: what the names of its file stand for."""
    if isinstance(node, ast.Name):
        return names.get(node.id, "")
    if isinstance(node, ast.Attribute):
        owner = dotted(node.value, names)
        return f"{owner}.{node.attr}" if owner else ""
    return ""


def means_the_same(name: ast.Name, one: Module, other: Module) -> bool:
    """Whether a name of one file is that of the same library, or of Python's own, in another file."""
    known = library_name(one, name)
    if known or library_name(other, name):
        return known == library_name(other, name)
    return hasattr(builtins, name.id) and not any(_binds(module, name.id) for module in (one, other))


def _binds(module: Module, name: str) -> bool:
    """Whether anything in a file gives a name a meaning of its own."""
    if any(_binds(starred, name) for starred in module.starred):
        return True
    return (
        any(node.id == name and not isinstance(node.ctx, ast.Load) for node in module.of_kind(ast.Name))
        or any(node.name == name for node in (*module.functions, *module.classes))
        or any(node.arg == name for node in module.of_kind(ast.arg))
        or any((node.asname or node.name).split(".")[0] in (name, "*") for node in module.of_kind(ast.alias))
    )
