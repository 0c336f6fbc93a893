"""Clusters: what migrates together or not at all, and what keeps a cluster from migrating."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from tfmigrate.finding import CODES, Finding, Severity
from tfmigrate.planning.classification import Classification
from tfmigrate.planning.ownership import Ownership
from tfmigrate.planning.units import Instance, Shape, Unit
from tfmigrate.program.link import Function, Module
from tfmigrate.walk.regions import Creation, Region


class Clusters:
    """Units joined by use, with the findings that refuse them."""

    def __init__(self, classes: Classification, owners: Ownership) -> None:
        self.classes = classes
        self.owners = owners
        self.parent: dict[Unit, Unit] = {}
        self.refused: dict[Unit, set[str]] = {}
        self.findings: set[Finding] = set()
        # what was found at a unit itself, before anything was planned
        self.causes: dict[Unit, set[str]] = {}
        self._told: set[tuple[str, int, int, str]] = set()
        self._below: dict[Region, frozenset[Unit]] = {}
        for unit in owners.units.values():
            self.parent.setdefault(unit, unit)
        self._join_by_use()
        self._join_by_blocks()
        self._join_by_helpers()

    # -- joining -------------------------------------------------------------------------------------------------

    def find(self, unit: Unit) -> Unit:
        while self.parent[unit] is not unit:
            unit = self.parent[unit]
        return unit

    def join(self, units: Iterable[Unit]) -> None:
        first: Unit | None = None
        for unit in units:
            if first is None:
                first = self.find(unit)
            elif self.find(unit) is not first:
                self.parent[self.find(unit)] = first

    def _join_by_use(self) -> None:
        for instance in self.owners.instances():
            if isinstance(instance.owner, Instance):
                self.join([instance.owner.unit, instance.unit])
            if instance.unit.primary.shape is Shape.CALLABLE:  # the layers that call an object are made with it
                outer = [self.unit_around(region.parent) for region in instance.regions]
                self.join([instance.unit, *(unit for unit in outer if unit is not None)])

    def _join_by_blocks(self) -> None:
        """What stands in one scope block of a plain function keeps that block, or loses it, together."""
        for block, regions in self.classes.blocks.items():
            if block in self.classes.units:
                continue
            inside = [
                self.owners.instance_of[e].unit for r in regions for e in r.walk() if e in self.owners.instance_of
            ]
            self.join(inside)

    def _join_by_helpers(self) -> None:
        users: dict[Function, list[Unit]] = {}
        for function in self.classes.helpers:
            for region in self.classes.calls[function]:
                unit = self.unit_around(region)
                if unit is not None:
                    users.setdefault(function, []).append(unit)
        for units in users.values():
            self.join(units)

    def unit_around(self, region: Region | None) -> Unit | None:
        """The innermost unit whose code a region belongs to."""
        while region is not None:
            member = self.classes.member_of(region)
            if member is not None:
                return self.owners.unit(member)
            region = region.parent
        return None

    def units_below(self, region: Region) -> set[Unit]:
        """The units that a region's code runs, itself included."""
        if region not in self._below:
            instances = self.owners.instance_of
            regions = [region, *(event for event in region.walk() if isinstance(event, Region))]
            self._below[region] = frozenset(instances[inner].unit for inner in regions if inner in instances)
        return set(self._below[region])

    def plain_layers_below(self, regions: Iterable[Region]) -> set[tuple[Function | None, Module]]:
        """The code that is no layer and makes layers of a library, in these regions and what they run."""
        found = set()
        for region in regions:
            for each in (region, *(event for event in region.walk() if isinstance(event, Region))):
                makes = any(isinstance(event, Creation) and event.makes_layer for event in each.events)
                if makes and self.unit_around(each) is None:
                    found.add((each.function, each.module))
        return found

    def units_of(self, function: Function) -> set[Unit]:
        """The unit that a function is, and those that it runs."""
        units = {
            unit
            for member, unit in self.owners.units.items()
            if member.function is function and member.shape is not Shape.BLOCK
        }
        return units.union(*(self.units_below(region) for region in self.classes.calls.get(function, [])))

    # -- refusing ------------------------------------------------------------------------------------------------

    def refuse(
        self,
        code: str,
        node: ast.AST,
        module: Module,
        message: str,
        unit: Unit | None,
        derived: bool = False,
        shown: bool = True,
    ) -> None:
        """Refuse the cluster of a unit, with the reason at a node. derived: silent if the unit has a cause already."""
        finding = Finding(str(module.path), getattr(node, "lineno", 1), getattr(node, "col_offset", 0), code, message)
        if shown and not (derived and unit in self.causes):
            self._tell(finding)
        if unit is not None and CODES[code].severity is not Severity.REVIEW:
            self.refused.setdefault(self.find(unit), set()).add(code)
            if not derived:
                self.causes.setdefault(unit, set()).add(code)

    def _tell(self, finding: Finding) -> None:
        """One problem is told once, in the words that came first."""
        place = (finding.path, finding.line, finding.column, finding.code)
        if place not in self._told:
            self._told.add(place)
            self.findings.add(finding)

    def refuse_all(self, code: str, node: ast.AST, module: Module, message: str, units: Iterable[Unit]) -> None:
        """Refuse several clusters for one reason; it is told even if there are none."""
        for unit in units or (None,):
            self.refuse(code, node, module, message, unit)

    def is_refused(self, unit: Unit) -> bool:
        return self.find(unit) in self.refused

    def codes(self, unit: Unit) -> tuple[str, ...]:
        return tuple(sorted(self.refused.get(self.find(unit), ()))) if unit in self.parent else ()

    def blame(self, finding: Finding, units: Iterable[Unit], shown: bool = True) -> None:
        """Refuse units for what a walk found; not shown where that only follows from something told already."""
        if shown:
            self._tell(finding)
        if CODES[finding.code].severity is not Severity.REVIEW:
            for unit in units:
                self.refused.setdefault(self.find(unit), set()).add(finding.code)
                self.causes.setdefault(unit, set()).add(finding.code)
