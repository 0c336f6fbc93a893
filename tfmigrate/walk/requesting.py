"""Requests for variables: `get_variable`, layer functions and what else makes them."""

from __future__ import annotations

import ast

from tfmigrate.tf1 import symbols
from tfmigrate.tf1.layers import GET_VARIABLE, VARIABLE, WEIGHT_ARGUMENTS
from tfmigrate.tf1.regularizers import COLLECTION
from tfmigrate.walk import operate
from tfmigrate.walk.arguments import Arguments
from tfmigrate.walk.clashes import may_be_same, name_from
from tfmigrate.walk.evaluate import Evaluator
from tfmigrate.walk.initial_values import initial_value
from tfmigrate.walk.journal import objects_at
from tfmigrate.walk.naming import dimensions, dtype_of
from tfmigrate.walk.objects import Foreign, Graph, OneOf
from tfmigrate.walk.operation_names import lowered
from tfmigrate.walk.plain_weights import plain_weight
from tfmigrate.walk.reached import Reached
from tfmigrate.walk.records import Lookup, PlainVariable
from tfmigrate.walk.regions import (
    PLAIN,
    Creation,
    InitialValue,
    Variable,
    path_of,
    rounds,
    show_path,
)
from tfmigrate.walk.regularizing import given_to_keras, no_initializer, operation_of
from tfmigrate.walk.stems import in_try, stem_of
from tfmigrate.walk.unseen import is_foreign_class
from tfmigrate.walk.values import (
    NONE,
    TENSOR,
    UNKNOWN,
    Const,
    FunctionValue,
    LambdaValue,
    Library,
    ListValue,
    Symbol,
    Text,
    TupleValue,
    Unknown,
    Value,
    is_tensor,
    text_of,
)

_NOT_COVERED = "tf.Variable is not covered here"


class Requests(Reached):
    """What asks for variables: `get_variable`, `tf.Variable` and what no layer covers."""

    def _get_variable(self, ev: Evaluator, args: Arguments, node: ast.Call) -> Value:
        given = {GET_VARIABLE[i]: pair for i, pair in enumerate(args.positional)}
        given.update(args.keywords)
        for key in ("initializer", "regularizer"):
            default = self._of_scope(ev, node, key) if given.get(key, (NONE,))[0] == NONE else None
            if default is not None:
                given[key] = default
                args = args.including(key, default)
        found = self._look_up(ev, given, args, node)
        if found is not None:
            return found
        for key, (value, expression) in given.items():
            if key not in WEIGHT_ARGUMENTS and value != NONE:
                self.blame("TFM503", node, ev, f"get_variable({key}=...) is not covered")
            if key == "regularizer":
                self._check_regularizer("TFM503", ev, value, expression, given.get("trainable"), node)
        self._blame_star(ev, args, node, "get_variable")
        name = path_of(given["name"][0]) if "name" in given else None
        if not name:
            finding = self.blame("TFM201", node, ev, "the name of this variable cannot be known from the program")
            name = self._unknown_name("?", node, finding)
        elif len(name) > 1:
            self.blame("TFM202", node, ev, f"the variable's name {show_path(name)!r} has a slash")
        path = self.scope.path + name
        initial = self._initial_value(ev, given, node)
        if initial is not None:
            args = _described(ev, args, initial)
        variable = self._request(ev, path, node)
        fresh = variable.region is None
        if fresh:
            describe(variable, args)
            if symbols.HALF_OR_DOUBLE.fullmatch(variable.dtype):
                self.blame("TFM506", node, ev, f"this variable is {variable.dtype}; a Keras layer computes in float32")
            if variable.dtype == "string":
                self.blame("TFM503", node, ev, "this variable holds text, and the weights of a layer are numbers")
            variable.initializer = self._initializer(ev, given, node, initial)
            variable.collections = self._collections(ev, given, node)
            regularizers = [given["regularizer"][0]] if "regularizer" in given else []
            variable.regularized = self.regularizes or any(value != NONE for value in regularizers)
            variable.loss_name, variable.named_alone = operation_of(regularizers), True
            variable.region = self.region
        elif rounds(path) and rounds(path) == rounds(variable.path or ()) and not self._excludes(ev, variable, node):
            _forget_sizes(variable, given)
        self._create(ev, node, args, path, [variable]).initial = initial
        return variable

    def _look_up(
        self, ev: Evaluator, given: dict[str, tuple[Value, ast.expr]], args: Arguments, node: ast.Call
    ) -> Value | None:
        """One of the variables that there are, where the program gives the scope a name that only a run knows."""
        asked, region = self.scope.asked, self.region
        if asked is None or region is None or "name" not in given or not given.keys() <= {"name", "trainable"}:
            return None
        inside = region.is_block and region.parent is not None and not region.parent.path
        name = path_of(given["name"][0])
        if not inside or args.star or in_try(ev.frame, node) or (name is None and self.optimizers.used):
            return None
        wanted = name_from((*self.scope.path, *(name or (Text((Symbol("?", "unknown@"),)),))))
        variables = [v for known, v in self.graph.names if may_be_same(wanted, known)]
        if not variables:
            return None
        lookup = Lookup(node, region, variables, asked, given["name"][1])
        lookup.objects, lookup.conditions = objects_at(ev, region), tuple(ev.frame.conditions)
        self.lookups.append(lookup)
        self.activity += 1
        return OneOf(tuple(variables))

    def _initial_value(
        self, ev: Evaluator, given: dict[str, tuple[Value, ast.expr]], node: ast.Call
    ) -> InitialValue | None:
        """What the variable starts from, if that is a value which gives it its shape and can be said in other words."""
        if "initializer" not in given or given.get("shape", (NONE,))[0] != NONE:
            return None
        value, expression = given["initializer"]
        if value == NONE or isinstance(value, (FunctionValue, LambdaValue)):
            return None
        written = [*node.args, *(keyword.value for keyword in node.keywords)]
        return initial_value(ev, expression) if expression in written else None

    def _collections(self, ev: Evaluator, given: dict[str, tuple[Value, ast.expr]], node: ast.Call) -> frozenset[str]:
        """The collections that `collections=[...]` names, beside those of all variables, where Keras puts it."""
        value = given["collections"][0] if "collections" in given else NONE
        if value == NONE:
            return frozenset()
        known = isinstance(value, TupleValue) or (isinstance(value, ListValue) and value.complete)
        items = value.items if isinstance(value, (ListValue, TupleValue)) else ()
        names = {item.name if isinstance(item, Library) else text_of(item) for item in items}
        plain = {name for name, kind in symbols.KEYS.items() if kind == "global"}
        own = {name for name in names if isinstance(name, str) and "GraphKeys." not in name} - symbols.KEYS.keys()
        other = names - own - symbols.KEYS.keys() or own & (symbols.UNFILLED | COLLECTION)
        if not known or not names & plain or other:
            text = "get_variable(collections=...) is covered with GLOBAL_VARIABLES and own collections alone"
            self.blame("TFM503", node, ev, text)
        return frozenset(own)

    def _check_regularizer(
        self,
        code: str,
        ev: Evaluator,
        value: Value,
        expression: ast.expr,
        trainable: tuple[Value, ast.expr] | None,
        node: ast.Call,
    ) -> None:
        """Refuse a regularizer that Keras cannot be given, or would leave out."""
        why = given_to_keras(ev, value, expression)
        if why is not None:
            self.blame(code, node, ev, f"this regularizer cannot be handed on: {why}")
        elif value != NONE and trainable is not None and trainable[0] != Const(True):
            self.blame(code, node, ev, "Keras makes no loss of a regularized variable that is not trained")

    def _initializer(
        self,
        ev: Evaluator,
        given: dict[str, tuple[Value, ast.expr]],
        node: ast.Call,
        initial: InitialValue | None,
    ) -> str | None:
        if "initializer" not in given or given["initializer"][0] == NONE:
            return None
        value, expression = given["initializer"]
        why = no_initializer(value, expression) if initial is None else None
        if why is not None and (is_tensor(value) or isinstance(value, Const)):
            shaped = given.get("shape", (NONE,))[0] != NONE
            more = "TF1 takes no shape beside it" if shaped else "the program does not say its shape, type and numbers"
            why = f"it is a value, not an initializer, and {more}"
        if why is not None:
            self.blame("TFM503", node, ev, f"get_variable(initializer=...): {why}")
        return ast.unparse(expression)

    def _blame_star(self, ev: Evaluator, args: Arguments, node: ast.Call, name: str) -> None:
        """Arguments that cannot be seen; where the function itself takes `**options`, that is said there."""
        function = ev.frame.function
        spec = function.node.args if function is not None else None
        own = {a.arg for a in (spec.vararg, spec.kwarg) if a is not None} if spec is not None else set()
        starred = [a.value for a in node.args if isinstance(a, ast.Starred)] + [
            k.value for k in node.keywords if k.arg is None
        ]
        if args.star and not all(isinstance(value, ast.Name) and value.id in own for value in starred):
            self.blame("TFM406", node, ev, f"{name} gets its arguments from *args or **kwargs")

    def _maker(self, ev: Evaluator, name: str, args: Arguments, node: ast.Call) -> Value:
        assert self.region is not None
        if name == "tf.make_template":
            return self._template(ev, args, node)
        if name == "tf.Variable":
            return self._plain_variable(ev, args, node)
        self.blame(symbols.MAKERS[name], node, ev, f"{name} is not covered here")
        return UNKNOWN

    def _plain_variable(self, ev: Evaluator, args: Arguments, node: ast.Call) -> Variable:
        """A `tf.Variable`, and what it would be as a weight; it is one if variables beside it become a layer's."""
        region = self.region
        assert region is not None
        trainable = args.get(VARIABLE.index("trainable"), "trainable")
        variable = Variable(None, trainable=trainable is None or operate.truth(trainable) is not False)
        variable.region, variable.stem = region, stem_of(ev.frame, node, args)
        made = PlainVariable(node, region, self.scope.path, self.scope.reuse, variable.trainable, variable)
        self.plain_variables.append(made)
        region.evidence.add("tf.Variable")
        weight = plain_weight(ev, args, node, self.scope, self.graph, self.operations) if made.path else None
        if weight is None:
            self._add(variable)
            if made.path:
                self.blame("TFM504", node, ev, _NOT_COVERED)
            return variable
        known = self.operations.weights.setdefault((self.graph, weight.path), variable)
        if known is variable:
            self._add(variable)
            variable.path = weight.path
        made.variable = known
        described = _described(ev, weight.args, weight.initial)
        made.weight = self._create(ev, node, described, weight.path, [known])
        made.weight.initial, made.weight.symbol = weight.initial, PLAIN
        region.events.pop()
        made.place = len(region.events)
        return known

    def finish(self) -> None:
        """The program is over: a `tf.Variable` is a weight where other variables are made beside it."""
        weights = [(made, made.weight) for made in self.plain_variables if made.weight is not None]
        beside = {made.region for made, _ in weights if made.region.makes_variables()}
        alone = {w.variables[0] for made, w in weights if made.region not in beside or _has_namesakes(w)}
        for made, weight in reversed(weights):
            (variable,) = weight.variables
            if variable in alone:
                self._blame_at("TFM504", made.node, made.region.module, _NOT_COVERED, made.region)
                variable.path = made.weight = None
                continue
            describe(variable, weight.args)
            variable.initializer = ast.unparse(weight.args.keywords["initializer"][1])
            made.region.events.insert(made.place, weight)
        for saving in self.savings if alone else ():
            saving.plain = False  # what no layer makes would be missing
        super().finish()

    def _foreign(self, ev: Evaluator, name: str, args: Arguments, node: ast.Call) -> Value:
        """A library that is not covered; what takes its objects needs no finding of its own."""
        assert self.region is not None
        if not any(isinstance(value, Foreign) for value in args.values()):
            self.blame("TFM501", node, ev, f"{name} is not covered yet")
        self.graph.more = True
        self.region.events.append(Creation(node, self.region, Arguments(), self.scope.path, [], symbol=name))
        if "rnn_cell" in name or name.endswith("Cell"):
            return Foreign()
        return Unknown(code=frozenset((name,))) if is_foreign_class(name) else TENSOR


def _has_namesakes(weight: Creation) -> bool:
    """Whether `get_variable` may have made a variable of the same name."""
    name, graph = name_from(tuple(map(lowered, weight.path))), weight.graph
    names = (name_from(tuple(map(lowered, known.path))) for known, _ in graph.names) if isinstance(graph, Graph) else ()
    return any(may_be_same(name, known) for known in names)


def _described(ev: Evaluator, args: Arguments, initial: InitialValue) -> Arguments:
    """The arguments with the shape and the type that a value gives the variable."""
    env = ev.frame.env
    shape = TupleValue(()) if initial.shape is None else ev.evaluate(initial.shape, env)
    args = args.including("shape", (shape, ast.Tuple([], ast.Load()) if initial.shape is None else initial.shape))
    if args.get(GET_VARIABLE.index("dtype"), "dtype") in (None, NONE):
        args = args.including("dtype", (Const(initial.dtype), ast.Constant(initial.dtype)))
    return args


def _forget_sizes(variable: Variable, given: dict[str, tuple[Value, ast.expr]]) -> None:
    """Sizes that the branches of a loop give otherwise are not known: no round asks for both."""
    asked = dimensions(given["shape"][0]) if "shape" in given else None
    if variable.shape is None or asked is None or len(asked) != len(variable.shape):
        return
    both = zip(variable.shape, asked, strict=True)
    variable.shape = tuple("?" if a != b and a.isdigit() and b.isdigit() else a for a, b in both)


def describe(variable: Variable, args: Arguments) -> None:
    """What `get_variable(...)` says of a variable that it makes."""
    shape, dtype, trainable = (args.get(GET_VARIABLE.index(name), name) for name in ("shape", "dtype", "trainable"))
    variable.shape = dimensions(shape) if shape is not None else None
    variable.dtype = dtype_of(dtype) if dtype is not None else "float32"
    variable.trainable = trainable is None or operate.truth(trainable) is not False
