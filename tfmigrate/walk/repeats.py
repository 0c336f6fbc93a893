"""`slim.repeat` and `slim.stack`: one layer function several times, each under a name of its own in a scope around all.

The rules are those of tensorflow/contrib/layers/python/layers/layers.py of 1.15.5.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tfmigrate.tf1.contrib_layers import REPEAT
from tfmigrate.tf1.layers import LAYERS
from tfmigrate.tf1.rows import LayerRow
from tfmigrate.walk.arguments import Arguments
from tfmigrate.walk.evaluate import Evaluator
from tfmigrate.walk.layer_calls import LayerCalls
from tfmigrate.walk.regions import given_to, path_of, show_path
from tfmigrate.walk.values import NONE, TENSOR, Const, Dim, Library, ListValue, TupleValue, Value

_PARAMS = ("inputs", "repetitions", "layer", "stack_args")
_IDLE = ("initializer", "initializer_conv2d", "_regularizer", "int", "len", "dict", "get_shape", "as_list")
# what may differ between the layers of a stack: the constructors are told
_TOLD = frozenset({"num_outputs", "kernel_size", "stride", "padding", "rate", "activation_fn"})
# more are no network that somebody wrote down
_MOST = 100


class Repeats(LayerCalls):
    """Layers that are repeated."""

    def _repeat(self, ev: Evaluator, symbol: str, args: Arguments, node: ast.Call) -> Value:
        """A call of `repeat`, or of `stack`."""
        layer = args.get(2 if symbol == REPEAT else 1, "layer")
        row = LAYERS.get(layer.name) if isinstance(layer, Library) else None
        inputs = args.positional[0] if args.positional else args.keywords.get("inputs")
        if not isinstance(layer, Library) or row is None or not row.key or not row.variables or inputs is None:
            return self._foreign(ev, symbol, args, node)
        self._blame_star(ev, args, node, symbol)
        if not all(map(_means_the_same, (*node.args[2:], *(k.value for k in node.keywords if k.arg != "inputs")))):
            self.blame("TFM502", node, ev, "an argument would be worked out once for each of the repeated layers")
        keywords = {key: pair for key, pair in args.keywords.items() if key not in (*_PARAMS, "scope")}
        if symbol == REPEAT:
            count = self._repetitions(ev, symbol, args, node)
            each = [Arguments([inputs, *args.positional[3:]], keywords, args.star, more=args.more)]
        else:
            each = [Arguments([inputs, *own], keywords, args.star) for own in self._stacked(ev, row, args, node)]
            count = len(each)
        return self._one_by_one(ev, symbol, layer.name, row, args.get(-1, "scope"), each, count, node)

    def _repetitions(self, ev: Evaluator, symbol: str, args: Arguments, node: ast.Call) -> int:
        times = args.get(1, "repetitions")
        count = times.value if isinstance(times, Const) else None
        if isinstance(count, int) and 0 < count <= _MOST:
            return count
        self.blame("TFM502", node, ev, f"how often {symbol} repeats the layer cannot be known")
        return 1

    def _stacked(
        self, ev: Evaluator, row: LayerRow, args: Arguments, node: ast.Call
    ) -> list[list[tuple[Value, ast.expr]]]:
        """What each layer of a stack gets by position behind its inputs."""
        given = args.positional[2] if len(args.positional) > 2 else args.keywords.get("stack_args")
        found = list(_items(*given)) if given is not None else []
        if given is None or not found or len(found) > _MOST or None in found or len(args.positional) > 3:
            self.blame("TFM502", node, ev, "the stack_args are no list of known length that is written in the call")
            return [[]]
        each = [own for own in found if own is not None]
        for param in {param for own in each for param in row.params[1 : 1 + len(own)]} - _TOLD:
            self.blame("TFM502", node, ev, f"stack_args that say the {param} are not covered")
        return each

    def _one_by_one(
        self,
        ev: Evaluator,
        symbol: str,
        called: str,
        row: LayerRow,
        scope: Value | None,
        each: list[Arguments],
        count: int,
        node: ast.Call,
    ) -> Value:
        """Layers of a function one after another. each: their arguments, or those of all."""
        default = Const("Repeat" if symbol == REPEAT else "Stack")
        if scope is None or scope == NONE:
            base, path = row.key.rsplit(".", 1)[-1], self._unique(ev, default, node, True)
        elif isinstance(scope, Const) and isinstance(scope.value, str) and scope.value and "/" not in scope.value:
            base, path = scope.value, (scope,)
        else:
            self.blame("TFM502", node, ev, f"the scope of {symbol} is no literal")
            base, path = "?", path_of(scope) or self._unique(ev, default, node, True)
        if not all(isinstance(segment, Const) for segment in path):
            self.blame("TFM204", node, ev, f"the number of this unnamed {symbol} depends on a loop")
        outer = self.scope.path + path
        self.graph.counts[show_path(outer)] += 1
        each = [self._with_scope_defaults(ev, called, row, self._with_defaults(ev, row, a, node), node) for a in each]
        for inner in each:
            self._check(ev, called, row, given_to(row, inner), node)
        asked = self._asked(ev, given_to(row, each[0]), node)
        names = tuple(f"{base}_{i + 1}" for i in range(count))
        variables, first = [], None
        for i, name in enumerate(names):
            full = (*outer, Const(name))
            given = given_to(row, each[i % len(each)])
            normalizer = self._normalizer(ev, row, given, full, node)
            first = first or normalizer
            variables += self._layer_variables(ev, called, row, full, given, normalizer, node, asked)
        creation = self._note(ev, row, each[0], outer, variables, node, called)
        creation.automatic, creation.normalizer, creation.repeated = scope in (None, NONE), first, names
        creation.stacked = tuple(each) if symbol != REPEAT else ()
        creation.reuse = asked or creation.reuse
        self._check_alike(ev, creation)
        self._check_names(ev, creation)
        return TENSOR


def _items(value: Value, expression: ast.expr) -> Iterator[list[tuple[Value, ast.expr]] | None]:
    """The arguments in each item of a list that is written out; None for what may be a list or a single argument."""
    values = _written(value, expression)
    if values is None:
        yield None
        return
    for item, text in values:
        if isinstance(text, (ast.List, ast.Tuple)):
            yield _written(item, text)
        else:
            yield [(item, text)] if isinstance(item, (Const, Dim)) else None


def _written(value: Value, expression: ast.expr) -> list[tuple[Value, ast.expr]] | None:
    """The items of a list, or tuple, with their expressions."""
    if not isinstance(expression, (ast.List, ast.Tuple)) or not isinstance(value, (ListValue, TupleValue)):
        return None
    if len(value.items) != len(expression.elts) or any(isinstance(e, ast.Starred) for e in expression.elts):
        return None
    return list(zip(value.items, expression.elts, strict=True))


def _means_the_same(argument: ast.expr) -> bool:
    """Whether an argument may be worked out more than once."""
    calls = (node.func for node in ast.walk(argument) if isinstance(node, ast.Call))
    return all(getattr(f, "attr", getattr(f, "id", "")).endswith(_IDLE) for f in calls)
