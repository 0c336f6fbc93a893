"""Slots: what a layer or plain function keeps made, one for each variable, library layer or instance it uses."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Container, Iterable, Iterator
from dataclasses import dataclass, field, replace
from enum import Enum
from itertools import combinations

from tfmigrate.planning.classification import Classification
from tfmigrate.planning.ownership import Ownership
from tfmigrate.planning.splitting import Split
from tfmigrate.planning.units import Holder, Instance, Unit
from tfmigrate.program.link import Function, Module
from tfmigrate.program.rounds import LOOPS, Loop, loop_of
from tfmigrate.walk.exclusive import exclusive
from tfmigrate.walk.growing import Growth
from tfmigrate.walk.numbering import Number
from tfmigrate.walk.regions import Creation, Path, Query, Region, twins
from tfmigrate.walk.values import Const, Counted, LoopIndex, NumberedIndex

# in an expression, all names that are no attributes
_NAMES = re.compile(r"(?<![\w.])[^\W\d]\w*")


class Made(Enum):
    """What fills a slot."""

    WEIGHT = "weight"
    LAYER = "layer"
    CELL = "cell"
    INSTANCE = "instance"


@dataclass(frozen=True, eq=False)
class Use:
    """One dynamic use of a slot: the node that asks for it, in which region, and what came of it."""

    kind: Made
    node: ast.AST
    path: Path
    region: Region
    creation: Creation | None = None
    child: Instance | None = None
    helper: Function | None = None
    split: Split | None = None
    loops: tuple[ast.AST, ...] = ()
    conditions: tuple[ast.AST, ...] = ()
    # what else the call may run, where it runs one of several functions
    twins: tuple[Instance, ...] = ()


@dataclass(eq=False)
class Slot:
    """One thing kept. path is relative to the owner's own; `loops` are those on whose index the path depends."""

    kind: Made
    path: Path
    first: Use
    sites: list[ast.AST] = field(default_factory=list)
    uses: list[Use] = field(default_factory=list)
    loops: list[ast.AST] = field(default_factory=list)
    name: str = ""
    # another method of the object needs it, or another call of the method, so it becomes an attribute
    promoted: bool = False
    # whether each round of a loop makes another layer, where it calls it
    inline: bool = False
    # whether a run makes it or another one, each in its branch of an `if`
    apart: bool = False
    # where code lists its variables
    readers: list[Use] = field(default_factory=list)
    # sites in branches that no run takes, with the one that says the same
    alike: dict[ast.AST, ast.AST] = field(default_factory=dict)

    @property
    def unit(self) -> Unit | None:
        return self.first.child.unit if self.first.child is not None else None

    @property
    def units(self) -> set[Unit]:
        """Its unit, and the others that one of may be there in its place."""
        return {child.unit for child in (self.first.child, *self.first.twins) if child is not None}

    def site(self) -> ast.AST:
        return self.first.node

    @property
    def bare_path(self) -> Path:
        """Its path without a number that depends on loops."""
        number = number_of(self.first)
        return self.path if number is None else (*self.path[:-1], Const(number.base))


class Disagreement(Exception):
    """Two sites share in one instance and not in another."""

    def __init__(self, node: ast.AST, module: Module | None = None) -> None:
        super().__init__("shared here but not there")
        self.node = node
        self.module = module


def uses(region: Region, classes: Classification, owners: Ownership) -> Iterator[Use]:
    """What the code of one region asks for, in order, past scope blocks that only name things."""
    yield from _uses(region, region, classes, owners)


def _uses(region: Region, home: Region, classes: Classification, owners: Ownership) -> Iterator[Use]:
    done: set[Region] = set()
    for event in _events(region):
        if isinstance(event, Creation) and event.is_operation:
            continue
        if isinstance(event, Creation):
            kind = Made.WEIGHT if event.row is None else Made.CELL if event.is_cell else Made.LAYER
            yield Use(kind, event.node, event.path, home, event, loops=event.loops, conditions=event.conditions)
        elif isinstance(event, Region):
            member = classes.member_of(event)
            if member is not None and member.is_object:
                continue
            if member is not None:
                child = owners.instance_of[event]
                others = twins(event)
                if event.node is None or any(known is not event and known in done for known in others):
                    continue
                done.add(event)
                yield Use(
                    Made.INSTANCE,
                    event.node,
                    child.path,
                    home,
                    child=child,
                    loops=event.loops,
                    conditions=event.conditions,
                    twins=tuple(owners.instance_of[other] for other in others if other in owners.instance_of),
                )
            elif event.is_block:
                yield from _uses(event, home, classes, owners)
            elif classes.is_direct(event):
                first = next(event.creations())
                assert event.node is not None and event.function is not None
                yield Use(
                    Made.WEIGHT, event.node, first.path, home, first, helper=event.function,
                    split=classes.splits.get(event.function),
                    loops=event.loops, conditions=event.conditions,
                )  # fmt: skip


def _events(region: Region) -> Iterator[Region | Creation | Query]:
    """What happened in a region, and what its branches would make that no run takes, in the order of the text."""
    waiting = sorted(region.untaken, key=_place, reverse=True)
    for event in region.events:
        while waiting and _place(waiting[-1]) < _place(event):
            yield waiting.pop()
        yield event
    yield from reversed(waiting)


def _place(event: Region | Creation | Query) -> tuple[int, int]:
    node = event.node
    return (node.lineno, node.col_offset) if isinstance(node, (ast.expr, ast.stmt)) else (0, 0)


def slots_of_unit(
    unit: Unit, classes: Classification, owners: Ownership, apart: Callable[[list[list[Use]]], set[ast.AST]]
) -> list[Slot]:
    """The slots of a unit, agreed upon by all its instances. Raises Disagreement.

    apart: which calls have slots of their own, though they ask for the same variables.
    """
    groups: list[tuple[Path, list[Region], Holder | None]] = [(i.base, i.regions, None) for i in unit.instances]
    found = _slots(groups, classes, owners, apart=apart)
    slots: list[Slot] = []
    for slot in (slot for slot in found if slot not in slots):
        beside = [other for other in found if slot.apart and other.apart and other.path == slot.path]
        slots += sorted(beside, key=lambda other: getattr(other.site(), "lineno", 0)) or [slot]
    return slots


def slots_of_plain(
    holders: Iterable[tuple[Holder, list[Region]]],
    classes: Classification,
    owners: Ownership,
    each_round: Container[ast.AST] = (),
) -> list[Slot]:
    """The slots of a plain function or of the methods of one class: what each holder holds, in these regions.

    each_round: the calls that run another function in each round of a loop.
    """
    groups: list[tuple[Path, list[Region], Holder | None]] = [((), regions, holder) for holder, regions in holders]
    slots = _slots(groups, classes, owners, each_round)
    for slot in slots:
        slot.promoted = is_called_again(slot)
    return slots


def is_called_again(slot: Slot) -> bool:
    """Whether an object runs the method more than once that calls the layer first: neither call may make it."""
    regions: dict[int, list[Region]] = {}
    for use in slot.uses:
        obj, known = use.region.frame.obj, regions.setdefault(id(use.region.frame.obj), [])
        if obj is not None and use.region.function is slot.first.region.function and use.region not in known:
            known.append(use.region)
    return any(not exclusive(one, other) for known in regions.values() for one, other in combinations(known, 2))


def _slots(
    groups: list[tuple[Path, list[Region], Holder | None]],
    classes: Classification,
    owners: Ownership,
    each_round: Container[ast.AST] = (),
    apart: Callable[[list[list[Use]]], set[ast.AST]] = lambda _: set(),
) -> list[Slot]:
    """One slot for all sites that share anywhere; nowhere may they not share."""
    asked = [list(_asked(regions, holder, classes, owners)) for _, regions, holder in groups]
    inline = _inline([use for uses_here in asked for use in uses_here if use.node in each_round])
    asked = [[use for use in uses_here if use.node not in each_round] for uses_here in asked]
    joined = _Joined()
    alone = apart(asked)
    for uses_here in asked:
        first: dict[object, ast.AST] = {}
        for use in (use for use in uses_here if use.node not in alone):
            joined.join(first.setdefault(_key(use), use.node), use.node)
    slots: dict[ast.AST, Slot] = {}
    for (base, regions, _), uses_here in zip(groups, asked):
        local: dict[Slot, object] = {}
        together: dict[Instance, tuple[Instance, ...]] = {}
        for use in uses_here:
            site = joined.find(use.node)
            slot = slots.get(site)
            if slot is None:
                slot = slots[site] = Slot(use.kind, use.path[len(base) :], use, apart=use.node in alone)
            if local.setdefault(slot, _key(use)) != _key(use):
                raise _disagreement(use, slot, regions)
            whole = (use.child, *use.twins) if use.child is not None else ()
            if any(together.setdefault(child, whole) != whole for child in whole):
                raise _disagreement(use, slot, regions)
            slot.uses.append(use)
            if use.node not in slot.sites:
                slot.sites.append(use.node)
    for slot in slots.values():
        slot.loops = deciding_loops(slot, slot.first)
    return [*slots.values(), *inline]


def _inline(found: list[Use]) -> list[Slot]:
    """The slots of calls that make their layers where they are: each layer is called once."""
    by_node: dict[ast.AST, list[Use]] = {}
    for use in found:
        by_node.setdefault(use.node, []).append(use)
    slots = []
    for node, group in by_node.items():
        if any(use.child is None or use.twins or len(use.child.regions) > 1 for use in group):
            continue  # these stay
        others = tuple(use.child for use in group[1:] if use.child is not None)
        slot = Slot(group[0].kind, group[0].path, replace(group[0], twins=others), [node], group, inline=True)
        slots.append(slot)
    return slots


def _asked(regions: list[Region], holder: Holder | None, classes: Classification, owners: Ownership) -> Iterator[Use]:
    for region in regions:
        for use in uses(region, classes, owners):
            if holder is None or _is_held(use, holder):
                yield use


def _key(use: Use) -> tuple[Made, object]:
    """What a use gets: the same within one holder is the same thing. Layers without variables share nothing, and
    neither do graphs."""
    if use.creation is not None and not use.creation.variables:
        return use.kind, use.node
    if use.child is not None:
        return use.kind, (use.child, *use.twins)
    return use.kind, (use.path, use.creation.graph if use.creation is not None else None)


class _Joined:
    """Sites that share in some place of the program, by a first one of them."""

    def __init__(self) -> None:
        self._next: dict[ast.AST, ast.AST] = {}

    def find(self, node: ast.AST) -> ast.AST:
        while node in self._next:
            node = self._next[node]
        return node

    def join(self, one: ast.AST, other: ast.AST) -> None:
        first, second = self.find(one), self.find(other)
        if first is not second:
            self._next[second] = first


def _disagreement(use: Use, slot: Slot, regions: list[Region]) -> Disagreement:
    """Two calls of one body disagree at the second call; all else where the body asks."""
    region = use.region
    around = {known.region for known in slot.uses}
    if region.node is not None and region.parent is not None and not region.is_block:
        if region not in around and around & set(regions):
            return Disagreement(region.node, region.parent.module)
    return Disagreement(use.node, use.region.module)


def _is_held(use: Use, holder: Holder) -> bool:
    return use.child.owner is holder if use.child is not None else use.region in holder.homes or use.kind is Made.WEIGHT


def number_of(use: Use) -> Number | None:
    """What gives the name of what a use asks for, where that depends on loops."""
    if use.creation is not None:
        return use.creation.number
    region = use.child.regions[0] if use.child is not None else None
    scope = use.child.unit.primary.scope if use.child is not None else None
    if region is None or scope is None:
        return None
    inside = region if region.node is scope else _opened(region, scope)
    return inside.number if inside is not None else None


def _opened(region: Region, scope: ast.With) -> Region | None:
    return next((event for event in region.events if isinstance(event, Region) and event.node is scope), None)


def counted_loops(path: Path) -> list[ast.For]:
    """The loops whose rounds TF1 counts in a path."""
    parts = (part for segment in path if not isinstance(segment, Const) for part in segment.parts)
    sources = [part.source for part in parts if isinstance(part, (NumberedIndex, Counted))]
    numbered = [s.rounds.loop for s in sources if isinstance(s, Number) and s.rounds is not None]
    return numbered + [s.loop for s in sources if isinstance(s, Growth)]


def deciding_loops(slot: Slot, use: Use) -> list[ast.AST]:
    """The loops around one use whose index stands in the path."""
    path = own_path(slot, use)
    counted = counted_loops(path)
    parts = (part for segment in path if not isinstance(segment, Const) for part in segment.parts)
    indices = (part for part in parts if isinstance(part, LoopIndex))
    texts = [p.text for p in indices if not isinstance(p, (NumberedIndex, Counted)) or p.source is None]
    names = {name for text in texts for name in _NAMES.findall(text)}
    home = use.region
    around = home.loops if home.is_block else ()
    return [
        loop
        for loop in map(loop_of, use.loops)
        if isinstance(loop, LOOPS) and loop not in around and (loop in counted or names & _targets(loop))
    ]


def own_path(slot: Slot, use: Use) -> Path:
    """The path of a slot as one of its uses asks for it."""
    return use.path[len(use.path) - len(slot.path) :]


def _targets(loop: Loop) -> set[str]:
    return {node.id for node in ast.walk(loop.target) if isinstance(node, ast.Name)}
