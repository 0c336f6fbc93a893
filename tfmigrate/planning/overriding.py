"""Methods that a base class calls: `self.head(h)` in the base may be this class's `head`, any number of times.

A walk that makes up an object of a class calls its methods once each, which is not what the base does with them.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Container, Iterator

from tfmigrate.program.link import Class, Function, Module
from tfmigrate.walk.regions import Region
from tfmigrate.walk.roots import Walk

Called = tuple[Region, ast.Call, Module]


def called_by_bases(walk: Walk, mro: Callable[[Class], list[Class]], evident: Container[Function]) -> Iterator[Called]:
    """The entries of a walk that are methods which a base calls, with such a call.

    evident: what makes placeholders or trains. A base's `__init__` does that once.
    """
    target = walk.entry.target
    cls = target.cls if isinstance(target, Function) else target if isinstance(target, Class) else None
    if cls is None:
        return
    calls: dict[str, tuple[ast.Call, Module]] = {}
    for base in mro(cls)[1:]:
        for method, name, call in _own_calls(base):
            own = cls.methods.get(name)
            if own is not None and not (own in evident and method.name == "__init__"):
                calls[name] = call, base.module
    for region in walk.root.events if calls else ():
        if isinstance(region, Region) and region.function is not None and region.function.cls is cls:
            if region.function.name in calls:
                yield region, *calls[region.function.name]


def _own_calls(cls: Class) -> Iterator[tuple[Function, str, ast.Call]]:
    """The methods that the code of a class calls on its object."""
    for method in cls.methods.values():
        for node in method.nodes:
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                owner = node.func.value
                if isinstance(owner, ast.Name) and owner.id == method.self_name:
                    yield method, node.func.attr, node
