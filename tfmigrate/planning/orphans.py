"""Networks that nothing in the program calls: who shares their variables, only the missing caller knows."""

from __future__ import annotations

from tfmigrate.planning.units import Classification
from tfmigrate.program.link import Class, Function, Module


def orphans(classes: Classification) -> set[Function]:
    """The outermost functions and methods that make variables, take something in, and are called by nothing."""
    found: set[Function] = set()
    for walk in classes.walks:
        target = walk.entry.target
        if isinstance(target, Module):
            continue
        candidates = [target] if isinstance(target, Function) else list(target.methods.values())
        if isinstance(target, Class) and any(method in classes.evident for method in candidates):
            continue
        found.update(function for function in candidates if _is_orphan(function, classes))
    return found


def _is_orphan(function: Function, classes: Classification) -> bool:
    if function in classes.evident or _required(function) == 0:
        return False
    regions = [region for region in classes.calls.get(function, []) if region in classes.makers]
    return bool(regions) and all(region.frame.call is None for region in regions)


def _required(function: Function) -> int:
    """How many arguments a call must give, those of the object's construction included."""
    count = len(function.params) - len(function.node.args.defaults)
    init = function.cls.methods.get("__init__") if function.cls is not None else None
    if init is not None and init is not function:
        count += len(init.params) - len(init.node.args.defaults)
    return count
