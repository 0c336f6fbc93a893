"""What a planning comes to."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field

from tfmigrate.finding import Finding
from tfmigrate.planning.clusters import Clusters
from tfmigrate.planning.keras_paths import old_and_new
from tfmigrate.planning.layering import LayerPlan
from tfmigrate.planning.slots import Slot
from tfmigrate.planning.units import Instance, Unit
from tfmigrate.program.link import Module
from tfmigrate.sites import Site
from tfmigrate.walk.regions import Variable


@dataclass
class Plan:
    """Where every file changes, what was found, and the layers with their owners."""

    sites: dict[Module, list[Site]]
    findings: set[Finding]
    instances: list[Instance]
    plans: dict[object, LayerPlan]
    clusters: Clusters
    # the variables that have another name now
    keras_paths: dict[Variable, str] = field(default_factory=dict)
    migrated: set[Unit] = field(default_factory=set)
    # dimensions that were worked out from operations, as the walk names them
    inferred: set[str] = field(default_factory=set)
    # library layers that plain code makes and holds itself
    library_layers: list[Slot] = field(default_factory=list)
    wanted_apart: set[ast.AST] = field(default_factory=set)
    # what code would make that nothing calls, beside the rest of the program
    unused: list[Instance] = field(default_factory=list)

    @property
    def variable_map(self) -> dict[str, str]:
        """TF1 name to Keras path, only where the two differ."""
        renamed = self.keras_paths.items()
        return dict(pair for variable, path in renamed for pair in old_and_new(variable.path or (), path))
