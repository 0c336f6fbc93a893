"""The losses of regularized variables: a layer gives its own, the collection of TensorFlow 1 stays empty."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from functools import cached_property

from tfmigrate.planning.classification import Classification
from tfmigrate.planning.clauses import clause
from tfmigrate.planning.clusters import Clusters
from tfmigrate.planning.plain import PlainWork
from tfmigrate.planning.reaching import Reached, Reaching
from tfmigrate.planning.slots import Slot
from tfmigrate.planning.units import Unit
from tfmigrate.program.dialect import v1_name
from tfmigrate.program.link import Function, Module, Program
from tfmigrate.program.scan import scan_code
from tfmigrate.program.standing import ancestors
from tfmigrate.sites import Replace, Sites
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

    # -- before anything is written ------------------------------------------------------------------------------

    def check(self, query: Query, works: list[PlainWork]) -> None:
        """Refuse the units whose losses are read where they cannot be named."""
        chosen = self._chosen(query, works)
        if chosen is not None:
            self.reaching.note_readers(chosen, query.node, query.region)
            return
        self._refuse(query, "these are not all the losses of some layers that are in reach here")

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
        units = self.reaching.units(regularized)
        plain = self.reaching.plain_makers(regularized)
        known = {inner for query in self._queries for inner in ast.walk(query.node)}
        for module, node in self._mentions if regularized else ():
            if node in known or self._adds(module, node):
                continue
            text = "this may read the losses of regularized variables, and Keras keeps them in their layers"
            self.clusters.refuse_all("TFM603", node, module, text, units)
            self.left |= plain

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
            units = self.reaching.units(query.variables)
            if not query.variables or not units & migrated or (units <= migrated and self._chosen(query, works)):
                continue
            self._refuse(query, "some of these losses are those of variables that stay as they are")
            found = True
        return found

    def _chosen(self, query: Query, works: list[PlainWork], named: bool = False) -> list[Reached] | None:
        """The slots whose regularized variables are all these; None if there are none such, now or another time."""
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
            if own and own <= set(query.variables) and not own & covered and not around & set(item.loops):
                chosen.append(item)
                covered |= own
        return chosen if chosen and covered == set(query.variables) else None

    # -- writing -------------------------------------------------------------------------------------------------

    def write(self, query: Query, works: list[PlainWork], migrated: set[Unit], sites: dict[Module, Sites]) -> bool:
        """The layers' losses instead of the collection, beside what the program puts there; whether it is so."""
        chosen = self._chosen(query, works, named=True)
        if chosen is None or not self.reaching.units(query.variables) <= migrated:
            return False
        module = query.region.module
        library = v1_name(module)
        parts = [f"{library}.losses.get_losses()"] if query.reader == "total" else []
        if any(self._adds(other, node) for other, node in self._mentions):
            parts.append(f"{library}.get_collection({library}.GraphKeys.REGULARIZATION_LOSSES)")
        parts += list(_lists(chosen))
        text = " + ".join(parts)
        if query.reader != "list":
            text = f"{library}.add_n({text})"
        elif len(parts) > 1 and not self._stands_free(query):
            text = f"({text})"
        sites.setdefault(module, Sites()).add("collections", span(module, query.node), Replace(text))
        return True

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


def _lists(chosen: Iterable[Reached]) -> Iterator[str]:
    for item in chosen:
        yield f"[loss {clause([item], 'loss', 'losses')}]" if item.loops else f"{item.text}.losses"


def _mentioned(node: ast.AST) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else ""
    return node.name if isinstance(node, ast.alias) else ""
