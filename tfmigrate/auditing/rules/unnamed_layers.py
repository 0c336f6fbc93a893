"""Unnamed layers of one function that change places: another layer gets the number, and with it the variables."""

from __future__ import annotations

from collections.abc import Iterator

from tfmigrate.auditing.facts import Facts
from tfmigrate.auditing.remark import Remark
from tfmigrate.walk.exclusive import parted
from tfmigrate.walk.regions import show_path


def check(facts: Facts) -> Iterator[Remark]:
    shared = [*facts.shared()]
    made = {(later.region.frame, later.node, show_path(later.path)) for _, _, later in shared}
    for _, first, later in shared:
        here, there = later.region, first.region
        if not (first.automatic and later.automatic) or first.node is later.node:
            continue
        if here.function is None or here.function is not there.function or here.frame is there.frame:
            continue
        if (here.frame, first.node, show_path(later.path)) in made:
            continue  # this call has both lines share the layer, and means to
        if parted(here.module, first.node, later.node):
            continue
        text = f"in this call of {here.function.name} the unnamed layer is {show_path(later.path)}, which another"
        text += " line is in an earlier call; it takes the variables of that one"
        related = (there.module, first.node, f"{show_path(first.path)} of the earlier call")
        yield Remark("TFM704", here.module, later.node, text, (related,))
