"""What numpy made and a call is given: a Keras layer makes tensors of it before the body sees it."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from tfmigrate.planning.layering import Body, Input, Refusal
from tfmigrate.program.aliases import library_name
from tfmigrate.walk.values import DictValue, ListValue, TupleValue, Unknown, Value

# functions that want the numbers themselves
_OF_NUMBERS = frozenset(
    ["tf.constant", "tf.constant_initializer", "tf.initializers.constant", "tf.py_func", "tf.numpy_function"]
)
# where a tensor of floats makes floats of numpy's whole numbers, but not of another tensor's
_ELEMENTWISE = frozenset(
    "tf." + name
    for name in (
        "add", "math.add", "subtract", "math.subtract", "multiply", "math.multiply", "divide", "math.divide", "div",
        "truediv", "math.truediv", "pow", "math.pow", "maximum", "math.maximum", "minimum", "math.minimum", "equal",
        "math.equal", "greater", "math.greater", "less", "math.less", "squared_difference", "where", "clip_by_value",
    )
)  # fmt: skip
_FLOATS = frozenset(
    ["numpy." + name for name in ("float16", "float32", "linspace", "sqrt", "exp", "log", "sin", "cos", "tanh")]
    + [f"numpy.random.{name}" for name in ("rand", "randn", "normal", "uniform", "random", "random_sample")]
)


def check_numpys(body: Body, item: Input) -> None:
    """Refuse code that does more with an array or number of numpy's than a tensor allows. Raises Refusal."""
    values = [body.value(item.name, region) for region in body.member.regions]
    made_by = frozenset(name for value in values for name in _numpys(value))
    if not made_by:
        return
    for node in body.remaining(item.name):
        if not _takes_tensors(node, body, made_by <= _FLOATS):
            text = f"{item.identifier} is of numpy, and a Keras layer makes a tensor of it, which cannot be asked here"
            raise Refusal("TFM404", node, body.module, text)


def _numpys(value: Value | None) -> Iterable[str]:
    """The functions of numpy that a value, or what it holds, may come from."""
    if isinstance(value, (TupleValue, ListValue)):
        items: Iterable[Value] = value.items
    elif isinstance(value, DictValue):
        items = value.items.values()
    else:
        code = value.code if isinstance(value, Unknown) else None
        return [name for name in code or () if isinstance(name, str) and name.startswith("numpy.")]
    return [name for item in items for name in _numpys(item)]


def _takes_tensors(node: ast.expr, body: Body, floats: bool) -> bool:
    """Whether a tensor does as well where a name is read. floats: what it stands for is certainly not whole numbers."""
    inner: ast.AST = node
    for outer in body.scan.ancestors(node):
        if isinstance(outer, ast.keyword) or (isinstance(outer, ast.Subscript) and outer.value is inner):
            inner = outer
        elif isinstance(outer, ast.Call) and inner is not outer.func:
            called = library_name(body.module, outer.func)
            return called.startswith("tf.") and called not in _OF_NUMBERS and (floats or called not in _ELEMENTWISE)
        elif isinstance(outer, ast.BinOp):
            other = outer.right if outer.left is inner else outer.left
            return floats and not isinstance(other, ast.Constant)
        else:
            return isinstance(outer, ast.Expr)
    return False
