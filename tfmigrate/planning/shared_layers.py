"""Library layers of plain code whose variables other calls ask for, too."""

from __future__ import annotations

import ast
from collections.abc import Container
from functools import cached_property

from tfmigrate.planning.classification import Classification
from tfmigrate.planning.clusters import Clusters
from tfmigrate.planning.slots import Made, Slot
from tfmigrate.planning.units import Unit
from tfmigrate.walk.exclusive import exclusive
from tfmigrate.walk.regions import Creation, Variable, rounds


class SharedLayers:
    """Knows who asks for the variables of which library layers."""

    def __init__(self, classes: Classification, clusters: Clusters) -> None:
        self.classes = classes
        self.clusters = clusters

    def fault(self, slot: Slot, migrated: Container[Unit], sites: Container[ast.AST]) -> str | None:
        """Why a layer cannot be that of all who ask for its variables. sites: of the layers that plain code holds."""
        if slot.kind is not Made.LAYER:
            return None
        for creation in (use.creation for use in slot.uses if use.creation is not None):
            for other in (c for v in creation.variables for c in self._askers.get((v, rounds(creation.path)), ())):
                unit = self.clusters.unit_around(other.region)
                if unit not in migrated if unit is not None else other.node not in sites:
                    return "this layer shares its variables with code that stays as it is"
                if unit is None and self._holder(creation) != self._holder(other) and not exclusive(creation, other):
                    return "this layer shares its variables with another call, and no object or function holds both"
        return None

    def _holder(self, creation: Creation) -> int:
        """What keeps a layer of plain code: the object whose method makes it, or the one call of a function."""
        home = self.classes.code_around(creation.region)
        return id(home.frame.obj) if home.frame.obj is not None else id(home)

    @cached_property
    def _askers(self) -> dict[tuple[Variable, tuple[bool, ...]], list[Creation]]:
        """The requests for variables that more than one call asks for, in each round of a loop that names them."""
        found: dict[tuple[Variable, tuple[bool, ...]], list[Creation]] = {}
        for creation in (creation for walk in self.classes.walks for creation in walk.root.creations()):
            for variable in creation.variables if not creation.is_operation else ():
                found.setdefault((variable, rounds(creation.path)), []).append(creation)
        return {key: askers for key, askers in found.items() if len(askers) > 1}
