"""What a layer is called where nobody names it, and which of its arguments names it."""

from __future__ import annotations

import ast

from tfmigrate.planning.classification import Classification, wrapped_creation
from tfmigrate.planning.layering import LayerPlan, Refusal, Role
from tfmigrate.planning.requests import file_quote, naming_in
from tfmigrate.planning.segments import scope_name
from tfmigrate.planning.units import Shape
from tfmigrate.program.render import source


def find_name(plan: LayerPlan, classes: Classification) -> None:
    """Set what names the layer, from its scope. Raises Refusal."""
    primary = plan.unit.primary
    quote = file_quote(primary.module)
    if primary.wrapped is not None and primary.shape is not Shape.CALLABLE:
        wrapped = wrapped_creation(primary.regions[0])
        assert wrapped.row is not None
        _name_from(plan, wrapped.given[wrapped.row.name_param])
        return
    if primary.prefix is not None:
        _name_from(plan, ast.Name(primary.prefix, ast.Load()))
        return
    if primary.templated or primary.wrapped is not None:
        return
    if primary.scope is None:
        plan.default_name = f"{quote}{primary.own_segment}{quote}"
        return
    name = scope_name(primary.scope.items[0].context_expr)
    if name is not None and not any(region.by_object for region in classes.blocks[primary.scope]):
        _name_from(plan, name)
    elif name is not None:
        plan.default_name = naming_in(primary.module).literal(str(classes.blocks[primary.scope][0].path[-1]))


def _name_from(plan: LayerPlan, name: ast.expr) -> None:
    """The layer's name: a literal, or an argument with or without a default."""
    primary = plan.unit.primary
    body = plan.bodies[primary]
    default: ast.expr | None = None
    if isinstance(name, ast.Constant) and isinstance(name.value, str):
        default = name
    elif (
        isinstance(name, ast.BoolOp)
        and isinstance(name.values[0], ast.Name)
        and isinstance(name.values[-1], ast.Constant)
    ):
        plan.name_input, default = name.values[0].id, name.values[-1]
    elif isinstance(name, ast.Name):
        plan.name_input = name.id
        item = body.inputs.get(name.id)
        default = item.default if item is not None else None
    elif isinstance(name, ast.Attribute):
        plan.name_input = ast.unparse(name)
    if isinstance(default, ast.Constant) and isinstance(default.value, str):
        plan.default_name = source(primary.module, default)
        if primary.shape is Shape.BLOCK and default is name and "/" in default.value:
            plan.default_name = naming_in(primary.module).literal(default.value.rsplit("/", 1)[-1])
        elif "/" in default.value:
            raise Refusal(
                "TFM202",
                primary.scope or primary.node,
                primary.module,
                f"the scope name {default.value!r} has a slash",
            )
    bindings = body.scan.bindings.get(plan.name_input or "", [])
    # `with tf.variable_scope(scope) as scope`
    if plan.name_input not in body.inputs or any(binding.statement is not primary.scope for binding in bindings):
        plan.name_input = None


def check_name_argument(plan: LayerPlan) -> None:
    """What is called `name` and is not the scope's name can be an argument of `call`; the constructor has its own."""
    primary = plan.unit.primary
    item = next((item for item in plan.bodies[primary].inputs.values() if item.identifier == "name"), None)
    if item is not None and item.role is Role.CTOR:
        raise Refusal(
            "TFM404", primary.node, primary.module, "its argument `name` is not the scope's name, but a layer's is"
        )
