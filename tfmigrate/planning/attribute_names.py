"""The attributes in which a layer keeps its arguments and what it makes."""

from __future__ import annotations

import ast

from tfmigrate.planning import names
from tfmigrate.planning.layering import LayerPlan
from tfmigrate.planning.prefixes import segment_of
from tfmigrate.planning.slots import Made, Slot
from tfmigrate.planning.units import Shape
from tfmigrate.program.scan import arguments_of
from tfmigrate.program.standing import ancestors
from tfmigrate.tf1.layers import VARIABLE
from tfmigrate.walk.regions import PLAIN, Path, path_of, show_path
from tfmigrate.walk.values import Const

# what Keras' layers, and those of the file that derive from them, keep beside their arguments
_OF_LIBRARY_LAYERS = {
    "beta", "bias", "convolution_op", "depthwise_kernel", "embeddings", "enable_lora", "fused_ranks", "gamma", "groups",
    "kernel", "lora_alpha", "lora_enabled", "lora_rank", "moving_mean", "moving_variance", "normalize",
    "pointwise_kernel", "quantization_config", "rank", "renorm", "synchronized", "update_in_place",
    "variable_serialization_spec",
}  # fmt: skip


def name_attributes(plan: LayerPlan) -> None:
    """Give every stored argument and every slot its attribute."""
    taken: set[str] = set()
    if plan.unit.primary.wrapped is not None:  # the library's class has attributes of its own
        taken |= _OF_LIBRARY_LAYERS | {
            param
            for slot in plan.slots
            if slot.first.creation and slot.first.creation.row
            for param in _keras_names(slot)
        }
    for item in plan.ctor():
        plan.attributes[item.name] = names.attribute(item.identifier, taken)
        taken.add(plan.attributes[item.name])
    taken |= {member.method for member in plan.unit.members}
    wanted = [_wanted(plan, slot) for slot in plan.slots]
    for slot, (text, many) in zip(plan.slots, wanted, strict=True):
        maker = _maker(slot)
        others = {_maker(other) for other, want in zip(plan.slots, wanted, strict=True) if want == (text, many)}
        if maker and len(others) > 1 and not text.endswith(maker):  # one scope around several functions
            text = f"{text}_{maker}"
        slot.name = names.attribute(names.plural(text) if many else text, taken)
        taken.add(slot.name)


def _wanted(plan: LayerPlan, slot: Slot) -> tuple[str, bool]:
    """What a slot's path would call it, and whether it holds many."""
    fallback = slot.unit.primary.name.strip("_") if slot.unit is not None else "layer"
    shortest = 1 if slot.kind is Made.WEIGHT else 2  # `w` names a weight well enough, and `d` no layer
    text, symbolic = names.path_identifier(_own_part(plan, slot), fallback, shortest)
    symbolic = symbolic or slot.bare_path != slot.path
    if slot.kind is Made.CELL:
        text = name_of_cell(slot).removeprefix("self.") or names.path_identifier(slot.path[-1:], fallback)[0]
    called = name_of_cell(slot).removeprefix("self.") if _is_numbered(slot) else ""
    if called:
        text = names.path_identifier((Const(called),), fallback)[0]
    return text, symbolic and bool(slot.loops)


def _maker(slot: Slot) -> str:
    """The function whose layer a slot holds, as a part of a name."""
    if slot.unit is None or slot.unit.primary.shape is Shape.BLOCK:
        return ""
    return names.identifier(slot.unit.primary.name.strip("_"))


def _is_numbered(slot: Slot) -> bool:
    """Whether TF1 gave a weight a name that says nothing."""
    creation = slot.first.creation
    return creation is not None and creation.symbol == PLAIN and "name" not in arguments_of(creation.node, VARIABLE)


def _own_part(plan: LayerPlan, slot: Slot) -> Path:
    """The path of a slot without what the layer's own name puts in front of all of them."""
    prefix = plan.unit.primary.prefix
    own = segment_of(prefix, plan.unit.primary.regions[0]) if prefix is not None else ()
    text, whole = show_path(own), show_path(slot.path)
    if not own or slot.loops or not all(isinstance(s, Const) for s in (*own, *slot.path)):
        return slot.bare_path
    row = slot.first.creation.row if slot.first.creation is not None else None
    if whole == text and row is not None and row.keras:  # the argument is all of its name
        return (Const(row.keras.rsplit(".", 1)[-1].lower()),)
    return path_of(Const(whole.removeprefix(text))) or slot.path


def name_of_cell(slot: Slot) -> str:
    """The name that the program gives a cell where it makes it."""
    node, module = slot.site(), slot.first.region.module
    statement = next((a for a in ancestors(module, node) if isinstance(a, ast.stmt)), None)
    if isinstance(statement, ast.Assign) and statement.value is node and len(statement.targets) == 1:
        target = statement.targets[0]
        function = slot.first.region.function
        if isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name) and function is not None:
            return f"self.{target.attr}" if target.value.id == function.object_name else ""
        return target.id if isinstance(target, ast.Name) else ""
    return ""


def _keras_names(slot: Slot) -> list[str]:
    row = slot.first.creation.row if slot.first.creation is not None else None
    return [row.keras_name(param) for param in row.params] if row is not None else []
