"""The scopes around calls of callable objects: nobody holds these layers, but the code that calls them changes too."""

from __future__ import annotations

import ast

from tfmigrate.planning.plain import Code, make_code
from tfmigrate.planning.units import Classification, Ownership, Shape, Unit
from tfmigrate.program.link import Function, Module
from tfmigrate.walk.regions import around


class ObjectCalls:
    """Which scope blocks stand around calls of which objects. codes: of the functions that these blocks stand in."""

    def __init__(self, classes: Classification, owners: Ownership, opaque: frozenset[ast.AST]) -> None:
        self.around: dict[ast.With, set[Unit]] = {}
        self.codes: dict[tuple[Function | None, Module], Code] = {}
        self._code_of: dict[ast.With, Code] = {}
        for instance in owners.instances():
            if instance.unit.primary.shape is not Shape.CALLABLE:
                continue
            for outer in (outer for region in instance.regions for outer in around(region.parent)):
                if not isinstance(outer.node, ast.With) or outer.node in classes.units:
                    continue
                self.around.setdefault(outer.node, set()).add(instance.unit)
                key = (outer.function, outer.module)
                if key not in self.codes:
                    self.codes[key] = make_code(outer.function, outer.module, opaque)
                self._code_of[outer.node] = self.codes[key]

    def blocks(self, migrated: set[Unit]) -> list[ast.With]:
        """The blocks around objects that become layers."""
        return [block for block, units in self.around.items() if units & migrated]

    def code_of(self, block: ast.With) -> Code:
        return self._code_of[block]
