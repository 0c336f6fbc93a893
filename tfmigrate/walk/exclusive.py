"""Whether two calls stand in branches of which a run of the program takes only one."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tfmigrate.program.link import Module
from tfmigrate.program.scan import COMPREHENSIONS
from tfmigrate.program.standing import ancestors
from tfmigrate.walk.choices import Pick
from tfmigrate.walk.records import NameRead
from tfmigrate.walk.regions import Creation, Query, Region, around
from tfmigrate.walk.values import Decision

_ENDS = (ast.Return, ast.Raise)
_LOOPS = (ast.For, ast.AsyncFor, ast.While, *COMPREHENSIONS)


Event = Region | Creation | Query | NameRead


def exclusive(one: Event, other: Event) -> bool:
    """Whether no run does both: they part in one activation, which no loop repeats, at the two sides of an `if`.

    Or two activations ask the same of what stays the same, and each does its part on another side.
    """
    first, second = list(_way(one)), list(_way(other))
    picks = _picks(second)
    if any(pick.excludes(another) for pick in _picks(first) for another in picks):
        return True
    taken = dict(_decisions(second))
    if any(taken.get(decision, side) is not side for decision, side in _decisions(first)):
        return True
    parting = next((i for i, (a, b) in enumerate(zip(first, second)) if a is not b), 0)
    if not parting or any(_loops(step) for step in first[:parting]):
        return False
    if _loops(first[parting]) & _loops(second[parting]):
        return False
    home, node, another = first[parting - 1], first[parting].node, second[parting].node
    assert isinstance(home, Region)
    return node is not None and another is not None and parted(home.module, node, another)


def _loops(event: Event) -> set[ast.AST]:
    """The loops around what happens, within the function that it happens in."""
    if isinstance(event, (Region, Creation)):
        return set(event.loops)
    return {outer for outer, _ in _steps(event.region.module, event.node) if isinstance(outer, _LOOPS)}


def _way(event: Event) -> Iterator[Event]:
    """The regions that lead to an event, outside in, and the event."""
    if isinstance(event, Region):
        yield from reversed(list(around(event)))
    else:
        yield from reversed(list(around(event.region)))
        yield event


def _picks(way: list[Event]) -> list[Pick]:
    return [s.frame.pick for s in way if isinstance(s, Region) and not s.is_block and s.frame.pick is not None]


def _decisions(way: list[Event]) -> Iterator[tuple[Decision, bool]]:
    """What was asked on a way, and whether it holds there."""
    for step in way:
        home = step.region if not isinstance(step, Region) else step if step.is_block else step.parent
        if home is None or step.node is None or not home.frame.decided:
            continue
        for outer, child in _steps(home.module, step.node):
            decision = home.frame.decided.get(outer)
            if decision is not None and isinstance(outer, ast.If) and child is not outer.test:
                yield decision, child in outer.body


def parted(module: Module, first: ast.AST, second: ast.AST) -> bool:
    """Whether two nodes of one function stand in branches of one `if` that exclude each other."""
    inside = dict(_steps(module, first))
    for outer, child in _steps(module, second):
        if outer in inside:
            before = inside[outer]
            if isinstance(outer, ast.IfExp):
                return before is not child and outer.test not in (before, child)
            if isinstance(outer, ast.If):
                sides = _branch(outer, before), _branch(outer, child)
                return None not in sides and sides[0] is not sides[1]
            early, late = sorted((before, child), key=_line)
            return early is not late and _leaves(early, first if early is before else second, module)
    return False


def _steps(module: Module, node: ast.AST) -> Iterator[tuple[ast.AST, ast.AST]]:
    """What encloses a node within its function, inside out, with the part of it that the node is in."""
    for outer in ancestors(module, node):
        yield outer, node
        if isinstance(outer, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            return
        node = outer


def _branch(node: ast.If, child: ast.AST) -> list[ast.stmt] | None:
    return next((part for part in (node.body, node.orelse) if child in part), None)


def _line(node: ast.AST) -> int:
    return getattr(node, "lineno", 0)


def _leaves(statement: ast.AST, node: ast.AST, module: Module) -> bool:
    """Whether the branch of `statement` that a node stands in ends the function."""
    if not isinstance(statement, ast.If):
        return False
    branch = _branch(statement, dict(_steps(module, node))[statement]) if statement is not node else None
    return branch is not None and isinstance(branch[-1], _ENDS)
