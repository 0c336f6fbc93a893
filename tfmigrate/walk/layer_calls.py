"""Calls of layer functions: which arguments reach them, and which variables they make."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tfmigrate.program.scan import is_none
from tfmigrate.program.spread import spread
from tfmigrate.program.synthetic import is_synthetic
from tfmigrate.tf1.contrib_layers import NORMALIZERS
from tfmigrate.tf1.emitted import EMITTED, FREEZABLE_LAYERS
from tfmigrate.tf1.layers import LAYERS, NONE_IS_DEFAULT, UNSUPPORTED
from tfmigrate.tf1.rows import LayerRow
from tfmigrate.walk import operate
from tfmigrate.walk.arg_scopes import ArgScopes
from tfmigrate.walk.arguments import Arguments
from tfmigrate.walk.defaults import literal
from tfmigrate.walk.evaluate import Evaluator
from tfmigrate.walk.objects import Gone
from tfmigrate.walk.regions import Creation, Normalizer, Path, Variable, given_to, path_of, show_path
from tfmigrate.walk.regularizing import operation_of
from tfmigrate.walk.requesting import Requests
from tfmigrate.walk.scoping import reuse_of
from tfmigrate.walk.state import run_time_state
from tfmigrate.walk.values import (
    NONE,
    TENSOR,
    Const,
    DictValue,
    FunctionValue,
    LambdaValue,
    Library,
    Symbol,
    Value,
)

Given = dict[str, tuple[Value, ast.expr]]
# what a layer calls in its own scope
_CALLED = {"activation", "activation_fn"}
# why a call cannot become one layer
OTHERWISE = "this call gets other arguments from its arg_scope, or another normalizer, than at another time"


class LayerCalls(ArgScopes, Requests):
    """The functions of `tf.layers`, `tf.contrib.layers` and slim."""

    def _layer(self, ev: Evaluator, symbol: str, args: Arguments, node: ast.Call) -> Value:
        row = LAYERS[symbol]
        args = self._spread(ev, row, args, node)
        self._blame_star(ev, args, node, symbol)
        args = self._with_scope_defaults(ev, symbol, row, self._with_defaults(ev, row, args, node), node)
        given = given_to(row, args)
        self._check(ev, symbol, row, given, node)
        if row.operation:
            self._note(ev, row, args, (), [], node, symbol)
            return TENSOR
        name = given[row.name_param][0] if row.name_param in given else NONE
        asked = self._asked(ev, given, node)
        self._number = None
        full = self.scope.path + self._layer_name(ev, row, name, asked, node)
        number = self._number
        self.graph.counts[show_path(full)] += 1
        normalizer = self._normalizer(ev, row, given, full, node)
        variables = self._layer_variables(ev, symbol, row, full, given, normalizer, node, asked)
        creation = self._note(ev, row, args, full, variables, node, symbol)
        creation.automatic, creation.normalizer, creation.number = name == NONE, normalizer, number
        creation.reuse = asked or creation.reuse
        self._check_alike(ev, creation)
        self._check_names(ev, creation)
        return TENSOR

    @staticmethod
    def _spread(ev: Evaluator, row: LayerRow, args: Arguments, node: ast.Call) -> Arguments:
        """The arguments, each with its own expression where a dictionary in front of the call holds them."""
        found = spread(ev.frame.module, node) if args.star and not row.operation else None
        if found is None or not args.keywords.keys() >= found.items.keys():
            return args
        own = {key: (args.keywords[key][0], expression) for key, expression in found.items.items()}
        return Arguments(args.positional, {**args.keywords, **own}, False, args.ahead)

    def _layer_variables(
        self,
        ev: Evaluator,
        symbol: str,
        row: LayerRow,
        full: Path,
        given: Given,
        normalizer: Normalizer | None,
        node: ast.Call,
        asked: object,
    ) -> list[Variable]:
        """The variables of a layer of this path, those of what normalizes it too."""
        variables = []
        for suffix, flag, trainable in row.variables:
            if flag is not None and not self._has(ev, symbol, row, flag, given, node, normalizer):
                continue
            variables.append(self._layer_variable(ev, row, (*full, Const(suffix)), trainable, given, node, asked))
        if normalizer is not None:
            inner, own = normalizer.row, normalizer.given
            on = [item for item in inner.variables if item[1] is None or _is_on(inner, item[1], own)]
            for suffix, _, trainable in on:
                path = (*normalizer.path, Const(suffix))
                variables.append(self._layer_variable(ev, inner, path, trainable, own, node, asked))
        return variables

    def _with_scope_defaults(
        self, ev: Evaluator, symbol: str, row: LayerRow, args: Arguments, node: ast.Call
    ) -> Arguments:
        """What the scope gives the variables of a layer that the call says nothing of."""
        given = given_to(row, args)
        for key in ("initializer", "regularizer") if row.variables else ():
            default = self._of_scope(ev, node, key)
            if default is None:
                continue
            if key == "regularizer" and (unreached := _out_of_reach(row, given)):
                text = f"{symbol} under a scope with a regularizer is not covered: TensorFlow 1 regularizes {unreached}"
                self.blame("TFM203", node, ev, text)
            own = (value for suffix, *_ in row.variables for value in _regularizers(suffix, given))
            if key == "regularizer" and any(value != NONE for value in own):
                text = "this layer and the scope around it each have a regularizer, and TensorFlow 1 adds both losses"
                self.blame("TFM203", node, ev, text)
            for param in row.params:
                # the other initializers have defaults of their own
                left = key == "regularizer" or param in NONE_IS_DEFAULT
                open_ = given[param][0] == NONE if param in given else left
                if param.endswith(f"_{key}") and param not in UNSUPPORTED and open_:
                    args = args.including(param, default)
        return args

    def _note(
        self,
        ev: Evaluator,
        row: LayerRow,
        args: Arguments,
        path: Path,
        variables: list[Variable],
        node: ast.Call,
        symbol: str,
    ) -> Creation:
        creation = self._create(ev, node, args, path, variables)
        creation.row, creation.symbol, creation.arg_scopes = row, symbol, self._open_arg_scopes()
        return creation

    def _foreign(self, ev: Evaluator, name: str, args: Arguments, node: ast.Call) -> Value:
        result = super()._foreign(ev, name, args, node)
        assert self.region is not None
        made = self.region.events[-1]
        if isinstance(made, Creation):
            made.arg_scopes = self._open_arg_scopes()
        return result

    def _layer_name(self, ev: Evaluator, row: LayerRow, name: Value, asked: object, node: ast.Call) -> Path:
        path = path_of(name) if name != NONE else self._automatic_name(ev, row, asked, node)
        if not path:
            finding = self.blame("TFM201", node, ev, "the name of this layer cannot be known from the program")
            return self._unknown_name("?", node, finding)
        if len(path) > 1:
            self.blame("TFM202", node, ev, f"the layer's name {show_path(path)!r} has a slash")
        return path

    def _automatic_name(self, ev: Evaluator, row: LayerRow, asked: object, node: ast.Call) -> Path:
        """The name of an unnamed layer. What is told to reuse is not numbered by `tf.layers`: it is the first."""
        first = (Const(row.base_name),)
        if asked and not row.key:
            return first
        path = self._unique(ev, *first, node, bool(row.variables))
        if asked is None and not row.key and path != first:
            text = f"whether this unnamed layer is reused decides its name: {row.base_name}, or {show_path(path)}"
            self.blame("TFM204", node, ev, text)
        return path

    def _layer_variable(
        self, ev: Evaluator, row: LayerRow, path: Path, trainable: bool, given: Given, node: ast.Call, asked: object
    ) -> Variable:
        variable = self._request(ev, path, node, asked)
        if variable.region is None:
            frozen = "trainable" in given and operate.truth(given["trainable"][0]) is False
            variable.region, variable.trainable = self.region, trainable and not frozen
            assert isinstance(path[-1], Const)
            keras = row.keras_variables.get(str(path[-1]))
            variable.keras_name, variable.by_contrib = keras, bool(row.key)
            regularizers = list(_regularizers(str(path[-1]), given))
            variable.regularized = self.regularizes or any(value != NONE for value in regularizers)
            variable.loss_name = operation_of(regularizers)
        return variable

    # -- arguments -----------------------------------------------------------------------------------------------

    def _check(self, ev: Evaluator, symbol: str, row: LayerRow, given: Given, node: ast.Call) -> None:
        """Refuse what the Keras layer cannot be told."""
        for key, (value, expression) in given.items():
            if key in row.only and any(value == Const(known) for known in row.only[key]):
                continue
            refused = key not in row.params or key in row.only or (key in UNSUPPORTED | row.refused and value != NONE)
            refused = refused or (key in row.never_none and value == NONE)
            # what is None by a parameter has to be left out, and the call does not say so
            hidden = value == NONE and bool(row.without.get(key)) and not is_none(expression)
            frozen = key == "trainable" and value != Const(True) and row.keras not in FREEZABLE_LAYERS
            if refused or hidden or frozen:
                self._not_covered(ev, symbol, row, key, node)
            elif key.endswith("_regularizer"):
                self._check_regularizer("TFM502", ev, value, expression, given.get("trainable"), node)
            elif isinstance(value, Gone):
                self.blame("TFM502", node, ev, f"{ast.unparse(expression)} has no counterpart in TensorFlow 2")
        if "updates_collections" in given and not is_update_choice(given["updates_collections"][0]):
            self.blame("TFM502", node, ev, f"{symbol}(updates_collections=...) names a collection of its own")
        for key in _CALLED & given.keys():
            self.handed_over(ev, given[key][0], node, in_scope=True)
        activation = given.get("activation_fn")
        if row.activates_after and activation is not None and not _is_function_or_none(activation[0]):
            self.blame("TFM502", node, ev, f"{symbol}(activation_fn=...) may be None, which the call does not say")

    def _not_covered(self, ev: Evaluator, symbol: str, row: LayerRow, key: str, node: ast.Call) -> None:
        """What an arg_scope says is told once, and not at every layer that it says it to."""
        default = self._default_of(row, key)
        own = {keyword.arg for keyword in node.keywords} | set(row.params[: len(node.args)])
        if default is None or key in own:
            self.blame("TFM502", node, ev, f"{symbol}({key}=...) is not covered")
        else:
            text = f"{key}=... in an arg_scope is not covered"
            self._blame_at("TFM502", default.expression, default.frame.module, text, self.region)

    def _has(
        self,
        ev: Evaluator,
        symbol: str,
        row: LayerRow,
        flag: str,
        given: Given,
        node: ast.Call,
        normalizer: Normalizer | None,
    ) -> bool:
        """Whether a layer has the variable that a flag, or an initializer that may be None, switches."""
        if not flag.endswith("_initializer"):
            return _is_on(row, flag, given)
        if normalizer is not None or (flag in given and given[flag][0] == NONE):
            return False
        if flag in given and isinstance(given[flag][0], Symbol):
            self.blame("TFM502", node, ev, f"{symbol}({flag}=...) may be None, so its biases are not known")
        return True

    def _normalizer(self, ev: Evaluator, row: LayerRow, given: Given, path: Path, node: ast.Call) -> Normalizer | None:
        """The function that normalizes the outputs, with all that it is given."""
        function = given["normalizer_fn"][0] if row.normalizes and "normalizer_fn" in given else NONE
        if function == NONE:
            return None
        if not isinstance(function, Library) or function.name not in NORMALIZERS:
            self.blame("TFM502", node, ev, "this normalizer_fn is no function of the library")
            return None
        inner = LAYERS[function.name]
        options = self._options(ev, given, node)
        args = self._with_defaults(ev, inner, Arguments(keywords=options), node)
        own = given_to(inner, args)
        self._check(ev, function.name, inner, own, node)
        for key in ("activation_fn", "reuse", "trainable"):
            if key in own and own[key][0] not in (NONE, Const(True)):
                self.blame("TFM502", node, ev, f"a normalizer with {key}=... is not covered")
        if "trainable" in given and given["trainable"][0] != Const(True):
            self.blame("TFM502", node, ev, "a layer with trainable=... and a normalizer is not covered")
        name = own["scope"][0] if "scope" in own else NONE
        segment = path_of(name) if name != NONE else (Const(inner.base_name),)
        if not segment or len(segment) > 1 or not isinstance(segment[0], Const):
            self.blame("TFM502", node, ev, "the scope of this normalizer is no literal")
            segment = (Const(inner.base_name),)
        return Normalizer(inner, function.name, own, (*path, *segment))

    def _options(self, ev: Evaluator, given: Given, node: ast.Call) -> Given:
        """The `normalizer_params`: every value with an expression that stands for it at the call."""
        if "normalizer_params" not in given or given["normalizer_params"][0] == NONE:
            return {}
        value, expression = given["normalizer_params"]
        if not isinstance(value, DictValue) or not value.complete or not all(isinstance(k, str) for k in value.items):
            self.blame("TFM502", node, ev, "which normalizer_params there are cannot be known")
            return {}
        written = _entries(expression, ev)
        options: Given = {}
        for key, item in value.items.items():
            assert isinstance(key, str)
            if key in written:
                options[key] = (item, written[key])
            elif isinstance(item, Const):
                options[key] = (item, literal(item))
            else:
                self.blame("TFM502", node, ev, f"where normalizer_params gets its {key} cannot be seen here")
        return options

    def _check_names(self, ev: Evaluator, creation: Creation) -> None:
        """The classes that the file gets must not meet others of their names."""
        row, normalizer, module = creation.row, creation.normalizer, ev.frame.module
        assert row is not None
        inner = [f"Normalized{row.keras}", normalizer.row.keras] if normalizer is not None else []
        trained = given_to(row, creation.args).get("trainable", (Const(True),))[0] == Const(True)
        names = [
            row.keras,
            *inner,
            *([] if trained else [f"Freezable{row.keras}"]),
            *(["Repeated"] * bool(creation.repeated)),
        ]
        for name in names:
            bound = ev.frame.env.lookup(name) is not None or name in ev.module_env(module).names
            # what an earlier migration wrote is as good
            if name in EMITTED and bound and "\n".join(EMITTED[name].split("\n")[:2]) not in module.text:
                self.blame("TFM501", creation.node, ev, f"the file has something else under the name {name}")

    def _check_alike(self, ev: Evaluator, creation: Creation) -> None:
        """A call that is walked again must mean the same layer, for it becomes one line of code."""
        assert creation.row is not None
        known = self._alike.setdefault(creation.node, creation)
        if signature(known) != signature(creation):
            self.blame("TFM502", creation.node, ev, OTHERWISE)

    def _asked(self, ev: Evaluator, given: Given, node: ast.Call) -> object:
        """What a layer's own `reuse` says: True, "auto", False where it says nothing, None where it is not known."""
        if "reuse" not in given or given["reuse"][0] in (NONE, Const(False)):
            return False
        state = run_time_state(given["reuse"][1], ev.frame, ev.program)
        if state is not None:
            self.explained.update(state.nodes)
            if not state.remembered:
                self.blame("TFM206", node, ev, f"whether this layer is reused is decided by {state.text}")
            return None
        return reuse_of(given["reuse"][0])


def _is_on(row: LayerRow, flag: str, given: Given) -> bool:
    return flag not in row.switched_off if flag not in given else operate.truth(given[flag][0]) is not False


def _regularizers(variable: str, given: Given) -> Iterator[Value]:
    """What regularizes a variable of a layer: `kernel_regularizer` the kernel, `weights_regularizer` the weights."""
    for param, (value, _) in given.items():
        # weights are the depthwise_weights and the pointwise_weights of a layer that has both
        if param.endswith("_regularizer") and param.removesuffix("_regularizer") in variable:
            yield value


def _out_of_reach(row: LayerRow, given: Given) -> str:
    """What the regularizer of a scope reaches in TensorFlow 1, and no argument of the Keras layer does."""
    if row.normalizes and given.get("normalizer_fn", (NONE,))[0] != NONE:
        return "the variables of its normalizer, too"
    if not all(trainable for _, _, trainable in row.variables):
        return "its moving averages, too"
    known = [param.removesuffix("_regularizer") for param in row.params if param.endswith("_regularizer")]
    left = [suffix for suffix, *_ in row.variables if not any(name in suffix for name in known)]
    return f"its {' and its '.join(left)}, too" if left else ""


def is_update_choice(value: Value) -> bool:
    """Updates go to UPDATE_OPS, or (None) happen in place."""
    return value == NONE or value == Library("tf.GraphKeys.UPDATE_OPS")


def _is_function_or_none(value: Value) -> bool:
    return value == NONE or isinstance(value, (Library, FunctionValue, LambdaValue))


def _entries(expression: ast.expr, ev: Evaluator) -> dict[str, ast.expr]:
    """What a dictionary literal gives its keys: written at the call, or bound once in the function around it."""
    if isinstance(expression, ast.Name) and ev.frame.function is not None:
        stores = [
            s
            for s in ast.walk(ev.frame.function.node)
            if isinstance(s, ast.Name) and s.id == expression.id and isinstance(s.ctx, ast.Store)
        ]
        values = [
            s.value
            for s in ast.walk(ev.frame.function.node)
            if isinstance(s, ast.Assign) and len(s.targets) == 1 and s.targets[0] in stores
        ]
        if len(stores) != 1 or len(values) != 1 or expression.id in ev.frame.function.params:
            return {}
        expression = values[0]
    if isinstance(expression, ast.Dict):
        return {str(k.value): v for k, v in zip(expression.keys, expression.values) if isinstance(k, ast.Constant)}
    if isinstance(expression, ast.Call) and isinstance(expression.func, ast.Name) and expression.func.id == "dict":
        return {k.arg: k.value for k in expression.keywords if k.arg is not None}
    return {}


def signature(creation: Creation) -> tuple[object, ...]:
    """What one call node must have alike at every time: where its arguments come from, and what switches its parts."""
    assert creation.row is not None
    own = set(map(id, (*creation.node.args, *(k.value for k in creation.node.keywords))))
    normalizer = creation.normalizer
    given = [pair for args in creation.each for pair in given_to(creation.row, args).items()]
    inner = [*normalizer.given.items()] if normalizer is not None else []
    sources = tuple(
        (key, ast.dump(e) if is_synthetic(e) else id(e)) for key, (_, e) in [*given, *inner] if id(e) not in own
    )
    missing = tuple(key for key, (value, _) in given if value == NONE and key in creation.row.without)
    return (creation.symbol, normalizer.symbol if normalizer is not None else None, sources, missing)
