"""A layer must not change what it is given: Keras hands it copies of lists and dictionaries."""

from __future__ import annotations

import ast

from tfmigrate.planning.layering import Body, Refusal, Role
from tfmigrate.planning.units import Shape
from tfmigrate.program.scan import CHANGING
from tfmigrate.walk.values import DictValue, ListValue, Tensor, Unknown


def check_changes(body: Body) -> None:
    """Refuse a body that stores into one of its inputs. Raises Refusal."""
    if body.member.shape is Shape.CALLABLE:
        kept = [name for name in body.inputs if not name.startswith("self.")]
    else:
        kept = list(body.inputs)
    for name in kept:
        item = body.inputs[name]
        values = [body.value(name, region) for region in body.member.regions]
        if item.role in (Role.NAME, Role.DROPPED) or (values and all(isinstance(v, Tensor) for v in values)):
            continue
        for node in body.scan.loads(name):
            if body.is_gone(node) or body.scan.reaching(name, node)[1] is not None:
                continue
            if _is_changed(node, body):
                text = f"{item.identifier} is changed here, and a Keras layer gets a copy of it"
                raise Refusal("TFM404", node, body.module, text)
            if item.role is Role.CTOR and _is_asked_its_type(node, body):
                if any(isinstance(value, (ListValue, DictValue, Unknown)) for value in values):
                    text = f"the type of {item.identifier} is asked here, and a Keras layer gets a copy of another type"
                    raise Refusal("TFM404", node, body.module, text)


def _is_asked_its_type(node: ast.expr, body: Body) -> bool:
    """Whether a name, or an item of it, is what `type` is asked about."""
    parent = body.scan.parents.get(node)
    while isinstance(parent, (ast.Subscript, ast.Attribute)) and parent.value is node:
        node, parent = parent, body.scan.parents.get(parent)
    if not isinstance(parent, ast.Call) or node not in parent.args:
        return False
    return isinstance(parent.func, ast.Name) and parent.func.id == "type"


def _is_changed(node: ast.expr, body: Body) -> bool:
    parent = body.scan.parents.get(node)
    if isinstance(parent, ast.Subscript) and parent.value is node:
        return isinstance(parent.ctx, (ast.Store, ast.Del)) or _is_changed(parent, body)
    if isinstance(parent, ast.Attribute) and parent.value is node:
        if isinstance(parent.ctx, ast.Store):
            return False
        call = body.scan.parents.get(parent)
        return parent.attr in CHANGING and isinstance(call, ast.Call) and call.func is parent
    return False
