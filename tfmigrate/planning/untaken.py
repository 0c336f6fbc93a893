"""Weights and library layers in branches of a layer's code that no run takes: what they would make there.

def conv(x, n, norm=False):                         # no call says norm=True
    with tf.variable_scope("conv"):
        if norm:
            x = tf.layers.batch_normalization(x, name="bn")
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace
from itertools import takewhile

from tfmigrate.planning.meanings import Resolve
from tfmigrate.planning.units import Unit
from tfmigrate.program.link import Module
from tfmigrate.program.standing import ancestors
from tfmigrate.tf1.layers import LAYERS
from tfmigrate.walk.execute import Executor
from tfmigrate.walk.regions import Creation, Region, Scope
from tfmigrate.walk.sharing import Scoping
from tfmigrate.walk.values import Library

# what runs as a whole, by itself or as a block
_CODE = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef, ast.With, ast.AsyncWith)
_DECIDING = (
    ast.If, ast.For, ast.AsyncFor, ast.While, ast.Try, ast.IfExp, ast.BoolOp,
    ast.ListComp, ast.SetComp, ast.GeneratorExp, ast.DictComp,
)  # fmt: skip


def note_untaken(unit: Unit, resolve: Resolve, executor: Executor) -> None:
    """Have the regions of a unit know what the branches would make that none of them took."""
    for member in unit.members:
        reached = {creation.node for region in member.regions for creation in region.creations()}
        by_code: dict[ast.AST, list[Region]] = {}
        for block in [block for region in member.regions for block in _blocks(region)]:
            own = block.node if block.is_block else block.function.node if block.function is not None else None
            if own is not None:
                by_code.setdefault(own, []).append(block)
        for code, regions in by_code.items():
            for call in _candidates(code, member.module, resolve):
                if call not in reached:
                    _note(call, regions, executor)


def _note(call: ast.Call, regions: list[Region], executor: Executor) -> None:
    for region in regions:
        if all(known.node is not call for known in region.untaken):
            made = _made(call, region, executor)
            if made is not None:
                region.untaken.append(made)


def _blocks(region: Region) -> Iterator[Region]:
    """A region and the blocks in the same code."""
    yield region
    for event in region.events:
        if isinstance(event, Region) and event.is_block:
            yield from _blocks(event)


def _candidates(code: ast.AST, module: Module, resolve: Resolve) -> Iterator[ast.Call]:
    """Calls with a name of their own that stand in a branch, and in nothing else that decides whether they run."""
    for call in ast.walk(code):
        if not isinstance(call, ast.Call):
            continue
        outside = [node for node in ancestors(module, call) if isinstance(node, (*_DECIDING, *_CODE))]
        deciding = list(takewhile(lambda node: not isinstance(node, _CODE), outside))
        mine = len(deciding) < len(outside) and outside[len(deciding)] is code
        if not mine or not deciding or not all(isinstance(node, ast.If) for node in deciding):
            continue
        value = resolve(module, call.func)
        name = value.name if isinstance(value, Library) else ""
        if name == "tf.get_variable" or (name in LAYERS and _is_named(call)):
            yield call


def _is_named(call: ast.Call) -> bool:
    return any(keyword.arg in ("name", "scope") for keyword in call.keywords)


def _made(call: ast.Call, region: Region, executor: Executor) -> Creation | None:
    """What a call would make in a region, by the last values of the names there; None if that says more than one."""
    if region.scope is None:
        return None
    scoping = Scoping()
    aside = scoping.root = scoping.region = replace(region, parent=None, events=[], untaken=[])
    scoping.scope = Scope(region.path, "auto", defaults=region.scope.defaults)
    before = executor.semantics, executor.frame
    executor.semantics, executor.frame = scoping, region.frame
    try:
        executor.evaluate(call, region.frame.env)
    finally:
        executor.semantics, executor.frame = before
    made = aside.events[0] if len(aside.events) == 1 and not scoping.blames else None
    if not isinstance(made, Creation) or made.node is not call:
        return None
    made.region, made.graph, made.untaken = region, region.graph, True
    return made
