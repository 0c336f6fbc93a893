"""Collections of the program's own that are no list of layers: a network's variables are put in where it is called."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tfmigrate.planning import names
from tfmigrate.planning.classification import Classification
from tfmigrate.planning.clusters import Clusters
from tfmigrate.planning.parts import made_by
from tfmigrate.planning.plain import PlainWork
from tfmigrate.planning.plain_code import Code
from tfmigrate.planning.slots import Slot
from tfmigrate.planning.units import Unit
from tfmigrate.planning.variable_order import order_of
from tfmigrate.program.dialect import tensorflow_alias
from tfmigrate.program.link import Module
from tfmigrate.program.scan import Scan
from tfmigrate.sites import Before, Sites
from tfmigrate.spans import span
from tfmigrate.walk.regions import Query, Variable

OWN = "own"


class Filling:
    """Plans which collections are filled, and where."""

    def __init__(self, classes: Classification, clusters: Clusters) -> None:
        self.classes = classes
        self.clusters = clusters
        # the calls that read such a collection, and by its name the layers whose variables it gets
        self.readers: set[ast.AST] = set()
        self.filled: dict[str, list[tuple[PlainWork, Slot]]] = {}

    def take(self, query: Query, works: list[PlainWork]) -> bool:
        """Whether the collection that a query reads holds the same, in the same order, if plain code fills it."""
        if query.node in self.readers:
            return True
        if query.source is not None or self.clusters.unit_around(query.region) is not None:
            return False
        wanted = set(self._held(query))
        chosen: list[tuple[PlainWork, Slot]] = []
        covered: set[Variable] = set()
        for work in works:
            for slot in work.slots:
                mine = _made(slot) & wanted
                if mine and not _is_fillable(slot, work):
                    return False
                if mine:
                    chosen.append((work, slot))
                    covered |= mine
        if covered != wanted:
            return False
        self.readers.add(query.node)
        self.filled[query.collection] = [*self.filled.get(query.collection, []), *chosen]
        return True

    def holds(self, query: Query) -> bool:
        return query.node in self.readers

    def sites(self, migrated: set[Unit], sites: dict[Module, Sites]) -> None:
        """Behind each call, its layer's variables go into their collections."""
        for work, slot in dict.fromkeys(pair for pairs in self.filled.values() for pair in pairs):
            if slot.unit not in migrated or slot not in work.slots:
                continue
            code, site = work.code_of(slot.site()), slot.site()
            statement = _statement(code.scan, site)
            lines = tuple(self._lines(slot, work, code))
            where = span(code.module, statement)
            sites.setdefault(code.module, Sites()).add("collections", where, Before(lines, behind=True))

    def _lines(self, slot: Slot, work: PlainWork, code: Code) -> Iterator[str]:
        variable = names.unique("var", code.taken)
        yield f"for {variable} in {work.holder_text(slot)}.variables:"
        for name in sorted(name for name, pairs in self.filled.items() if (work, slot) in pairs):
            quote = "'" if code.module.text.count("'") > code.module.text.count('"') else '"'
            tensorflow = tensorflow_alias(code.module)
            yield f"    {tensorflow}.add_to_collection({quote}{name}{quote}, {variable}.value)"

    def _held(self, query: Query) -> Iterator[Variable]:
        """What the collection holds in the programs that come by this query."""
        for walk in self.classes.walks:
            if any(isinstance(event, Query) and event.node is query.node for event in walk.root.walk()):
                yield from (v for v in walk.scoping.all_variables if query.collection in v.collections)


def _made(slot: Slot) -> set[Variable]:
    return {v for use in slot.uses if use.child is not None for v in made_by(use.child)}


def _is_fillable(slot: Slot, work: PlainWork) -> bool:
    """Whether every layer of a slot is called once, and lists the variables that it puts there as they are made."""
    if slot.unit is None or slot.loops or len(slot.sites) != 1 or slot in work.threads:
        return False
    statement = _statement(work.code_of(slot.site()).scan, slot.site())
    last = statement.body[-1] if isinstance(statement, ast.With) else statement
    if not isinstance(statement, (ast.With, ast.Assign, ast.Expr)) or isinstance(last, ast.Return):
        return False
    collections = {v.collections for use in slot.uses if use.child is not None for v in made_by(use.child)}
    return len(collections) == 1 and all(
        use.child is not None
        and not use.loops
        and len(use.child.regions) == 1
        and order_of(use.child, work.plans) == made_by(use.child)
        for use in slot.uses
    )


def _statement(scan: Scan, site: ast.AST) -> ast.stmt:
    return site if isinstance(site, ast.stmt) else scan.statement(site)
