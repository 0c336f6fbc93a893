"""Calls of TensorFlow 1 that TensorFlow 2 knows under another name only."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable

from tfmigrate.program.aliases import library_name
from tfmigrate.program.dialect import v1_name
from tfmigrate.program.link import Module
from tfmigrate.program.scan import arguments_of
from tfmigrate.tf1.emitted import RENAMED
from tfmigrate.tf1.regularizers import CONTRIB_REGULARIZERS, RegularizerRow

_CONTRIB = re.compile(r"contrib|tf_slim")


def modern_call(module: Module, node: ast.AST, text: Callable[[ast.expr], str] = ast.unparse) -> str | None:
    """The call by its new name, where that means the same with these arguments. text: how an argument is written."""
    if not isinstance(node, ast.Call) or not any(_CONTRIB.search(other.text) for other in (module, *module.starred)):
        return None
    known = library_name(module, node.func)
    if known in CONTRIB_REGULARIZERS:
        return _regularizer(node, CONTRIB_REGULARIZERS[known], text)
    name, allowed, added = RENAMED.get(known, ("", frozenset(), ""))
    if not name or node.args or not {k.arg for k in node.keywords} <= allowed:
        return None
    arguments = [*([added] if added else []), *map(ast.unparse, node.keywords)]
    return f"{v1_name(module)}.{name}({', '.join(arguments)})"


def _regularizer(node: ast.Call, row: RegularizerRow, text: Callable[[ast.expr], str]) -> str | None:
    """A regularizer of contrib as Keras has it; its `scope` only names operations."""
    params = (*(strength.param for strength in row.strengths), "scope")
    given = arguments_of(node, params)
    if len(given) != len(node.args) + len(node.keywords) or not given.keys() <= set(params):
        return None
    shown = []
    for strength in row.strengths:
        value = given.get(strength.param)
        if isinstance(value, ast.Starred) or (value is None and not strength.default):
            return None
        factor = strength.default if value is None else text(value)
        single = value is None or isinstance(value, (ast.Name, ast.Attribute, ast.Constant, ast.Call, ast.Subscript))
        shown.append(f"0.5 * {factor if single else f'({factor})'}" if strength.half else factor)
    return f"keras.regularizers.{row.keras}({', '.join(shown)})"
