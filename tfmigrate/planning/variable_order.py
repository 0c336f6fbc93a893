"""In which order Keras lists the variables of a layer: its own, trainable ones before others, then its layers'."""

from __future__ import annotations

from collections.abc import Collection

from tfmigrate.planning.layering import LayerPlan
from tfmigrate.planning.slots import Made, Slot
from tfmigrate.planning.split import Level
from tfmigrate.planning.units import Instance
from tfmigrate.walk.regions import Creation, Region, Variable, root_of
from tfmigrate.walk.values import Const

# of library layers and RNN cells with these variables alone, TensorFlow 1 and Keras make them in the same order
_SAME_ORDER = (["kernel", "bias"], ["gamma", "beta", "moving_mean", "moving_variance"])


def order_in(slot: Slot, home: Region, plans: dict[object, LayerPlan]) -> list[Variable] | None:
    """The variables of what fills a slot of plain code, as Keras lists them; None if that is not known."""
    if slot.loops:
        return None
    uses = [use for use in slot.uses if root_of(use.region) is root_of(home)]
    children = {use.child for use in uses}
    if len(children) != 1:
        return None
    child = children.pop()
    return order_of_layer(slot, [use.region for use in uses]) if child is None else order_of(child, plans)


def order_of(instance: Instance, plans: dict[object, LayerPlan]) -> list[Variable] | None:
    """The variables of a layer as Keras lists them; None if that is not known."""
    plan = plans.get(instance.unit)
    if plan is None or any(slot not in plan.needs for slot in plan.slots):
        return None
    if plan.objects:
        return None  # Keras lists them where the constructor keeps them
    if any(slot.apart for slot in plan.slots):
        return None  # the branches need not make theirs in one order
    loops = [loop for slot in plan.slots for loop in slot.loops]
    if len(set(loops)) < len(loops):
        return None  # TensorFlow 1 made one after the other in each round, Keras lists all of each together
    children, regions = set(instance.children), set(instance.regions)
    own: list[Variable] = []
    inner: dict[bool, list[Variable]] = {True: [], False: []}
    for slot in plan.slots:
        child = next((use.child for use in slot.uses if use.child in children), None)
        found = order_of_layer(slot, regions) if child is None else order_of(child, plans)
        if child is None and slot.kind is Made.INSTANCE:
            found = []  # another instance of the class makes this
        if found is None:
            return None
        # what `__init__` makes comes before what `build` makes
        is_weight = slot.kind is Made.WEIGHT or plan.unit.primary.wrapped is not None
        (own if is_weight else inner[plan.needs[slot].level is Level.INIT]).extend(found)
    return [*_trainable_first(own), *inner[True], *inner[False]]


def order_of_layer(slot: Slot, regions: Collection[Region]) -> list[Variable] | None:
    """The variables that the code in these regions asks for by one weight or library layer."""
    asked = (use.creation for use in slot.uses if use.region in regions)
    creations = [creation for creation in asked if creation is not None and not creation.untaken]
    variables = list(dict.fromkeys(v for creation in creations for v in creation.variables))
    if slot.kind is Made.WEIGHT:
        return variables
    known = slot.kind in (Made.LAYER, Made.CELL) and all(map(_keeps_order, creations))
    return _trainable_first(variables) if known else None


def _keeps_order(creation: Creation) -> bool:
    names = []
    for variable in creation.variables:
        last = variable.path[-1] if variable.path else None
        names.append(variable.keras_name or (last.value if isinstance(last, Const) else None))
    return any(names == [name for name in order if name in names] for order in _SAME_ORDER)


def _trainable_first(variables: list[Variable]) -> list[Variable]:
    return [*(v for v in variables if v.trainable), *(v for v in variables if not v.trainable)]
