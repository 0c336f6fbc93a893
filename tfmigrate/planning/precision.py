"""Programs that compute in another precision than float32: a Keras layer would cast what it is given."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tfmigrate.planning.references import Resolve
from tfmigrate.program.link import FunctionNode, Module
from tfmigrate.program.standing import ancestors
from tfmigrate.tf1 import symbols
from tfmigrate.walk.values import Library


class Precisions:
    """The places of a program that tell TensorFlow of another precision, each with the functions around it."""

    def __init__(self, resolve: Resolve) -> None:
        self.resolve = resolve
        self._places: dict[Module, list[tuple[ast.expr, list[FunctionNode]]]] = {}

    def other(self, module: Module, functions: set[FunctionNode]) -> ast.expr | None:
        """The first such place in these functions, or in the module itself."""
        if module not in self._places:
            self._places[module] = list(self._find(module))
        for node, around in self._places[module]:
            if not around or functions.intersection(around):
                return node
        return None

    def _find(self, module: Module) -> Iterator[tuple[ast.expr, list[FunctionNode]]]:
        if symbols.HALF_OR_DOUBLE.search(module.text):
            for node in _mentions(module, self.resolve):
                outer = ancestors(module, node)
                yield node, [a for a in outer if isinstance(a, (ast.FunctionDef, ast.AsyncFunctionDef))]


def _mentions(module: Module, resolve: Resolve) -> Iterator[ast.expr]:
    for node in module.nodes:
        if isinstance(node, ast.Attribute):
            text: object = node.attr
        elif isinstance(node, ast.Name):
            text = node.id
        else:
            text = getattr(node, "value", None)
        if not isinstance(node, ast.expr) or not isinstance(text, str) or not symbols.HALF_OR_DOUBLE.fullmatch(text):
            continue
        given = _is_type(node, module, resolve) and _is_argument(node, module, resolve)
        if given or _is_tensorflows(node, module, resolve):
            yield node


def _is_type(node: ast.expr, module: Module, resolve: Resolve) -> bool:
    """Whether a name may be that of a type: `half` and `double` are those of numbers as well."""
    name = node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""
    return name not in ("half", "double") or isinstance(resolve(module, node), Library)


def _is_tensorflows(node: ast.expr, module: Module, resolve: Resolve) -> bool:
    value = resolve(module, node) if isinstance(node, (ast.Attribute, ast.Name)) else None
    return isinstance(value, Library) and value.name.startswith(("tf.", "keras."))


def _is_argument(node: ast.expr, module: Module, resolve: Resolve) -> bool:
    """Whether it is passed to TensorFlow."""
    for outer in ancestors(module, node):
        if isinstance(outer, ast.stmt):
            return False
        if isinstance(outer, ast.Call):
            return _is_tensorflows(outer.func, module, resolve)
    return False
