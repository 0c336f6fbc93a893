"""The losses of regularized variables: a layer gives its own, the collection of TensorFlow 1 stays empty."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from functools import cached_property

from tfmigrate.planning.classification import Classification
from tfmigrate.planning.clauses import clause
from tfmigrate.planning.clusters import Clusters
from tfmigrate.planning.importing import together
from tfmigrate.planning.name_decisions import decides
from tfmigrate.planning.plain import PlainWork
from tfmigrate.planning.reaching import Reached, Reaching
from tfmigrate.planning.slots import Slot
from tfmigrate.planning.units import Unit
from tfmigrate.program.dialect import v1_name
from tfmigrate.program.link import Function, Module, Program
from tfmigrate.program.scan import scan_code
from tfmigrate.program.standing import ancestors, is_guard
from tfmigrate.sites import Moved, Remove, Replace, Sites
from tfmigrate.spans import span
from tfmigrate.tf1.regularizers import MENTIONS
from tfmigrate.walk.regions import Query, Region, Variable, root_of

LOSSES = "losses"
_ADDS = ("add_to_collection", "add_to_collections")


class Losses:
    """Plans what reads these losses. left: gets the plain functions that stay as they are for it."""

    def __init__(
        self,
        program: Program,
        classes: Classification,
        clusters: Clusters,
        reaching: Reaching,
        left: set[Function | None],
    ) -> None:
        self.program = program
        self.classes = classes
        self.clusters = clusters
        self.reaching = reaching
        self.left = left
        # functions and statements that are of no use once layers give the losses
        self.dropped: set[object] = set()

    # -- before anything is written ------------------------------------------------------------------------------

    def check(self, query: Query, works: list[PlainWork]) -> None:
        """Refuse the units whose losses are read where they cannot be named."""
        why = self._why_not(query, works)
        if why is not None:
            self._refuse(query, why)
        for other in self._together(query) if why is None else ():
            self.reaching.note_readers(self._chosen(other, works) or (), other.node, other.region)

    def matters(self, query: Query) -> bool:
        """Whether something has to be written in place of this query."""
        if query.goes_into_picks:
            return False
        return any(other.variables for other in self._together(query))

    def _together(self, query: Query) -> list[Query]:
        """The queries that are rewritten with this one, or not at all: those of the function that picks for it."""
        if query.picker is None:
            return [query]
        return [other for other in self._queries if other.picker is query.picker]

    def _why_not(self, query: Query, works: list[PlainWork], named: bool = False) -> str | None:
        """Why no layers give what is read here, and in the calls of the same function; None if they do.

        named: whether what holds the layers is decided.
        """
        for other in self._together(query):
            if not other.complete:
                return "which of the losses this picks cannot be known from the program"
            if other.picker is not None and not self._is_called_only(other.picker):
                return f"{other.picker.name} picks losses by their names, and not all that calls it is known"
            if other.picker is not None and sum(isinstance(n, ast.Call) for n in ast.walk(other.node)) > 1:
                return "more is done here than to pick losses"
            if self._chosen(other, works, named) is None:
                return "these are not all the losses of some layers that are in reach here"
        return None

    def _is_called_only(self, function: Function) -> bool:
        """Whether nothing but calls that were seen mentions a function, and these call no other."""
        calls = {region.node for region in self.classes.calls[function]}
        called = {call.func for call in calls if isinstance(call, ast.Call)}
        others = (regions for other, regions in self.classes.calls.items() if other is not function)
        if any(region.node in calls for regions in others for region in regions):
            return False
        nodes = (node for module in self.program.modules.values() for node in module.nodes)
        return all(node in called for node in nodes if _names(node, function.name))

    def _refuse(self, query: Query, text: str) -> None:
        module = query.region.module
        for unit in self.reaching.units(query.variables):
            self.clusters.refuse("TFM603", query.node, module, text, unit)
        plain = self.reaching.plain_makers(query.variables)
        if plain:
            self.clusters.refuse("TFM603", query.node, module, text, None)
            self.left |= plain

    def check_mentions(self) -> None:
        """Whatever else names the collection would find it empty."""
        regularized = [v for walk in self.classes.walks for v in walk.scoping.all_variables if v.regularized]
        known = {inner for query in self._queries for inner in ast.walk(query.node)}
        for module, node in self._mentions if regularized else ():
            if node in known or self._adds(module, node):
                continue
            text = "this may read the losses of regularized variables, and Keras keeps them in their layers"
            beside = self._beside(module)
            self.clusters.refuse_all("TFM603", node, module, text, self.reaching.units(beside))
            self.left |= self.reaching.plain_makers(beside)

    def _beside(self, module: Module) -> list[Variable]:
        """The regularized variables that may be there where a module runs: a script sees none of its neighbours'."""
        linked = set(together(self.program, {module}))
        alone = any(is_guard(statement) for other in linked for statement in other.tree.body)
        walks = [walk for walk in self.classes.walks if not alone or not linked.isdisjoint(walk.modules())]
        return [v for walk in walks for v in walk.scoping.all_variables if v.regularized]

    def check_names(self) -> None:
        """A decision by the name of a loss, other than which to pick, would see the names that Keras' have."""
        picks = [query.picked for query in self._queries if query.picked is not None]
        covered = {inner for found in picks for outer in (found.node, found.loop) if outer for inner in ast.walk(outer)}
        for walk in self.classes.walks:
            regularized = [v for v in walk.scoping.all_variables if v.regularized]
            for node, region in walk.scoping.loss_names:
                if node not in covered and decides(node, region):
                    text = "a decision is made by the name of a loss that a regularizer gave"
                    units = self.reaching.units(regularized)
                    self.clusters.refuse_all("TFM603", node, region.module, text, units)
                    self.left |= self.reaching.plain_makers(regularized)

    @cached_property
    def _queries(self) -> list[Query]:
        events = (event for walk in self.classes.walks for event in walk.root.walk())
        return [event for event in events if isinstance(event, Query) and event.kind == LOSSES]

    @cached_property
    def _mentions(self) -> list[tuple[Module, ast.AST]]:
        """Where the program's text names the collection or what reads it."""
        found: list[tuple[Module, ast.AST]] = []
        for module in self.program.modules.values():
            if any(name in module.text for name in MENTIONS):
                found += [(module, node) for node in module.nodes if _mentioned(node) in MENTIONS]
        return found

    @staticmethod
    def _adds(module: Module, node: ast.AST) -> bool:
        """Whether the program puts a loss of its own there."""
        calls = (outer for outer in ancestors(module, node) if isinstance(outer, ast.Call))
        call = next(calls, None)
        return call is not None and ast.unparse(call.func).endswith(_ADDS)

    def halves(self, works: list[PlainWork], migrated: set[Unit]) -> bool:
        """Refuse what is read together with losses of variables that stay as they are; whether there is any."""
        found = False
        for query in self._queries:
            together = self._together(query)
            units = self.reaching.units([v for other in together for v in other.variables])
            if not query.variables or query.goes_into_picks or not units & migrated:
                continue
            if units <= migrated and self._why_not(query, works, named=True) is None:
                continue
            self._refuse(query, "some of these losses are those of variables that stay as they are")
            found = True
        return found

    def _chosen(self, query: Query, works: list[PlainWork], named: bool = False) -> list[Reached] | None:
        """The slots whose regularized variables are all these; None if there are none such, now or another time."""
        if query.picked and not query.variables:
            return []
        now = [self._chosen_once(other, works, named) for other in self._queries if other.node is query.node]
        first = now[0]
        alike = all(part is not None and {i.key for i in part} == {i.key for i in first or ()} for part in now)
        return first if alike else None

    def _chosen_once(self, query: Query, works: list[PlainWork], named: bool) -> list[Reached] | None:
        chosen: list[Reached] = []
        covered: set[Variable] = set()
        around = set(ancestors(query.region.module, query.node))
        for item in self.reaching.reached(query, works, named):
            own = {variable for variable in item.variables if variable.regularized}
            if item.slot is not None and not _is_held_once(item.slot, item.home):
                return None
            sure = self.reaching.is_there(item, query)
            if own and sure and own <= set(query.variables) and not own & covered and not around & set(item.loops):
                chosen.append(item)
                covered |= own
        return chosen if covered == set(query.variables) else None

    # -- writing -------------------------------------------------------------------------------------------------

    def write(self, query: Query, works: list[PlainWork], migrated: set[Unit], sites: dict[Module, Sites]) -> bool:
        """The layers' losses instead of the collection, beside what the program puts there; whether it is so."""
        chosen = self._chosen(query, works, named=True)
        wanted = [v for other in self._together(query) for v in other.variables]
        if chosen is None or not self.reaching.units(wanted) <= migrated:
            return False
        module = query.region.module
        if query.picked:
            self._write_pick(query, chosen, sites)
            return True
        library = v1_name(module)
        parts = [f"{library}.losses.get_losses()"] if query.reader == "total" else []
        if query.more or any(self._adds(other, node) for other, node in self._mentions):
            parts.append(f"{library}.get_collection({library}.GraphKeys.REGULARIZATION_LOSSES)")
        parts += list(_lists(chosen))
        text = " + ".join(parts)
        if query.reader != "list":
            text = f"{library}.add_n({text})"
        elif len(parts) > 1 and not self._stands_free(query):
            text = f"({text})"
        sites.setdefault(module, Sites()).add("collections", span(module, query.node), Replace(text))
        return True

    def _write_pick(self, query: Query, chosen: list[Reached], sites: dict[Module, Sites]) -> None:
        """The losses of these layers instead of those that a filter picked, or a call of a function that did."""
        module, picker = query.region.module, query.picker
        text = " + ".join(_lists(chosen)) or "[]"
        if query.adds_by:
            text = f"{v1_name(module)}.{query.adds_by}({text})"
        elif len(chosen) > 1 and not self._stands_free(query):
            text = f"({text})"
        here = sites.setdefault(module, Sites())
        here.add("collections", span(module, query.node), Replace(text))
        if picker is not None:
            if picker not in self.dropped and (picker.cls is None or len(picker.cls.node.body) > 1):
                self.dropped.add(picker)
                there = sites.setdefault(picker.module, Sites())
                there.add("collections", span(picker.module, picker.node), Moved())
            return
        for statement in query.picked.served if query.picked is not None else ():
            if statement not in self.dropped:
                self.dropped.add(statement)
                here.add("collections", span(module, statement), Remove())

    def _stands_free(self, query: Query) -> bool:
        scan = scan_code(query.region.call.function or query.region.module)
        outer = scan.parents.get(query.node)
        if isinstance(outer, ast.BinOp):
            return isinstance(outer.op, ast.Add)
        if isinstance(outer, ast.Call):
            return query.node is not outer.func
        return isinstance(outer, (ast.Assign, ast.Return, ast.keyword, ast.For))


def _is_held_once(slot: Slot, home: Region) -> bool:
    """Whether the code that reads can mean one layer only: no other call of it, and no other object, has one."""
    for use in slot.uses:
        region = use.region
        if region is home or root_of(region) is not root_of(home):
            continue
        if region.frame.obj is not home.frame.obj or (region.function is home.function and home.frame.obj is None):
            return False
    return True


def _names(node: ast.AST, name: str) -> bool:
    if isinstance(node, ast.Name):
        return node.id == name
    if isinstance(node, ast.alias):
        return node.name == name
    return isinstance(node, ast.Attribute) and node.attr == name


def _lists(chosen: Iterable[Reached]) -> Iterator[str]:
    for item in chosen:
        yield f"[loss {clause([item], 'loss', 'losses')}]" if item.loops else f"{item.text}.losses"


def _mentioned(node: ast.AST) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else ""
    return node.name if isinstance(node, ast.alias) else ""
