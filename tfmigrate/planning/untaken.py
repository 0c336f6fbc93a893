"""Weights and library layers in branches of a layer's code that no run takes: what they would make there.

def conv(x, n, norm=False):                         # no call says norm=True
    with tf.variable_scope("conv"):
        if norm:
            x = tf.layers.batch_normalization(x, name="bn")
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import takewhile

from tfmigrate.planning.classification import Classification
from tfmigrate.planning.meanings import Resolve
from tfmigrate.planning.units import Unit
from tfmigrate.program.link import Module
from tfmigrate.program.scan import COMPREHENSIONS
from tfmigrate.program.standing import ancestors
from tfmigrate.tf1.layers import LAYERS
from tfmigrate.walk.exclusive import parted
from tfmigrate.walk.execute import Executor
from tfmigrate.walk.regions import Creation, Path, Query, Region, Scope, Segment
from tfmigrate.walk.sharing import Scoping
from tfmigrate.walk.values import Const, FunctionValue, Library

# what runs as a whole, by itself or as a block
CODE = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef, ast.With, ast.AsyncWith)
_DECIDING = (
    ast.If, ast.For, ast.AsyncFor, ast.While, ast.Try, ast.IfExp, ast.BoolOp, *COMPREHENSIONS,
)  # fmt: skip


def note_untaken(unit: Unit, classes: Classification, resolve: Resolve, executor: Executor) -> None:
    """Have the regions of a unit know what the branches would make that none of them took."""
    for member in unit.members:
        reached = {creation.node for region in member.regions for creation in region.creations()}
        by_code: dict[ast.AST, list[Region]] = {}
        for block in [block for region in member.regions for block in blocks_of(region)]:
            if block.code is not None:
                by_code.setdefault(block.code, []).append(block)
        for code, regions in by_code.items():
            for call, name in _candidates(code, member.module, resolve):
                if call in reached:
                    continue
                if not name or (isinstance(code, ast.With) and _is_first(call, name, code, regions, classes, resolve)):
                    _note(call, regions, executor)


def _note(call: ast.Call, regions: list[Region], executor: Executor) -> None:
    for region in regions:
        if region.scope is not None and all(known.node is not call for known in region.untaken):
            made = _made(call, region, executor)
            if made is not None:
                region.untaken.append(made)


def blocks_of(region: Region) -> Iterator[Region]:
    """A region and the blocks in the same code."""
    yield region
    for event in region.events:
        if isinstance(event, Region) and event.is_block:
            yield from blocks_of(event)


def _candidates(code: ast.AST, module: Module, resolve: Resolve) -> Iterator[tuple[ast.Call, str]]:
    """Calls that stand in a branch or behind one that leaves, and in nothing else that decides whether they run.

    Each with the name that TF1 gives it if it is the first without one in its scope; empty if it has its own.
    """
    for call in ast.walk(code):
        if not isinstance(call, ast.Call):
            continue
        outside = [node for node in ancestors(module, call) if isinstance(node, (*_DECIDING, *CODE))]
        deciding = list(takewhile(lambda node: not isinstance(node, CODE), outside))
        mine = len(deciding) < len(outside) and outside[len(deciding)] is code
        if not mine or not all(isinstance(node, ast.If) for node in deciding):
            continue
        if not deciding and not _is_left_before(call, code):
            continue
        value = resolve(module, call.func)
        name = value.name if isinstance(value, Library) else ""
        if name == "tf.get_variable" or (name in LAYERS and _is_named(call)):
            yield call, ""
        elif name in LAYERS:
            yield call, LAYERS[name].base_name


def _is_left_before(call: ast.Call, code: ast.AST) -> bool:
    """Whether a branch may return from the code before it comes to a call."""
    found = getattr(code, "body", None)
    for statement in found if isinstance(found, list) else []:
        if any(node is call for node in ast.walk(statement)):
            return False
        arms = [statement.body, statement.orelse] if isinstance(statement, ast.If) else []
        if any(arm and isinstance(arm[-1], ast.Return) for arm in arms):
            return True
    return False


def _is_named(call: ast.Call) -> bool:
    return any(keyword.arg in ("name", "scope") for keyword in call.keywords)


def _is_first(
    call: ast.Call, name: str, code: ast.With, regions: list[Region], classes: Classification, resolve: Resolve
) -> bool:
    """Whether whatever else may take the name of an unnamed layer in its scope stands in another branch."""
    module = regions[0].module
    for region in regions:
        if not region.name or region.by_object:
            return False  # what was there before this block counts as well
        for event in region.events:
            if isinstance(event.node, ast.AST) and not parted(module, event.node, call):
                if any(_may_be(segment, name) for segment in _segments(event, region.path)):
                    return False
    reached = {event.node for region in regions for event in region.walk()}
    inside = (node for statement in code.body for node in ast.walk(statement))
    for other in (node for node in inside if isinstance(node, ast.Call) and node is not call):
        value = resolve(module, other.func) if other not in reached else None
        numbered = isinstance(value, Library) and value.name in LAYERS and LAYERS[value.name].base_name == name
        opens = isinstance(value, Library) and value.name == "tf.variable_scope"
        makes = isinstance(value, FunctionValue) and not classes.is_harmless(value.function)
        if (numbered or opens or makes) and not parted(module, other, call):
            return False
    return True


def _segments(event: Region | Creation | Query, path: Path) -> Iterator[Segment]:
    """The names that something takes right below a scope."""
    inside = [event, *event.walk()] if isinstance(event, Region) else [event]
    for each in inside:
        if not isinstance(each, Query) and len(each.path) > len(path):
            yield each.path[len(path)]


def _may_be(segment: Segment, name: str) -> bool:
    """Whether a name is a default name, or that with a number."""
    return not isinstance(segment, Const) or bool(re.fullmatch(rf"{re.escape(name)}(_\d+)?", str(segment.value)))


def _made(call: ast.Call, region: Region, executor: Executor) -> Creation | None:
    """What a call would make in a region, by the last values of the names there; None if that says more than one."""
    with aside(region, executor):
        executor.module_env(region.module)  # what happens there is none of this call's
    with aside(region, executor) as scoping:
        executor.evaluate(call, region.frame.env)
    found = scoping.region.events if scoping.region is not None else []
    # a function that it is given may have been tried out
    events = [event for event in found if not isinstance(event, Region) or event.makes_variables()]
    made = events[0] if len(events) == 1 and not scoping.blames else None
    if not isinstance(made, Creation) or made.node is not call:
        return None
    made.region, made.graph, made.untaken = region, region.graph, True
    return made


@contextmanager
def aside(region: Region, executor: Executor) -> Iterator[Scoping]:
    """Be inside of a region as it was when it was over; nothing of what is done there counts."""
    scoping = Scoping()
    scoping.root = scoping.region = replace(region, parent=None, events=[], untaken=[])
    scoping.scope = Scope(region.path, "auto", defaults=region.scope.defaults if region.scope is not None else {})
    frame, names = region.frame, dict(region.frame.env.names)
    lists = list(frame.returns), list(frame.loops), list(frame.conditions)
    before = executor.semantics, executor.frame, executor.frames, executor.limit
    executor.semantics, executor.frame, executor.frames = scoping, frame, 0
    frame.env.names.update(region.names_behind)
    if region.is_block:
        frame.loops += region.loops
        frame.conditions += region.conditions
    mark = executor.effects.begin()
    try:
        yield scoping
    finally:
        executor.effects.take_back(mark)
        executor.effects.end()
        frame.returns[:], frame.loops[:], frame.conditions[:] = lists
        frame.env.names.clear()
        frame.env.names.update(names)
        executor.semantics, executor.frame, executor.frames, executor.limit = before
