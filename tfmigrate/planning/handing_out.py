"""Objects that are handed to code outside of the program: that may call their methods, in scopes of its own."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator

from tfmigrate.planning.classification import Classification
from tfmigrate.program.link import Class, Function, Module
from tfmigrate.walk.regions import Region


def handed_out(
    classes: Classification, mro: Callable[[Class], list[Class]]
) -> Iterator[tuple[Function, list[Region], ast.expr, Module]]:
    """Methods that make variables and that others than their class call, with their calls, and where an object goes."""
    for walk in classes.walks:
        for cls, (node, module) in walk.scoping.handed_out.items():
            order = mro(cls)
            for method in (method for each in order for method in each.methods.values()):
                regions = [region for region in classes.calls.get(method, []) if region in classes.makers]
                if method not in classes.evident and _is_for_others(method, regions, order):
                    yield method, regions, node, module


def _is_for_others(method: Function, regions: list[Region], order: list[Class]) -> bool:
    if method.name == "__init__":
        return False
    callers = [
        region.parent.function for region in regions if region.frame.call is not None and region.parent is not None
    ]
    return any(caller is None or caller.cls not in order for caller in callers)
