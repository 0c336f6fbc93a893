"""Arguments that a call gets from the code around it, with expressions that can be written at the call."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from tfmigrate.program.aliases import library_names
from tfmigrate.program.dialect import spelled, tensorflow_alias, v1_name
from tfmigrate.program.link import Module
from tfmigrate.program.render import render, source
from tfmigrate.program.synthetic import synthetic
from tfmigrate.program.texts import unparsed
from tfmigrate.tf1.contrib_layers import NORMALIZERS
from tfmigrate.walk.frames import Frame
from tfmigrate.walk.values import Const, DictValue, Library, Value


@dataclass(frozen=True, eq=False)
class Default:
    """An argument that the code around gives, with the activation that evaluated it."""

    value: Value
    expression: ast.expr
    frame: Frame


def anywhere(default: Default, frame: Frame) -> ast.expr | None:
    """An argument as it can be written wherever it is used: a literal, or what names of the file alone make."""
    if isinstance(default.expression, ast.Constant):
        return _synthetic(source(default.frame.module, default.expression))
    if isinstance(default.value, Const) and default.frame is not frame:
        return literal(default.value)
    if default.frame.module is frame.module and _is_global(default, frame):
        return _synthetic(source(frame.module, default.expression))
    return _carried(default, frame) if default.frame is not frame else None


def _carried(default: Default, frame: Frame) -> ast.expr | None:
    """An argument of another function, written so that it needs nothing of that one; None if it does."""
    text = _by_value(default.value, frame.module)
    if text is None and _mean_alike(default.frame.module, frame.module):
        text = _with_values(default)
    return _synthetic(text) if text is not None and _is_free(ast.parse(text, mode="eval"), frame.module) else None


def _by_value(value: Value, module: Module) -> str | None:
    """What the library calls it, or a dictionary of such things and of literals."""
    if isinstance(value, Const):
        return repr(value.value)
    if isinstance(value, Library) and value.name.startswith("tf."):
        # a function that normalizes is not written: another class stands for it
        known = value.name in NORMALIZERS
        return value.name if known else None if ".contrib." in value.name else spelled(module, value.name)
    if not isinstance(value, DictValue) or not value.complete or value.made:
        return None
    items = {repr(key): _by_value(item, module) for key, item in value.items.items()}
    return f"{{{', '.join(f'{key}: {text}' for key, text in items.items())}}}" if None not in items.values() else None


def _with_values(default: Default) -> str | None:
    """An expression with what the names of its function stand for; None where that is no literal."""
    frame = default.frame
    function = frame.function
    if function is None:
        return None
    stored = [n.id for n in ast.walk(function.node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)]
    unknown: list[str] = []

    def value_of(part: ast.expr) -> str | None:
        if not isinstance(part, ast.Name) or part.id not in {*function.params, *stored}:
            return None
        value = frame.env.names.get(part.id)
        if isinstance(value, Const) and stored.count(part.id) + (part.id in function.params) == 1:
            return repr(value.value)
        unknown.append(part.id)
        return None

    text = render(frame.module, default.expression, value_of)
    return None if unknown else text


def _mean_alike(one: Module, other: Module) -> bool:
    """Whether TensorFlow goes by the same names in two files."""
    alias = tensorflow_alias(other)
    known = library_names(other).get(alias, "")
    return v1_name(one) == v1_name(other) and alias == tensorflow_alias(one) and known.startswith("tensorflow")


def _is_free(tree: ast.Expression, module: Module) -> bool:
    """Whether code only names the libraries, or makes an initializer or a regularizer."""
    makes = ("initializer", "keras.regularizers.L1", "keras.regularizers.L2", "keras.regularizers.L1L2")
    calls = (n for n in ast.walk(tree) if isinstance(n, ast.Call))
    names = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)}
    return names <= {tensorflow_alias(module), "tf", "keras"} and all(
        unparsed(call.func).endswith(makes) for call in calls
    )


def literal(value: Const) -> ast.expr:
    """A literal that stands nowhere in the source."""
    return _synthetic(repr(value.value))


def _synthetic(text: str) -> ast.expr:
    node = ast.parse(text, mode="eval").body
    for part in ast.walk(node):
        synthetic(part)
    node.written = text  # type: ignore[attr-defined]
    return node


def _is_global(default: Default, frame: Frame) -> bool:
    """Whether an expression is a function of a library or the file, or makes an initializer or a regularizer."""
    for call in (n for n in ast.walk(default.expression) if isinstance(n, ast.Call)):
        if not unparsed(call.func).endswith(("initializer", "_regularizer")):
            return False
    bound: set[str] = set()
    for function in (default.frame.function, frame.function):
        if function is not None:
            stores = (n for n in ast.walk(function.node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store))
            bound |= {*function.params, *(n.id for n in stores)}
    known = (ast.Name, ast.Attribute, ast.Call, ast.keyword, ast.Constant, ast.expr_context)
    return all(isinstance(n, known) and getattr(n, "id", "") not in bound for n in ast.walk(default.expression))
