"""Functions without a scope of their own whose variables all begin with an argument: `conv(x, name=name + "_c1")`."""

from __future__ import annotations

from tfmigrate.program.link import Function
from tfmigrate.walk.regions import Path, Region, path_of, show_path


def prefix_of(function: Function, regions: list[Region]) -> str | None:
    """The parameter by which the calls tell their variables apart, where no scope does."""
    return next((name for name in function.params if _is_prefix(name, regions)), None)


def segment_of(name: str, region: Region) -> Path:
    """What a call gives as the prefix."""
    return path_of(region.frame.args[name]) or ()


def _is_prefix(name: str, regions: list[Region]) -> bool:
    given: dict[str, set[str]] = {}
    for region in regions:
        value = region.frame.args.get(name)
        path = path_of(value) if value is not None else None
        if path is None or len(path) != 1 or not _begin_with(str(path[0]), region):
            return False
        given.setdefault(show_path(region.path), set()).add(str(path[0]))
    # a name that Keras gives a meaning cannot stay what it is; others can, while nothing else tells the calls apart
    return bool(given) and (name == "name" or any(len(texts) > 1 for texts in given.values()))


def _begin_with(text: str, region: Region) -> bool:
    """Whether the names do, and are longer; the whole name may be that of a layer of a library."""
    depth = len(region.path)
    made = [creation for creation in region.creations() if creation.variables]
    firsts = [(str(c.path[depth]) if len(c.path) > depth else "", c) for c in made]
    named = {c for first, c in firsts if first == text and c.row is not None and c.region is region}
    return bool(firsts) and all(first.startswith(text) and (first != text or c in named) for first, c in firsts)
