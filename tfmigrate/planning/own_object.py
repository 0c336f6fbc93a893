"""What a method that becomes a layer may do with the object that it is called on."""

from __future__ import annotations

import ast

from tfmigrate.planning.layering import Body, LayerPlan, Refusal, Role
from tfmigrate.planning.units import Shape
from tfmigrate.sites import Remove, Sites
from tfmigrate.spans import span


def check_self(plan: LayerPlan) -> None:
    """A method's body may read attributes of its object, nothing else."""
    for body in plan.bodies.values():
        if not body.member.shape.has_object or body.scan.self_name is None:
            continue
        sites = {site.func for slot in plan.slots for site in slot.sites if isinstance(site, ast.Call)}
        for node in body.scan.loads(body.scan.self_name):
            parent = body.scan.parents.get(node)
            if body.is_gone(node):
                continue
            if not isinstance(parent, ast.Attribute):
                raise Refusal("TFM404", node, body.module, "the object itself is passed on here")
            grand = body.scan.parents.get(parent)
            if isinstance(grand, ast.Call) and grand.func is parent and grand in plan.objects:
                _check_object(plan, body, parent)
                continue
            if isinstance(grand, ast.Call) and grand.func is parent and parent not in sites:
                raise Refusal("TFM404", node, body.module, f"calls {ast.unparse(parent)} on its object")
            if isinstance(parent.ctx, ast.Store) and isinstance(grand, ast.AugAssign):
                raise Refusal("TFM404", node, body.module, f"changes {ast.unparse(parent)} of its object")


def _check_object(plan: LayerPlan, body: Body, called: ast.Attribute) -> None:
    """An object that is called has to be what the layer is made with, so that Keras knows of its variables."""
    item = plan.primary.inputs.get(f"self.{called.attr}")
    name = plan.attributes.get(item.name) if item is not None and item.role is Role.CTOR else None
    if name != called.attr:
        text = f"self.{called.attr} is called here, and is not the same object for all calls"
        raise Refusal("TFM404", called, body.module, text)


def flags_that_stay(plan: LayerPlan) -> frozenset[str]:
    """What remembers that an object was called goes with the reuse that it serves; not so if it decides more.

    Raises Refusal where the object and the layer are two things.
    """
    staying = set()
    for body in plan.bodies.values():
        for name in body.flags:
            for node in body.remaining(f"self.{name}"):
                if body.member.shape is not Shape.CALLABLE:
                    text = f"self.{name}, which changes as the program runs, decides more than the reuse of variables"
                    raise Refusal("TFM206", node, body.module, text)
                staying.add(name)
        for name in body.handed_back if body.member.shape is not Shape.CALLABLE else ():
            for node in body.scan.loads(name):
                if body.is_gone(node) and _serves_reuse(body, node):
                    text = f"whether variables are reused is decided by {name}, which a layer would have to hand back"
                    raise Refusal("TFM206", node, body.module, text)
    return frozenset(staying)


def _serves_reuse(body: Body, node: ast.expr) -> bool:
    """Whether an expression is a part of an argument `reuse`, or of a condition under which that is switched on."""
    for outer in body.scan.ancestors(node):
        if isinstance(outer, ast.stmt):
            return isinstance(outer, ast.If)
        if isinstance(outer, ast.keyword) and outer.arg is not None:
            return "reuse" in outer.arg
    return False


def drop_flags(plan: LayerPlan, sites: Sites) -> None:
    """`self.reuse = False` in the constructor goes with the method that reads it."""
    primary = plan.unit.primary
    init = primary.cls.methods.get("__init__") if primary.cls is not None else None
    for name, statements in plan.primary.flags.items():
        if init is None or all(f"self.{name}" not in body.scan.bindings for body in plan.bodies.values()):
            continue
        for statement in statements & set(init.node.body):
            sites.add("reuse", span(init.module, statement), Remove())
