"""The scopes that code opens around what other code holds: it has none of the layers itself, but changes with them."""

from __future__ import annotations

import ast
from collections.abc import Container, Iterator
from itertools import takewhile

from tfmigrate.planning.classification import Classification
from tfmigrate.planning.ownership import Ownership
from tfmigrate.planning.plain_code import Code, make_code
from tfmigrate.planning.units import Holder, Instance, Unit
from tfmigrate.program.link import Function, Module
from tfmigrate.walk.regions import Region, around


class ObjectCalls:
    """Which scope blocks stand around calls of which objects, and around which library layers of plain code.

    codes: of the functions that these blocks stand in. held: the blocks in code that holds layers.
    """

    def __init__(
        self, classes: Classification, owners: Ownership, opaque: frozenset[ast.AST], held: Container[ast.AST]
    ) -> None:
        self.around: dict[ast.With, set[Unit]] = {}
        self.layers: dict[ast.With, set[ast.AST]] = {}
        # blocks of the latter that cannot be rewritten
        self.fixed: set[ast.With] = set()
        self.codes: dict[tuple[Function | None, Module], Code] = {}
        self._code_of: dict[ast.With, Code] = {}
        for instance in owners.instances():
            for outer in _around(instance, owners):
                if not isinstance(outer.node, ast.With) or outer.node in classes.units:
                    continue
                if outer.node in held and not instance.unit.primary.is_object:
                    continue
                self.around.setdefault(outer.node, set()).add(instance.unit)
                self._note(outer, opaque)
        for creation in (creation for walk in classes.walks for creation in walk.root.creations()):
            for region in (creation.runs or [creation.region]) if creation.makes_layer else ():
                for outer in takewhile(lambda outer: outer not in owners.instance_of, around(region)):
                    plain = classes.code_around(outer) not in owners.instance_of
                    if isinstance(outer.node, ast.With) and plain and outer.node not in held:
                        self.layers.setdefault(outer.node, set()).add(creation.node)
                        self._note(outer, opaque)

    def _note(self, block: Region, opaque: frozenset[ast.AST]) -> None:
        assert isinstance(block.node, ast.With)
        key = (block.function, block.module)
        if key not in self.codes:
            self.codes[key] = make_code(block.function, block.module, opaque)
        self._code_of[block.node] = self.codes[key]

    def blocks(self, migrated: set[Unit]) -> list[ast.With]:
        """The blocks around objects that become layers."""
        return [block for block, units in self.around.items() if units & migrated]

    def layer_blocks(self, sites: set[ast.AST]) -> list[ast.With]:
        """The blocks around library layers, made at these sites, that code holds which opens no such scope."""
        return [block for block, layers in self.layers.items() if layers & sites and block not in self.fixed]

    def code_of(self, block: ast.With) -> Code:
        return self._code_of[block]


def _around(instance: Instance, owners: Ownership) -> Iterator[Region]:
    """What encloses the calls of an object that is a layer, or those of a layer that plain code holds."""
    if instance.unit.primary.is_object:
        for region in instance.regions:
            outers = list(around(region.parent))
            if owners.instance_of.keys().isdisjoint(outers):  # else that layer sees to the scopes
                yield from outers
    elif isinstance(instance.owner, Holder):
        for region in instance.regions:
            yield from takewhile(lambda outer: outer not in owners.instance_of, around(region.parent))
