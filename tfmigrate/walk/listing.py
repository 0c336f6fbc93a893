"""Lists of variables: collections, filters, savers."""

from __future__ import annotations

import ast
import re

from tfmigrate.program.link import Function, Module
from tfmigrate.program.loss_filters import LossFilter, filter_at, given_by, only_filtered
from tfmigrate.program.texts import unparsed
from tfmigrate.tf1 import regularizers, symbols
from tfmigrate.walk.arguments import Arguments
from tfmigrate.walk.evaluate import Evaluator
from tfmigrate.walk.exclusive import exclusive
from tfmigrate.walk.journal import objects_at
from tfmigrate.walk.losses import Loss, losses_of
from tfmigrate.walk.naming import is_plain, is_variable_list, joined, matches
from tfmigrate.walk.records import Saving
from tfmigrate.walk.regions import READS_COLLECTION, Query, Region, Scope, Variable, path_of, show_path
from tfmigrate.walk.rows import Rows
from tfmigrate.walk.values import (
    NONE,
    PYTHON,
    TENSOR,
    Const,
    Env,
    Library,
    ListValue,
    TupleValue,
    Value,
    is_whole,
    text_of,
)

_UPDATES = {"tf.GraphKeys.UPDATE_OPS", "update_ops"}


class Lists(Rows):
    """What a program asks for by collection."""

    def _variables(self, ev: Evaluator, args: Arguments, node: ast.Call) -> Value:
        name = unparsed(node.func).rsplit(".", 1)[-1]
        kind = "trainable" if "trainable" in name else "global"
        return self._collect(ev, kind, args.get(0, "scope"), node)

    def _get_collection(self, ev: Evaluator, args: Arguments, node: ast.Call) -> Value:
        key = args.get(0, "key")
        name = key.name if isinstance(key, Library) else (text_of(key) if key is not None else None)
        if name in regularizers.COLLECTION:
            return self._losses(ev, args.get(1, "scope"), node)
        if name in symbols.UNFILLED:
            self.blame("TFM603", node, ev, f"Keras layers do not fill the collection {name}")
            return TENSOR
        scope = args.get(1, "scope")
        if name in _UPDATES and scope is not None and scope != NONE:
            self.blame("TFM603", node, ev, "the updates of Keras layers are not found by the name of a scope")
            return TENSOR
        kind = symbols.KEYS.get(name or "")
        if kind is None:
            assert self.region is not None
            self.region.evidence.add(READS_COLLECTION)
            if not isinstance(key, (Const, Library)):
                self.blame("TFM601", node, ev, "which collection this reads cannot be known from the program")
            return self._own(ev, name or "", scope, node)
        return self._collect(ev, kind, args.get(1, "scope"), node)

    def _regularization(self, ev: Evaluator, args: Arguments, node: ast.Call) -> Value:
        """`tf.losses.get_regularization_loss()` and its kin."""
        if node.args or node.keywords:
            self.blame("TFM603", node, ev, f"{ast.unparse(node.func)} is covered without arguments alone")
        name = unparsed(node.func).rsplit(".", 1)[-1]
        return self._losses(ev, None, node, regularizers.READERS[f"tf.losses.{name}"])

    def _losses(self, ev: Evaluator, scope: Value | None, node: ast.Call, reader: str = "list") -> Value:
        """The losses of the variables there are so far."""
        assert self.region is not None
        self.region.evidence.add(READS_COLLECTION)
        if scope is not None and scope != NONE:
            self.blame("TFM603", node, ev, "the losses of Keras layers are not found by the name of a scope")
        regularized: list[Value] = [v for v in self.graph.variables if v.regularized]
        if regularized and "get_collection_ref" in unparsed(node.func):
            self.blame("TFM603", node, ev, "what is done to this list reaches all who read the collection")
        self._query(ev, node, ListValue(regularized), "losses", self.region)
        query = self.region.events[-1]
        assert isinstance(query, Query)
        query.reader, query.more = reader, self.graph.more
        if reader != "list":
            return TENSOR
        losses = [] if query.more else losses_of(query.variables, ev.program.modules.values())
        losses = losses or [Loss()]
        complete = losses[0].variable is not None
        query.goes_into_picks = complete and only_filtered(_code(ev), node)
        return ListValue(list(losses), complete, tag="losses")

    def gone_through(self, ev: Evaluator, node: ast.For, source: Value, env: Env) -> None:
        """A loop over `source` is over."""
        if isinstance(source, ListValue) and source.tag == "losses":
            found = filter_at(_code(ev), node)
            self._picked(ev, found, env.names.get(found.name) if found is not None else None)

    def _picked(self, ev: Evaluator, found: LossFilter | None, result: Value | None) -> None:
        """A filter picked these losses; where its function gives them, the call does."""
        region = self.region
        if found is None or not isinstance(result, ListValue) or region is None:
            return
        chosen = [item.variable for item in result.items if isinstance(item, Loss) and item.variable is not None]
        complete = is_whole(result) and len(chosen) == len(result.items)
        if not complete:
            chosen = [variable for variable in self.graph.variables if variable.regularized]
        function, call = region.function, region.node
        adds_by = given_by(function, found) if function is not None and isinstance(call, ast.Call) else None
        if adds_by is not None and isinstance(call, ast.Call) and region.parent is not None:
            query = Query(call, region.parent, chosen, "losses", complete, False)
            query.picker, query.adds_by = function, adds_by
        else:
            query = Query(found.node, region, chosen, "losses", complete, False)
        query.picked, query.objects = found, objects_at(ev, query.region)
        region.events.append(query)
        self.activity += 1

    def _own(self, ev: Evaluator, name: str, scope: Value | None, node: ast.Call) -> Value:
        """A collection of the program's own, which may hold variables."""
        assert self.region is not None
        held: list[Value] = [v for v in self.graph.variables if name in v.collections]
        if not held:
            return TENSOR
        if (scope is not None and scope != NONE) or "get_collection_ref" in ast.unparse(node.func):
            self.blame("TFM601", node, ev, "this collection of variables is read by a scope, or changed")
        result = ListValue(held, tag="own")
        self._query(ev, node, result, "own", self.region)
        query = self.region.events[-1]
        assert isinstance(query, Query)
        query.collection = name
        return result

    def _contrib_variables(self, ev: Evaluator, args: Arguments, node: ast.Call) -> Value:
        """`tf.contrib.framework.get_variables(scope)` and its kin, which TensorFlow 2 does not have."""
        name = unparsed(node.func).rsplit(".", 1)[-1]
        scope, suffix = args.get(0, "scope"), args.get(1, "suffix")
        if isinstance(scope, Scope):
            scope = Const(show_path(scope.path)) if is_plain(scope.path) else joined(scope.path)
        collection = args.get(2, "collection") if name == "get_variables" else None
        known = ("scope", "suffix", "collection") if collection is not None else ("scope", "suffix")
        more = {*args.keywords}.difference(known) or len(args.positional) > len(known)
        kind: str | None = "trainable" if "trainable" in name else "global"
        if collection is not None:
            kind = symbols.KEYS.get(collection.name if isinstance(collection, Library) else text_of(collection) or "")
        alone = suffix in (None, NONE) and kind is not None and not more and not args.star
        if scope is None or scope in (NONE, Const("")) or not alone or kind is None:
            self.blame(
                "TFM601", node, ev, f"{name} is covered with a scope alone, of all variables or the trained ones"
            )
            return TENSOR
        return self._collect(ev, kind, scope, node, contrib_only="model" in name)

    def _collect(
        self, ev: Evaluator, kind: str, scope: Value | None, node: ast.Call, contrib_only: bool = False
    ) -> ListValue:
        """contrib_only: what contrib makes, which alone is in the collection of model variables."""
        assert self.region is not None
        everything: list[Variable] = [v for v in self.graph.variables if kind == "global" or v.trainable]
        everything = [v for v in everything if v.by_contrib or not contrib_only]
        elsewhere = self._made_elsewhere()
        everything = [v for v in everything if v not in elsewhere]
        pattern = text_of(scope) if scope is not None else None
        if scope is None or scope == NONE or pattern == "":
            result = ListValue(list(everything), tag=kind)
            self._whole.add(result)
            self._query(ev, node, result, kind, self.region, everything=True)
            return result
        wanted = path_of(scope)
        chosen: list[Value] = []
        complete = wanted is not None and not (pattern and re.search(r"[^\w/.\- ]", pattern))
        for variable in everything:
            answer = matches(variable, scope)
            complete = complete and answer is not None
            if answer:
                chosen.append(variable)
        # the library opens no scope that the program has opened, unless it is told to
        result = ListValue(chosen, complete and not (chosen and self.graph.unseen), kind)
        self._query(ev, node, result, kind, self.region, scope=pattern)
        if contrib_only:
            # no optimizer puts its own there
            self.asked[result].slots = False
        return result

    def _made_elsewhere(self) -> set[Variable]:
        """The variables that no run has made which comes here: those of branches that exclude this place."""
        here, root = self.region, self.root
        assert here is not None
        regions = {v.region for v in self.graph.variables if v.region is not None}
        apart = {region for region in regions if exclusive(region, here)}
        if not apart or root is None:
            return set()
        asked = (c for c in root.creations() if c.graph is self.graph and not exclusive(c, here))
        return {v for v in self.graph.variables if v.region in apart} - {v for c in asked for v in c.variables}

    def _saver(self, ev: Evaluator, args: Arguments, node: ast.Call) -> Value:
        assert self.region is not None
        self.region.evidence.add("tf.train.Saver")
        given = args.get(0, "var_list")
        listed = None
        if isinstance(given, (ListValue, TupleValue)) and is_variable_list(given):
            listed = [item for item in given.items if isinstance(item, Variable)]
        known = listed is not None or not self.graph.more
        plain = known and not self.optimizers.used and all(v.path is not None for v in self.graph.variables)
        if given is None or given == NONE or listed is not None:
            kind = getattr(given, "tag", "") or "global"
            saving = Saving(node, self.region, listed, kind, plain, objects_at(ev, self.region))
            saving.conditions = tuple(ev.frame.conditions)
            self.savings.append(saving)
        return PYTHON

    def _import_graph(self, ev: Evaluator, args: Arguments, node: ast.Call) -> Value:
        """`tf.train.import_meta_graph`: what it gives restores what is in the file, and that does no harm."""
        assert self.region is not None
        self.imports.append((node, self.region, self._progress()))
        return PYTHON

    def _progress(self) -> object:
        """Differs as soon as more is done with variables."""
        return self.activity, len(self.savings), self.optimizers.trainings

    def finish(self) -> None:
        """The program is over: what came after the graph of a file was put beside its own may mean that one too."""
        for node, region, before in self.imports:
            if self._progress() != before:
                text = f"{unparsed(node.func)} finds variables by their TF1 names"
                self._blame_at("TFM602", node, region.module, text, region)

    def _query(
        self,
        ev: Evaluator,
        node: ast.expr,
        result: Value,
        kind: str,
        region: Region,
        everything: bool = False,
        scope: str | None = None,
    ) -> None:
        assert isinstance(result, (ListValue, TupleValue))
        variables = [item for item in result.items if isinstance(item, Variable)]
        complete = not isinstance(result, ListValue) or result.complete
        self.activity += 1
        slots = self.optimizers.used if everything else self.optimizers.may_add_to(variables, scope)
        query = Query(node, region, variables, kind, complete, everything, slots)
        query.conditions = tuple(ev.frame.conditions)
        query.slots_last = self.optimizers.came_after(variables)
        query.objects = objects_at(ev, region)
        region.events.append(query)
        if isinstance(result, ListValue):
            self.asked[result] = query

    def comprehended(self, ev: Evaluator, node: ast.expr, source: Value, result: ListValue) -> None:
        """A comprehension over `source`, or a slice of it, gave this list."""
        assert self.region is not None
        if isinstance(node, ast.Subscript):
            if isinstance(source, ListValue) and source.tag and (source.tag != "losses" or source.items):
                self.blame("TFM601", node, ev, "this counts on the order in which the variables were made")
            return
        if isinstance(source, ListValue) and source.tag == "losses":
            self._picked(ev, filter_at(_code(ev), node), result)
        if isinstance(source, ListValue) and source.tag and all(isinstance(item, Variable) for item in source.items):
            chosen = [item for item in result.items if isinstance(item, Variable)]
            complete = result.complete and source.complete and len(chosen) == len(result.items)
            complete = complete and not self.graph.more
            result.tag = source.tag if complete else ""
            slots = self.optimizers.may_add_to(v for v in source.items if isinstance(v, Variable))
            query = Query(node, self.region, chosen, source.tag, complete, False, slots)
            query.conditions = tuple(ev.frame.conditions)
            query.source = [item for item in source.items if isinstance(item, Variable)]
            query.whole, query.more = source in self._whole, self.graph.more
            query.objects = objects_at(ev, self.region)
            self.region.events.append(query)
            self.asked[result] = query
            self.activity += 1
        if any(not isinstance(item, Variable) for item in result.items):
            self.lined_up(ev, node, [source])


def _code(ev: Evaluator) -> Function | Module:
    return ev.frame.function or ev.frame.module
