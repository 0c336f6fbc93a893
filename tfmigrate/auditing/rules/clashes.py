"""A variable that is made twice, or reused before it is made: what the walk comes by is said here too."""

from __future__ import annotations

from collections.abc import Iterator

from tfmigrate.auditing.facts import Facts
from tfmigrate.auditing.remark import Elsewhere, Remark


def check(facts: Facts) -> Iterator[Remark]:
    for clash in facts.made_twice:
        related: tuple[Elsewhere, ...] = ()
        if clash.first is not None and clash.first.node is not None and clash.first.node is not clash.node:
            related = ((clash.first.module, clash.first.node, "made here"),)
        yield Remark(clash.code, clash.module, clash.node, clash.text, related)
