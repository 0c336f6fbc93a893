"""Lists of variables, savers and what else reads variables by name: from the layers, not from names."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cached_property

from tfmigrate.planning.classification import Classification
from tfmigrate.planning.clusters import Clusters
from tfmigrate.planning.filling import OWN, Filling
from tfmigrate.planning.lasting import Lasting
from tfmigrate.planning.layering import LayerPlan
from tfmigrate.planning.lineups import Lineups
from tfmigrate.planning.lookups import Lookups
from tfmigrate.planning.losses import LOSSES, Losses
from tfmigrate.planning.name_decisions import check_names, is_shown
from tfmigrate.planning.name_reads import (
    asked,
    asks_for_other_words,
    name_reads,
    names_become_paths,
    reads_names,
    tells_apart,
)
from tfmigrate.planning.ownership import Ownership
from tfmigrate.planning.paired import is_cut_off
from tfmigrate.planning.parts import Part, listed_by
from tfmigrate.planning.plain import PlainWork
from tfmigrate.planning.reaching import Reached, Reaching
from tfmigrate.planning.savers import Savers
from tfmigrate.planning.units import Instance, Shape, Unit
from tfmigrate.program.link import Function, Program
from tfmigrate.program.standing import ancestors
from tfmigrate.walk.regions import Query, Variable, around


class Collecting:
    """Decides about the variable lists of a program. left: the plain functions that stay as they are for one."""

    def __init__(self, program: Program, classes: Classification, owners: Ownership, clusters: Clusters) -> None:
        self.program = program
        self.classes = classes
        self.owners = owners
        self.clusters = clusters
        self.reaching = Reaching(program, classes, owners)
        self.left: set[Function | None] = set()
        self.losses = Losses(program, classes, clusters, self.reaching, self.left)
        self.filling = Filling(classes, clusters)
        self.lineups = Lineups(classes, clusters, self.reaching, self.filling)
        self.savers = Savers(clusters, owners, self.reaching)
        self.lookups = Lookups(classes, clusters, self.reaching, self.left, self._is_renamed)
        self.lasting = Lasting(classes)
        # lists whose text stays though they ask for names that change
        self.staying: set[ast.expr] = set()
        # what was found for a place, which the program may come by many times
        self._parts: dict[ast.AST, list[Part] | None] = {}

    def check(self, works: list[PlainWork]) -> None:
        """Refuse the units whose variables are collected in a way that no list of layers gives."""
        blamed: list[tuple[Query, str]] = []
        for walk in self.classes.walks:
            for query in walk.root.walk():
                if isinstance(query, Query) and query.kind == LOSSES and self.matters(query):
                    self.losses.check(query, works)
                elif isinstance(query, Query) and self.matters(query):
                    why = self._why_not(query, works)
                    blamed.extend([(query, why)] if why else [])
            for saving in walk.scoping.savings:
                self.savers.check(saving, works)
        self.staying = self._those_that_stay({query.node for query, _ in blamed})
        for query, why in blamed:
            if query.node not in self.staying:
                self._refuse(query, why)
        self.lineups.check(works)
        self.losses.check_mentions()
        self.losses.check_names()
        self.lookups.check(works)
        self._check_own()
        queries = [query for same in self._lists.values() for query in same]
        listed = {q.node for q in queries if self.matters(q)}
        check_names(self.classes.walks, self.reaching, self.clusters, listed, self.list_functions)

    def matters(self, query: Query) -> bool:
        """Whether a list has to be rewritten: it picks variables, and is not in a function whose call is the list."""
        if query.kind == LOSSES:
            return self.losses.matters(query)
        if query.everything or query.region.function in self.list_functions:
            return False
        if query.node in self._explained:
            return False
        if query.source is not None and (not query.complete or not query.variables):
            return reads_names(query.node) and not is_shown(query.node, query.region.module)
        return bool(query.variables) or not query.complete

    @cached_property
    def _explained(self) -> set[ast.AST]:
        return set().union(*(walk.scoping.explained for walk in self.classes.walks))

    @cached_property
    def list_functions(self) -> set[Function]:
        """Functions that only return a list of variables; their calls are rewritten instead."""
        found = set()
        for function, regions in self.classes.calls.items():
            body = [
                s for s in function.node.body if not (isinstance(s, ast.Expr) and isinstance(s.value, ast.Constant))
            ]
            if (
                len(body) == 1
                and isinstance(body[0], ast.Return)
                and all(r not in self.classes.makers for r in regions)
            ):
                events = [event for region in regions for event in region.events if isinstance(event, Query)]
                if events and all(event.kind != LOSSES for event in events):
                    found.add(function)
        return found

    def _concerned(self, query: Query) -> tuple[set[Unit], set[Function | None]]:
        """The units, and the plain functions with layers of a library, that may make what a list holds."""
        known = query.complete or query.source is not None
        units = self.reaching.units(query.source or query.variables) if known else self.reaching.all_units(query.region)
        return units, self.reaching.plain_makers(query.source or query.variables)

    def _why_not(self, query: Query, works: list[PlainWork]) -> str | None:
        """Why layers cannot give a list that holds variables of some."""
        if not any(self._concerned(query)) or self.by_path(query, works) is not None:
            return None
        if query.more and not query.complete:
            return "code that cannot be known may have made variables too, and this list asks for names"
        if not query.complete:
            return "which variables this list holds cannot be known from the program"
        if query.kind == "global" and query.slots and not is_cut_off(query, self._lists_at):
            return "this list may hold variables of an optimizer too"
        if self.layer_around(query) is not None or self.parts_around(query, works) is not None:
            return None
        if query.kind == OWN and not self._in_order(query, works):
            if self.filling.take(query, works):
                return None
            return "this list is not all the variables of some layers that are in reach here, in their order"
        if any(v.path is None for v in query.variables) or self.reaching.chosen(query.variables, query, works) is None:
            return "this list is not all the variables of some layers that are in reach here"
        if len({frozenset(parts) for parts in self._layers_at(query.node, works)}) > 1:
            return "this list holds the variables of other layers for one object or run than for another"
        return None

    def _layers_at(self, node: ast.AST, works: list[PlainWork]) -> Iterator[list[object]]:
        """The layers that give a list, each time that the program comes by it."""
        for query in self._lists_at(node):
            found = self.reaching.chosen(query.variables, query, works) if query.variables else None
            # what is handed down is held by each caller, and has one name here
            threads = {slot for work in works for slot in work.threads}
            if found is not None:
                yield [(item.slot.unit if item.slot in threads else item.key, item.text) for item in found]

    def _lists_at(self, node: ast.AST) -> list[Query]:
        return self._lists.get(node, [])

    @cached_property
    def _lists(self) -> dict[ast.AST, list[Query]]:
        """All lists of the program, by the node that makes them."""
        found: dict[ast.AST, list[Query]] = {}
        for event in (event for walk in self.classes.walks for event in walk.root.walk()):
            if isinstance(event, Query):
                found.setdefault(event.node, []).append(event)
        return found

    def _those_that_stay(self, nodes: set[ast.expr]) -> set[ast.expr]:
        """Of the nodes of lists, those that give what they gave, wherever they are come by."""
        queries = [query for node in nodes for query in self._lists_at(node)]
        return {*nodes} - {q.node for q in queries if not self._lasts(q)}

    def _lasts(self, query: Query) -> bool:
        generators = query.node.generators if isinstance(query.node, (ast.ListComp, ast.GeneratorExp)) else []
        if len(generators) != 1 or not isinstance(generators[0].target, ast.Name):
            return False
        return self.lasting.stays_right(query, name_reads(query.node, generators[0].target.id))

    def _refuse(self, query: Query, text: str) -> None:
        units, plain = self._concerned(query)
        for unit in units:
            self.clusters.refuse("TFM601", query.node, query.region.module, text, unit, derived=query.kind == OWN)
        if plain:
            self.clusters.refuse("TFM601", query.node, query.region.module, text, None)
            self.left |= plain

    def _in_order(self, query: Query, works: list[PlainWork]) -> bool:
        """Whether the layers list these variables in the order in which the program made them, now and another time.

        What copies one network into another pairs such lists.
        """
        chosen = self.reaching.chosen(query.variables, query, works)
        made = list(query.variables)
        if chosen is None or len(set(made)) != len(made):
            return False
        same = self._lists_at(query.node)
        keys = {item.key for item in chosen}
        for other in same:
            reached = self.reaching.chosen(other.variables, other, works)
            if reached is None or {item.key for item in reached} != keys:
                return False
        return self.reaching.listed(chosen, works) == made

    def _check_own(self) -> None:
        """What else is done to a collection that variables are put into would miss those of layers."""
        events = [event for walk in self.classes.walks for event in walk.root.walk()]
        known = {inner for e in events if isinstance(e, Query) and e.kind == OWN for inner in ast.walk(e.node)}
        for name, variables in self._own_collections().items():
            for module in self.program.modules.values() if name else ():
                for node in module.of_kind(ast.Constant):
                    call = next((a for a in ancestors(module, node) if isinstance(a, ast.Call)), None)
                    if node.value != name or node in known or call is None:
                        continue
                    if "collection" in ast.unparse(call.func):
                        text = f"the collection {name!r} holds variables, and more is done to it here"
                        self.clusters.refuse_all("TFM601", node, module, text, self.reaching.units(variables))

    def _own_collections(self) -> dict[str, list[Variable]]:
        found: dict[str, list[Variable]] = {}
        for walk in self.classes.walks:
            for variable in walk.scoping.all_variables:
                for name in variable.collections:
                    found.setdefault(name, []).append(variable)
        return found

    def layer_around(self, query: Query) -> Instance | None:
        """The layer whose own code asks for the list, where that holds all its variables and no others."""
        home = query.region.call
        instance = self.owners.instance_of.get(home)
        if instance is None or not query.complete or query.source is not None or not query.variables:
            return None
        shape = instance.unit.primary.shape
        if shape is Shape.BLOCK or instance.unit.primary.function is not home.function:
            return None
        own = {v for r in instance.regions for creation in r.creations() for v in creation.variables}
        wanted = {v for v in own if v.trainable or query.kind != "trainable"}
        return instance if wanted == set(query.variables) else None

    def parts_around(self, query: Query, works: list[PlainWork]) -> list[Part] | None:
        """The layers inside of the one whose own code asks for the list, the same at every call."""
        if works and query.node not in self._parts:
            self._parts[query.node] = self._parts_around(query, works[0].plans)
        return self._parts.get(query.node)

    def _parts_around(self, query: Query, plans: dict[object, LayerPlan]) -> list[Part] | None:
        found: list[list[Part] | None] = []
        for other in self._lists_at(query.node):
            home = other.region.call
            instance = self.owners.instance_of.get(home)
            if instance is None or not other.complete or other.source is not None:
                return None
            primary = instance.unit.primary
            if primary.shape is Shape.BLOCK or primary.function is not home.function:
                return None
            found.append(listed_by(instance, other, plans))
        first = found[0] if found else None
        if first is None or any([p.slots for p in parts or ()] != [p.slots for p in first] for parts in found):
            return None
        return first

    def by_path(self, query: Query, works: list[PlainWork], named: bool = False) -> list[Reached] | None:
        """The layers to run over where a comprehension can ask for `v.path` instead of `v.name`."""
        if query.more or query.source is None:
            return None
        if not isinstance(query.node, (ast.ListComp, ast.GeneratorExp, ast.SetComp)):
            return None
        if query.complete and query.variables and self.reaching.chosen(query.variables, query, works) is not None:
            return None
        if (query.kind == "global" and query.slots) or any(v.path is None for v in query.source):
            return None
        added = {segment for v in query.source for segment in self._added(v)}
        if not names_become_paths(query.node) or (added and not asks_for_other_words(query.node, added)):
            return None
        if any(v.keras_name is not None and tells_apart(query.node, v) for v in query.source):
            return None
        return self.reaching.chosen(query.source, query, works, named)

    def _is_renamed(self, variable: Variable) -> bool:
        """Whether the Keras path will differ from the TF1 name: some layer above it opens no scope of its own."""
        return any(self._added(variable))

    def _added(self, variable: Variable) -> Iterator[str]:
        """The names of such layers."""
        members = map(self.classes.member_of, around(variable.region))
        return (member.own_segment for member in members if member is not None and member.adds_segment)

    def keeps_back(self, works: list[PlainWork], migrated: set[Unit]) -> bool:
        """Refuse what a list asks for by names that change, where the list itself cannot change with them."""
        refused = self.lookups.halves(works, migrated)
        queries = [q for same in self._lists.values() for q in same if q.kind != LOSSES]
        for query in filter(self.matters, queries):
            if self._is_writable(query, works, migrated):
                continue
            for unit in self.reaching.units(asked(query)) & migrated:
                text = "this list asks by name for variables that migrate and for others that do not"
                self.clusters.refuse("TFM601", query.node, query.region.module, text, unit)
                refused = True
        return refused

    def _is_writable(self, query: Query, works: list[PlainWork], migrated: set[Unit]) -> bool:
        if query.node in self.staying or self.layer_around(query) is not None or self.filling.holds(query):
            return True
        if self.parts_around(query, works) is not None:
            return True
        if self.by_path(query, works) is not None:
            return self.reaching.units(query.source or ()) <= migrated
        if not query.complete:
            return False  # these are those that it may hold
        known = self.reaching.chosen(query.variables, query, works) is not None
        return known and self.reaching.units(query.variables) <= migrated
