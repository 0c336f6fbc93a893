"""Decorators that cannot be followed: whether a call runs the function, and how often, only they know."""

from __future__ import annotations

import ast

from tfmigrate.program.link import Function
from tfmigrate.program.texts import unparsed
from tfmigrate.walk.evaluate import Evaluator
from tfmigrate.walk.frames import Frame
from tfmigrate.walk.values import FunctionValue

_PLAIN = {"property", "staticmethod", "classmethod"}


def hidden_by(ev: Evaluator, frame: Frame) -> tuple[Function, ast.expr] | None:
    """The innermost running function that such a decorator is around, with it."""
    for outer in frame.outward():
        for decorator in outer.function.node.decorator_list if outer.function is not None else ():
            if not _is_followed(ev, outer, decorator):
                assert outer.function is not None
                return outer.function, decorator
    return None


def _is_followed(ev: Evaluator, frame: Frame, decorator: ast.expr) -> bool:
    text = unparsed(decorator)
    if text in _PLAIN or text.endswith((".setter", ".getter")):
        return True
    if isinstance(decorator, ast.Call):
        return unparsed(decorator.func) in ("wraps", "functools.wraps")
    around = frame.env.parent or ev.module_env(frame.module)
    return isinstance(decorator, ast.Name) and isinstance(around.lookup(decorator.id), FunctionValue)
