"""Scope objects that a program keeps, opens again or asks for what a layer cannot tell."""

from __future__ import annotations

import ast

from tfmigrate.planning.classification import Classification
from tfmigrate.planning.clusters import Clusters
from tfmigrate.planning.statements import asserts_reuse
from tfmigrate.program.link import Module, Program
from tfmigrate.program.standing import ancestors
from tfmigrate.walk.regions import Creation, Region, around
from tfmigrate.walk.values import Const


class ScopeObjects:
    """Looks at what is done with scope objects, and refuses the layers that could not answer."""

    def __init__(self, classes: Classification, clusters: Clusters, program: Program) -> None:
        self.classes = classes
        self.clusters = clusters
        self.program = program

    def check(self) -> None:
        """Refuse what asks scope objects for more than to be opened again."""
        self._check_kept_scopes()
        self._check_scope_names()
        self._check_reentries()
        self._check_reuse_reads()

    def _check_kept_scopes(self) -> None:
        """Scopes that are bound to an attribute: what asks for more than their names would miss them."""
        for walk in self.classes.walks:
            for scope, node, module, region in walk.scoping.kept:
                unit = self.clusters.unit_around(region if node not in self.classes.units else scope.region)
                again = [entry.region for entry in walk.scoping.reentries if entry.scope is scope]
                goes = unit is not None and all(self.clusters.unit_around(inner) is unit for inner in again)
                if (unit is None or goes) and self._are_reads_known(node, unit is None):
                    continue
                units = {unit} if unit is not None else self.clusters.units_below(region)
                for each in units.union(*map(self.clusters.units_below, again)):
                    self.clusters.refuse("TFM205", node, module, "the scope object is kept for later", each)

    def _are_reads_known(self, block: ast.With, names: bool) -> bool:
        """Whether a scope that is bound to an attribute is entered again alone, wherever that may be read.

        names: whether it may also be asked for its name.
        """
        target = block.items[0].optional_vars
        if len(block.items) != 1 or not isinstance(target, ast.Attribute):
            return False
        entered = {entry.node for walk in self.classes.walks for entry in walk.scoping.reentries}
        for module in self.program.modules.values():
            for node in module.of_kind(ast.Attribute):
                if node.attr == target.attr and isinstance(node.ctx, ast.Load):
                    outer = next(ancestors(module, node), None)
                    named = names and isinstance(outer, ast.Attribute) and outer.attr == "name"
                    if not named and not (isinstance(outer, ast.Call) and outer in entered and node in outer.args):
                        return False
        return True

    def _check_reentries(self) -> None:
        """A scope that its object opens is one that its name opens, or has nothing new to name."""
        for walk in self.classes.walks:
            for entry in walk.scoping.reentries:
                region = entry.region
                outer = self.clusters.unit_around(region.parent)
                if entry.away and (outer is not None or any(_is_made_in(c, region) for c in region.creations())):
                    text = "a scope that was left is entered again by its object, below another scope"
                elif not entry.away and not isinstance(region.path[-1], Const):
                    text = "a scope that was left is entered again by its object, and its name is no literal"
                else:
                    continue
                units = self.clusters.units_below(region) | ({outer} if outer is not None else set())
                self.clusters.refuse_all("TFM205", entry.node, region.module, text, units)

    def _check_scope_names(self) -> None:
        """Code that becomes a layer runs in no scope whose name it could ask for."""
        for walk in self.classes.walks:
            for read in walk.scoping.scope_name_reads:
                unit = self.clusters.unit_around(read.region)
                if unit is not None:
                    text = "the name of the current scope is read; layers leave it empty"
                    self.clusters.refuse("TFM205", read.node, read.region.module, text, unit)

    def _check_reuse_reads(self) -> None:
        """A decision by `scope.reuse` that is no choice of reuse would see another value."""
        for walk in self.classes.walks:
            for read in walk.scoping.reuse_reads:
                unit = self.clusters.unit_around(read.region)
                units = {unit} if unit is not None else self.clusters.units_below(read.region)
                if units and not _serves_reuse(read.region.module, read.node):
                    text = "whether the scope is reused decides more than the reuse of variables"
                    for each in units:
                        self.clusters.refuse("TFM206", read.node, read.region.module, text, each)


def _is_made_in(creation: Creation, region: Region) -> bool:
    """Whether a request inside of a region makes a variable, and does not only find it."""
    return any(region in around(variable.region) for variable in creation.variables)


def _serves_reuse(module: Module, node: ast.AST) -> bool:
    """Whether a read of `scope.reuse` is an argument `reuse=`, or of a name that is only passed as one; or asserted."""
    for outer in ancestors(module, node):
        if isinstance(outer, ast.Assert):
            return asserts_reuse(outer)
        if isinstance(outer, ast.keyword) and outer.arg == "reuse":
            return True
        if isinstance(outer, ast.Assign) and len(outer.targets) == 1 and isinstance(outer.targets[0], ast.Name):
            return _only_reuse(module, outer, outer.targets[0].id)
        if isinstance(outer, ast.stmt):
            return False
    return False


def _only_reuse(module: Module, statement: ast.Assign, name: str) -> bool:
    scope = next((a for a in ancestors(module, statement) if isinstance(a, (ast.FunctionDef, ast.Module))), module.tree)
    loads = [n for n in ast.walk(scope) if isinstance(n, ast.Name) and n.id == name and isinstance(n.ctx, ast.Load)]
    around = [list(ancestors(module, load)) for load in loads]
    return all(
        statement in outer or any(isinstance(a, ast.keyword) and a.arg == "reuse" for a in outer) for outer in around
    )
