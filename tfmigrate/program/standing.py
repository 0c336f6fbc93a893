"""Where in its file a node stands: what encloses it, and whether a layer could make a variable there."""

from __future__ import annotations

import ast
from collections.abc import Container, Iterator
from functools import lru_cache

from tfmigrate.program.link import Module

_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


@lru_cache(maxsize=1000)
def _parents(module: Module) -> dict[ast.AST, ast.AST]:
    return {child: node for node in module.nodes for child in ast.iter_child_nodes(node)}


def ancestors(module: Module, node: ast.AST) -> Iterator[ast.AST]:
    """What encloses a node in its file, inside out."""
    parents = _parents(module)
    while node in parents:
        node = parents[node]
        yield node


def only_for_errors(module: Module, node: ast.expr) -> bool:
    """Whether a value is given to local names that nothing but `raise` statements of the same function read."""
    statement, *rest = ancestors(module, node)
    function = next((outer for outer in rest if isinstance(outer, (ast.FunctionDef, ast.AsyncFunctionDef))), None)
    if not isinstance(statement, ast.Assign) or function is None:
        return False
    names = {target.id for target in statement.targets if isinstance(target, ast.Name)}
    elsewhere = (inner for inner in ast.walk(function) if isinstance(inner, (ast.Global, ast.Nonlocal)))
    if len(names) != len(statement.targets) or any(not names.isdisjoint(inner.names) for inner in elsewhere):
        return False
    reads = (inner for inner in ast.walk(function) if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Load))
    return all(
        any(isinstance(outer, ast.Raise) for outer in ancestors(module, read)) for read in reads if read.id in names
    )


def awkward_place(module: Module, node: ast.AST, lifted: Container[ast.AST] = ()) -> tuple[ast.AST, str] | None:
    """Why a layer cannot make what is made at a node: what encloses it, and that in words; None if it can.

    lifted: inner functions that are to become layers of their own.
    """
    inner = False
    for outer in ancestors(module, node):
        if isinstance(outer, ast.ClassDef):
            return None
        if isinstance(outer, (ast.FunctionDef, ast.AsyncFunctionDef)):
            if inner:
                return outer, f"in a function inside {outer.name}"
            if isinstance(outer, ast.AsyncFunctionDef) or _is_generator(outer):
                return outer, "in a generator or coroutine"
            if outer in lifted:
                return None
            inner = True
        elif not inner:
            place = _construct(outer)
            if place is not None:
                return outer, place
    return None


def _construct(node: ast.AST) -> str | None:
    if isinstance(node, ast.Lambda):
        return "in a lambda"
    if isinstance(node, _COMPREHENSIONS):
        return "in a comprehension"
    if isinstance(node, ast.While):
        return "in a while loop"
    if isinstance(node, ast.Try) and node.handlers:
        return "in a try statement"
    return None


def in_lambda(module: Module, node: ast.AST) -> bool:
    """Whether a node stands in a lambda of its statement."""
    return any(isinstance(outer, ast.Lambda) for outer in _in_statement(module, node))


def in_comprehension(module: Module, node: ast.AST) -> bool:
    """Whether a node stands in a comprehension of its statement."""
    return any(isinstance(outer, _COMPREHENSIONS) for outer in _in_statement(module, node))


def _in_statement(module: Module, node: ast.AST) -> Iterator[ast.AST]:
    for outer in ancestors(module, node):
        if isinstance(outer, ast.stmt):
            return
        yield outer


@lru_cache(maxsize=10_000)
def _is_generator(function: ast.FunctionDef) -> bool:
    return any(isinstance(node, (ast.Yield, ast.YieldFrom)) for node in ast.walk(function))
