"""Functions that do nothing but open arg_scopes and return what is open then, as those of slim's networks do."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from functools import lru_cache

from tfmigrate.program.link import Function

_MAKES_NOTHING = ("initializer", "initializer_conv2d", "_regularizer", "dict")

_INNER = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def heads(tree: ast.AST) -> Iterator[ast.Call]:
    """The calls of `arg_scope` in the heads of blocks, but for those of inner functions."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.With):
            for call in (item.context_expr for item in node.items):
                if isinstance(call, ast.Call) and _is_arg_scope(call):
                    yield call
        if isinstance(node, (ast.stmt, ast.ExceptHandler)) and not isinstance(node, _INNER):
            yield from heads(node)


def kept_by(tree: ast.FunctionDef | ast.AsyncFunctionDef | ast.Module, name: str) -> ast.Assign | None:
    """The one statement of a body that gives a name its value, by a call; the name is read in heads alone."""
    own = [n for n in ast.walk(tree) if isinstance(n, ast.Name) and n.id == name]
    entered = {id(call.args[0]) for call in heads(tree) if call.args}
    for statement in tree.body:
        if isinstance(statement, ast.Assign) and statement.targets == [n for n in own if isinstance(n.ctx, ast.Store)]:
            loads = [n for n in own if isinstance(n.ctx, ast.Load)]
            call = statement.value
            idle = isinstance(call, ast.Call) and is_idle(call)
            return statement if idle and all(id(load) in entered for load in loads) else None
    return None


@lru_cache(maxsize=2_000)
def only_opens(function: Function) -> bool:
    """Whether a function can go without a trace where nobody enters what it returns."""
    return not function.node.decorator_list and not function.is_generator and _all_open(function.node.body)


def _all_open(body: Iterable[ast.stmt]) -> bool:
    return all(map(_opens, body))


def _opens(statement: ast.stmt) -> bool:
    if isinstance(statement, ast.With):
        calls = [item.context_expr for item in statement.items]
        known = all(isinstance(call, ast.Call) and _is_arg_scope(call) and is_idle(call) for call in calls)
        return known and _all_open(statement.body)
    if isinstance(statement, ast.If):
        return not _calls(statement.test) and _all_open(statement.body) and _all_open(statement.orelse)
    if isinstance(statement, ast.Assign):
        names = all(isinstance(target, ast.Name) for target in statement.targets)
        return names and not any(map(_does_more, _calls(statement.value)))
    if isinstance(statement, ast.Return):
        call = statement.value
        return isinstance(call, ast.Name) or (isinstance(call, ast.Call) and is_idle(call))
    return isinstance(statement, ast.Pass) or (
        isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    )


def is_idle(call: ast.Call) -> bool:
    """Whether the arguments of a call do nothing when they are worked out."""
    return not any(_does_more(inner) for inner in _calls(call) if inner is not call)


def _calls(node: ast.AST) -> list[ast.Call]:
    return [inner for inner in ast.walk(node) if isinstance(inner, ast.Call)]


def _does_more(call: ast.Call) -> bool:
    return not _last(call).endswith(_MAKES_NOTHING)


def _is_arg_scope(call: ast.Call) -> bool:
    return _last(call).endswith("arg_scope")


def _last(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
