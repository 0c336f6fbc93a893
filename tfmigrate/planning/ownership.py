"""Who holds which layer object: regions are gathered into instances, and instances below their owners."""

from __future__ import annotations

import ast
from collections.abc import Container, Iterator

from tfmigrate.planning import names
from tfmigrate.planning.classification import Classification
from tfmigrate.planning.units import Holder, Instance, Member, Shape, Unit
from tfmigrate.walk.exclusive import exclusive
from tfmigrate.walk.regions import Creation, Region, root_of


def _same_object(instance: Instance, region: Region) -> bool:
    """A callable object is its own layer, and so is a method that opens no scope; elsewhere the path alone decides."""
    primary = instance.unit.primary
    if primary.templated:
        return instance.regions[0].template is region.template
    if primary.shape is not Shape.CALLABLE and (primary.shape is not Shape.METHOD or primary.scope is not None):
        return True
    return instance.regions[0].frame.obj is region.frame.obj


def _apart(instance: Instance, region: Region) -> bool:
    """Whether no run that takes this call takes another one of the instance."""
    return all(exclusive(other, region) for other in instance.regions)


class Ownership:
    """Gathers regions into instances and instances below their owners.

    apart: bodies that get an instance for each of the branches that exclude each other, as their arguments differ.
    """

    def __init__(self, classes: Classification, apart: Container[ast.AST] = ()) -> None:
        self.classes = classes
        self.apart = apart
        self.units: dict[Member, Unit] = {}
        self.holders: dict[object, Holder] = {}
        self._of_object: dict[tuple[int, int], list[Holder]] = {}
        self.instance_of: dict[Region, Instance] = {}
        for walk in classes.walks:
            self._gather(walk.root)

    def unit(self, member: Member) -> Unit:
        if member not in self.units:
            self.units[member] = Unit([member])
        return self.units[member]

    def holder(self, region: Region) -> Holder:
        """The holder of the instances that a plain region's code makes."""
        obj = region.frame.obj
        if obj is None:
            return self.holders.setdefault(id(region), Holder(region, obj))
        known = self._of_object.setdefault((id(root_of(region)), id(obj)), [])
        for holder in known:
            if holder.region is region or not exclusive(holder.region, region):
                return holder
        # a method that branches call which exclude each other makes its layers in each of them
        if known and all(holder.region.function is not region.function for holder in known):
            return known[0]
        known.append(Holder(region, obj))
        self.holders[id(obj), len(self.holders)] = known[-1]
        return known[-1]

    def _gather(self, region: Region) -> None:
        for event in (*region.events, *region.untaken):
            if isinstance(event, Creation) and event.makes_layer and not event.untaken:
                self._note_layer(region, event)
            if not isinstance(event, Region) or (event in region.untaken and event not in self.classes.makers):
                continue
            member = self.classes.member_of(event)
            if member is not None:
                self._place(event, member)
            self._gather(event)

    def _note_layer(self, region: Region, creation: Creation) -> None:
        """A library layer in plain code is held by that code."""
        home = self.classes.code_around(region)
        if home not in self.instance_of:
            holder = self.holder(home)
            if home not in holder.homes:
                holder.homes.append(home)
            holder.runs += [other for other in map(self.classes.code_around, creation.runs) if other is not home]

    def _place(self, region: Region, member: Member) -> None:
        home = self.classes.home(region)
        if member.is_object:
            home = root_of(region)
        owner: Instance | Holder = self.instance_of[home] if home in self.instance_of else self.holder(home)
        path = self.classes.base(region, member)
        unit = self.unit(member)
        for child in owner.children:
            if child.path != path or child.regions[0].graph is not region.graph:
                continue
            if child.unit is unit:
                joins = _same_object(child, region) and not (member.node in self.apart and _apart(child, region))
            else:
                joins = self._can_merge(child, member, region) and not _apart(child, region)
            if joins:
                self._merge(child.unit, unit)
                child.regions.append(region)
                self.instance_of[region] = child
                return
        instance = Instance(unit, path, owner, [region])
        owner.children.append(instance)
        unit.instances.append(instance)
        self.instance_of[region] = instance

    def _can_merge(self, child: Instance, member: Member, region: Region) -> bool:
        """Whether a second body runs on variables that an earlier one made."""
        primary = child.unit.primary
        if member.scope is None or primary.scope is None or member.shape is not primary.shape:
            return False
        if primary.module is not member.module or primary.cls is not member.cls:
            return False
        made = {v for r in child.regions for c in r.creations() for v in c.variables}
        wanted = {v for c in region.creations() for v in c.variables}
        return bool(wanted) and wanted <= made

    def _merge(self, unit: Unit, other: Unit) -> None:
        if other is unit:
            return
        for member in other.members:
            if member not in unit.members:
                member.method = names.attribute(member.name, {known.method for known in unit.members})
                unit.members.append(member)
            self.units[member] = unit
        for instance in other.instances:
            instance.unit = unit
            unit.instances.append(instance)

    def instances(self) -> Iterator[Instance]:
        """All instances, owners before what they own."""
        stack: list[Instance] = [child for holder in self.holders.values() for child in holder.children][::-1]
        while stack:
            instance = stack.pop()
            yield instance
            stack.extend(reversed(instance.children))
