"""Where a block can be cut, so that the layer begins behind the tensor whose shape it needs."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tfmigrate.planning.units import Member, Shape, Unit
from tfmigrate.program.standing import ancestors


def heads(unit: Unit) -> Iterator[int]:
    """How many of the first statements of a block may stay in front of its layer, the fewest first."""
    member = unit.primary
    if member.shape is not Shape.BLOCK or len(unit.members) > 1 or member.scope is None:
        return
    made = {event.node for region in member.regions for event in region.events}
    alias = member.scope.items[0].optional_vars
    own = {alias.id} if isinstance(alias, ast.Name) else set()
    for i, statement in enumerate(member.node.body[:-1]):
        if not _may_stay(statement) or any(node in made for node in ast.walk(statement)):
            return
        if own & _names(statement, ast.Load):
            return
        if _is_independent(member, i + 1):
            yield i + 1


def _may_stay(statement: ast.stmt) -> bool:
    """Whether a statement computes values for local names and does nothing else."""
    if not isinstance(statement, ast.Assign):
        return False
    targets = [part for target in statement.targets for part in ast.walk(target)]
    allowed = (ast.Name, ast.Tuple, ast.List, ast.expr_context)
    steps = (ast.NamedExpr, ast.Await, ast.Yield, ast.YieldFrom, ast.Lambda)
    return all(isinstance(part, allowed) for part in targets) and not any(
        isinstance(node, steps) for node in ast.walk(statement.value)
    )


def _is_independent(member: Member, head: int) -> bool:
    """Whether no round of a loop hands the first statements what the rest made in the round before."""
    if not any(isinstance(outer, (ast.For, ast.While)) for outer in ancestors(member.module, member.node)):
        return True
    first, rest = member.node.body[:head], member.node.body[head:]
    used = {name for statement in first for kind in (ast.Load, ast.Store) for name in _names(statement, kind)}
    return not any(used & _names(statement, ast.Store) for statement in rest)


def bound_by(statement: ast.stmt) -> set[str]:
    """The local names that a statement gives a value."""
    return _names(statement, ast.Store)


def _names(statement: ast.stmt, context: type[ast.expr_context]) -> set[str]:
    return {node.id for node in ast.walk(statement) if isinstance(node, ast.Name) and isinstance(node.ctx, context)}
