"""Programs that compute in another precision than float32: a Keras layer would cast what it is given."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from tfmigrate.planning.doubles import arrays
from tfmigrate.planning.meanings import Resolve
from tfmigrate.planning.spreading import Spread
from tfmigrate.program.link import Function, Module
from tfmigrate.program.standing import ancestors, functions_around
from tfmigrate.tf1 import symbols
from tfmigrate.walk.values import Library


class Precisions:
    """The places of a program that tell TensorFlow of another precision."""

    def __init__(self, resolve: Resolve) -> None:
        self.resolve = resolve
        self._places: dict[Module, list[ast.expr]] = {}
        self._known: dict[tuple[frozenset[Function], tuple[Module, ...]], Spread] = {}

    def spread(self, functions: Iterable[Function], modules: Iterable[Module]) -> Spread | None:
        """Where values of another precision may get to in a run of this code; None if there are none."""
        found, mine = list(modules), set(functions)
        nodes: set[ast.AST] = {function.node for function in mine}
        marks = {mark: module for module in found for mark in self._marks(module) if _runs(mark, module, nodes)}
        if not marks:
            return None
        key = frozenset(mine), tuple(found)
        if key not in self._known:
            self._known[key] = Spread(marks, mine, found)
        return self._known[key]

    def _marks(self, module: Module) -> list[ast.expr]:
        if module not in self._places:
            named = symbols.HALF_OR_DOUBLE.search(module.text)
            self._places[module] = [*(_mentions(module, self.resolve) if named else ()), *arrays(module)]
        return self._places[module]


def _runs(mark: ast.expr, module: Module, functions: set[ast.AST]) -> bool:
    around = list(functions_around(module, mark))
    return not around or not functions.isdisjoint(around)


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
