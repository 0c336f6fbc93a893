"""How the name of a `tf.Variable` begins: after the name scope that is open, not after the variable scope."""

from __future__ import annotations

import ast

from tfmigrate.program.standing import ancestors
from tfmigrate.program.texts import unparsed
from tfmigrate.walk.arguments import Arguments
from tfmigrate.walk.frames import Frame
from tfmigrate.walk.values import NONE, text_of

_POSITION = 5  # of `name` among the arguments
_OPENS_NO_SCOPE = ("Session", "device", "as_default", "open")


def stem_of(frame: Frame, node: ast.Call, args: Arguments, in_scopes: bool = False) -> str | None:
    """The name before TensorFlow 1 counts it; None if it is not known, or a name scope may be open.

    in_scopes: whether those of variable scopes count as none.
    """
    harmless = (*_OPENS_NO_SCOPE, "variable_scope") if in_scopes else _OPENS_NO_SCOPE
    given = args.get(_POSITION, "name")
    stem = "Variable" if given is None or given == NONE else text_of(given)
    if not stem or args.star:
        return None
    where: Frame | None = frame
    call: ast.AST | None = node
    while where is not None and call is not None:
        if where.by_library or any(_may_open(outer, harmless) for outer in ancestors(where.module, call)):
            return None
        call, where = where.call, where.parent
    return stem


def in_try(frame: Frame, node: ast.Call) -> bool:
    """Whether a `try` stands around a call, or around one on the way to it."""
    where: Frame | None = frame
    call: ast.AST | None = node
    while where is not None and call is not None:
        if any(isinstance(outer, ast.Try) for outer in ancestors(where.module, call)):
            return True
        call, where = where.call, where.parent
    return False


def _may_open(outer: ast.AST, harmless: tuple[str, ...]) -> bool:
    """Whether something around a call may open a name scope."""
    if isinstance(outer, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return bool(outer.decorator_list)
    items = outer.items if isinstance(outer, (ast.With, ast.AsyncWith)) else []
    return any(
        not (isinstance(item.context_expr, ast.Call) and unparsed(item.context_expr.func).endswith(harmless))
        for item in items
    )
