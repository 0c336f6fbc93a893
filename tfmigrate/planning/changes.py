"""A layer must not change what it is given: Keras hands it copies of lists and dictionaries."""

from __future__ import annotations

import ast

from tfmigrate.planning.layering import Body, Refusal, Role
from tfmigrate.planning.units import Shape
from tfmigrate.program.scan import CHANGING
from tfmigrate.walk.values import Tensor


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
