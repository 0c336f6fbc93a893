"""Code of a layer that no run of the program reaches: it is taken along, or keeps the layer back."""

from __future__ import annotations

import ast

from tfmigrate.planning.classification import Classification
from tfmigrate.planning.layering import Body, LayerPlan, Refusal
from tfmigrate.planning.meanings import Resolve
from tfmigrate.planning.other_branch import same_in_other_branch
from tfmigrate.planning.slots import Made


def add_unreached(plan: LayerPlan) -> None:
    """What a branch that nobody takes would call is what the other one calls, in the same words."""
    slots = {site: slot for slot in plan.slots if slot.kind is Made.INSTANCE for site in slot.sites}
    for body in plan.bodies.values():
        calls = [n for n in body.scan.parents if isinstance(n, ast.Call) and n not in slots]
        for call in calls if slots else ():
            same = same_in_other_branch(body.module, call, slots)
            if same is not None and call not in slots[same].sites:
                slots[same].sites.append(call)
                slots[same].alike[call] = same


def check_unreached(plan: LayerPlan, classes: Classification, resolve: Resolve) -> None:
    """Code that makes variables and that no walk reached cannot be rewritten."""
    known = {site for slot in plan.slots for site in slot.sites}
    known |= {c.node for m in plan.unit.members for r in m.regions for c in r.creations()}
    for body in plan.bodies.values():
        for name_node in body.scan.parents:
            if isinstance(name_node, ast.Call) and name_node not in known and _makes(body, name_node, classes, resolve):
                text = ast.unparse(name_node.func)
                message = f"no call in the program reaches this {text}, so what it would make cannot be known"
                raise Refusal("TFM403", name_node, body.module, message)


def _makes(body: Body, call: ast.Call, classes: Classification, resolve: Resolve) -> bool:
    value = resolve(body.module, call.func)
    name = getattr(value, "name", None)
    function = getattr(value, "function", None)
    if function is not None:
        return function in classes.units or function in classes.helpers
    if not isinstance(name, str):
        return False
    return (
        name == "tf.get_variable"
        or name.startswith("tf.layers.")
        or (name == "tf.variable_scope" and not _is_known_scope(call, classes))
    )


def _is_known_scope(call: ast.Call, classes: Classification) -> bool:
    return any(call is item.context_expr for block in classes.blocks for item in block.items)
