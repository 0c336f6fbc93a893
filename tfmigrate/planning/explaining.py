"""For which units a file changes, and which files a unit concerns."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from tfmigrate.planning.importing import together
from tfmigrate.planning.plan import Plan
from tfmigrate.planning.units import Instance, Unit
from tfmigrate.program.link import Module, Program
from tfmigrate.sites import Site

# Transforms whose sites concern the code around them and nothing else, where no unit stands there.
_ALONE = {"tf_layers", "calls", "scopes", "symbols", "dimensions"}


def explaining(program: Program, plan: Plan, module: Module, sites: Iterable[Site]) -> set[Unit]:
    """The units for which a module changes at these sites; where that cannot be told, all units of its program."""
    bodies, holders = _extents(plan, module)
    found: set[Unit] = set()
    unknown = False
    for site in sites:
        first, last = site.span[0], site.span[2]
        if not first:
            continue
        hit = {unit for start, end, unit in bodies if start <= last and first <= end}
        hit = hit or {unit for start, end, unit in holders if start <= last and first <= end}
        found |= hit
        unknown = unknown or not (hit or site.transform in _ALONE)
    if found or not unknown:
        return found
    near = set(together(program, {module}))
    return {unit for unit in plan.migrated if near & modules_of(unit)}


def modules_of(unit: Unit) -> set[Module]:
    """The files in which a unit is defined, made or called."""
    regions = [region for instance in unit.instances for region in instance.regions]
    return {m.module for m in unit.members} | {r.parent.module for r in regions if r.parent is not None}


_Extent = tuple[int, int, Unit]


def _extents(plan: Plan, module: Module) -> tuple[list[_Extent], list[_Extent]]:
    """The lines of a file where units are defined or called, and those of the functions around these calls."""
    bodies: list[_Extent] = []
    holders: list[_Extent] = []
    for instance in plan.instances:
        if instance.unit not in plan.migrated:
            continue
        bodies.extend(_extent(m.node, instance.unit) for m in instance.unit.members if m.module is module)
        for region in instance.regions:
            outer = region.parent
            if outer is not None and outer.module is module and region.node is not None:
                bodies.append(_extent(region.node, instance.unit))
                if outer.function is not None:
                    holders.append(_extent(outer.function.node, instance.unit))
        if not isinstance(instance.owner, Instance) and instance.owner.region.module is module:
            function = instance.owner.region.function
            holders.append(_extent(function.node, instance.unit) if function else (1, len(module.text), instance.unit))
    return bodies, holders


def _extent(node: ast.stmt | ast.expr, unit: Unit) -> _Extent:
    return (node.lineno, node.end_lineno or node.lineno, unit)
