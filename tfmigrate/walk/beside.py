"""Variables that TensorFlow makes beside those that a network asks for: slots, moving averages, the global step.

They are named after the variable scope that is open and after what they belong to, `net/net/w/Adam` or
`net/net/loss/ExponentialMovingAverage` (tensorflow/python/training/slot_creator.py, moving_averages.py and
training_util.py of 1.15.5). In a layer no variable scope is open, and the names of its operations are others.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from tfmigrate.program.aliases import library_name
from tfmigrate.program.link import Module
from tfmigrate.program.standing import ancestors
from tfmigrate.walk import operate
from tfmigrate.walk.arguments import Arguments
from tfmigrate.walk.evaluate import Evaluator
from tfmigrate.walk.journal import Journal
from tfmigrate.walk.naming import is_variable_list, listed_variables
from tfmigrate.walk.objects import Graph
from tfmigrate.walk.records import MadeBeside
from tfmigrate.walk.regions import Variable, around
from tfmigrate.walk.unseen import makes_variables
from tfmigrate.walk.values import NONE, TENSOR, Method, Opaque, Tensor, Unknown, Value

# what gives the global step, and makes it where there is none
STEPS = frozenset(
    f"{home}.{name}"
    for home in ("tf.train", "tf.contrib.slim", "tf_slim", "tf.contrib.framework", "tf.python.training.training_util")
    for name in ("create_global_step", "get_or_create_global_step")
)
_APPLIED = "the moving averages"
_UNDEBIASED = "what this moving average counts"
_STEP = "the global step"
_SLOTS = "what this optimizer adds"
# blocks that open no variable scope
_PLAIN_BLOCKS = ("name_scope", "device", "control_dependencies", "as_default", "Session")


@dataclass(unsafe_hash=True)
class MovingAverage(Opaque):
    """A `tf.train.ExponentialMovingAverage`."""

    is_true: ClassVar[bool] = True


class Beside(Journal):
    """Notes where TensorFlow makes variables of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.beside: list[MadeBeside] = []
        self._averages = False
        self._stepped: set[Graph] = set()

    def made_beside(self, ev: Evaluator, node: ast.Call, what: str) -> None:
        """TensorFlow makes variables, in the scope that is open."""
        assert self.region is not None
        self.beside.append(MadeBeside(node, self.region, what))
        self.activity += 1
        for region in around(self.region):
            region.trains = True

    def train(self, ev: Evaluator, node: ast.Call, listed: list[Variable] | None) -> None:
        """An optimizer trains these, all there are if that is not known."""
        if self.optimizers.call(ev.frame, node, self.scope.path, self.graph.variables, listed):
            self.made_beside(ev, node, _SLOTS)

    def _moving_average(self, ev: Evaluator, args: Arguments, node: ast.Call) -> Value:
        """`tf.train.ExponentialMovingAverage(...)`."""
        self._averages = True
        self.activity += 1
        return MovingAverage()

    def may_average(self, owner: Value, name: str) -> bool:
        """Whether a method of something is that which makes the variables of moving averages."""
        unknown = self._averages and isinstance(owner, (Unknown, Method, Tensor))
        return name == "apply" and (unknown or isinstance(owner, MovingAverage))

    def average(self, ev: Evaluator, args: Arguments, node: ast.Call) -> Value:
        """`average.apply(...)`: a variable for each of what it is given, all that is trained if that is nothing."""
        given = args.get(0, "var_list")
        variables = [v for v in self.graph.variables if v.trainable]
        if given is not None and given != NONE and not is_variable_list(given):
            variables = []
            if not all(_is_named_by_program(ev, each) for each in _items(_first(node))):
                text = "the variables of this moving average are named after operations, and those of layers change"
                self.blame("TFM602", node, ev, text)
        elif listed_variables(given) is not None:
            variables = listed_variables(given) or []
        self.optimizers.shadow(variables, self.graph.variables)
        self.made_beside(ev, node, _APPLIED)
        return TENSOR

    def _assign_moving_average(self, ev: Evaluator, args: Arguments, node: ast.Call) -> Value:
        """`assign_moving_average(variable, value, decay)`: it counts, to make up for the zeros of the beginning."""
        debias = args.get(3, "zero_debias")
        if debias is None or operate.truth(debias) is not False:
            given = args.get(0, "variable")
            known = [given] if isinstance(given, Variable) else self.graph.variables
            self.optimizers.shadow(known, self.graph.variables)
            self.made_beside(ev, node, _UNDEBIASED)
        return TENSOR

    def _global_step(self, ev: Evaluator, args: Arguments, node: ast.Call) -> Value:
        """A variable that is like all others but for its name, which says where it was first asked for."""
        if self.graph not in self._stepped:
            self._stepped.add(self.graph)
            variable = Variable(None, trainable=False, stem="global_step")
            variable.region = self.region
            self.graph.variables.append(variable)
            self.all_variables.append(variable)
            self.made_beside(ev, node, _STEP)
        return TENSOR


def _first(node: ast.Call) -> ast.expr:
    named = (keyword.value for keyword in node.keywords if keyword.arg == "var_list")
    return node.args[0] if node.args else next(named, node)


def _items(expression: ast.expr) -> Iterator[ast.expr]:
    """The parts of a list that is written out, or put together from such."""
    if isinstance(expression, (ast.List, ast.Tuple)):
        yield from expression.elts
    elif isinstance(expression, ast.BinOp) and isinstance(expression.op, ast.Add):
        yield from _items(expression.left)
        yield from _items(expression.right)
    else:
        yield expression


def _is_named_by_program(ev: Evaluator, expression: ast.expr) -> bool:
    """Whether the name of a variable or operation is one that the program gives it, in code that makes no layer."""
    if not isinstance(expression, ast.Name):
        return False
    if isinstance(ev.evaluate(expression, ev.frame.env), Variable):
        return True
    module, function = ev.frame.module, ev.frame.function
    nodes = function.nodes if function is not None else module.of_kind(ast.Name)
    stores = [node for node in nodes if _stores(node, expression.id)]
    assignments = [next(ancestors(module, node), None) for node in stores]
    plain = [s for s in assignments if isinstance(s, ast.Assign) and isinstance(s.targets[0], ast.Name)]
    return bool(stores) and len(plain) == len(stores) and all(_is_named(module, statement) for statement in plain)


def _stores(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name and not isinstance(node.ctx, ast.Load)


def _is_named(module: Module, statement: ast.Assign) -> bool:
    """Whether a statement makes an operation under a name that is written there, outside of all variable scopes."""
    blocks = [outer for outer in ancestors(module, statement) if isinstance(outer, (ast.With, ast.AsyncWith))]
    opened = [item.context_expr for block in blocks for item in block.items]
    calls = [expression for expression in opened if isinstance(expression, ast.Call)]
    if len(calls) < len(opened) or not all(ast.unparse(call.func).endswith(_PLAIN_BLOCKS) for call in calls):
        return False
    value = statement.value
    called = library_name(module, value.func) if isinstance(value, ast.Call) else ""
    own = called.startswith("tf.") and not makes_variables(called)
    scoped = any(ast.unparse(call.func).endswith("name_scope") for call in calls)
    return (own and isinstance(value, ast.Call) and _says_its_name(value)) or (
        scoped and (own or isinstance(value, (ast.BinOp, ast.UnaryOp)))
    )


def _says_its_name(call: ast.Call) -> bool:
    return any(keyword.arg == "name" and isinstance(keyword.value, ast.Constant) for keyword in call.keywords)
