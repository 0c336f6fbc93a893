"""`list(map(network, inputs))`: the calls of a function that `map` makes, and what takes the function's place."""

from __future__ import annotations

import ast

from tfmigrate.planning.layering import LayerPlan, Refusal
from tfmigrate.planning.units import Member
from tfmigrate.program.link import Module
from tfmigrate.program.scan import arguments_of
from tfmigrate.program.standing import is_map
from tfmigrate.sites import Replace, Sites
from tfmigrate.spans import span

# Keras fills these in by itself, from the layer around, unless they are given by keyword
FILLED_IN = ("training", "mask")


def given_at(site: ast.Call, member: Member) -> dict[str, ast.expr]:
    """The arguments of a call by parameter; `map` gives one, an item at a time."""
    params = tuple(member.function.params) if member.function is not None else ()
    if is_map(site):
        return {params[0]: site.args[1]} if params else {}
    return arguments_of(site, params)


def map_layer(
    child: LayerPlan, member: Member, wanted: list[tuple[str, bool]], site: ast.Call, target: str, sites: Sites
) -> None:
    """`map` calls the layer from then on. Raises Refusal where that would not be the same."""
    module = _module_at(member, site)
    filled = any(item.name in FILLED_IN for item in child.call_inputs(member))
    if len(wanted) != 1 or not wanted[0][1] or filled or child.bodies[member].handed_back:
        raise Refusal("TFM302", site, module, f"map gives {member.name} other arguments than the layer takes")
    sites.add("functions", span(module, site.args[0]), Replace(target))


def _module_at(member: Member, site: ast.Call) -> Module:
    region = next(region for region in member.regions if region.node is site)
    assert region.parent is not None
    return region.parent.module
