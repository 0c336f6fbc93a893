"""Two names under AUTO_REUSE that differ by a slip: each is asked for by one side of what shares the rest."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from tfmigrate.auditing.facts import Facts
from tfmigrate.auditing.remark import Remark
from tfmigrate.auditing.spelling import is_slip
from tfmigrate.walk.regions import Creation, Path, around, show_path
from tfmigrate.walk.roots import Walk
from tfmigrate.walk.scoping import AUTO
from tfmigrate.walk.values import Const


@dataclass
class _Side:
    """What one `with` asks for in one scope, at all times."""

    requests: dict[str, Creation] = field(default_factory=dict)


def check(facts: Facts) -> Iterator[Remark]:
    for walk in facts.walks:
        for sides in _sides(walk).values():
            for i, early in enumerate(sides):
                for late in sides[i + 1 :]:
                    yield from _slips(early, late, sides)


def _sides(walk: Walk) -> dict[tuple[int, Path], list[_Side]]:
    """By graph and scope, what each of the blocks that open it asks for under AUTO_REUSE."""
    found: dict[tuple[int, Path], dict[ast.AST, _Side]] = defaultdict(dict)
    for creation in walk.root.creations():
        if creation.reuse != AUTO:
            continue
        for block in around(creation.region):
            if block.is_block and block.node is not None and block.path:
                side = found[id(block.graph), block.path].setdefault(block.node, _Side())
                for variable in creation.variables:
                    if variable.path is not None and all(isinstance(s, Const) for s in variable.path):
                        side.requests.setdefault(show_path(variable.path), creation)
    return {key: [*sides.values()] for key, sides in found.items() if len(sides) > 1}


def _slips(early: _Side, late: _Side, sides: Iterable[_Side]) -> Iterator[Remark]:
    if not early.requests.keys() & late.requests.keys():
        return
    for name, creation in late.requests.items():
        if sum(name in side.requests for side in sides) > 1:
            continue
        for other, first in early.requests.items():
            if other not in late.requests and is_slip(other, name):
                text = f"this makes {name}, a variable of its own: what shares the scope asks for {other}"
                related = (first.region.module, first.node, f"{other} is asked for here")
                yield Remark("TFM703", creation.region.module, creation.node, text, (related,))
