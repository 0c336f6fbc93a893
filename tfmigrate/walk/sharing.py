"""TensorFlow 1's rules of sharing: which call reaches which variable.

The rules are those of tensorflow/python/ops/variable_scope.py and tensorflow/python/layers/base.py of 1.15.5.
"""

from __future__ import annotations

import ast
import re
from functools import lru_cache

from tfmigrate.program.aliases import library_name
from tfmigrate.program.modern import modern_call
from tfmigrate.program.standing import asks_at_once
from tfmigrate.program.texts import unparsed
from tfmigrate.tf1 import regularizers, symbols
from tfmigrate.tf1.cells import KNOWN
from tfmigrate.tf1.contrib_layers import REPEAT, RESTORING, STACK
from tfmigrate.tf1.layers import ALIASES, LAYERS
from tfmigrate.tf1.outside import CALLERS, LOOKING_UP, keeps_code, may_make_variables
from tfmigrate.tf1.renamed import DRAWINGS, OF_TRAINING, WITHOUT_VARIABLES
from tfmigrate.walk import regularizing, shapeless
from tfmigrate.walk.arguments import Arguments
from tfmigrate.walk.attributes import SuperValue
from tfmigrate.walk.beside import STEPS, Beside, MovingAverage
from tfmigrate.walk.cells import Cell
from tfmigrate.walk.evaluate import Evaluator
from tfmigrate.walk.frames import Frame
from tfmigrate.walk.journal import depth_of
from tfmigrate.walk.listing import Lists
from tfmigrate.walk.losses import Loss
from tfmigrate.walk.naming import is_variable_list, listed_variables
from tfmigrate.walk.objects import Foreign, Gone, Graph, GraphScope, OneOf, OpenScope, Template
from tfmigrate.walk.optimizers import is_training
from tfmigrate.walk.reading import LOOKUPS, Reading
from tfmigrate.walk.records import ReuseSwitch
from tfmigrate.walk.regions import Region, Scope, Variable, around
from tfmigrate.walk.unseen import is_foreign, makes_variables
from tfmigrate.walk.values import (
    NONE,
    PYTHON,
    TENSOR,
    UNKNOWN,
    Const,
    Dim,
    FunctionValue,
    LambdaValue,
    Library,
    ListValue,
    Method,
    ObjectValue,
    Opaque,
    Symbol,
    TupleValue,
    Unknown,
    Value,
    code_in,
    is_tensor,
)

_HANDLERS = {
    "tf.Graph": "_new_graph",
    "tf.reset_default_graph": "_reset_graph",
    "tf.Session": "_session",
    "tf.variable_scope": "_variable_scope",
    "tf.get_variable_scope": "_get_variable_scope",
    "tf.variable_creator_scope": "_creator_scope",
    "tf.get_variable": "_get_variable",
    "tf.contrib.framework.arg_scope": "_arg_scope",
    "tf.contrib.framework.get_variables": "_contrib_variables",
    "tf.contrib.framework.get_trainable_variables": "_contrib_variables",
    "tf.contrib.framework.get_model_variables": "_contrib_variables",
    "tf.trainable_variables": "_variables",
    "tf.global_variables": "_variables",
    "tf.all_variables": "_variables",
    "tf.get_collection": "_get_collection",
    "tf.gradients": "_gradients_of",
    "tf.clip_by_global_norm": "_clip_by_global_norm",
    "tf.get_collection_ref": "_get_collection",
    "tf.train.Saver": "_saver",
    "tf.train.ExponentialMovingAverage": "_moving_average",
    "tf.python.training.moving_averages.ExponentialMovingAverage": "_moving_average",
    "tf.python.training.moving_averages.assign_moving_average": "_assign_moving_average",
    **dict.fromkeys(STEPS, "_global_step"),
    "tf.train.import_meta_graph": "_import_graph",
    **dict.fromkeys(regularizers.READERS, "_regularization"),
}

# what is named after the variable scope, or whose names are known
_NAMED_BY_SCOPES = {"tf.variable_scope", "tf.get_variable", "tf.Variable"}
# Calls that do not call the function they are given, or do so in a graph of its own.
_ELSEWHERE = re.compile(
    r"(Estimator|Experiment|Process|Thread|partial|run|submit|apply_async|wraps|make_template|train_and_evaluate)$"
)
# Calls that only put the function into something to call.
_KEEPS = re.compile(r"(partial|make_template)$")
# Calls that call the function they are given once in each graph that they make for themselves.
_IN_OWN_GRAPH = re.compile(r"\bestimator\.Estimator$|\bTPUEstimator$")
# makes something to be told from others, or runs the program
_RUNS = {"tf.placeholder", "tf.app.run"}


class Scoping(Reading, Lists, Beside):
    """The semantics of TF1 for one walk. After the walk `root`, `findings` and the rest say what happened."""

    def leave_frame(self, ev: Evaluator, frame: Frame, result: Value) -> None:
        region = self.region
        assert region is not None
        region.result = result
        region.leave()
        self.compare_returns(frame)
        self._returned(frame.function, result)
        if frame.function is not None and frame.function.is_generator:
            self._check_generator(ev, region)
        self.region = region.parent
        if region.parent is not None and is_variable_list(result) and isinstance(frame.call, ast.Call):
            self._query(ev, frame.call, result, getattr(result, "tag", "") or "list", region.parent)

    def _check_generator(self, ev: Evaluator, region: Region) -> None:
        """A generator runs where it is asked for the next item, and holds a scope in which it yields open there."""
        assert region.function is not None
        manages = bool(region.function.node.decorator_list)
        if isinstance(region.node, ast.Call) and region.parent is not None and region.makes_variables():
            if not asks_at_once(region.parent.module, region.node):
                text = f"{region.function.name} runs where it is asked for its items, maybe in another scope"
                self._blame_at("TFM205", region.node, region.parent.module, text, self.root)
        for event in region.events:
            if not isinstance(event, Region) or not isinstance(event.node, ast.With):
                continue
            yields = any(isinstance(node, (ast.Yield, ast.YieldFrom)) for node in ast.walk(event.node))
            if yields and (manages or not event.makes_variables()):
                text = "this scope is held open by a generator for the code that uses it"
                self._blame_at("TFM205", event.node, event.module, text, self.root)

    def canonical(self, name: str) -> Library:
        return _canonical(name)

    def call_object(self, ev: Evaluator, obj: ObjectValue, args: Arguments, node: ast.Call) -> Value | None:
        return None

    def escaped(self, ev: Evaluator, value: Value, node: ast.Call) -> None:
        """A function is handed to code that is not the program's: that may call it, here or elsewhere."""
        called = unparsed(node.func)
        for item in functions_in(value):
            if isinstance(item, FunctionValue) and item.function.parent is not None and _IN_OWN_GRAPH.search(called):
                with self.in_graph(Graph()):
                    ev.call_by_library(item, node)
            elif isinstance(item, FunctionValue) and not _ELSEWHERE.search(called):
                ev.call_by_library(item, node)
            elif isinstance(item, LambdaValue) and not _KEEPS.search(called):
                ev.call_lambda(item, Arguments())

    def _train(self, ev: Evaluator, node: ast.Call, args: Arguments | None = None) -> None:
        """What an optimizer adds is named after the scopes that are open."""
        if not is_training(node):
            return
        self.consulted += 1
        minimizes = args is not None and unparsed(node.func).endswith(".minimize")
        listed = listed_variables(args.get(2, "var_list")) if args is not None and minimizes else None
        self.train(ev, node, listed)

    def unresolved(self, ev: Evaluator, name: str, node: ast.Call, args: Arguments | None = None) -> Value:
        self._train(ev, node, args)
        self.unresolved_calls.setdefault(name, {}).setdefault(node, ev.frame.module)
        ev.memory.unresolved.append((name, node, ev.frame.module))
        return UNKNOWN if args is None or name != "compute_gradients" else self._gradients(args, node)

    def one_of(self, items: list[Value]) -> Value | None:
        """What a loop comes by that goes through several variables at once."""
        variables = [item for item in items if isinstance(item, Variable)]
        if any(isinstance(item, Loss) for item in items):
            return Loss()
        return OneOf(tuple(variables)) if variables and len(variables) == len(items) else None

    def call(self, ev: Evaluator, callee: Value, args: Arguments, node: ast.Call) -> Value:
        called = callee.name if isinstance(callee, Library) else ""
        if not called.startswith("builtins.") and called not in _NAMED_BY_SCOPES:
            self.operations.note(called, args)
        for value in args.values():
            for item in scopes_in(value):
                text = "this scope is handed to a function that may enter it at any time"
                self._blame_at("TFM205", item.node, item.module, text, self.root)
        if isinstance(callee, Method):
            return self._method(ev, callee, args, node)
        if isinstance(callee, Opaque):
            self.consulted += 1
        if isinstance(callee, Template):
            return self._call_template(ev, callee, args, node)
        if isinstance(callee, Cell):
            return self._call_cell(ev, callee, args, node)
        if isinstance(callee, Foreign):
            self.outside(ev, unparsed(node.func), node, args)
        if not isinstance(callee, Library):
            return UNKNOWN
        name = callee.name
        if name == "builtins.isinstance":
            self._check_kind(ev, args, node)
            return PYTHON
        if _is_of_interest(name):
            self.consulted += 1
            self.check_patch(ev, name)
        if name in KNOWN:
            return self._rnn(ev, name, args, node)
        if not name.startswith("builtins."):
            self._hand_out_cells(ev, name, args, node)
        assert self.region is not None
        if _is_evidence(name):
            self.region.evidence.add(name)
        if name.startswith("tf.train.") and name.endswith("Optimizer"):
            self.optimizers.make(ev.frame.module, node, name in symbols.SLOTLESS)
        scalars = shapeless.scalars(name, args)
        if scalars:
            self.consulted += 1
            self.scalars.update(scalars)
        if name == "tf.placeholder":
            return shapeless.placeholder(args, node, ev.frame.module)
        handler = _HANDLERS.get(name)
        if handler is not None:
            result: Value = getattr(self, handler)(ev, args, node)
            return result
        if name in LAYERS:
            return self._layer(ev, name, args, node)
        if name in (REPEAT, STACK):
            return self._repeat(ev, name, args, node)
        if name in symbols.MAKERS:
            return self._maker(ev, name, args, node)
        if name in symbols.BY_NAME or name in RESTORING:
            self.blame("TFM602", node, ev, f"{name} finds variables by their TF1 names")
        if name in regularizers.REGULARIZERS:
            return regularizing.made(ev, name, args, node)
        if _is_gone(name) and modern_call(ev.frame.module, node) is None:
            return Gone()
        if _trains(name) and not self.scope.path:
            self.optimizers.hidden()
            for region in around(self.region):
                region.trains = True
        elif is_foreign(name) and not self._is_harmless(ev, name, node):
            return self._foreign(ev, name, args, node)
        elif may_make_variables(name):
            self.outside(ev, name.removeprefix("builtins."), node, args)
        for place in CALLERS.get(name, ()):
            self.handed_over(ev, args.get(place.position, place.name), node)
        if name == "tf.app.run":
            return self._app_run(ev, args, node)
        if name == "tf.dimension_value":
            dimension = args.get(0, "dimension")
            return dimension if isinstance(dimension, (Dim, Const, Symbol)) else UNKNOWN
        plain = None if may_make_variables(name) else _plain_result(name)
        if plain is not None:
            return plain
        kind = UNKNOWN.kind if any(is_tensor(value) for value in args.values()) else PYTHON.kind
        kept = code_in(*args.values()) if keeps_code(name) else frozenset()
        kept = None if name in LOOKING_UP else kept
        return Unknown(kind, None if kept is None else kept | {name})

    def _check_kind(self, ev: Evaluator, args: Arguments, node: ast.Call) -> None:
        """The variables of layers are no `tf.Variable` of TensorFlow 1."""
        value, kind = args.get(0, "obj"), args.get(1, "class_or_tuple")
        kinds = kind.items if isinstance(kind, TupleValue) else (kind,)
        if isinstance(value, Variable) and any(isinstance(k, Library) and k.name == "tf.Variable" for k in kinds):
            text = "a decision is made by whether this is a tf.Variable, and the variable of a layer is none"
            self._blame_at("TFM503", node, ev.frame.module, text, value.region)

    def _is_harmless(self, ev: Evaluator, name: str, node: ast.Call) -> bool:
        """Whether a call of contrib makes no layer, and is told by its name where it stays."""
        told = not name.startswith("tf.") or library_name(ev.frame.module, node.func) == name
        return _is_idle(name) and not self._gives(name) and told

    def _app_run(self, ev: Evaluator, args: Arguments, node: ast.Call) -> Value:
        main = args.get(0, "main") or ev.module_env(ev.frame.module).names.get("main")
        if isinstance(main, FunctionValue):
            ev.call_function(main, Arguments([(UNKNOWN, node)]), None)
        return NONE

    def _method(self, ev: Evaluator, callee: Method, args: Arguments, node: ast.Call) -> Value:
        owner, name = callee.owner, callee.name
        self._train(ev, node, args)
        if isinstance(owner, Opaque):
            self.consulted += 1
        if self.may_average(owner, name):
            return self.average(ev, args, node)
        if isinstance(owner, MovingAverage):
            return TENSOR
        if isinstance(owner, OpenScope):
            return self._by_hand(ev, owner, name)
        if isinstance(owner, Scope):
            if name == "reuse_variables":
                undecided = depth_of(ev.frame, "conditions") > owner.depth[1]
                state = self._flag_around(ev, node)
                if state is not None:
                    self.explained.update(state.nodes)
                    undecided = True
                if state is not None and not state.remembered:
                    self.blame("TFM206", node, ev, f"whether this scope is reused is decided by {state.text}")
                owner.reuse = None if undecided and owner.reuse is not True else True
                if self.region is not None:
                    switch = ReuseSwitch(node, self.region, owner, not undecided, self.activity)
                    self.switches.append(switch)
            elif name == "set_initializer" or name.startswith("set_"):
                text = f"scope.{name} changes what the variables of the scope get by default"
                self._blame_at("TFM203", node, ev.frame.module, text, self.root)
            return NONE
        if isinstance(owner, Cell):
            return self._cell_method(ev, owner, name, node)
        if isinstance(owner, (ObjectValue, SuperValue)):
            obj = owner if isinstance(owner, ObjectValue) else owner.obj
            outside = ev.classes.outside_base(obj.cls)
            # the layers and cells of TensorFlow make nothing before they are called
            later = name == "__init__" and outside is not None and outside.startswith(("tf.", "keras."))
            if outside is not None and not later and (may_make_variables(outside) or makes_variables(outside)):
                self.outside(ev, f"{outside}.{name}", node, args)
        if name in ("run", "eval") and "feed_dict" in args.keywords and self.region is not None:
            self.region.evidence.add(f"session.{name}")
        if name == "compute_gradients" and not isinstance(owner, ObjectValue):
            return self._gradients(args, node)
        if isinstance(owner, Graph) and name == "as_default":
            return GraphScope(owner)
        if isinstance(owner, Unknown) and name in LOOKUPS:
            return self._graph_method(ev, name, args, node)
        if is_tensor(owner):
            return TENSOR
        if isinstance(owner, Unknown):
            self.unseen(ev, callee, args, node)
        if isinstance(owner, ObjectValue) or (isinstance(owner, Unknown) and owner.kind is not PYTHON.kind):
            self.unresolved(ev, name, node)
        return UNKNOWN if not any(is_tensor(value) for value in args.values()) else TENSOR

    def _graph_method(self, ev: Evaluator, name: str, args: Arguments, node: ast.Call) -> Value:
        self.consulted += 1
        if name == "get_collection":
            return self._get_collection(ev, args, node)
        self.blame("TFM602", node, ev, f"{name} looks something up by its TF1 name")
        return TENSOR


@lru_cache(maxsize=20_000)
def _canonical(name: str) -> Library:
    known = symbols.canonical(name)
    return Library(ALIASES.get(known, known))


@lru_cache(maxsize=20_000)
def _plain_result(name: str) -> Value | None:
    """What a function of a library gives that makes nothing; None where that depends on what it is given."""
    if symbols.PYTHON_RESULTS.search(name):
        return PYTHON
    return TENSOR if name.startswith("tf.") else None


@lru_cache(maxsize=20_000)
def _is_evidence(name: str) -> bool:
    return symbols.ROOT_EVIDENCE.match(name) is not None


@lru_cache(maxsize=20_000)
def _is_of_interest(name: str) -> bool:
    """Whether what a function of a library does hangs on more than its arguments, or is noted."""
    named = name in symbols.BY_NAME or name in RESTORING or name in regularizers.REGULARIZERS
    trains = name.startswith("tf.train.") and name.endswith("Optimizer")
    outside = name in _HANDLERS or makes_variables(name) or may_make_variables(name)
    return named or trains or outside or _is_evidence(name) or name in _RUNS


@lru_cache(maxsize=20_000)
def _is_gone(name: str) -> bool:
    return symbols.GONE.match(name) is not None or name in DRAWINGS


@lru_cache(maxsize=20_000)
def _is_idle(name: str) -> bool:
    return WITHOUT_VARIABLES.match(name) is not None


@lru_cache(maxsize=20_000)
def _trains(name: str) -> bool:
    return OF_TRAINING.match(name) is not None


def functions_in(value: Value) -> list[Value]:
    if isinstance(value, (ListValue, TupleValue)):
        return [item for item in value.items if isinstance(item, (FunctionValue, LambdaValue))]
    return [value]


def scopes_in(value: Value) -> list[OpenScope]:
    items = value.items if isinstance(value, (ListValue, TupleValue)) else [value]
    return [item for item in items if isinstance(item, OpenScope)]
