"""Calls that stand in a lambda which somebody else runs, when the code that wrote it is done."""

from __future__ import annotations

import ast

from tfmigrate.planning.clusters import Clusters
from tfmigrate.planning.ownership import Ownership
from tfmigrate.planning.units import Shape
from tfmigrate.program.link import Function, Module, Program
from tfmigrate.program.standing import ancestors, functions_around
from tfmigrate.walk.regions import Region, around


def check_far_lambdas(owners: Ownership, clusters: Clusters, program: Program) -> set[Region]:
    """Refuse what such calls run, for no code that is left could hold the layer; returns these calls."""
    far: set[Region] = set()
    for member, unit in owners.units.items():
        for region in member.regions if member.shape is not Shape.BLOCK else ():
            module = _written_in(region, program)
            if module is not None and region.node is not None:
                far.add(region)
                text = f"a lambda that is handed on calls {member.name} where nobody can hold its layer"
                clusters.refuse("TFM302", region.node, module, text, unit)
    return far


def _written_in(region: Region, program: Program) -> Module | None:
    """The file with the lambda that a call stands in; None if the code around it is what calls, or is still running."""
    call, parent = region.node, region.parent
    if call is None or parent is None or _holds(parent.call.function, parent.module, call):
        return None
    home = next((module for module in program.modules.values() if next(ancestors(module, call), None)), None)
    if home is None:
        return None
    writer = next(functions_around(home, call), None)
    running = {r.function.node if r.function is not None else r.module.tree for r in around(parent)}
    return None if (writer or home.tree) in running else home


def _holds(function: Function | None, module: Module, node: ast.AST) -> bool:
    outer = function.node if function is not None else module.tree
    return outer in ancestors(function.module if function is not None else module, node)
