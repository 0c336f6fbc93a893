"""The statements of a function that build a model, without those that run it: for a probe that does the same."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import TypeGuard

from tfmigrate.program.running import runs


@dataclass(frozen=True)
class Slice:
    """statements: in order. results: the names that hold what the model gives. free: names bound elsewhere."""

    statements: tuple[ast.stmt, ...]
    results: tuple[str, ...]
    free: frozenset[str]


def slice_of(body: list[ast.stmt], sites: Collection[ast.AST], running: Collection[ast.AST] = ()) -> Slice:
    """What leads to the sites, and what is computed from them. running: calls of functions that run the model."""
    statements = [s for s in _flat(body, sites) if not isinstance(s, (ast.Import, ast.ImportFrom, ast.Return))]
    statements = [s for s in statements if not _holds(s, running)]
    kept = {s for s in statements if _holds(s, sites)}
    made = _bound_by(kept).union(*(_changed(s) for s in kept))
    for statement in statements:
        if statement in kept or not isinstance(statement, (ast.Assign, ast.AnnAssign)) or not _loads(statement) & made:
            continue
        kept.add(statement)
        made |= binds(statement)
    needed = set().union(*(_loads(s) for s in kept)) if kept else set()
    for statement in reversed(statements):
        if statement not in kept and (binds(statement) | _changed(statement)) & needed:
            kept.add(statement)
            needed |= _loads(statement)
    ordered = tuple(s for s in statements if s in kept)
    bound = _bound_by(ordered)
    results = [name for s in ordered for name in sorted(binds(s) & made)]
    return Slice(ordered, tuple(dict.fromkeys(results)), frozenset(_loads_of(ordered) - bound))


def _flat(body: list[ast.stmt], sites: Collection[ast.AST]) -> Iterator[ast.stmt]:
    """The statements that do not run anything; what stands in a session's block stands outside of it."""
    for statement in body:
        if _wraps(statement, sites):
            yield from _flat(statement.body, sites)
        elif not runs(statement):
            yield statement


def _wraps(statement: ast.stmt, sites: Collection[ast.AST]) -> TypeGuard[ast.With | ast.If]:
    """Whether a block only says where or whether to run what stands in it."""
    if isinstance(statement, ast.With):
        return not any(_holds(item, sites) for item in statement.items) and _only_runs(statement)
    return isinstance(statement, ast.If) and _holds(statement, sites) and runs(statement)


def _only_runs(statement: ast.With) -> bool:
    """Whether a block is about a session, a graph or a device, not about a scope."""
    names = {n.attr for item in statement.items for n in ast.walk(item) if isinstance(n, ast.Attribute)}
    return any(runs(item) for item in statement.items) or "as_default" in names or "device" in names


def _holds(node: ast.AST, sites: Collection[ast.AST]) -> bool:
    return any(child in sites for child in ast.walk(node))


def binds(node: ast.AST) -> set[str]:
    """The names that a statement binds where it stands."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return {node.name}
    return {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)} - _inner(node)


def _inner(node: ast.AST) -> set[str]:
    """Names of comprehensions, which end with them."""
    found = [g.target for n in ast.walk(node) for g in getattr(n, "generators", ())]
    return {n.id for target in found for n in ast.walk(target) if isinstance(n, ast.Name)}


def _bound_by(nodes: Collection[ast.stmt]) -> set[str]:
    return set().union(*map(binds, nodes)) if nodes else set()


def _loads(node: ast.AST) -> set[str]:
    names = {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
    own = {a.arg for n in ast.walk(node) if isinstance(n, (ast.Lambda, ast.FunctionDef)) for a in n.args.args}
    if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
        names.add(node.target.id)
    return names - _inner(node) - own


def _loads_of(nodes: Collection[ast.stmt]) -> set[str]:
    return set().union(*map(_loads, nodes)) if nodes else set()


def _changed(statement: ast.stmt) -> set[str]:
    """Names whose values a statement changes: `xs.append(x)`, `options["x"] = 1`."""
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
        owner = statement.value.func
    elif isinstance(statement, ast.Assign):
        owner = statement.targets[0]
    else:
        return set()
    while isinstance(owner, (ast.Attribute, ast.Subscript)):
        owner = owner.value
        if isinstance(owner, ast.Name):
            return {owner.id}
    return set()
