"""Layers that an object makes in `__init__`, since no run need come by the same method first."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from tfmigrate.planning.slots import Slot, Use, is_called_again
from tfmigrate.program.link import Function
from tfmigrate.program.scan import Scan, names_in
from tfmigrate.walk.exclusive import parted
from tfmigrate.walk.regions import Region, around


@dataclass(frozen=True)
class Place:
    """Where a layer is made: before or behind a statement of `__init__`."""

    statement: ast.stmt
    behind: bool


def comes_first(slot: Slot, maker: Function | None) -> bool:
    """Whether every use of the layer in another method runs behind a call in the method that would make it."""
    if is_called_again(slot):
        return False
    by_object: dict[int, list[Use]] = {}
    for use in (*slot.uses, *slot.readers):
        by_object.setdefault(id(use.region.frame.obj), []).append(use)
    for uses in by_object.values():
        making = [use for use in uses if use.region.function is maker and use not in slot.readers]
        for use in uses:
            if use in slot.readers and _is_entered(use.region):
                continue  # a list of nothing serves nobody: who enters the object from outside has made its layers
            if use.region.function is not maker and not any(_before(first, use) for first in making):
                return False
    return True


def _is_entered(region: Region) -> bool:
    """Whether code outside of the program calls the method."""
    calls = [step for step in around(region) if not step.is_block and step.parent is not None]
    return bool(calls) and calls[-1].node is None


def _before(first: Use, use: Use) -> bool:
    """Whether a run that comes to `use` has been where the layer is made for `first`."""
    ways = [list(reversed(list(around(u.region)))) for u in (first, use)]
    parting = next((i for i, (a, b) in enumerate(zip(*ways)) if a is not b), min(map(len, ways)))
    common = ways[0][parting - 1]
    steps = [way[parting] if len(way) > parting else None for way in ways]
    nodes = [step.node if step is not None else u.node for step, u in zip(steps, (first, use))]
    if nodes[0] is None or nodes[1] is None or parted(common.module, nodes[0], nodes[1]):
        return False
    lines = [_line(node) for node in nodes]
    if None not in steps and steps[0] is not None and steps[1] is not None:
        order = [event for event in common.events if event in steps]
        if order[:1] != [steps[0]]:
            return False
    elif lines[0] > lines[1]:
        return False
    later = steps[1].conditions if steps[1] is not None else use.conditions
    deeper = [step for step in ways[0][parting + 1 :] if step.conditions or step.loops]
    free = steps[0] is None or (set(steps[0].conditions) <= set(later) and not steps[0].loops)
    return free and not deeper


def _line(node: ast.AST | None) -> int:
    return getattr(node, "lineno", 0)


def place_in(init: Function, slot: Slot) -> Place:
    """Behind all of `__init__`, or before the first of its statements that comes to use the layer."""
    own = [step.node for use in slot.uses for step in _steps_from(init, use.region)]
    lines = {_line(node) for node in own if node is not None}
    for statement in init.node.body:
        if any(statement.lineno <= line <= (statement.end_lineno or statement.lineno) for line in lines):
            return Place(statement, behind=False)
    return Place(init.node.body[-1], behind=True)


def _steps_from(init: Function, region: Region) -> Iterator[Region]:
    """The calls in `__init__` by which a region is reached from there, if it is."""
    for step in around(region):
        if step.parent is not None and step.parent.function is init:
            yield step


def unknown_in(
    init: Function,
    scan: Scan,
    place: Place,
    method: Scan,
    params: Iterable[str],
    expressions: Iterable[ast.expr],
    fixed: Callable[[str], bool],
) -> str | None:
    """What of these expressions of a method has no value at a place of `__init__`, or another one; None if all have."""
    self_name = init.self_name
    local = {*method.bindings, *params, *scan.bindings, *init.params}
    for expression in expressions:
        for name in sorted(names_in(expression) - {self_name or ""}):
            if name in local:
                return name
        for node in ast.walk(expression):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == self_name:
                spelled = f"self.{node.attr}"
                known = any(_is_done(b.statement, place, init) for b in scan.bindings.get(spelled, []))
                if not known or not fixed(node.attr):
                    return spelled
    return None


def _is_done(statement: ast.stmt, place: Place, init: Function) -> bool:
    body = init.node.body
    return statement in body and (place.behind or body.index(statement) < body.index(place.statement))
