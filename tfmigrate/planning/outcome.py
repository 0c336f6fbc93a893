"""What a plan says to a person: the sharing groups with their variables, owners and state."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from tfmigrate.model import Cluster, Part, Place, SharingGroup, State, Variable
from tfmigrate.planning.plan import Plan
from tfmigrate.planning.slots import Slot
from tfmigrate.planning.units import Instance, Unit
from tfmigrate.program.link import Function, Module
from tfmigrate.walk.regions import Creation, Region, show_path


def groups_of(plan: Plan) -> Iterator[SharingGroup]:
    """One group for each instance that plain code holds, in the order of the program."""
    groups: dict[tuple[object, ...], SharingGroup] = {}
    for instance in plan.instances:
        if isinstance(instance.owner, Instance):
            continue
        group = _group(instance, plan)
        groups.setdefault((group.scope, group.owner, group.creates), group)
    for instance in plan.unused:
        if not isinstance(instance.owner, Instance):
            group = replace(_group(instance, plan), codes=("TFM301",))
            groups.setdefault((group.scope, group.owner, group.creates), group)
    for slot in plan.library_layers:
        group = _library_group(slot)
        groups.setdefault((group.scope, group.owner, group.creates), group)
    yield from sorted(groups.values(), key=lambda g: (g.creates, g.scope))


def _group(instance: Instance, plan: Plan) -> SharingGroup:
    assert not isinstance(instance.owner, Instance)
    layer = plan.plans.get(instance.unit)
    places = list(dict.fromkeys(_place(region) for region in instance.regions))
    migrated = instance.unit in plan.migrated
    holder = instance.owner.region
    if instance.unit.primary.is_object:
        holder = instance.regions[0].caller() or holder
    owner = holder.function.qualname if holder.function is not None else holder.module.name
    return SharingGroup(
        scope=show_path(instance.path) or "(no scope)",
        layer=layer.class_name if layer is not None else instance.unit.primary.name,
        owner=owner,
        creates=places[0],
        reuses=tuple(places[1:]),
        variables=tuple(_variables(instance)),
        state=State.MIGRATED if migrated else State.REFUSED,
        codes=() if migrated else plan.clusters.codes(instance.unit),
    )


def _library_group(slot: Slot) -> SharingGroup:
    """A library layer that plain code holds is a group of its own."""
    creation = slot.first.creation
    assert creation is not None and creation.row is not None
    module, function = slot.first.region.module, slot.first.region.function
    places = [Place(str(module.path), n.lineno, n.col_offset) for n in slot.sites]  # type: ignore[attr-defined]
    return SharingGroup(
        scope=show_path(creation.path),
        layer=creation.row.keras if creation.is_cell else f"keras.layers.{creation.row.keras}",
        owner=function.qualname if function is not None else module.name,
        creates=places[0],
        reuses=tuple(places[1:]),
        variables=tuple(_variables_of(creation)),
        state=State.MIGRATED,
    )


def _variables_of(creation: Creation) -> Iterator[Variable]:
    for variable in creation.variables:
        if variable.path is not None:
            yield Variable(
                show_path(variable.path), variable.shape, variable.dtype, variable.trainable, variable.initializer
            )


def _place(region: Region) -> Place:
    outer = region.parent
    if region.node is None or outer is None:
        return Place(str(region.module.path), region.function.node.lineno if region.function is not None else 1)
    return Place(str(outer.module.path), region.node.lineno, region.node.col_offset)


def _variables(instance: Instance) -> Iterator[Variable]:
    seen = set()
    for region in instance.regions:
        for creation in region.creations():
            for variable in creation.variables:
                if variable in seen or variable.path is None:
                    continue
                seen.add(variable)
                yield Variable(
                    show_path(variable.path), variable.shape, variable.dtype, variable.trainable, variable.initializer
                )


def clusters_of(plan: Plan) -> Iterator[Cluster]:
    """What migrates and can be left out on its own: units joined by use, and library layers of one plain function."""
    joined: dict[Unit, list[Unit]] = {}
    for unit in plan.migrated:
        joined.setdefault(plan.clusters.find(unit), []).append(unit)
    found = [_cluster_of_units(units) for units in joined.values()]
    plain: dict[tuple[Module, Function | None], list[Slot]] = {}
    for slot in plan.library_layers:
        plain.setdefault((slot.first.region.module, slot.first.region.function), []).append(slot)
    found.extend(_cluster_of_layers(*home, slots) for home, slots in plain.items())
    yield from sorted(_merged(found), key=lambda cluster: cluster.parts)


def _merged(clusters: Iterable[Cluster]) -> list[Cluster]:
    """Code that becomes several layers, one for each way it is called, still stays or goes as one."""
    found: list[Cluster] = []
    for cluster in clusters:
        same = [other for other in found if set(other.parts) & set(cluster.parts)]
        parts = tuple(sorted(set(cluster.parts).union(*(other.parts for other in same))))
        variables = cluster.variables.union(*(other.variables for other in same))
        names = dict.fromkeys(other.name for other in [*same, cluster])
        made = tuple(sorted({*cluster.made, *(m for other in same for m in other.made)}))
        found = [other for other in found if other not in same]
        found.append(Cluster(", ".join(names), parts, variables, made))
    return found


def _cluster_of_units(units: list[Unit]) -> Cluster:
    parts = {
        Part(str(m.module.path), m.node.lineno, m.node.end_lineno or m.node.lineno): m.name
        for unit in units
        for m in unit.members
    }
    regions = [region for unit in units for instance in unit.instances for region in instance.regions]
    made = _made(creation for region in regions for creation in region.creations())
    name = ", ".join(dict.fromkeys(parts[p] for p in sorted(parts)))
    return Cluster(name, tuple(sorted(parts)), frozenset(name for _, name in made), made)


def _made(creations: Iterable[Creation]) -> tuple[tuple[Part, str], ...]:
    """Where variables are asked for, and what they are called."""
    found = set()
    for creation in creations:
        node = creation.node
        part = Part(str(creation.region.module.path), node.lineno, node.end_lineno or node.lineno)
        found |= {(part, show_path(variable.path)) for variable in creation.variables if variable.path is not None}
    return tuple(sorted(found))


def _cluster_of_layers(module: Module, function: Function | None, slots: list[Slot]) -> Cluster:
    if function is None:
        part, name = Part(str(module.path), 0, module.text.count("\n") + 1), module.name
    else:
        node = function.node
        part, name = Part(str(module.path), node.lineno, node.end_lineno or node.lineno), function.qualname
    made = _made(slot.first.creation for slot in slots if slot.first.creation is not None)
    return Cluster(f"the layers of {name}", (part,), frozenset(name for _, name in made), made)
