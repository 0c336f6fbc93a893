"""`slim.repeat`: one layer function several times, each under a name of its own within a scope around all of them.

The rules are those of tensorflow/contrib/layers/python/layers/layers.py of 1.15.5.
"""

from __future__ import annotations

import ast

from tfmigrate.tf1.layers import LAYERS
from tfmigrate.walk.arguments import Arguments
from tfmigrate.walk.evaluate import Evaluator
from tfmigrate.walk.layer_calls import LayerCalls
from tfmigrate.walk.regions import given_to, path_of, show_path
from tfmigrate.walk.values import NONE, TENSOR, Const, Library, Value

_PARAMS = ("inputs", "repetitions", "layer")
_IDLE = ("initializer", "initializer_conv2d", "_regularizer", "int", "len", "dict", "get_shape", "as_list")
# more are no network that somebody wrote down
_MOST = 100


class Repeats(LayerCalls):
    """Layers that are repeated."""

    def _repeat(self, ev: Evaluator, symbol: str, args: Arguments, node: ast.Call) -> Value:
        layer = args.get(2, "layer")
        row = LAYERS.get(layer.name) if isinstance(layer, Library) else None
        inputs = args.positional[0] if args.positional else args.keywords.get("inputs")
        if not isinstance(layer, Library) or row is None or not row.key or not row.variables or inputs is None:
            return self._foreign(ev, symbol, args, node)
        self._blame_star(ev, args, node, symbol)
        times, scope = args.get(1, "repetitions"), args.get(-1, "scope")
        count = times.value if isinstance(times, Const) else None
        if not isinstance(count, int) or not 0 < count <= _MOST:
            self.blame("TFM502", node, ev, f"how often {symbol} repeats the layer cannot be known")
            count = 1
        if scope is None or scope == NONE:
            base, path = row.key.rsplit(".", 1)[-1], self._unique(ev, Const("Repeat"), node, True)
        elif isinstance(scope, Const) and isinstance(scope.value, str) and "/" not in scope.value:
            base, path = scope.value, (scope,)
        else:
            self.blame("TFM502", node, ev, f"the scope of {symbol} is no literal")
            base, path = "?", path_of(scope) or self._unique(ev, Const("Repeat"), node, True)
        if not all(map(_means_the_same, (*node.args[3:], *(k.value for k in node.keywords)))):
            self.blame("TFM502", node, ev, "an argument would be worked out once for each of the repeated layers")
        if not all(isinstance(segment, Const) for segment in path):
            self.blame("TFM204", node, ev, f"the number of this unnamed {symbol} depends on a loop")
        outer = self.scope.path + path
        self.graph.counts[show_path(outer)] += 1
        keywords = {key: pair for key, pair in args.keywords.items() if key not in (*_PARAMS, "scope")}
        inner = Arguments([inputs, *args.positional[3:]], keywords, args.star, more=args.more)
        inner = self._with_scope_defaults(ev, layer.name, row, self._with_defaults(ev, row, inner, node), node)
        given = given_to(row, inner)
        self._check(ev, layer.name, row, given, node)
        asked = self._asked(ev, given, node)
        names = tuple(f"{base}_{i + 1}" for i in range(count))
        variables, first = [], None
        for name in names:
            full = (*outer, Const(name))
            normalizer = self._normalizer(ev, row, given, full, node)
            first = first or normalizer
            variables += self._layer_variables(ev, layer.name, row, full, given, normalizer, node, asked)
        creation = self._note(ev, row, inner, outer, variables, node, layer.name)
        creation.automatic, creation.normalizer, creation.repeated = scope in (None, NONE), first, names
        creation.reuse = asked or creation.reuse
        self._check_alike(ev, creation)
        self._check_names(ev, creation)
        return TENSOR


def _means_the_same(argument: ast.expr) -> bool:
    """Whether an argument may be worked out more than once."""
    calls = (node.func for node in ast.walk(argument) if isinstance(node, ast.Call))
    return all(getattr(f, "attr", getattr(f, "id", "")).endswith(_IDLE) for f in calls)
