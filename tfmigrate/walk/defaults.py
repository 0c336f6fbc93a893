"""Arguments that a call gets from the code around it, with expressions that can be written at the call."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from tfmigrate.program.render import source
from tfmigrate.program.texts import unparsed
from tfmigrate.walk.evaluate import Evaluator, Frame
from tfmigrate.walk.values import Const, Value


@dataclass(frozen=True, eq=False)
class Default:
    """An argument that the code around gives, with the activation that evaluated it."""

    value: Value
    expression: ast.expr
    frame: Frame


def anywhere(default: Default, ev: Evaluator) -> ast.expr | None:
    """An argument as it can be written wherever it is used: a literal, or what names of the file alone make."""
    if isinstance(default.expression, ast.Constant):
        return _synthetic(source(default.frame.module, default.expression))
    if isinstance(default.value, Const) and default.frame is not ev.frame:
        return literal(default.value)
    same_file = default.frame.module is ev.frame.module
    return _synthetic(source(ev.frame.module, default.expression)) if same_file and _is_global(default, ev) else None


def literal(value: Const) -> ast.expr:
    """A literal that stands nowhere in the source."""
    return _synthetic(repr(value.value))


def _synthetic(text: str) -> ast.expr:
    node = ast.parse(text, mode="eval").body
    for part in ast.walk(node):
        part.synthetic = True  # type: ignore[attr-defined]
    node.written = text  # type: ignore[attr-defined]
    return node


def _is_global(default: Default, ev: Evaluator) -> bool:
    """Whether an expression is a function of a library or the file, or makes an initializer or a regularizer."""
    for call in (n for n in ast.walk(default.expression) if isinstance(n, ast.Call)):
        if not unparsed(call.func).endswith(("initializer", "_regularizer")):
            return False
    bound: set[str] = set()
    for function in (default.frame.function, ev.frame.function):
        if function is not None:
            stores = (n for n in ast.walk(function.node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store))
            bound |= {*function.params, *(n.id for n in stores)}
    known = (ast.Name, ast.Attribute, ast.Call, ast.keyword, ast.Constant, ast.expr_context)
    return all(isinstance(n, known) and getattr(n, "id", "") not in bound for n in ast.walk(default.expression))
