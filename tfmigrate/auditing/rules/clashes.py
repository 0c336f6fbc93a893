"""A variable that is made twice, or reused before it is made: what the walk comes by is said here too."""

from __future__ import annotations

from collections.abc import Iterator

from tfmigrate.auditing.facts import Facts, place_of
from tfmigrate.auditing.remark import Elsewhere, Remark


def check(facts: Facts) -> Iterator[Remark]:
    for clash, first in facts.clashes():
        related: tuple[Elsewhere, ...] = ()
        if first is not None:
            module, node = place_of(first, clash.region)
            related = ((module, node, "made here"),) if node is not clash.node else ()
        yield Remark(clash.code, clash.module, clash.node, clash.text, related)
