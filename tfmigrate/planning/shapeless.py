"""Placeholders without a shape that a layer is given: those that must be scalars are told so, others are refused."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from tfmigrate.planning.layering import LayerPlan, Refusal
from tfmigrate.program.link import Module
from tfmigrate.program.render import source
from tfmigrate.program.scan import arguments_of, is_none
from tfmigrate.sites import Replace, Sites
from tfmigrate.spans import span
from tfmigrate.walk.shapeless import shapeless_in
from tfmigrate.walk.values import Shapeless

PLACEHOLDER = ("dtype", "shape", "name")


def check_inputs(plan: LayerPlan, scalars: set[Shapeless]) -> None:
    """Keras asks the tensors that a layer is called with for their rank. Raises Refusal."""
    for member in plan.unit.members:
        for item in plan.call_inputs(member):
            for region in member.regions:
                for found in shapeless_in(plan.bodies[member].value(item.name, region)):
                    if found not in scalars or not _can_be_told(found.node):
                        text = "this placeholder has no shape, and a layer that is given it has to know its rank"
                        raise Refusal("TFM408", found.node, found.module, text)


def plan_scalars(scalars: Iterable[Shapeless], sites: dict[Module, Sites]) -> None:
    """`tf.placeholder(tf.bool)` gets the shape of a scalar where it must be one, in the files that change."""
    for module, node in {(found.module, found.node) for found in scalars}:
        if module not in sites or not sites[module].items or not _can_be_told(node):
            continue
        shape = _shape(node)
        if shape is not None:
            sites[module].add("symbols", span(module, shape), Replace("[]"))
        else:
            text = source(module, node).rstrip()
            told = f"{text[:-1].rstrip().rstrip(',')}, shape=[])"
            sites[module].add("symbols", span(module, node), Replace(told))


def _can_be_told(node: ast.Call) -> bool:
    """Whether the place of the shape is in sight, and nothing or a plain None stands there."""
    starred = any(isinstance(a, ast.Starred) for a in node.args) or any(k.arg is None for k in node.keywords)
    shape = _shape(node)
    return not starred and bool(node.args or node.keywords) and (shape is None or is_none(shape))


def _shape(node: ast.Call) -> ast.expr | None:
    return arguments_of(node, PLACEHOLDER).get("shape")
