"""Lists with one value for each of several variables, and where a program counts on their order."""

from __future__ import annotations

import ast

from tfmigrate.walk.arguments import Arguments
from tfmigrate.walk.evaluate import Evaluator
from tfmigrate.walk.journal import Journal
from tfmigrate.walk.naming import listed_variables
from tfmigrate.walk.objects import OneOf
from tfmigrate.walk.records import Lineup
from tfmigrate.walk.regions import Query
from tfmigrate.walk.values import NONE, TENSOR, ListValue, TupleValue, Value, is_tensor


class Rows(Journal):
    """Gradients come in the order of their variables."""

    def lined_up(self, ev: Evaluator, node: ast.AST, values: list[Value], in_row: bool = False) -> None:
        """Lists are gone through side by side, in an order that somebody may count on. in_row: somebody does."""
        lists = [v for v in values if isinstance(v, ListValue)]
        known = [(self._query_of(v), v.by_name) for v in lists if not (v in self.pairs and _keeps_pairs(node))]
        asked = [(query, by_name) for query, by_name in known if query is not None]
        if isinstance(node, ast.Call) and not in_row:
            # what else is paired with variables may be numbers in a fixed order, or gradients of theirs
            in_row = any(not is_tensor(v) and not self._is_row(v) for v in values[int(_is_map(node)) :])
        if asked and self.region is not None:
            self.lineups.append(Lineup(node, self.region, asked, in_row))
            self.activity += 1

    def _query_of(self, row: ListValue) -> Query | None:
        whole = row.origin or row
        return self.asked.get(whole) or self.rows.get(whole)

    def _is_row(self, value: Value) -> bool:
        return isinstance(value, ListValue) and self._query_of(value) is not None

    def _tensors(self, query: Query | None, items: list[Value]) -> ListValue:
        """A list of something of each variable that was asked for."""
        result = ListValue(items, complete=False)
        if query is not None:
            self.rows[result] = query
        return result

    def _gradients_of(self, ev: Evaluator, args: Arguments, node: ast.Call) -> Value:
        """`tf.gradients(ys, xs)`."""
        given = args.get(1, "xs")
        query = self._query_of(given) if isinstance(given, ListValue) else None
        return TENSOR if query is None else self._tensors(query, [TENSOR])

    def _clip_by_global_norm(self, ev: Evaluator, args: Arguments, node: ast.Call) -> Value:
        given = args.get(0, "t_list")
        query = self._query_of(given) if isinstance(given, ListValue) else None
        return TENSOR if query is None else TupleValue((self._tensors(query, [TENSOR]), TENSOR))

    def _gradients(self, args: Arguments, node: ast.Call) -> Value:
        """`optimizer.compute_gradients(loss, var_list)`: pairs, each with one of the variables."""
        given = args.get(1, "var_list")
        listed = listed_variables(given)
        variables = [v for v in self.graph.variables if v.trainable] if listed is None else listed
        if not variables:
            return ListValue([], complete=False)
        query = self._query_of(given) if isinstance(given, ListValue) else None
        if given in (None, NONE) and self.region is not None:
            query = Query(node, self.region, variables, "trainable", True, True)
        result = self._tensors(query, [TupleValue((TENSOR, OneOf(tuple(variables))))])
        self.pairs.add(result)
        return result


def _is_map(node: ast.Call) -> bool:
    return isinstance(node.func, ast.Name) and node.func.id == "map"


def _keeps_pairs(node: ast.AST) -> bool:
    """Whether what is done to pairs of gradients and variables leaves each with its own, in whatever order."""
    return isinstance(node, ast.Call)
