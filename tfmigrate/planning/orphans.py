"""Networks that nothing in the program calls: who shares their variables, only the missing caller knows."""

from __future__ import annotations

import ast
from collections.abc import Container, Iterable

from tfmigrate.planning.classification import Classification
from tfmigrate.program.flags import is_reuse_switch
from tfmigrate.program.link import Class, Function, Module


def orphans(classes: Classification) -> set[Function]:
    """The outermost functions and methods that make variables, take something in, and are called by nothing."""
    found: set[Function] = set()
    values = _values(module for walk in classes.walks for module in walk.modules())
    for walk in classes.walks:
        target = walk.entry.target
        if isinstance(target, Module):
            continue
        candidates = [target] if isinstance(target, Function) else list(target.methods.values())
        trains = isinstance(target, Class) and any(method in classes.evident for method in candidates)
        found.update(function for function in candidates if _is_orphan(function, classes, trains, values))
    return found


def _values(modules: Iterable[Module]) -> set[str]:
    """Names of attributes that are read and not called where they are read."""
    found: set[str] = set()
    for module in dict.fromkeys(modules):
        called = {id(call.func) for call in module.of_kind(ast.Call)}
        read = (node for node in module.of_kind(ast.Attribute) if isinstance(node.ctx, ast.Load))
        found.update(node.attr for node in read if id(node) not in called)
    return found


def _is_orphan(function: Function, classes: Classification, trains: bool, values: Container[str]) -> bool:
    """trains: whether its class does what programs do once per graph. values: see `_values`."""
    regions = [region for region in classes.calls.get(function, []) if region in classes.makers]
    if not regions or any(region.frame.call is not None for region in regions):
        return False
    if _is_told_to_reuse(function):
        return True
    if function in classes.evident:
        return False
    if function.cls is not None and function.name in values and not _is_property(function):
        return True  # `self.deep` may be called anywhere, and more than once
    if function.cls is not None and any(c.reuse == "auto" for region in regions for c in region.creations()):
        return True  # a second call, or look at a property, would share with the first
    return not trains and _required(function) > 0


def _is_property(function: Function) -> bool:
    return any("property" in ast.unparse(decorator) for decorator in function.node.decorator_list)


def _is_told_to_reuse(function: Function) -> bool:
    """Whether a parameter decides if variables are reused: then it is called more than once in a graph."""
    own = set(function.params)
    for node in function.nodes:
        if isinstance(node, ast.keyword) and node.arg == "reuse" and _mentions(node.value, own):
            return True
        if isinstance(node, ast.If) and _mentions(node.test, own):
            if any(is_reuse_switch(inner) for statement in node.body for inner in ast.walk(statement)):
                return True
    return False


def _mentions(node: ast.AST, names: set[str]) -> bool:
    return any(isinstance(part, ast.Name) and part.id in names for part in ast.walk(node))


def _required(function: Function) -> int:
    """How many arguments a call must give, those of the object's construction included."""
    count = len(function.params) - len(function.node.args.defaults)
    init = function.cls.methods.get("__init__") if function.cls is not None else None
    if init is not None and init is not function:
        count += len(init.params) - len(init.node.args.defaults)
    return count
