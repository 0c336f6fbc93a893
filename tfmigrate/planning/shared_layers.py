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
from tfmigrate.walk.regions import Creation, Variable, root_of, rounds


class SharedLayers:
    """Knows who asks for the variables of which library layers."""

    def __init__(self, classes: Classification, clusters: Clusters) -> None:
        self.classes = classes
        self.clusters = clusters

    def fault(self, slot: Slot, migrated: Container[Unit], sites: Container[ast.AST]) -> tuple[str, str] | None:
        """Why a layer cannot be that of all who ask for its variables, or of its name: the code and the text.

        sites: of the layers that plain code holds.
        """
        if slot.kind is not Made.LAYER:
            return None
        for creation in (use.creation for use in slot.uses if use.creation is not None):
            for other in (c for v in creation.variables for c in self._askers.get((v, rounds(creation.path)), ())):
                if self._stays(other, migrated, sites):
                    return "TFM303", "this layer shares its variables with code that stays as it is"
                plain = self.clusters.unit_around(other.region) is None
                if plain and self._holder(creation) != self._holder(other) and not exclusive(creation, other):
                    return (
                        "TFM303",
                        "another call shares the variables of this layer, and no object or function holds both",
                    )
            if any(self._stays(other, migrated, sites) for other in self._numbered_behind(creation)):
                return "TFM204", "a layer behind this one stays as it is, and TensorFlow 1 would number it anew"
        return None

    def _stays(self, creation: Creation, migrated: Container[Unit], sites: Container[ast.AST]) -> bool:
        unit = self.clusters.unit_around(creation.region)
        return unit not in migrated if unit is not None else creation.node not in sites

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

    def _numbered_behind(self, creation: Creation) -> list[Creation]:
        """The layers of this kind without a name that a run of the program makes in the same scope after this one."""
        same = self._numbered.get(_kind(creation), [])
        behind = same[same.index(creation) + 1 :] if creation in same else []
        return [other for other in behind if not exclusive(creation, other)]

    @cached_property
    def _numbered(self) -> dict[object, list[Creation]]:
        found: dict[object, list[Creation]] = {}
        for creation in (creation for walk in self.classes.walks for creation in walk.root.creations()):
            if creation.row is not None and not creation.is_operation and is_unnamed(creation.node):
                found.setdefault(_kind(creation), []).append(creation)
        return found


def is_unnamed(site: ast.AST) -> bool:
    """Whether the call of a library layer gives it no name."""
    return isinstance(site, ast.Call) and not any(k.arg in ("name", "scope") for k in site.keywords)


def _kind(creation: Creation) -> object:
    return id(root_of(creation.region)), creation.path[:-1], id(creation.row)
