"""Plans what becomes of `shape[i].value`: a dimension is an object in TF1 and an integer in TensorFlow 2."""

from __future__ import annotations

import ast

from tfmigrate.program.dialect import v1_name
from tfmigrate.program.link import Module
from tfmigrate.program.standing import ancestors
from tfmigrate.sites import Sites, Wrap
from tfmigrate.spans import span

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def plan_dimensions(sites: dict[Module, Sites]) -> None:
    """Every `.value` of a dimension in the files that change."""
    for module, items in sites.items():
        if not items.items or ".value" not in module.text:
            continue
        shapes = _shape_names(module)
        for node in module.nodes:
            if isinstance(node, ast.Attribute) and node.attr == "value" and isinstance(node.ctx, ast.Load):
                if _is_dimension(node.value, shapes) or _stands_for_one(node.value, module, shapes):
                    callee = f"{v1_name(module)}.dimension_value"
                    items.add("dimensions", span(module, node), Wrap(callee))


def _is_dimension(node: ast.expr, shapes: set[str]) -> bool:
    one = isinstance(node, ast.Subscript) and not isinstance(node.slice, ast.Slice)
    return one and _is_shape(node.value, shapes)  # type: ignore[attr-defined]


def _stands_for_one(node: ast.expr, module: Module, shapes: set[str]) -> bool:
    """Whether a name is only ever given a dimension in its function, by an assignment or a loop over a shape."""
    if not isinstance(node, ast.Name):
        return False
    function = next((outer for outer in ancestors(module, node) if isinstance(outer, _FUNCTIONS)), module.tree)
    if any(arg.arg == node.id for arg in ast.walk(function) if isinstance(arg, ast.arg)):
        return False
    stores = [n for n in ast.walk(function) if isinstance(n, ast.Name) and n.id == node.id]
    stores = [store for store in stores if not isinstance(store.ctx, ast.Load)]
    return bool(stores) and all(_is_given_one(store, module, shapes) for store in stores)


def _is_given_one(store: ast.Name, module: Module, shapes: set[str]) -> bool:
    outer, *around = ancestors(module, store)
    if isinstance(outer, (ast.For, ast.comprehension)) and outer.target is store:
        over = outer.iter.value if isinstance(outer.iter, ast.Subscript) else outer.iter
        return _is_shape(over, shapes)
    if isinstance(outer, ast.Assign):
        return _is_dimension(outer.value, shapes)
    statement = around[0] if around else None
    unpacked = isinstance(outer, (ast.Tuple, ast.List)) and isinstance(statement, ast.Assign)
    return unpacked and outer in statement.targets and _is_shape(statement.value, shapes)  # type: ignore[union-attr]


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
