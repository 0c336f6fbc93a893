"""`reuse_variables()` of a scope that another function opened, with requests after it that fall under it."""

from __future__ import annotations

from collections.abc import Iterator

from tfmigrate.auditing.facts import Facts, surely_both
from tfmigrate.auditing.remark import Remark
from tfmigrate.walk.records import ReuseSwitch
from tfmigrate.walk.regions import Creation, around, show_path
from tfmigrate.walk.roots import Walk


def check(facts: Facts) -> Iterator[Remark]:
    for walk in facts.walks:
        for switch in walk.scoping.switches:
            frame = switch.region.frame
            if frame.function is None or frame.call is None or switch.scope.opened_by is frame:
                continue
            later = next(_later(walk, switch), None)
            if later is None:
                continue
            scope = f"the scope {show_path(switch.scope.path)!r}" if switch.scope.path else "the whole graph"
            where = f"in {later.region.function.name}" if later.region.function is not None else "later"
            text = (
                f"this switches reuse on for {scope}, which {frame.function.name} did not open: "
                f"the variables asked for {where} after it can only be reused"
            )
            told = f"{show_path(later.path)} is asked for here, after reuse was switched on"
            yield Remark("TFM706", switch.region.module, switch.node, text, ((later.region.module, later.node, told),))


def _later(walk: Walk, switch: ReuseSwitch) -> Iterator[Creation]:
    """What is asked for after the call, in the same scope, when the function that made the call is over."""
    home = next(region for region in around(switch.region) if not region.is_block)
    until = switch.scope.left
    for creation in walk.root.creations():
        inside = creation.region.graph is switch.region.graph and (until is None or creation.time <= until)
        if creation.variables and inside and creation.time > switch.time and home not in around(creation.region):
            if surely_both(switch.region, creation):
                yield creation
