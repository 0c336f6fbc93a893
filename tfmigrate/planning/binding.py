"""Which changed files are written together or not at all."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from tfmigrate.model import Cluster
from tfmigrate.planning.explaining import explaining, modules_of
from tfmigrate.planning.outcome import clusters_of
from tfmigrate.planning.plan import Plan
from tfmigrate.planning.units import Unit
from tfmigrate.program.link import Module, Program
from tfmigrate.sites import Imports


def together(program: Program, plan: Plan, changed: Iterable[Module]) -> list[frozenset[Path]]:
    """The changed files in sets that share no cluster: none is defined, made, called or imported in two of them."""
    clusters = list(clusters_of(plan))
    sets: list[tuple[set[Path], set[Unit | Cluster]]] = []
    for module in changed:
        files, bonds = {module.path}, _bonds(program, plan, module, clusters)
        for other in [other for other in sets if other[1] & bonds]:
            sets.remove(other)
            files |= other[0]
            bonds |= other[1]
        sets.append((files, bonds))
    return [frozenset(files) for files, _ in sets]


def needing(program: Program, plan: Plan, module: Module) -> set[Unit]:
    """The units that cannot do without a change of this file."""
    sites = plan.sites.get(module, ())
    renamed = {old for site in sites if isinstance(site.action, Imports) for _, old, _ in site.action.renames}
    return explaining(program, plan, module, sites) | {u for u in plan.migrated if u.primary.name in renamed}


def _bonds(program: Program, plan: Plan, module: Module, clusters: Iterable[Cluster]) -> set[Unit | Cluster]:
    units = needing(program, plan, module) | {unit for unit in plan.migrated if module in modules_of(unit)}
    here = {cluster for cluster in clusters if any(part.path == str(module.path) for part in cluster.parts)}
    return {*(plan.clusters.find(unit) for unit in units), *here}
