"""What a layer says for `scope.name`, the whole name of a scope: `self.path`, or `f"{self.path}/inner"`."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from itertools import takewhile

from tfmigrate.planning.keras_paths import path_of_layer
from tfmigrate.planning.layering import LayerPlan
from tfmigrate.planning.name_scopes import may_be_counted, reenters
from tfmigrate.planning.requests import file_quote
from tfmigrate.planning.segments import scope_name
from tfmigrate.planning.units import Instance, Member
from tfmigrate.walk.naming import is_plain
from tfmigrate.walk.regions import Path, Region, around, show_path

_ATOMS = (ast.Name, ast.Attribute, ast.Subscript, ast.Call, ast.Constant, ast.JoinedStr)


def scope_path(plan: LayerPlan, member: Member, block: ast.With, show: Callable[[ast.expr], str]) -> str | None:
    """An expression for the name of the scope that a block of a member opens; None where no layer knows it.

    show: how the layer spells an expression of the body.
    """
    opened = list(_opened(plan, member, block))
    below = {path[len(instance.path) :] for instance, path in opened if path[: len(instance.path)] == instance.path}
    known = all(path_of_layer(instance) == instance.path for instance, _ in opened)
    quote = file_quote(member.module)
    own = "self.name" if all(len(instance.path) == 1 for instance, _ in opened) else "self.path"
    if below == {()} and known:
        return own
    if len(below) == 1 and known and all(map(is_plain, below)):
        return f"f{quote}{{{own}}}/{show_path(below.pop())}{quote}"
    call = block.items[0].context_expr
    name = scope_name(call)
    if known and name is not None and {len(path) for path in below} == {1} and not _is_given(call, name):
        text = show(name)
        return f"{own} + {quote}/{quote} + {text if _binds(name) else f'({text})'}"
    names = {path for _, path in opened}
    path = names.pop() if len(names) == 1 else ()
    return f"{quote}{show_path(path)}{quote}" if path and is_plain(path) else None


def _is_given(call: ast.expr, name: ast.expr) -> bool:
    """Whether TF1 makes the name, or has it from a scope object."""
    return may_be_counted(call) or reenters(name)


def _binds(node: ast.expr) -> bool:
    """Whether an expression can stand behind a plus sign."""
    return isinstance(node, _ATOMS) or (isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Mod, ast.Add)))


def fitted(text: str, outer: Iterator[ast.AST]) -> str | None:
    """How an expression is written inside of others; None where Python takes no quotes. outer: from the inside out."""
    around = list(takewhile(lambda node: not isinstance(node, ast.stmt), outer))
    if any(isinstance(node, ast.JoinedStr) for node in around) and re.search("[\"']", text):
        return None
    alone = not around or isinstance(around[0], (ast.Call, ast.keyword, ast.Tuple, ast.List))
    return text if alone or " + " not in text else f"({text})"


def _opened(plan: LayerPlan, member: Member, block: ast.With) -> Iterator[tuple[Instance, Path]]:
    """The paths that a block opens, each with the layer object in which it does."""
    for instance in plan.unit.instances:
        for region in instance.regions:
            if region not in member.regions:
                continue
            if region.node is block:
                yield instance, region.path
            for event in region.walk():
                if isinstance(event, Region) and event.node is block and _holder(event, plan) is region:
                    yield instance, event.path


def _holder(region: Region, plan: LayerPlan) -> Region | None:
    """The innermost call of the layer around a block."""
    calls = {call for instance in plan.unit.instances for call in instance.regions}
    return next((outer for outer in around(region.parent) if outer in calls), None)
