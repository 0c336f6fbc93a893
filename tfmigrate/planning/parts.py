"""Lists of the variables of some layers inside of a layer, not of all."""

from __future__ import annotations

from collections.abc import Iterator, Set
from dataclasses import dataclass

from tfmigrate.planning.layering import LayerPlan
from tfmigrate.planning.slots import Made, Slot
from tfmigrate.planning.units import Instance
from tfmigrate.planning.variable_order import order_of, order_of_layer
from tfmigrate.walk.regions import Query, Variable


@dataclass(frozen=True)
class Part:
    """A layer inside: the attributes that lead to it, and its variables as Keras lists them."""

    slots: tuple[Slot, ...]
    variables: tuple[Variable, ...]

    def text(self, owner: str) -> str:
        return ".".join([owner, *(slot.name for slot in self.slots)])


def parts_of(
    instance: Instance, wanted: Set[Variable], trainable: bool, plans: dict[object, LayerPlan]
) -> list[Part] | None:
    """The layers inside of a layer that hold the wanted ones of its variables, and no others; None if there are none.

    trainable: whether only these of a layer's variables count.
    """
    plan = plans.get(instance.unit)
    parts: list[Part] = []
    for slot in plan.slots if plan is not None else ():
        child = next((use.child for use in slot.uses if use.child in instance.children), None)
        made = set(_made(slot, instance) if child is None else made_by(child))
        own = {v for v in made if v.trainable or not trainable}
        if not own & wanted:
            continue
        if slot.loops or slot.kind is Made.WEIGHT:
            return None
        if own <= wanted:
            order = order_of_layer(slot, instance.regions) if child is None else order_of(child, plans)
            found = None if order is None else [Part((), tuple(v for v in order if v in own))]
        else:
            found = parts_of(child, wanted, trainable, plans) if child is not None else None
        if found is None:
            return None
        parts += [Part((slot, *part.slots), part.variables) for part in found]
    return parts if parts and {v for part in parts for v in part.variables} == wanted & set(made_by(instance)) else None


def listed_by(instance: Instance, query: Query, plans: dict[object, LayerPlan]) -> list[Part] | None:
    """The layers inside of a layer that hold what its own code lists, in that order."""
    found = parts_of(instance, set(query.variables), query.kind == "trainable", plans)
    listed = [v for part in found or () for v in part.variables]
    return found if listed == query.variables else None


def _made(slot: Slot, instance: Instance) -> Iterator[Variable]:
    for use in slot.uses:
        if use.region in instance.regions and use.creation is not None:
            yield from use.creation.variables


def made_by(instance: Instance) -> list[Variable]:
    """The variables of a layer in the order in which the program makes them."""
    creations = (creation for region in instance.regions for creation in region.creations())
    return list(dict.fromkeys(v for creation in creations for v in creation.variables))
