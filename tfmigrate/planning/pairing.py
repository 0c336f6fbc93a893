"""One call that makes one of several layers: whichever it is, it is made and called in the same words."""

from __future__ import annotations

import ast
from collections.abc import Callable

from tfmigrate.planning.layering import LayerPlan, Refusal
from tfmigrate.planning.making import Inlined, Piece
from tfmigrate.planning.slots import Slot
from tfmigrate.planning.units import Instance
from tfmigrate.program.scan import arguments_of
from tfmigrate.walk.choices import decided_alike
from tfmigrate.walk.values import is_tensor


def check_twins(
    slot: Slot, plans: dict[object, LayerPlan], pieces: list[Piece], made: Callable[[Instance], list[Piece]]
) -> None:
    """Compare the making and all calls of what a slot may hold. Raises Refusal."""
    site, module = slot.site(), slot.first.region.module
    if not _decided_alike(slot):
        text = "which function is called here and at another place may be decided otherwise each time"
        raise Refusal("TFM302", site, module, text)
    for twin in slot.first.twins:
        plan, other = plans[slot.unit], plans.get(twin.unit)
        name, another = plan.unit.primary.name, twin.unit.primary.name
        if other is None:
            raise Refusal("TFM302", site, module, f"this may be a call of {another}, which stays a function")
        if len(plan.unit.members) > 1 or len(other.unit.members) > 1:
            raise Refusal("TFM302", site, module, "this may be a call of a function that shares its scope with others")
        if list(map(_words, pieces)) != list(map(_words, made(twin))):
            text = f"{name} or {another} is called here, and they would be made with different arguments"
            raise Refusal("TFM302", site, module, text)
        for call in slot.sites:
            if isinstance(call, ast.Call) and _given(plan, call) != _given(other, call):
                text = f"{name} or {another} is called here, and as layers they would take different arguments"
                raise Refusal("TFM302", call, module, text)


def _words(piece: Piece) -> object:
    expression = piece.expression
    assert piece.request is None
    if isinstance(expression, Inlined):
        return piece.keyword, expression.text(ast.unparse), piece.around
    return piece.keyword, piece.text if expression is None else ast.unparse(expression), piece.around


def _given(plan: LayerPlan, call: ast.Call) -> list[tuple[str, str]]:
    """What a call hands to the layer: the parameter, where it has to be named, and the expression."""
    member = plan.unit.primary
    given = arguments_of(call, tuple(member.function.params) if member.function is not None else ())
    found = []
    for item in plan.call_inputs(member):
        if item.name in given:
            values = [plan.bodies[member].value(item.name, r) for r in member.regions if r.node is call]
            sure = bool(values) and all(map(is_tensor, values))
            found.append(("" if sure else item.identifier, ast.unparse(given[item.name])))
    return found


def _decided_alike(slot: Slot) -> bool:
    """Whether all calls that reach a slot are surely of the same one of several functions."""
    children = [child for use in slot.uses if use.child is not None for child in (use.child, *use.twins)]
    regions = (region for child in dict.fromkeys(children) for region in child.regions if slot.first.twins)
    choices = [region.frame.pick.branch.choice if region.frame.pick is not None else None for region in regions]
    if not choices or all(choice is None for choice in choices):
        return True
    first = choices[0]
    return first is not None and all(choice is not None and decided_alike(first, choice) for choice in choices)
