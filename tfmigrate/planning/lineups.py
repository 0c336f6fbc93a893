"""Lists of variables that are gone through side by side: `zip(online, target)`. Keras may list them in another order.

TensorFlow 1 lists variables as they are made, Keras those of a layer itself before those of the layers inside.
"""

from __future__ import annotations

import ast

from tfmigrate.planning.classification import Classification
from tfmigrate.planning.clusters import Clusters
from tfmigrate.planning.filling import Filling
from tfmigrate.planning.lasting import is_folded
from tfmigrate.planning.name_decisions import is_shown
from tfmigrate.planning.parts import made_by
from tfmigrate.planning.plain import PlainWork
from tfmigrate.planning.reaching import Reaching
from tfmigrate.planning.rows import counts_on_order, is_of_its_place, maps_in_order
from tfmigrate.planning.variable_order import order_of
from tfmigrate.walk.records import Lineup
from tfmigrate.walk.regions import Query


class Lineups:
    """Refuses lists that would be gone through in another order, where that changes something."""

    def __init__(self, classes: Classification, clusters: Clusters, reaching: Reaching, filling: Filling) -> None:
        self.classes = classes
        self.clusters = clusters
        self.reaching = reaching
        self.filling = filling

    def check(self, works: list[PlainWork]) -> None:
        for walk in self.classes.walks:
            for lineup in walk.scoping.lineups:
                units = set().union(*(self.reaching.units(query.variables) for query, _ in lineup.lists))
                if not units or self._stays_right(lineup, works):
                    continue
                text = "layers list these variables in another order than the one in which this goes through them"
                for unit in units:
                    self.clusters.refuse("TFM601", lineup.node, lineup.region.module, text, unit)

    def _stays_right(self, lineup: Lineup, works: list[PlainWork]) -> bool:
        in_row = lineup.in_row or (len(lineup.lists) == 1 and _is_row(lineup))
        if len(lineup.lists) == 1 and not in_row:
            return True
        orders = [None if by_name else self._order(query, works) for query, by_name in lineup.lists]
        if None not in orders:
            return all(o == (sorted(o or ()) if in_row else orders[0]) for o in orders)
        if in_row or len({by_name for _, by_name in lineup.lists}) > 1:
            return False
        parts = [self._parts(query, works) for query, _ in lineup.lists]
        return None not in parts and all(part == parts[0] for part in parts)

    def _order(self, query: Query, works: list[PlainWork]) -> list[int] | None:
        """Which place each variable had in the list, in the order in which Keras lists them; None if not known."""
        made = list(dict.fromkeys(query.variables))
        if query.everything:
            tops = {top for variable in made if (top := self.reaching.top(variable)) is not None}
            kept = works and all(order_of(top, works[0].plans) == made_by(top) for top in tops)
            return [*range(len(made))] if kept else None
        if self.filling.holds(query):
            return [*range(len(made))]
        chosen = self.reaching.chosen_for(query, works)
        listed = None if chosen is None else self.reaching.listed(chosen, works)
        if listed is None or {*listed} != {*made}:
            return None
        return [made.index(variable) for variable in listed]

    def _parts(self, query: Query, works: list[PlainWork]) -> list[object] | None:
        """Of each variable the class of the layer that makes it, and which of the layer's it is; None if not known."""
        places = {variable: place for place, variable in reversed([*enumerate(query.variables)])}
        tops = [self.reaching.top(variable) for variable in query.variables]
        if len(set(tops)) > 1:
            chosen = self.reaching.chosen_for(query, works) or ()
            starts = [min(places[v] for v in item.variables if v in places) for item in chosen]
            if not starts or starts != sorted(starts):
                return None
        found: list[object] = []
        for variable, top in zip(query.variables, tops):
            made = made_by(top) if top is not None else []
            if top is None or variable not in made:
                return None
            found.append((top.unit, made.index(variable)))
        return found


def _is_row(lineup: Lineup) -> bool:
    """Whether values come of a list in its order."""
    node, module = lineup.node, lineup.region.module
    if isinstance(node, ast.For):
        return counts_on_order(node, module)
    if isinstance(node, ast.Call):
        return maps_in_order(node, module)
    if not isinstance(node, (ast.ListComp, ast.GeneratorExp)) or is_folded(node, module) or is_shown(node, module):
        return False
    return is_of_its_place(node.elt, node.generators[0].target)
