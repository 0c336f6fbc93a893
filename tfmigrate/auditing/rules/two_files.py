"""Two functions of two files that open no scope and ask for one name, in a scope of their caller under AUTO_REUSE."""

from __future__ import annotations

from collections.abc import Iterator

from tfmigrate.auditing.facts import Facts, parting
from tfmigrate.auditing.remark import Remark
from tfmigrate.walk.regions import Creation, Region, around, show_path
from tfmigrate.walk.scoping import AUTO


def check(facts: Facts) -> Iterator[Remark]:
    for variable, first, later in facts.shared():
        if first.reuse != AUTO or later.reuse != AUTO:
            continue
        found = parting(first, later)
        if found is None:
            continue
        early, late = _called(first, found[0]), _called(later, found[1])
        if early is None or late is None or early.function is None or late.function is None:
            continue
        if early.module is late.module or _opens_a_scope(early, first) or _opens_a_scope(late, later):
            continue
        name = show_path(variable.path or ())
        text = (
            f"{late.function.name} takes {name} from {early.function.name} of {early.module.path.name}: neither opens"
        )
        text += " a scope, and both use this name"
        related = (early.module, early.function.node, f"{early.function.name} makes {name}")
        yield Remark("TFM714", found[2], found[1], text, (related,))


def _called(creation: Creation, node: object) -> Region | None:
    """The activation that a call begins, on the way to a request."""
    return next((r for r in around(creation.region) if r.node is node and not r.is_block), None)


def _opens_a_scope(home: Region, creation: Creation) -> bool:
    """Whether the function itself, and not a helper for one layer, opens a scope around the request."""
    return any(region.is_block and region.frame is home.frame for region in around(creation.region))
