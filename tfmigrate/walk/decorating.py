"""Decorators that cannot be followed: whether a call runs the function, and how often, only they know."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from tfmigrate.program.link import Class, Function
from tfmigrate.program.texts import unparsed
from tfmigrate.walk.evaluate import Evaluator
from tfmigrate.walk.frames import Frame
from tfmigrate.walk.values import FunctionValue

_PLAIN = {"property", "staticmethod", "classmethod"}
# of classes: those that leave the methods as they are
_OF_CLASSES = {"dataclass", "add_metaclass", "total_ordering", "s", "attrs", "python_2_unicode_compatible", "unique"}
_METACLASSES = {"type", "ABCMeta", "EnumMeta"}


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


def changed_by(order: Iterable[Class]) -> tuple[Class, ast.expr] | None:
    """Of a class with its bases, the one that a decorator or a metaclass may make another of, with that."""
    for each in order:
        for decorator in each.node.decorator_list:
            called = decorator.func if isinstance(decorator, ast.Call) else decorator
            arguments = decorator.args if isinstance(decorator, ast.Call) and _last(called) == "add_metaclass" else []
            if _last(called) not in _OF_CLASSES or any(_last(value) not in _METACLASSES for value in arguments):
                return each, decorator
        for metaclass in _metaclasses(each.node):
            if _last(metaclass) not in _METACLASSES:
                return each, metaclass
    return None


def _metaclasses(node: ast.ClassDef) -> Iterator[ast.expr]:
    yield from (keyword.value for keyword in node.keywords if keyword.arg == "metaclass")
    for statement in node.body:
        if isinstance(statement, ast.Assign) and any(unparsed(t) == "__metaclass__" for t in statement.targets):
            yield statement.value


def _last(node: ast.expr) -> str:
    return unparsed(node).rpartition(".")[2]
