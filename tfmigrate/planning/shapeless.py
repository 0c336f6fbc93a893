"""Placeholders without a shape that a layer is given: those that must be scalars are told so, others are refused."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from tfmigrate.planning.layering import LayerPlan, Refusal
from tfmigrate.program.link import Module
from tfmigrate.program.render import source
from tfmigrate.sites import Replace, Sites
from tfmigrate.spans import span
from tfmigrate.walk.roots import Walk
from tfmigrate.walk.shapeless import shapeless_in
from tfmigrate.walk.values import Shapeless


def check_inputs(plan: LayerPlan, scalars: set[Shapeless]) -> None:
    """Keras asks the tensors that a layer is called with for their rank. Raises Refusal."""
    for member in plan.unit.members:
        for item in plan.call_inputs(member):
            for region in member.regions:
                for found in shapeless_in(plan.bodies[member].value(item.name, region)):
                    if found not in scalars or not _can_be_told(found.node):
                        text = "this placeholder has no shape, and a layer that is given it has to know its rank"
                        raise Refusal("TFM408", found.node, found.module, text)


def plan_scalars(walks: Iterable[Walk], sites: dict[Module, Sites]) -> None:
    """`tf.placeholder(tf.bool)` gets the shape of a scalar where it must be one, in the files that change."""
    told = {(found.module, found.node) for walk in walks for found in walk.scoping.scalars}
    for module, node in told:
        if module in sites and sites[module].items and _can_be_told(node):
            text = source(module, node).rstrip()
            sites[module].add("symbols", span(module, node), Replace(f"{text[:-1].rstrip().rstrip(',')}, shape=[])"))


def _can_be_told(node: ast.Call) -> bool:
    """Whether no shape is spelled out, not even None."""
    starred = any(isinstance(a, ast.Starred) for a in node.args) or any(k.arg is None for k in node.keywords)
    return len(node.args) == 1 and not starred and all(k.arg != "shape" for k in node.keywords)
