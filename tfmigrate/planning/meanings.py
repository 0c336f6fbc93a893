"""What the names that files spell mean at their top; each is looked up once for all who ask."""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection
from functools import cached_property, lru_cache

from tfmigrate.program.link import Function, Module, Program
from tfmigrate.walk.values import FunctionValue, Value

Resolve = Callable[[Module, ast.expr], "Value | None"]
Reads = dict[str, list[ast.Name | ast.Attribute]]


class Meanings:
    """Of one planning: `resolve` must say the same as long as it lives."""

    def __init__(self, program: Program, resolve: Resolve) -> None:
        self.program = program
        self.resolve = resolve
        self._known: dict[Module, dict[str, Value | None]] = {}

    def of(self, module: Module, name: str, node: ast.expr) -> Value | None:
        """What a name means in a file. node: a place that spells it."""
        known = self._known.setdefault(module, {})
        if name not in known:
            known[name] = self.resolve(module, node)
        return known[name]

    def spelled(self, functions: Collection[Function], attributes: Collection[str]) -> dict[Module, list[str]]:
        """The names that mean one of these functions or end in one of these attributes, by file."""
        found: dict[Module, dict[str, None]] = {}
        places = [place for function in functions for place in self._by_function.get(function, ())]
        places += [place for attribute in attributes for place in self._by_attribute.get(attribute, ())]
        for module, name in places:
            found.setdefault(module, {})[name] = None
        return {module: list(found[module]) for module in self.program.modules.values() if module in found}

    @cached_property
    def _by_function(self) -> dict[Function, list[tuple[Module, str]]]:
        found: dict[Function, list[tuple[Module, str]]] = {}
        for module in self.program.modules.values():
            for name, nodes in reads(module).items():
                value = self.of(module, name, nodes[0])
                if isinstance(value, FunctionValue):
                    found.setdefault(value.function, []).append((module, name))
        return found

    @cached_property
    def _by_attribute(self) -> dict[str, list[tuple[Module, str]]]:
        found: dict[str, list[tuple[Module, str]]] = {}
        for module in self.program.modules.values():
            for name in reads(module):
                owner, _, attribute = name.rpartition(".")
                if owner:
                    found.setdefault(attribute, []).append((module, name))
        return found


@lru_cache(maxsize=1000)
def reads(module: Module) -> Reads:
    """The places that read a name, dots included, by that name; every round of planning looks at most files again."""
    found: Reads = {}
    nodes: list[ast.Name | ast.Attribute] = [*module.of_kind(ast.Name), *module.of_kind(ast.Attribute)]
    for node in nodes:
        name = _dotted(node) if isinstance(node.ctx, ast.Load) else ""
        if name:
            found.setdefault(name, []).append(node)
    return found


def _dotted(node: ast.expr) -> str:
    if isinstance(node, ast.Name):
        return node.id
    owner = _dotted(node.value) if isinstance(node, ast.Attribute) else ""
    return f"{owner}.{node.attr}" if owner and isinstance(node, ast.Attribute) else ""
