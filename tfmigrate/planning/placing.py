"""Variables made where no layer can make them: in lambdas, loops without a count, inner functions."""

from __future__ import annotations

import ast

from tfmigrate.planning.classification import Classification
from tfmigrate.planning.clusters import Clusters
from tfmigrate.planning.ownership import Ownership
from tfmigrate.planning.units import Shape
from tfmigrate.program.inner import can_move_out
from tfmigrate.program.link import Function, Module
from tfmigrate.program.rounds import loop_of
from tfmigrate.program.scan import COMPREHENSIONS
from tfmigrate.program.standing import (
    ancestors,
    awkward_place,
    in_comprehension,
    in_lambda,
    is_local_function,
    statement_of,
)
from tfmigrate.walk.regions import Creation, Region
from tfmigrate.walk.values import Const


def moves_out(helper: Function, classes: Classification) -> bool:
    """Whether an inner function that makes a variable becomes one of the module, for the constructors of layers."""
    return helper.parent is not None and helper not in classes.splits and can_move_out(helper)


class Places:
    """Checks where in its function everything is made."""

    def __init__(self, classes: Classification, owners: Ownership, clusters: Clusters) -> None:
        self.classes = classes
        self.owners = owners
        self.clusters = clusters
        self.inner = {member.node for member in owners.units if member.shape is Shape.INNER}
        self.inner |= {helper.node for helper in classes.helpers if moves_out(helper, classes)}

    def check(self) -> None:
        for walk in self.classes.walks:
            for event in walk.root.walk():
                if isinstance(event, Creation) and event.variables:
                    self._check_place(event.region, event.node, "the variable is made")
                elif isinstance(event, Region) and isinstance(event.node, ast.Call) and event in self.classes.makers:
                    self._check_call(event, event.node)

    def _check_place(self, region: Region, node: ast.Call, what: str) -> None:
        found = awkward_place(region.module, node, self.inner)
        unit = self.clusters.unit_around(region)
        if found is None or unit is None:
            return
        construct, words = found
        member = unit.primary
        outside = member.shape is Shape.BLOCK and construct in ancestors(member.module, member.node)
        if (
            outside
            and isinstance(construct, ast.Try)
            and (region.function is None or region.function in self.classes.evident)
        ):
            return
        self.clusters.refuse("TFM403", node, region.module, f"{what} {words}", unit)

    def _check_call(self, region: Region, node: ast.Call) -> None:
        outer = region.parent
        assert outer is not None
        if region.by_library:
            return
        if self.classes.is_direct(region):
            self._check_place(outer, node, "the variable is made")
            return
        member = self.classes.member_of(region)
        if member is None:
            return
        named = any(not isinstance(segment, Const) for segment in self.classes.base(region, member)[len(region.path) :])
        if region.template is not None:
            return  # that is asked of the template
        if in_lambda(outer.module, node) and not self._is_made_before(region) and not _is_local(outer, node):
            self.clusters.refuse(
                "TFM403", node, outer.module, f"{member.name} is called in a lambda", self.owners.unit(member)
            )
        elif named and in_comprehension(outer.module, node) and not _is_a_list(region, outer.module, node):
            text = f"{member.name} is called in a comprehension, under a name for each round"
            self.clusters.refuse("TFM403", node, outer.module, text, self.owners.unit(member))

    def _is_made_before(self, region: Region) -> bool:
        """Whether an earlier call, in no lambda, has made the layer that this one reaches."""
        first = self.owners.instance_of[region].regions[0]
        return (
            first is not region
            and first.node is not None
            and first.parent is not None
            and not in_lambda(first.parent.module, first.node)
        )


def _is_local(outer: Region, node: ast.Call) -> bool:
    """Whether a call stands in a lambda of the code that runs it, which calls the lambda and does no more with it."""
    code = outer.call
    return is_local_function(code.module, node, code.module.tree if code.function is None else code.function.node)


def _is_a_list(region: Region, module: Module, node: ast.Call) -> bool:
    """Whether the rounds of one list comprehension make a layer each."""
    around = [outer for outer in statement_of(module, node) if isinstance(outer, COMPREHENSIONS)]
    return len(around) == 1 and loop_of(around[0]) is not around[0] and region.loops[-1:] == (around[0],)
