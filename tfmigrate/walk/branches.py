"""What is unnamed in the branches of an undecided `if`: a run takes one, and each numbers from where it begins."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from tfmigrate.walk.evaluate import Evaluator
from tfmigrate.walk.journal import Journal, depth_of
from tfmigrate.walk.numbering import Numbering
from tfmigrate.walk.objects import Graph
from tfmigrate.walk.regions import Scope, show_path

_State = tuple[Mapping[str, int], dict[str, Numbering]]


@dataclass(eq=False)
class Sides:
    """The two branches of one `if`. before, first: what had names, and how often, when they began and behind the first.

    leaves: whether the first ends the function or the round of a loop.
    """

    scope: Scope
    graph: Graph
    before: _State
    first: _State | None = None
    leaves: bool = False


class Branches(Journal):
    """Numbers what each branch makes by itself; what differs behind them is ambiguous from there on."""

    def __init__(self) -> None:
        super().__init__()
        # the scopes in which the branches began that run now
        self._sides: list[Scope] = []

    def begin_branches(self, ev: Evaluator) -> object:
        """An `if` of which nobody knows the outcome; None in a loop, which numbers in its own way."""
        if depth_of(ev.frame, "loops") > self.scope.depth[0]:
            return None
        self._sides.append(self.scope)
        return Sides(self.scope, self.graph, self._state())

    def next_branch(self, sides: object, flow: str) -> None:
        """The first branch is over. flow: how it ended."""
        if not isinstance(sides, Sides) or self.scope is not sides.scope or self.graph is not sides.graph:
            return
        if flow not in ("NEXT", "RAISE"):
            sides.leaves = True
            return
        sides.first = self._state() if flow == "NEXT" else None
        self._return_to(sides.before)

    def end_branches(self, sides: object, flow: str) -> None:
        """Both are over."""
        if not isinstance(sides, Sides):
            return
        self._sides.pop()
        if self.scope is not sides.scope or self.graph is not sides.graph:
            return
        second = self._state()
        if sides.leaves or flow not in ("NEXT", "RAISE"):
            known = [second, *([sides.first] if sides.first is not None else [])]
            self.scope.ambiguous |= {name for state in known for name in _unlike(sides.before, state)}
        if sides.first is None:
            return
        if flow == "RAISE":
            self._return_to(sides.first)
            return
        self.scope.ambiguous |= _unlike(sides.first, second)
        for key, count in sides.first[0].items():
            self.graph.counts[key] = max(count, self.graph.counts[key])

    def _state(self) -> _State:
        around = show_path(self.scope.path)
        start = len(around) + 1 if around else 0
        inside = {k: n for k, n in self.graph.counts.items() if k.startswith(around) and "/" not in k[start:]}
        return inside, {name: numbering.copy() for name, numbering in self.scope.numbers.items()}

    def _return_to(self, state: _State) -> None:
        for key in self._state()[0]:
            del self.graph.counts[key]
        self.graph.counts.update(state[0])
        self.scope.numbers = {name: numbering.copy() for name, numbering in state[1].items()}


def _unlike(one: _State, other: _State) -> set[str]:
    """The default names of which there are not as many here as there."""
    keys = {key for key in {*one[0], *other[0]} if one[0].get(key, 0) != other[0].get(key, 0)}
    return {re.sub(r"_\d+$", "", key.rsplit("/", 1)[-1]) for key in keys}
