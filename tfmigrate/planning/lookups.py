"""Variables that are looked up by names that only a run knows: from the layers' own, by their paths."""

from __future__ import annotations

import ast
from collections.abc import Callable

from tfmigrate.planning import names
from tfmigrate.planning.classification import Classification
from tfmigrate.planning.clauses import clause
from tfmigrate.planning.clusters import Clusters
from tfmigrate.planning.making import Naming, is_atom
from tfmigrate.planning.plain import PlainWork
from tfmigrate.planning.plain_code import make_code
from tfmigrate.planning.reaching import Reached, Reaching
from tfmigrate.planning.requests import file_quote
from tfmigrate.planning.units import Unit
from tfmigrate.program.link import Function, Module
from tfmigrate.program.render import source
from tfmigrate.program.scan import names_in
from tfmigrate.sites import Before, Replace, Sites, Unwrap
from tfmigrate.spans import span
from tfmigrate.walk.records import Lookup
from tfmigrate.walk.regions import Variable

_WHY = "which variable this is only a run knows, and here it cannot be looked up in layers"


class Lookups:
    """Plans them. left: gets the plain functions that stay as they are for one. renamed: whether Keras calls it so."""

    def __init__(
        self,
        classes: Classification,
        clusters: Clusters,
        reaching: Reaching,
        left: set[Function | None],
        renamed: Callable[[Variable], bool],
    ) -> None:
        self.classes = classes
        self.clusters = clusters
        self.reaching = reaching
        self.left = left
        self.renamed = renamed
        self.lookups = [lookup for walk in classes.walks for lookup in walk.scoping.lookups]

    def check(self, works: list[PlainWork]) -> None:
        """Refuse the units whose variables are looked up where their layers cannot be named."""
        for lookup in self.lookups:
            chosen = self._chosen(lookup, works)
            if chosen is None:
                self._refuse(lookup)
            else:
                self.reaching.note_readers(chosen, lookup.node, lookup.region)

    def halves(self, works: list[PlainWork], migrated: set[Unit]) -> bool:
        """Refuse what is looked up among variables that stay as they are; whether there is any."""
        found = False
        for lookup in self.lookups:
            units = self.reaching.units(lookup.variables)
            if units & migrated and not (units <= migrated and self._chosen(lookup, works)):
                self._refuse(lookup)
                found = True
        return found

    def write(self, works: list[PlainWork], migrated: set[Unit], sites: dict[Module, Sites]) -> None:
        """In front of each block a dictionary of the variables, by the names that the block asks for."""
        done: dict[ast.AST, str] = {}
        for lookup in self.lookups:
            chosen = self._chosen(lookup, works, named=True)
            if chosen is None or lookup.node in done or not self.reaching.units(lookup.variables) <= migrated:
                continue
            module, block = lookup.region.module, lookup.region.node
            assert isinstance(block, ast.With)
            here = sites.setdefault(module, Sites())
            if block not in done:
                code = make_code(lookup.region.call.function, module, frozenset())
                done[block] = names.unique("variables", code.taken)
                text = f"{done[block]} = {{var.path: var.value {clause(chosen, 'var', 'variables')}}}"
                here.add("calls", span(module, block), Before((text,)))
                if not any(site.span == span(module, block) and site.transform == "scopes" for site in here.items):
                    here.add("scopes", span(module, block), Unwrap())
            done[lookup.node] = done[block]
            here.add("collections", span(module, lookup.node), Replace(f"{done[block]}[{_key(lookup, module)}]"))

    def _chosen(self, lookup: Lookup, works: list[PlainWork], named: bool = False) -> list[Reached] | None:
        """The slots that hold all that may be meant, the same in all runs; None if there are none such."""
        found = [self._chosen_once(other, works, named) for other in self.lookups if other.node is lookup.node]
        keys = [None if chosen is None else {item.key for item in chosen} for chosen in found]
        first = self._chosen_once(lookup, works, named)
        return first if None not in keys and all(other == keys[0] for other in keys) else None

    def _chosen_once(self, lookup: Lookup, works: list[PlainWork], named: bool) -> list[Reached] | None:
        wanted, block = set(lookup.variables), lookup.region.node
        if not isinstance(block, ast.With) or len(block.items) != 1 or block.items[0].optional_vars is not None:
            return None
        if self.clusters.unit_around(lookup.region) is not None or any(map(self._has_other_name, wanted)):
            return None
        chosen: list[Reached] = []
        for item in self.reaching.reached(lookup, works, named):
            if wanted & item.variables:
                chosen.append(item)
        covered = set().union(*(item.variables for item in chosen))
        sure = all(self.reaching.is_there(item, lookup) for item in chosen)
        return chosen if sure and wanted <= covered and not self._changes(lookup) else None

    def _has_other_name(self, variable: Variable) -> bool:
        return variable.keras_name is not None or self.renamed(variable)

    @staticmethod
    def _changes(lookup: Lookup) -> bool:
        """Whether the block changes what its name is made of."""
        block = lookup.region.node
        assert isinstance(block, ast.With)
        stored = {n.id for s in block.body for n in ast.walk(s) if isinstance(n, ast.Name) and not _is_load(n)}
        return bool(stored & names_in(lookup.scope)) or not _is_steady(lookup.scope)

    def _refuse(self, lookup: Lookup) -> None:
        module = lookup.region.module
        units = self.reaching.units(lookup.variables)
        self.clusters.refuse_all("TFM201", lookup.node, module, _WHY, units)
        plain = self.reaching.plain_makers(lookup.variables)
        if plain and not units:
            self.clusters.refuse("TFM201", lookup.node, module, _WHY, None)
        self.left |= plain


def _is_load(node: ast.Name) -> bool:
    return isinstance(node.ctx, ast.Load)


def _is_steady(node: ast.expr) -> bool:
    """Whether an expression may be worked out at another time than the scope was opened, and often."""
    kinds = (ast.Name, ast.Constant, ast.BinOp, ast.operator, ast.expr_context)
    return all(isinstance(part, kinds) for part in ast.walk(node))


def _key(lookup: Lookup, module: Module) -> str:
    """The whole name of the variable."""
    naming = Naming(file_quote(module), {})
    adds = isinstance(lookup.scope, ast.BinOp) and isinstance(lookup.scope.op, ast.Add)
    scope = source(module, lookup.scope)
    scope = scope if adds or is_atom(lookup.scope) else f"({scope})"
    if isinstance(lookup.name, ast.Constant):
        return f"{scope} + {naming.literal('/' + str(lookup.name.value))}"
    name = source(module, lookup.name) if is_atom(lookup.name) else f"({source(module, lookup.name)})"
    return f"{scope} + {naming.literal('/')} + {name}"
