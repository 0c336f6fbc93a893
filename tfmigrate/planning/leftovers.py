"""Functions of layer libraries as values: what holds them cannot run beside Keras 3, and who calls them is not seen."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import lru_cache

from tfmigrate.program.aliases import library_name
from tfmigrate.program.link import Module
from tfmigrate.program.standing import ancestors
from tfmigrate.tf1.layers import ALIASES, LAYERS

_HOLDERS = (ast.Dict, ast.Call, ast.arguments)


@lru_cache(maxsize=1_000)
def library_values(module: Module) -> tuple[tuple[ast.expr, str], ...]:
    """The places that name a function of a layer library and neither call it nor hand it to the library."""
    return tuple(_values(module))


def _values(module: Module) -> Iterator[tuple[ast.expr, str]]:
    nodes: list[ast.Name | ast.Attribute] = [*module.of_kind(ast.Attribute), *module.of_kind(ast.Name)]
    for node in nodes:
        if not isinstance(node.ctx, ast.Load):
            continue
        name = library_name(module, node)
        row = LAYERS.get(ALIASES.get(name, name))
        if row is None or row.operation or _is_used_up(module, node):
            continue
        # what a statement names of contrib (a `normalizer_fn`) is handed to its own functions in the end
        if name.startswith("tf.layers.") or isinstance(next(ancestors(module, node), None), _HOLDERS):
            yield node, name


def _is_used_up(module: Module, node: ast.expr) -> bool:
    """Whether a call takes the place of what stands here, or a function of the library gets it."""
    inner: ast.AST = node
    for outer in ancestors(module, node):
        if isinstance(outer, ast.stmt):
            return False
        if isinstance(outer, ast.Attribute) and outer.value is inner:
            return True
        if isinstance(outer, ast.Call):
            return outer.func is inner is node or (outer.func is not inner and bool(library_name(module, outer.func)))
        inner = outer
    return False
