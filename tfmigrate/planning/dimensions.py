"""Plans what becomes of `shape[i].value`: a dimension is an object in TF1 and an integer in TensorFlow 2."""

from __future__ import annotations

import ast

from tfmigrate.program.dialect import v1_name
from tfmigrate.program.link import Module
from tfmigrate.sites import Sites, Wrap
from tfmigrate.spans import span


def plan_dimensions(sites: dict[Module, Sites]) -> None:
    """Every `.value` of a dimension in the files that change."""
    for module, items in sites.items():
        if not items.items or ".value" not in module.text:
            continue
        shapes = _shape_names(module)
        for node in module.nodes:
            if isinstance(node, ast.Attribute) and node.attr == "value" and isinstance(node.ctx, ast.Load):
                if isinstance(node.value, ast.Subscript) and _is_shape(node.value.value, shapes):
                    callee = f"{v1_name(module)}.dimension_value"
                    items.add("dimensions", span(module, node), Wrap(callee))


def _is_shape(node: ast.expr, names: set[str]) -> bool:
    if isinstance(node, ast.Attribute):
        return node.attr == "shape"
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        return node.func.attr == "get_shape"
    return isinstance(node, ast.Name) and node.id in names


def _shape_names(module: Module) -> set[str]:
    """Names that are only ever given a whole static shape."""
    given: dict[str, list[ast.expr]] = {}
    for node in module.nodes:
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            given.setdefault(node.targets[0].id, []).append(node.value)
    return {name for name, values in given.items() if all(_is_shape(value, set()) for value in values)}
