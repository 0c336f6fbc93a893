"""Values that variables start from: which initializer gives the same, and the shape and the type that they imply."""

from __future__ import annotations

import ast
from dataclasses import dataclass, replace

from tfmigrate.program.scan import arguments_of, is_none
from tfmigrate.walk.evaluate import Evaluator
from tfmigrate.walk.naming import dtype_of
from tfmigrate.walk.regions import InitialValue
from tfmigrate.walk.values import Const, Library


@dataclass(frozen=True)
class _Maker:
    """A function that makes a value. defaults: what the initializer is told where the function is told nothing."""

    params: tuple[str, ...]
    initializer: str
    defaults: dict[str, str]
    dtype: str = "float32"


def _random(params: tuple[str, ...], initializer: str, defaults: dict[str, str]) -> _Maker:
    return _Maker((*params, "dtype", "seed", "name"), initializer, defaults)


# where the defaults are those of Keras, nothing is said
_NORMAL = {"mean": "", "stddev": "1.0"}
_TRUNCATED = _random(("shape", "mean", "stddev"), "TruncatedNormal", _NORMAL)
_GAUSSIAN = _random(("shape", "mean", "stddev"), "RandomNormal", _NORMAL)
_UNIFORM = _random(("shape", "minval", "maxval"), "RandomUniform", {"minval": "0.0", "maxval": "1.0"})
_MAKERS = {
    "tf.zeros": _Maker(("shape", "dtype", "name"), "zeros", {}),
    "tf.ones": _Maker(("shape", "dtype", "name"), "ones", {}),
    "tf.fill": _Maker(("dims", "value", "name"), "Constant", {}),
    "tf.constant": _Maker(("value", "dtype", "shape", "name", "verify_shape"), "Constant", {}),
    "tf.truncated_normal": _TRUNCATED, "tf.random.truncated_normal": _TRUNCATED,
    "tf.random_normal": _GAUSSIAN, "tf.random.normal": _GAUSSIAN,
    "tf.random_uniform": _UNIFORM, "tf.random.uniform": _UNIFORM,
    "numpy.zeros": _Maker(("shape", "dtype"), "zeros", {}, "float64"),
    "numpy.ones": _Maker(("shape", "dtype"), "ones", {}, "float64"),
}  # fmt: skip


def initial_value(ev: Evaluator, expression: ast.expr) -> InitialValue | None:
    """The initializer and the shape that stand for a value; None if they cannot be told from the program."""
    expression, statement = _followed(ev, expression)
    found = _read(ev, expression)
    return None if found is None else replace(found, statement=statement)


def _followed(ev: Evaluator, expression: ast.expr) -> tuple[ast.expr, ast.Assign | None]:
    """What a local name stands for, where the function gives it a value once."""
    function = ev.frame.function
    if not isinstance(expression, ast.Name) or function is None or expression.id in function.params:
        return expression, None
    stores = [n for n in function.nodes if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Load)]
    assigns = [n for n in function.nodes if isinstance(n, ast.Assign) and len(n.targets) == 1]
    mine = [a for a in assigns if isinstance(a.targets[0], ast.Name) and a.targets[0].id == expression.id]
    if len(mine) != 1 or sum(store.id == expression.id for store in stores) != 1:
        return expression, None
    # what it is made of must not have changed since
    counts = [store.id for store in stores]
    used = {n.id for n in ast.walk(mine[0].value) if isinstance(n, ast.Name)}
    steady = all(counts.count(name) + (name in function.params) <= 1 for name in used)
    return (mine[0].value, mine[0]) if steady else (expression, None)


def _read(ev: Evaluator, expression: ast.expr) -> InitialValue | None:
    number = _number(ev, expression)
    if number is not None:
        return _constant(expression, number)
    if isinstance(expression, ast.BinOp):
        return _scaled(ev, expression)
    if not isinstance(expression, ast.Call):
        return None
    callee = ev.evaluate(expression.func, ev.frame.env)
    maker = _MAKERS.get(callee.name) if isinstance(callee, Library) else None
    if maker is None or any(isinstance(a, ast.Starred) for a in expression.args):
        return None
    given = arguments_of(expression, maker.params)
    if not set(given) <= set(maker.params) or any(k.arg is None for k in expression.keywords):
        return None
    typed = given.get("dtype")
    typed = None if typed is None or is_none(typed) else typed
    dtype = maker.dtype if typed is None else dtype_of(ev.evaluate(typed, ev.frame.env))
    if maker.initializer == "Constant":
        return _same_everywhere(ev, given, typed, dtype)
    if "shape" not in given:
        return None
    if maker.defaults and dtype != "float32":
        return None
    arguments = [(param, given.get(param, default)) for param, default in maker.defaults.items()]
    arguments = [(param, argument) for param, argument in arguments if argument]
    if "seed" in given and not is_none(given["seed"]):
        arguments.append(("seed", given["seed"]))
    return InitialValue(maker.initializer, given["shape"], tuple(arguments), dtype, typed)


def _same_everywhere(
    ev: Evaluator, given: dict[str, ast.expr], typed: ast.expr | None, dtype: str
) -> InitialValue | None:
    """`tf.constant(number, shape=...)` and `tf.fill(dims, number)`."""
    number = _number(ev, given["value"]) if "value" in given else None
    if number is None:
        return None
    found = _constant(given["value"], number)
    shape = given.get("shape", given.get("dims"))
    shape = None if shape is None or is_none(shape) else shape
    return replace(found, shape=shape, dtype=found.dtype if typed is None else dtype, typed=typed)


def _scaled(ev: Evaluator, expression: ast.BinOp) -> InitialValue | None:
    """`0.1 * tf.ones(...)`, `tf.zeros(...) + 0.1` and the like: one number everywhere."""
    neutral = "ones" if isinstance(expression.op, ast.Mult) else "zeros" if isinstance(expression.op, ast.Add) else ""
    for one, other in ((expression.left, expression.right), (expression.right, expression.left)):
        found = _read(ev, other) if neutral and _number(ev, one) is not None else None
        if found is not None and found.initializer == neutral and found.dtype.startswith("float"):
            return replace(found, initializer="Constant", arguments=(("", one),))
    return None


def _constant(expression: ast.expr, number: object) -> InitialValue:
    dtype = "float32" if isinstance(number, float) else "int32"
    return InitialValue("Constant", None, (("", expression),), dtype)


def _number(ev: Evaluator, expression: ast.expr) -> float | None:
    """The number that an expression surely is."""
    if not isinstance(expression, (ast.Constant, ast.UnaryOp, ast.Name, ast.Attribute)):
        return None
    value = ev.evaluate(expression, ev.frame.env)
    known = value.value if isinstance(value, Const) else None
    return known if isinstance(known, (int, float)) and not isinstance(known, bool) else None
