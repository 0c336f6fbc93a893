"""Code that is called and that the program does not show: where a scope is open, it may make variables in it."""

from __future__ import annotations

import ast
from functools import lru_cache

from tfmigrate.program.aliases import library_name
from tfmigrate.program.texts import unparsed
from tfmigrate.tf1 import symbols
from tfmigrate.tf1.cells import KNOWN
from tfmigrate.tf1.layers import LAYERS
from tfmigrate.tf1.outside import BLOCKS, OF_CONTAINERS, OF_PLAIN_OBJECTS, WITHOUT_SCOPE, may_make_variables
from tfmigrate.walk.arguments import Arguments
from tfmigrate.walk.evaluate import Evaluator
from tfmigrate.walk.journal import Journal
from tfmigrate.walk.values import (
    Library,
    ListValue,
    Method,
    ObjectValue,
    Partial,
    Symbol,
    Tensor,
    TupleValue,
    Unknown,
    Value,
    code_in,
    is_python,
)

_MAKERS = frozenset({"tf.get_variable", "tf.variable_scope", *symbols.MAKERS, *LAYERS, *KNOWN})


class Unseen(Journal):
    """Calls and blocks of which the program does not say what they run."""

    def outside(self, ev: Evaluator, name: str, node: ast.Call) -> None:
        """Code that the program does not show is called: in the scope that is open, it may make what it likes."""
        if self.scope.path or self.scope.reuse:
            self.blame("TFM509", node, ev, f"{name} is not in the program, and may make variables in this scope")

    def unseen(self, ev: Evaluator, callee: Value, args: Arguments, node: ast.Call) -> None:
        """Something is called of which the program does not say what it is: in an open scope, it may make variables."""
        method = node.func.attr if isinstance(node.func, ast.Attribute) else None
        names = code_in(callee)
        if names is None and method is not None:
            # most methods of what nobody knows are those of numbers, sessions and files
            given = [value for value in args.values() if not is_python(value)]
            acts = bool(given) and method not in OF_PLAIN_OBJECTS
        else:
            acts = _is_unseen(callee) and method not in OF_CONTAINERS
        if not acts:
            return
        self.consulted += 1
        if self.scope.path or self.scope.reuse:
            text = f"what {unparsed(node.func)} calls cannot be known, and may make variables in this scope"
            self.blame("TFM509", node, ev, text)

    def handed_over(self, ev: Evaluator, value: Value | None, node: ast.Call, in_scope: bool = False) -> None:
        """A library calls what it is given; what the program shows of that is followed.

        in_scope: whether it opens a scope of its own for that.
        """
        if value is None or not _is_unseen(value):
            return
        self.consulted += 1
        if in_scope or self.scope.path or self.scope.reuse:
            text = "what is called for this cannot be known, and may make variables in this scope"
            self.blame("TFM509", node, ev, text)


def _is_unseen(value: Value) -> bool:
    """Whether to call a value may run code that is not in the program and may make variables.

    Functions of layers are refused wherever they are values.
    """
    if isinstance(value, (TupleValue, ListValue)):
        return any(map(_is_unseen, value.items))
    if isinstance(value, Partial):
        return _is_unseen(value.called)
    if not isinstance(value, (Library, Unknown, Symbol, Method)):
        return False
    names = code_in(value)
    return names is None or any(map(may_make_variables, names))


@lru_cache(maxsize=20_000)
def makes_variables(name: str) -> bool:
    """Whether a function of a library makes variables, or opens scopes."""
    return name in _MAKERS or is_foreign(name)


@lru_cache(maxsize=20_000)
def is_foreign(name: str) -> bool:
    """Whether a function belongs to a layer library that is not covered."""
    return bool(symbols.FOREIGN_LAYERS.match(name)) and not symbols.HARMLESS.search(name)


def is_unseen_block(ev: Evaluator, context: Value, expression: ast.expr) -> bool:
    """Whether a block is entered with something that is not in the program, and may be a scope."""
    if isinstance(context, ObjectValue):
        base = ev.classes.outside_base(context.cls)
        return ev.class_attribute(context.cls, "__enter__") is None and base is not None and may_make_variables(base)
    called = expression.func if isinstance(expression, ast.Call) else expression
    if isinstance(called, ast.Attribute) and called.attr in WITHOUT_SCOPE:
        return False
    if isinstance(context, Tensor):
        return library_name(ev.frame.module, called) not in BLOCKS
    names = code_in(context) if isinstance(context, (Unknown, Symbol, Method, Library)) else frozenset()
    return names is None or any(map(may_make_variables, names))
