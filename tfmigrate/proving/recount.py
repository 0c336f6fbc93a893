"""Counts the variables of a program: which there are, and how often each is read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass
from itertools import zip_longest

from tfmigrate.proving.counting import Counting
from tfmigrate.proving.keras3 import (
    Weight,
    variables_of,
)
from tfmigrate.walk import operate
from tfmigrate.walk.regions import Path, Region, Variable, around, rounds, show_path
from tfmigrate.walk.sharing import Scoping
from tfmigrate.walk.values import (
    UNKNOWN,
)


@dataclass(frozen=True)
class Counted:
    """A variable. shape: text per dimension, None inside a built-in layer. reads: how many calls use it."""

    path: str
    shape: tuple[str, ...] | None
    dtype: str
    trainable: bool
    reads: int


def recount(counting: Counting) -> list[Counted]:
    """All variables of a walk: of its layers, and those that it still makes in TF1's way."""
    return layered(counting) + requested(counting.tf1, *counting.roots)


def layered(counting: Counting) -> list[Counted]:
    """The variables of layers in the order of their making; one that is made anew is there twice.

    A loop is walked twice: what its first and a later round make under a name with the loop's index is one variable.
    """
    for obj in counting.objects:
        if operate.truth(obj.attrs.get("trainable", UNKNOWN)) is False:
            for weight in variables_of(obj):
                weight.trainable = False
    made: dict[Path, dict[tuple[bool, ...], list[Weight]]] = {}
    for weight in counting.weights:
        made.setdefault(weight.path, {}).setdefault(rounds(weight.path), []).append(weight)
    instances = [same for by_round in made.values() for same in zip_longest(*by_round.values())]
    return [_counted([weight for weight in same if weight is not None]) for same in instances]


def _counted(weights: list[Weight]) -> Counted:
    first = weights[0]
    reads = {read for weight in weights for read in weight.reads}
    return Counted(show_path(first.path), first.shape, first.dtype, first.trainable, len(reads))


def requested(
    scoping: Scoping,
    *roots: Region,
    paths: Mapping[Variable, str] | None = None,
    same: Mapping[Variable, Variable] | None = None,
    asker: Callable[[Region], Region] = lambda region: region,
    plain: Container[Variable] = (),
) -> list[Counted]:
    """The variables of a TF1 walk, counted alike: a call or a block that asks twice for a variable uses it once.

    paths: what some of them are called by now. same: variables that count as another one. asker: for which call or
    block another one asks. plain: those that stay a `tf.Variable`, of which nothing more is known then.
    """
    renamed, met = paths or {}, dict(same or {})
    for later, one in _of_later_rounds(scoping, plain).items():
        met.setdefault(later, met.get(one, one))
    reads: dict[Variable, set[object]] = {v: set() for v in scoping.all_variables if v not in met}
    for root in roots or filter(None, [scoping.root]):
        for creation in root.creations():
            # a cell uses its variables where it is run
            times: Counter[Variable] = Counter()
            for variable in creation.variables if not creation.is_cell else ():
                asking = asker(creation.region) if creation.row is None else (creation, times[variable])
                reads[met.get(variable, variable)].add(asking)
                times[variable] += creation.is_operation
    return [
        Counted(renamed.get(v, show_path(v.path or ())), v.shape, v.dtype, v.trainable, len(by))
        if v not in plain
        else Counted("", None, "float32", v.trainable, 0)
        for v, by in reads.items()
    ]


def _of_later_rounds(scoping: Scoping, plain: Container[Variable]) -> dict[Variable, Variable]:
    """Each `tf.Variable` that a loop makes in a later round, by that of its first; it has no name to tell by."""
    first: dict[tuple[object, ...], Variable] = {}
    same: dict[Variable, Variable] = {}
    for made in scoping.plain_variables:
        if made.variable.path is None or made.variable in plain:
            one = first.setdefault((made.node, *(region.node for region in around(made.region))), made.variable)
            if one is not made.variable:
                same[made.variable] = one
    return same
