"""The names of variables after the migration, where they are other ones."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tfmigrate.planning.ownership import Ownership
from tfmigrate.planning.slots import Slot
from tfmigrate.planning.units import Instance, Unit
from tfmigrate.walk.regions import Path, Region, Variable, show_path
from tfmigrate.walk.values import Const, Numbered, NumberedIndex, Text


def keras_paths(migrated: set[Unit], owners: Ownership) -> dict[Variable, str]:
    """Keras paths where a layer added a segment or Keras has another name for the variable."""
    result: dict[Variable, str] = {}
    for instance in owners.instances():
        if instance.unit not in migrated:
            continue
        for region in instance.regions:
            for creation in region.creations():
                for variable in creation.variables:
                    if variable.path is None or _deepest(creation.region, owners) is not instance:
                        continue
                    rest = keras_path(variable)[len(instance.base) :]
                    renamed = show_path((*path_of_layer(instance), *rest))
                    if renamed != show_path(variable.path):
                        result[variable] = renamed
    return result


def keras_paths_in(layers: Iterable[Slot]) -> dict[Variable, str]:
    """What the library layers that plain code holds call otherwise."""
    creations = [use.creation for slot in layers for use in slot.uses if use.creation is not None]
    return {v: show_path(keras_path(v)) for c in creations for v in c.variables if v.keras_name is not None}


def keras_path(variable: Variable) -> Path:
    """The path under which a library layer keeps a variable."""
    assert variable.path is not None
    return variable.path if variable.keras_name is None else (*variable.path[:-1], Const(variable.keras_name))


def path_of_layer(instance: Instance) -> Path:
    """Where Keras puts a layer."""
    owner = instance.owner
    if isinstance(owner, Instance):
        base, relative = path_of_layer(owner), instance.path[len(owner.base) :]
    else:
        base, relative = (), instance.path
    if instance.unit.primary.adds_segment and instance.unit.primary.prefix is None:
        relative = (*relative, Const(instance.unit.primary.own_segment))
    return (*base, *relative)


def _deepest(region: Region | None, owners: Ownership) -> Instance | None:
    while region is not None:
        if region in owners.instance_of:
            return owners.instance_of[region]
        region = region.parent
    return None


def old_and_new(path: Path, renamed: str) -> Iterator[tuple[str, str]]:
    """A name and what it becomes; the first of a numbered kind, which has no number, is told apart."""
    known = [(show_path(path), renamed)]
    for part in (p for segment in path if isinstance(segment, Text) for p in segment.parts):
        if isinstance(part, (Numbered, NumberedIndex)):
            known += [(old.replace(str(part), "", 1), new.replace(str(part), "", 1)) for old, new in known]
    yield from known
