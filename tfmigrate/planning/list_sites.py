"""Where lists of variables change: they come from the layers, and what only served the old ones goes."""

from __future__ import annotations

import ast

from tfmigrate.planning.clauses import clause, folded, for_each
from tfmigrate.planning.collecting import Collecting
from tfmigrate.planning.dead_lists import dead_lists
from tfmigrate.planning.losses import LOSSES
from tfmigrate.planning.name_reads import name_reads, target_name
from tfmigrate.planning.plain import PlainWork
from tfmigrate.planning.reaching import Reached
from tfmigrate.planning.units import Unit
from tfmigrate.program.link import Function, Module
from tfmigrate.program.scan import scan_code
from tfmigrate.sites import Moved, Remove, Replace, Sites
from tfmigrate.spans import span
from tfmigrate.walk.regions import Query


class ListSites:
    """Writes down what was decided about lists."""

    def __init__(self, lists: Collecting) -> None:
        self.lists = lists
        self.classes = lists.classes
        self.reaching = lists.reaching
        self.rewritten: set[ast.AST] = set()

    def write(self, works: list[PlainWork], migrated: set[Unit], sites: dict[Module, Sites]) -> None:
        """Write the lists and savers of plain functions."""
        for walk in self.classes.walks:
            for query in walk.root.walk():
                if not isinstance(query, Query) or not self.lists.matters(query) or query.node in self.rewritten:
                    continue
                if query.kind == LOSSES:
                    if self.lists.losses.write(query, works, migrated, sites):
                        self.rewritten.add(query.node)
                elif not self.lists.filling.holds(query):
                    self._write_list(query, works, migrated, sites)
            for saving in walk.scoping.savings:
                if saving.node not in self.rewritten and self.lists.savers.write(saving, works, migrated, sites):
                    self.rewritten.add(saving.node)
        self.lists.filling.sites(migrated, sites)
        self.lists.lookups.write(works, migrated, sites)
        self._drop_unused(sites)
        for node, function in dead_lists(
            self.lists.program, self.classes.walks, {m.module for u in migrated for m in u.members}
        ):
            text = f"nothing was seen to call {function.name}, which selects variables by the names that they had"
            self.lists.clusters.refuse("TFM605", node, function.module, text, None)

    def _write_list(
        self, query: Query, works: list[PlainWork], migrated: set[Unit], sites: dict[Module, Sites]
    ) -> None:
        if query.node in self.lists.staying:
            return
        layer, parts = self.lists.layer_around(query), self.lists.parts_around(query, works)
        if layer is not None or parts is not None:
            if self.reaching.units(query.variables) <= migrated:
                owners = ["self"] if layer is not None else [part.text("self") for part in parts or ()]
                self._write_own_list(query, owners, sites.setdefault(query.region.module, Sites()))
            return
        by_path = self.lists.by_path(query, works, named=True)
        if by_path is not None:
            if self.reaching.units(query.source or ()) <= migrated:
                self._write_by_path(query, by_path, sites.setdefault(query.region.module, Sites()))
            return
        chosen = self.reaching.chosen(query.variables, query, works, named=True) if query.complete else None
        if chosen is None or not self.reaching.units(query.variables) <= migrated:
            return
        name = target_name(query.node)
        attribute = "trainable_variables" if query.kind == "trainable" else "variables"
        text = f"[{name}.value {clause(chosen, name, attribute)}]"
        self.rewritten.add(query.node)
        module = query.region.module
        replaced = Replace(folded(text, query.node, module))
        sites.setdefault(module, Sites()).add("collections", span(module, query.node), replaced)

    def _write_own_list(self, query: Query, owners: list[str], sites: Sites) -> None:
        """A layer lists its own variables, or those of layers inside."""
        name = target_name(query.node)
        attribute = "trainable_variables" if query.kind == "trainable" else "variables"
        self.rewritten.add(query.node)
        text = f"[{name}.value {for_each(owners, name, attribute)}]"
        module = query.region.module
        sites.add("collections", span(module, query.node), Replace(folded(text, query.node, module)))

    def _write_by_path(self, query: Query, chosen: list[Reached], sites: Sites) -> None:
        """The comprehension stays; it runs over the layers' variables and asks for their paths."""
        node, module = query.node, query.region.module
        assert isinstance(node, (ast.ListComp, ast.GeneratorExp, ast.SetComp))
        generator = node.generators[0]
        attribute = "trainable_variables" if query.kind == "trainable" else "variables"
        if any(item.loops for item in chosen):
            text = f"[var {clause(chosen, 'var', attribute)}]"
        else:
            text = " + ".join(f"{item.text}.{attribute}" for item in chosen)
        sites.add("collections", span(module, generator.iter), Replace(text))
        target = generator.target
        assert isinstance(target, ast.Name)
        named = {id(inner) for outer in name_reads(node, target.id) for inner in ast.walk(outer)}
        for outer in name_reads(node, target.id):
            sites.add("collections", span(module, outer), Replace(f"{target.id}.path"))
        for inner in ast.walk(node):
            if (
                isinstance(inner, ast.Name)
                and inner.id == target.id
                and isinstance(inner.ctx, ast.Load)
                and id(inner) not in named
            ):
                sites.add("collections", span(module, inner), Replace(f"{target.id}.value"))
        self.rewritten.add(node)

    def _drop_unused(self, sites: dict[Module, Sites]) -> None:
        """What only served the old lists goes: `t_vars = tf.trainable_variables()`, a function that returned a list."""
        inside = {inner for node in self.rewritten for inner in ast.walk(node) if inner is not node}
        for walk in self.classes.walks:
            for query in walk.root.walk():
                if isinstance(query, Query) and query.everything:
                    self._drop_assignment(query, inside, sites)
        for function in self.lists.list_functions:
            self._drop_function(function, sites)

    def _drop_assignment(self, query: Query, inside: set[ast.AST], sites: dict[Module, Sites]) -> None:
        home = query.region.call
        scan = scan_code(home.function or home.module)
        if query.node not in scan.parents or query.node in self.rewritten:
            return
        statement = scan.statement(query.node)
        if (
            not isinstance(statement, ast.Assign)
            or statement.value is not query.node
            or not isinstance(statement.targets[0], ast.Name)
        ):
            return
        name = statement.targets[0].id
        loads = scan.loads(name)
        if (
            home.function is not None
            and loads
            and all(load in inside for load in loads)
            and len(scan.bindings[name]) == 1
        ):
            self.rewritten.add(query.node)
            sites.setdefault(home.module, Sites()).add("collections", span(home.module, statement), Remove())

    def _drop_function(self, function: Function, sites: dict[Module, Sites]) -> None:
        calls = [region.node for region in self.classes.calls[function]]
        if not calls or not all(call in self.rewritten for call in calls):
            return
        mentions = 0
        for module in self.lists.program.modules.values():
            for node in module.nodes:
                named = isinstance(node, ast.Name) and node.id == function.name
                imported = isinstance(node, ast.alias) and node.name == function.name
                attribute = isinstance(node, ast.Attribute) and node.attr == function.name
                mentions += named or imported or attribute
        if mentions == len(set(calls)) and function.cls is None:
            sites.setdefault(function.module, Sites()).add("collections", span(function.module, function.node), Moved())
