"""By which expression the code at a place knows an object of the program: `model`, `self.model`."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import lru_cache

from tfmigrate.program.link import Class, Module, Program
from tfmigrate.program.scan import scan_code
from tfmigrate.program.standing import functions_around
from tfmigrate.walk.containers import flat
from tfmigrate.walk.records import Lookup, Saving
from tfmigrate.walk.regions import Query
from tfmigrate.walk.values import ObjectValue

Asking = Query | Saving | Lookup


def known_objects(asking: Asking, program: Program) -> list[tuple[str, ObjectValue]]:
    """The objects that names surely stand for where a list is made, and those that the running object keeps."""
    named = {obj: name for name, obj in _named(asking, program)}
    return [(name, obj) for obj, name in named.items()]


def _named(asking: Asking, program: Program) -> Iterator[tuple[str, ObjectValue]]:
    home, node = asking.region.call, asking.node
    scan = scan_code(home.function or home.module)
    if node not in scan.parents:
        return  # the node is in a function inside
    params = home.function.params if home.function is not None else ()
    for name, value in asking.objects.items():
        if value is not home.frame.obj:
            certain, binding = scan.reaching(name, node)
            if certain and len(scan.bindings.get(name, ())) == (0 if name in params else 1) == (binding is not None):
                yield name, value
    own, owner = home.frame.obj, home.function.self_name if home.function is not None else None
    if own is None or owner is None:
        return
    for name, held in own.attrs.items():
        if isinstance(held, ObjectValue) and held is not own and _is_kept(name, own.cls, program):
            yield f"{owner}.{name}", held


def _is_kept(attribute: str, cls: Class, program: Program) -> bool:
    """Whether one statement, and no other, gives that attribute of the objects of a class its value."""
    stores = [store for module in program.modules.values() for store in _stores(module) if store[0] == attribute]
    alone = all(isinstance(base, ast.Name) and base.id == "object" for base in cls.node.bases)
    return sum(not alone or owner is None or owner is cls for _, owner in stores) == 1


@lru_cache(maxsize=2_000)
def _stores(module: Module) -> tuple[tuple[str, Class | None], ...]:
    """The attributes that a file sets, each with the class whose method sets its own object's."""
    found: list[tuple[str, Class | None]] = []
    for node in module.of_kind(ast.Attribute):
        if not isinstance(node.ctx, ast.Load):
            around = next(functions_around(module, node), None)
            method = module.functions.get(around) if around is not None else None
            own = method is not None and isinstance(node.value, ast.Name) and node.value.id == method.self_name
            found.append((node.attr, method.cls if own and method is not None else None))
    return tuple(found)


def held_by(obj: ObjectValue) -> Iterator[ObjectValue]:
    """The objects that one keeps as attributes, also in lists and dictionaries."""
    return (item for value in obj.attrs.values() for item in flat(value) if isinstance(item, ObjectValue))
