"""Layers of which a run makes one, each in its branch of an `if`: they are not made in the same way."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from itertools import combinations

from tfmigrate.planning.library import wants_the_same
from tfmigrate.planning.slots import Made, Use
from tfmigrate.planning.starting import start_alike
from tfmigrate.program.standing import ancestors
from tfmigrate.walk.exclusive import parted


def made_apart(groups: Iterable[Sequence[Use]]) -> set[ast.AST]:
    """The calls of library layers that make the same variables in branches which exclude each other, unlike.

    groups: what each layer asks for. None where one of them shares with a call that it does not exclude.
    """
    found: set[ast.AST] = set()
    shared: set[ast.AST] = set()
    for uses in groups:
        by_key: dict[object, dict[ast.AST, Use]] = {}
        for use in uses:
            if use.creation is not None and use.creation.variables:
                by_key.setdefault(use.path, {}).setdefault(use.node, use)
        for several in by_key.values():
            pairs = [*combinations(several.values(), 2)]
            if not all(_are_apart(one, other) for one, other in pairs):
                shared |= several.keys()
            elif not all(_are_one_layer(one, other) for one, other in pairs):
                found |= several.keys()
    return set() if found & shared else found


def _are_apart(one: Use, other: Use) -> bool:
    module = one.region.module
    if one.kind is not other.kind or one.kind not in (Made.LAYER, Made.WEIGHT) or one.loops or other.loops:
        return False
    if one.helper is not None or other.helper is not None:
        return False
    if one.region.function is not other.region.function or module is not other.region.module:
        return False
    chosen = any(isinstance(a, (ast.IfExp, ast.BoolOp)) for use in (one, other) for a in ancestors(module, use.node))
    return not chosen and parted(module, one.node, other.node)


def _are_one_layer(one: Use, other: Use) -> bool:
    assert one.creation is not None and other.creation is not None
    if not start_alike(one, other):
        return False
    return one.kind is Made.WEIGHT or wants_the_same(other.creation, one.creation)
