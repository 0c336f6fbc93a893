"""Functions that compute one tensor from another, and neither ask TensorFlow for more nor do anything else."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tfmigrate.program.dialect import tensorflow_alias
from tfmigrate.program.link import Function

_ROOTS = ("nn.l2_loss", "nn.l2_normalize", "math.", "linalg.")
_OPERATIONS = {
    "abs", "add", "add_n", "cast", "concat", "constant", "diag", "diag_part", "divide", "einsum", "exp", "expand_dims",
    "eye", "fill", "identity", "linspace", "log", "matmul", "maximum", "minimum", "multiply", "norm", "ones",
    "ones_like", "pow", "range", "rank", "reduce_max", "reduce_mean", "reduce_min", "reduce_prod", "reduce_sum",
    "reshape", "shape", "sign", "size", "slice", "split", "sqrt", "square", "squared_difference", "squeeze", "stack",
    "subtract", "svd", "tensordot", "trace", "transpose", "truediv", "unstack", "where", "zeros", "zeros_like",
}  # fmt: skip
_NUMBERS = {"as_list", "num_elements"}
_PYTHON = {"float", "int", "len"}


def computes(function: Function) -> frozenset[str] | None:
    """The names from outside that a function of one tensor reads; None where it does more than to compute."""
    spec, body = function.node.args, function.node.body
    plain = len(function.params) == 1 and not (spec.vararg or spec.kwarg or function.node.decorator_list)
    if not plain or not isinstance(body[-1], ast.Return) or not all(map(_is_plain, body)):
        return None
    own = {n.id for statement in body for n in ast.walk(statement) if isinstance(n, ast.Name) and _is_stored(n)}
    own.add(function.params[0])
    library = tensorflow_alias(function.module)
    outer: set[str] = set()
    asked = set(_sizes(function))
    for node in (inner for statement in body for inner in ast.walk(statement)):
        if isinstance(node, (ast.Lambda, ast.NamedExpr, ast.Yield, ast.YieldFrom, ast.Await)):
            return None
        if isinstance(node, ast.Call) and not _is_operation(node.func, library):
            return None
        if isinstance(node, ast.Attribute) and node not in asked and not ast.unparse(node).startswith(f"{library}."):
            return None
        if isinstance(node, ast.Name) and not _is_stored(node):
            outer.add(node.id)
    return frozenset(outer - own - _PYTHON - {library}) if library not in own and not own & _PYTHON else None


def _sizes(function: Function) -> Iterator[ast.Attribute]:
    """`w.get_shape().as_list()` and its kin, which are plain numbers; of one dimension, TensorFlow 2 gives a number."""
    for node in function.nodes:
        if isinstance(node, ast.Attribute) and node.attr in _NUMBERS and isinstance(node.value, ast.Call):
            shape = node.value.func
            if isinstance(shape, ast.Attribute) and shape.attr == "get_shape":
                yield from (node, shape)


def _is_plain(statement: ast.stmt) -> bool:
    if isinstance(statement, ast.Assign):
        targets = [n for target in statement.targets for n in ast.walk(target) if isinstance(n, ast.expr)]
        return all(isinstance(n, (ast.Name, ast.Tuple)) for n in targets)
    if isinstance(statement, ast.Expr):
        return isinstance(statement.value, ast.Constant)
    return isinstance(statement, ast.Return) and statement.value is not None and not _is_constant(statement.value)


def _is_constant(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant)


def _is_stored(name: ast.Name) -> bool:
    return not isinstance(name.ctx, ast.Load)


def _is_operation(called: ast.expr, library: str) -> bool:
    if isinstance(called, ast.Name):
        return called.id in _PYTHON
    root, _, name = ast.unparse(called).partition(".")
    if root == library:
        return name in _OPERATIONS or name.startswith(_ROOTS)
    return isinstance(called, ast.Attribute) and called.attr in _NUMBERS | {"get_shape"}
