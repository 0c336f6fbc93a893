"""Calls that must not be tried out: to build the layers inside of one without `build`, Keras runs its `call` first.

That makes no difference to tensors. It does to a counter, to a list that outlives the call, to an iterator, to what
is drawn by lot, and to what is printed.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from tfmigrate.planning.layering import Body
from tfmigrate.program.link import Function, Module
from tfmigrate.program.scan import CHANGING, DRAWING
from tfmigrate.walk.values import FunctionValue, Value

_LIBRARIES = {"tf", "tensorflow", "keras"}

Resolve = Callable[[Module, ast.expr], Value | None]


@dataclass(frozen=True)
class Names:
    """The names that a body binds, and those of them that nothing from outside can be."""

    bound: set[str]
    fresh: set[str]


def leaves_a_trace(body: Body, resolve: Resolve) -> bool:
    """Whether a call of this code can be told from two."""
    function = body.member.function
    nodes = [node for part in body.member.body for node in ast.walk(part) if not body.is_gone(node)]
    bound = set(body.scan.bindings) - (function.globals if function is not None else frozenset())
    own = Names(bound, bound - set(body.inputs))
    # what the object itself remembers is known better than by name
    this = body.scan.self_name
    nodes = [n for n in nodes if not (isinstance(n, ast.Attribute) and _root(n.value) == this)]
    return _remembers(body) or _leaves(nodes, own, body.module, function, resolve, set())


def _remembers(body: Body) -> bool:
    """Whether code reads an attribute that it has set at an earlier call."""
    for name in body.scan.bindings:
        if name.startswith("self.") and not all(b.statement in body.removed for b in body.scan.bindings[name]):
            reached = [body.scan.reaching(name, node) for node in body.remaining(name)]
            if any(not certain or binding is None for certain, binding in reached):
                return True
    return False


def changes_state(statement: ast.AST, bound: set[str]) -> bool:
    """Whether a statement does more than bind names of its own."""
    own = Names(bound, bound)
    return any(_changes(node, own) for node in ast.walk(statement))


def _leaves(
    nodes: Iterable[ast.AST],
    own: Names,
    module: Module,
    function: Function | None,
    resolve: Resolve,
    seen: set[Function],
) -> bool:
    nodes = list(nodes)
    before = [n for n in nodes if isinstance(n, ast.Attribute) and _root(n) not in own.fresh]
    stored = {node.attr for node in before if isinstance(node.ctx, ast.Store)}
    if any(node.attr in stored and isinstance(node.ctx, ast.Load) for node in before):
        return True
    for node in nodes:
        if _changes(node, own):
            return True
        called = _called(node, module, function, resolve) if isinstance(node, ast.Call) else None
        if called is not None and called not in seen:
            seen.add(called)
            if _leaves(called.nodes, _names(called), called.module, called, resolve, seen):
                return True
    return False


def _called(call: ast.Call, module: Module, function: Function | None, resolve: Resolve) -> Function | None:
    target = call.func
    if isinstance(target, ast.Name):
        value = resolve(module, target)
        return value.function if isinstance(value, FunctionValue) else None
    if isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name) and function is not None:
        if function.cls is not None and target.value.id == function.self_name:
            return function.cls.methods.get(target.attr)
    return None


def _changes(node: ast.AST, own: Names) -> bool:
    if isinstance(node, ast.AugAssign):
        return _root(node.target) not in (own.bound if isinstance(node.target, ast.Name) else own.fresh)
    if not isinstance(node, ast.Call) or (not node.args and not isinstance(node.func, ast.Attribute)):
        return False
    if isinstance(node.func, ast.Name):
        return node.func.id == "print" or (node.func.id == "next" and _root(node.args[0]) not in own.fresh)
    if not isinstance(node.func, ast.Attribute) or node.func.attr not in CHANGING | DRAWING:
        return False
    root = _root(node.func.value)
    return root is not None and root not in own.fresh and root not in _LIBRARIES


def _root(node: ast.expr) -> str | None:
    while isinstance(node, (ast.Attribute, ast.Subscript)):
        node = node.value
    return node.id if isinstance(node, ast.Name) else None


def _names(function: Function) -> Names:
    bound = {*function.assigned, *function.params} - function.globals
    return Names(bound, bound - set(function.params))
