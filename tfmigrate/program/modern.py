"""Calls of TensorFlow 1 that TensorFlow 2 knows under another name only."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable
from functools import lru_cache

from tfmigrate.program.aliases import library_name
from tfmigrate.program.dialect import v1_name
from tfmigrate.program.link import Module
from tfmigrate.program.scan import arguments_of
from tfmigrate.tf1.regularizers import CONTRIB_REGULARIZERS, RegularizerRow
from tfmigrate.tf1.renamed import DRAWINGS, MODES, RENAMED_CALLS, SCALINGS, TRUNCATED, Drawing, Scaling

_CONTRIB = re.compile(r"contrib|tf_slim|keras")

Text = Callable[[ast.expr], str]


def modern_call(module: Module, node: ast.AST, text: Text = ast.unparse) -> str | None:
    """The call by its new name, where that means the same with these arguments. text: how an argument is written."""
    if not isinstance(node, ast.Call) or not _mentions_contrib(module):
        return None
    known = library_name(module, node.func)
    if known in CONTRIB_REGULARIZERS:
        return _regularizer(node, CONTRIB_REGULARIZERS[known], text)
    if known in DRAWINGS:
        return _drawing(module, node, DRAWINGS[known], text)
    if known in SCALINGS:
        return _scaling(module, node, SCALINGS[known], text)
    new = renamed_call(module, node)
    if new is None:
        return None
    values = {k.arg: k.value for k in node.keywords}
    arguments = (f"{name}={text(node.args[i] if isinstance(i, int) else values[i])}" for i, name in new[1].items())
    return f"{new[0]}({', '.join(arguments)})"


def renamed_call(module: Module, node: ast.Call) -> tuple[str, dict[int | str, str]] | None:
    """The function that TensorFlow 2 has for this one, and what it calls each argument, given by position or name."""
    if not _mentions_contrib(module):
        return None
    known = library_name(module, node.func)
    row = RENAMED_CALLS.get(known)
    given = _given(node, row.params) if row is not None else None
    if row is None or given is None or _has_defaults(module, known):
        return None
    if any(not isinstance(_literal(given.get(param), 1), (int, float)) for param in row.numbers):
        return None
    sources: dict[int | str, str] = dict(enumerate(tuple(row.params)[: len(node.args)]))
    sources |= {k.arg: k.arg for k in node.keywords if k.arg is not None}
    return f"{v1_name(module)}.{row.name}", {source: row.params[param] for source, param in sources.items()}


@lru_cache(maxsize=10_000)
def _mentions_contrib(module: Module) -> bool:
    """Whether a file, or one that it takes all names from, mentions contrib, or Keras."""
    return any(_CONTRIB.search(other.text) for other in (module, *module.starred))


def _given(node: ast.Call, params: Iterable[str]) -> dict[str, ast.expr] | None:
    """The arguments by parameter; None if there are others, or some that cannot be seen."""
    names = tuple(params)
    given = arguments_of(node, names)
    known = len(given) == len(node.args) + len(node.keywords) and given.keys() <= set(names)
    return given if known and not any(isinstance(value, ast.Starred) for value in given.values()) else None


def _has_defaults(module: Module, known: str) -> bool:
    """Whether an arg_scope of the file may give a function its arguments."""
    last = known.rsplit(".", 1)[-1]
    return re.search(rf"arg_scope\([^)]*\b{last}\b", module.text) is not None


def _drawing(module: Module, node: ast.Call, row: Drawing, text: Text) -> str | None:
    """An initializer of Keras as TensorFlow 1 has it, which gives no two variables the same numbers."""
    given = _given(node, row.defaults)
    if given is None:
        return None
    shown = {param: text(given[param]) if param in given else default for param, default in row.defaults.items()}
    arguments = ", ".join(f"{param}={value}" for param, value in shown.items() if value)
    return f"{v1_name(module)}.initializers.{row.name}({arguments})"


def _scaling(module: Module, node: ast.Call, row: Scaling, text: Text) -> str | None:
    """An initializer that draws from the same distribution, where the call says from which."""
    given = _given(node, row.params)
    if given is None:
        return None
    said = {param: given.pop(param, None) for param in ("uniform", "mode", "factor")}
    if any(value is not None and not _is_atom(value) for value in said.values()):
        return None
    uniform, mode = _literal(said["uniform"], row.uniform), _literal(said["mode"], row.mode)
    factor = _literal(said["factor"], row.factor)
    if not isinstance(uniform, (bool, ast.expr)) or not isinstance(factor, (int, float, ast.expr)):
        return None
    if not isinstance(mode, ast.expr) and mode not in MODES:
        return None
    more = [f"{param}={text(value)}" for param, value in given.items()]
    if uniform is True and mode == "FAN_AVG" and factor == 1.0:
        return f"{v1_name(module)}.glorot_uniform_initializer({', '.join(more)})"
    arguments = [f"scale={_scale(factor, uniform, text)}"]
    if isinstance(mode, ast.expr):
        arguments.append(f"mode={text(mode)}.lower()")
    elif mode != "FAN_IN":
        arguments.append(f'mode="{MODES[str(mode)]}"')
    if isinstance(uniform, ast.expr):
        arguments.append(f'distribution="uniform" if {text(uniform)} else "truncated_normal"')
    elif uniform:
        arguments.append('distribution="uniform"')
    return f"{v1_name(module)}.variance_scaling_initializer({', '.join([*arguments, *more])})"


def _scale(factor: object, uniform: object, text: Text) -> str:
    """The scale: both libraries cut a normal distribution off, and make up for it each in its own way."""
    shown = text(factor) if isinstance(factor, ast.expr) else str(factor)
    cut = f"{shown} * {TRUNCATED!r}" if isinstance(factor, ast.expr) else repr(factor * TRUNCATED)  # type: ignore[operator]
    if isinstance(uniform, ast.expr):
        return f"{shown} if {text(uniform)} else {cut}"
    return shown if uniform else cut


def _is_atom(node: ast.expr) -> bool:
    """Whether an expression may be written twice, and needs no parentheses."""
    owner = node.value if isinstance(node, ast.Attribute) else node
    return isinstance(owner, (ast.Name, ast.Constant))


def _literal(value: ast.expr | None, default: object) -> object:
    """What is given: the value of a literal, or the expression."""
    if value is None:
        return default
    return value.value if isinstance(value, ast.Constant) else value


def _regularizer(node: ast.Call, row: RegularizerRow, text: Text) -> str | None:
    """A regularizer of contrib as Keras has it; its `scope` only names operations."""
    params = (*(strength.param for strength in row.strengths), "scope")
    given = arguments_of(node, params)
    if len(given) != len(node.args) + len(node.keywords) or not given.keys() <= set(params):
        return None
    shown = []
    for strength in row.strengths:
        value = given.get(strength.param)
        if isinstance(value, ast.Starred) or (value is None and not strength.default):
            return None
        factor = strength.default if value is None else text(value)
        single = value is None or isinstance(value, (ast.Name, ast.Attribute, ast.Constant, ast.Call, ast.Subscript))
        shown.append(f"0.5 * {factor if single else f'({factor})'}" if strength.half else factor)
    return f"keras.regularizers.{row.keras}({', '.join(shown)})"
