"""What a variable starts from and is regularized by."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from tfmigrate.program.computing import computes
from tfmigrate.program.modern import modern_call
from tfmigrate.program.scan import scan_code
from tfmigrate.tf1.regularizers import CONTRIB_REGULARIZERS, KERAS_REGULARIZERS, OPERATIONS
from tfmigrate.tf1.symbols import TAKES_VARIABLES
from tfmigrate.walk.arguments import Arguments
from tfmigrate.walk.evaluate import Evaluator
from tfmigrate.walk.objects import Gone
from tfmigrate.walk.values import NONE, Const, FunctionValue, Library, Regularizer, Symbol, Value, is_tensor


def made(ev: Evaluator, name: str, args: Arguments, node: ast.Call) -> Value:
    """What a call gives that makes a regularizer."""
    if any(is_tensor(value) for value in args.values()):
        return Gone()
    if name not in KERAS_REGULARIZERS and modern_call(ev.frame.module, node) is None:
        return Gone()
    if name in KERAS_REGULARIZERS and _is_otherwise_today(name, args):
        return Gone()
    known = [*((None, value) for value, _ in args.positional), *((k, value) for k, (value, _) in args.keywords.items())]
    # contrib's last parameter would name the loss
    strengths = CONTRIB_REGULARIZERS[name].strengths if name in CONTRIB_REGULARIZERS else ()
    named = args.star or "scope" in args.keywords or len(args.positional) > len(strengths)
    operation = "" if named else name.rsplit(".", 1)[-1]
    if args.star or not all(isinstance(value, Const) for _, value in known):
        return Regularizer(object(), operation=operation)
    return Regularizer((name, tuple((k, repr(value)) for k, value in known)), operation=operation)


def _is_otherwise_today(name: str, args: Arguments) -> bool:
    """Whether Keras 3 takes a call of `tf.keras.regularizers` for another one, or for none.

    It knows no `l`, and what `l1_l2` is not told is nothing, where it was 0.01.
    """
    short = name.endswith(".l1_l2") and len(args.positional) + len(args.keywords) < 2
    return args.star or "l" in args.keywords or short


def operation_of(values: Iterable[Value]) -> str:
    """How the regularizer of a variable names its loss; "" where that is not known."""
    found = [value for value in values if value != NONE]
    return found[0].operation if len(found) == 1 and isinstance(found[0], Regularizer) else ""


def regularizes(value: Value) -> bool:
    """Whether Keras can be given this where TensorFlow 1 takes a regularizer."""
    if isinstance(value, FunctionValue):
        return value.bound is None and _takes_variables(value)
    return isinstance(value, Regularizer) or (isinstance(value, Library) and value.name in OPERATIONS)


def wants_tensor(value: Value | None) -> bool:
    """Whether a function of the program regularizes, but asks its argument for what a variable of Keras does not have.

    Then it is given the value of the variable.
    """
    if not isinstance(value, FunctionValue) or value.bound is not None or _takes_variables(value):
        return False
    outer = computes(value.function)
    return outer is not None and all(_is_known(value, name) for name in outer) and _keeps(value, outer)


def _is_known(value: FunctionValue, name: str) -> bool:
    if value.env is not None:
        return isinstance(value.env.lookup(name), (Const, Symbol))
    bound = scan_code(value.function.module).bindings.get(name, [])
    return any(isinstance(binding.value, ast.Constant) for binding in bound)


def _keeps(value: FunctionValue, names: Iterable[str]) -> bool:
    """Whether these names, outside of a function, stay what they were when it was made."""
    function, module, parent = value.function, value.function.module, value.function.parent
    if function.cls is not None or any(isinstance(node, (ast.Global, ast.Nonlocal)) for node in module.nodes):
        return False
    around = scan_code(parent).bindings if parent is not None else {}
    for name in names:
        if parent is not None and name in parent.params:
            changes = len(around.get(name, ()))
        else:
            changes = len(around.get(name, ()) or scan_code(module).bindings.get(name, ())) - 1
        if changes:
            return False
    return True


def given_to_keras(ev: Evaluator, value: Value, expression: ast.expr) -> str | None:
    """Why a call cannot hand an argument on to Keras, as it is or by the value of the variable; None if it can."""
    why = fault(value, expression)
    if why is None or not wants_tensor(value) or not isinstance(expression, ast.Name):
        return why
    module, function = ev.frame.module, ev.frame.function
    local = function is not None and (expression.id in function.params or expression.id in scan_code(function).bindings)
    once = len(scan_code(module).bindings.get(expression.id, ())) < 2
    return None if not local and once and ev.global_name(module, expression.id) is value else why


def fault(value: Value, expression: ast.expr) -> str | None:
    """Why an argument cannot be handed on to Keras; None if it can."""
    if value == NONE or regularizes(value):
        return None
    text = ast.unparse(expression)
    return f"{text} has no counterpart in Keras" if isinstance(value, Gone) else f"what {text} does is not known"


def no_initializer(value: Value, expression: ast.expr) -> str | None:
    """Why an argument cannot be handed on as an initializer; None if it can."""
    if is_tensor(value) or isinstance(value, Const):
        return "it is a value, not an initializer"
    return f"{ast.unparse(expression)} has no counterpart in TensorFlow 2" if isinstance(value, Gone) else None


def _takes_variables(value: FunctionValue) -> bool:
    """Whether a function of the program does with its argument only what a variable of Keras allows."""
    function = value.function
    spec = function.node.args
    if len(function.params) != 1 or spec.vararg or spec.kwarg or function.node.decorator_list:
        return False
    if not all(_is_plain(node) for node in ast.walk(function.node) if node is not function.node):
        return False
    parents = {child: node for node in ast.walk(function.node) for child in ast.iter_child_nodes(node)}
    reads = [n for n in ast.walk(function.node) if isinstance(n, ast.Name) and n.id == function.params[0]]
    return bool(reads) and all(_is_taken(read, parents[read]) for read in reads)


def _is_plain(node: ast.AST) -> bool:
    """Whether a statement computes something, and does nothing else: Keras asks for a loss as often as it wants it."""
    if isinstance(node, ast.Assign):
        return all(isinstance(target, ast.Name) for target in node.targets)
    if isinstance(node, ast.Return):
        return node.value is not None and not isinstance(node.value, ast.Constant)
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Constant)
    return not isinstance(node, (ast.stmt, ast.Lambda, ast.NamedExpr)) or isinstance(node, ast.With)


def _is_taken(read: ast.Name, parent: ast.AST) -> bool:
    if not isinstance(read.ctx, ast.Load) or not isinstance(parent, ast.Call) or read not in parent.args:
        return False
    return isinstance(parent.func, ast.Attribute) and parent.func.attr in TAKES_VARIABLES
