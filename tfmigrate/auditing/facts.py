"""What the walks of a program say of its requests for variables, as the rules ask for it."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import cached_property

from tfmigrate.program.link import Class, Module, Program
from tfmigrate.walk.exclusive import exclusive
from tfmigrate.walk.naming import is_plain
from tfmigrate.walk.records import Clash
from tfmigrate.walk.regions import READS_COLLECTION, Creation, Region, Variable, around
from tfmigrate.walk.roots import Walk
from tfmigrate.walk.scoping import AUTO

SHARING = (True, AUTO)
_ISOLATING = ("as_default", "assertRaises", "pytest.raises")
_COUNTING = ("range", "xrange")


class Facts:
    """One program. It is walked from every place where it is entered; each walk has variables of its own."""

    def __init__(self, program: Program, walks: Sequence[Walk]) -> None:
        self.program = program
        self.walks = walks

    @cached_property
    def requests(self) -> dict[Variable, list[Creation]]:
        """The requests for each variable in their order: the first makes it."""
        found: dict[Variable, list[Creation]] = defaultdict(list)
        for walk in self.walks:
            for creation in walk.root.creations():
                for variable in creation.variables:
                    found[variable].append(creation)
        return found

    def shared(self) -> Iterator[tuple[Variable, Creation, Creation]]:
        """Each variable of a known name with the request that makes it, and each that may only reuse it.

        What is numbered by a loop is left out: of its rounds the walk knows the first and one that stands for the rest.
        """
        for variable, (first, *others) in self.requests.items():
            if variable.path is None or not is_plain(variable.path):
                continue
            for later in others:
                if later.reuse in SHARING and not self._is_hidden(later.region) and surely_both(first, later):
                    yield variable, first, later

    @staticmethod
    def _is_hidden(region: Region) -> bool:
        """Whether a library makes a call around it, or something is counted around it that the walk does not count."""
        return any(
            outer.by_library or outer.template is not None or outer.module.of_kind(ast.Nonlocal)
            for outer in around(region)
        )

    def clashes(self) -> Iterator[tuple[Clash, Creation | None]]:
        """What TF1 raises at, with the request that made the variable, if any did.

        What only a script has made before is not missed in a function that is called alone.
        """
        for walk in self.walks:
            for clash in walk.scoping.clashes:
                first = self.requests[clash.variable][0] if clash.variable in self.requests else None
                if (
                    self._is_hidden(clash.region)
                    or _in_a_graph_of_its_own(clash.region)
                    or not is_plain(clash.variable.path or ())
                ):
                    continue
                if clash.made:
                    if first is not None and _is_second(first, clash.region):
                        yield clash, first
                elif _is_whole(walk):
                    yield clash, None


def _is_whole(walk: Walk) -> bool:
    """Whether a walk begins where the program does: in a script, or in a function that makes placeholders."""
    if isinstance(walk.entry.target, Class):
        return False
    inside = [walk.root, *(event for event in walk.root.events if isinstance(event, Region))]
    whole = isinstance(walk.entry.target, Module)
    return whole or any(region.evidence - {READS_COLLECTION} for region in inside)


def surely_both(first: Region | Creation, second: Region | Creation) -> bool:
    """Whether a run of the program that comes to one event also comes to the other, as far as is known."""
    if exclusive(first, second) or _by_library(first) or _by_library(second):
        return False
    mine, other = _way(first), _way(second)
    common = 0
    while common < min(len(mine), len(other)) and mine[common][0] is other[common][0]:
        common += 1
    # methods that nothing calls are called by the walk, one after the other
    if common == 1 and mine[0][0].frame.function is None and mine[0][0].node is None and _is_made_up(mine, other):
        return False
    apart = [region for region, _ in (*mine[common:], *other[common:])]
    ends = [event for event in (first, second) if isinstance(event, Creation)]
    known = {id(condition) for condition in mine[common - 1][0].conditions}
    conditions = [node for event in apart for node in event.conditions]
    conditions += [node for event in ends for node in event.conditions]
    return all(id(node) in known for node in conditions)


def _is_made_up(*ways: list[tuple[Region, ast.AST | None]]) -> bool:
    """Whether the walk itself, and no line of the program, makes two calls."""
    return all(node is None for _, node in (way[0] for way in ways))


def _by_library(event: Region | Creation) -> bool:
    return any(r.by_library for r in around(event.region if isinstance(event, Creation) else event))


def _is_second(first: Creation, region: Region) -> bool:
    """Whether every run asks twice, also one in which loops have but one round."""
    if not surely_both(first, region):
        return False
    loops = [loop for outer in around(region) for loop in outer.loops] + [*first.loops]
    return parting(first, region) is not None or any(_runs_often(loop) for loop in loops)


def _in_a_graph_of_its_own(region: Region) -> bool:
    """Whether a file on the way opens graphs, or expects errors: the walk knows the plainest ways of it alone."""
    return any(word in outer.module.text for outer in around(region) for word in _ISOLATING)


def _runs_often(loop: ast.AST) -> bool:
    """Whether a loop is known by its text to have a second round."""
    source = loop.iter if isinstance(loop, (ast.For, ast.comprehension)) else None
    if isinstance(source, (ast.List, ast.Tuple)):
        return len(source.elts) > 1
    counted = isinstance(source, ast.Call) and isinstance(source.func, ast.Name) and source.func.id in _COUNTING
    last = source.args[0] if counted and isinstance(source, ast.Call) and len(source.args) == 1 else None
    return isinstance(last, ast.Constant) and isinstance(last.value, int) and last.value > 1


def parting(first: Region | Creation, second: Region | Creation) -> tuple[ast.AST, ast.AST, Module] | None:
    """The two nodes of one activation by which it comes to one event and to the other; None if they are the same."""
    mine, other = _way(first), _way(second)
    for (step, node), (another, second_node) in zip(mine, other):
        if step is not another:
            return None
        if node is not second_node and node is not None and second_node is not None:
            return node, second_node, step.module
    return None


def _way(event: Region | Creation) -> list[tuple[Region, ast.AST | None]]:
    """From the root to an event: each region with the node in it that leads on."""
    regions = [*around(event.region if isinstance(event, Creation) else event.parent)][::-1]
    return list(zip(regions, [*(region.node for region in regions[1:]), event.node]))


def place_of(creation: Creation, other: Creation | Region) -> tuple[Module, ast.AST]:
    """Where a request is best looked at beside another: the call that makes it, where both are the same line."""
    if creation.node is not other.node:
        return creation.region.module, creation.node
    found = parting(other, creation)
    return (found[2], found[1]) if found is not None else (creation.region.module, creation.node)
