"""Calls of TensorFlow 1 that TensorFlow 2 knows under another name only."""

from __future__ import annotations

import ast
import re

from tfmigrate.program.aliases import library_name
from tfmigrate.program.dialect import v1_name
from tfmigrate.program.link import Module
from tfmigrate.tf1.emitted import RENAMED

_CONTRIB = re.compile(r"contrib|tf_slim")


def modern_call(module: Module, node: ast.AST) -> str | None:
    """The call by its new name, where that means the same with these arguments."""
    if not isinstance(node, ast.Call) or node.args:
        return None
    if not any(_CONTRIB.search(other.text) for other in (module, *module.starred)):
        return None
    name, allowed, added = RENAMED.get(library_name(module, node.func), ("", frozenset(), ""))
    if not name or not {k.arg for k in node.keywords} <= allowed:
        return None
    arguments = [*([added] if added else []), *map(ast.unparse, node.keywords)]
    return f"{v1_name(module)}.{name}({', '.join(arguments)})"
