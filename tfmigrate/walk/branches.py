"""What is unnamed in the branches of an undecided `if`: a run takes one, and each numbers from where it begins."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from tfmigrate.walk.evaluate import Evaluator
from tfmigrate.walk.frames import Frame
from tfmigrate.walk.journal import Journal, depth_of
from tfmigrate.walk.numbering import Numbering
from tfmigrate.walk.objects import Graph
from tfmigrate.walk.regions import Scope, show_path

_State = tuple[Mapping[str, int], dict[str, Numbering]]


@dataclass(eq=False)
class Sides:
    """The two branches of one `if`. before, first: what had names, and how often, when they began and behind the first.

    followed: whether each of them numbers from where they began. odd: whether one leaves the round of a loop.
    """

    scope: Scope
    graph: Graph
    frame: Frame
    followed: bool
    before: _State
    first: _State | None = None
    odd: bool = False


class Branches(Journal):
    """Numbers what each branch makes by itself; what differs behind them is ambiguous from there on."""

    def __init__(self) -> None:
        super().__init__()
        # the scopes in which the branches began that run now
        self._sides: list[Scope] = []
        # what had names in the scopes that were open where a branch left its function
        self._left: dict[int, list[tuple[Scope, _State]]] = {}

    def begin_branches(self, ev: Evaluator) -> object:
        """An `if` of which nobody knows the outcome. A loop numbers in its own way."""
        followed = depth_of(ev.frame, "loops") <= self.scope.depth[0]
        if followed:
            self._sides.append(self.scope)
        return Sides(self.scope, self.graph, ev.frame, followed, self._state(self.scope))

    def next_branch(self, sides: object, flow: str) -> None:
        """The first branch is over. flow: how it ended."""
        assert isinstance(sides, Sides)
        if flow == "RETURN":
            self._note_return(sides.frame)
        if not self._is_followed(sides):
            return
        if flow in ("BREAK", "CONTINUE"):
            sides.odd = True
            return
        sides.first = self._state(self.scope) if flow == "NEXT" else None
        self._go_back(sides.before)

    def end_branches(self, sides: object, flow: str) -> None:
        """Both are over."""
        assert isinstance(sides, Sides)
        if sides.followed:
            self._sides.pop()
        followed, second = self._is_followed(sides), self._state(sides.scope)
        if flow == "RETURN" and (sides.first is not None or not followed):
            self._note_return(sides.frame)
        if not followed:
            return
        if sides.odd or flow in ("BREAK", "CONTINUE"):
            self.scope.ambiguous |= _unlike(sides.before, second) | _unlike(sides.before, sides.first or sides.before)
        if sides.first is None:
            return
        if flow in ("RETURN", "RAISE"):
            self._go_back(sides.first)
            return
        self.scope.ambiguous |= _unlike(sides.first, second)
        for key, count in sides.first[0].items():
            self.graph.counts[key] = max(count, self.graph.counts[key])

    def compare_returns(self, frame: Frame) -> None:
        """A function is over: what it made where it ended, and where it was left before, may not be as many."""
        open_ = [*(scope for scope, _ in self._entered), self.scope]
        for scope, state in self._left.pop(id(frame), ()):
            if scope in open_:
                scope.ambiguous |= _unlike(state, self._state(scope))

    def _is_followed(self, sides: Sides) -> bool:
        return sides.followed and self.scope is sides.scope and self.graph is sides.graph

    def _note_return(self, frame: Frame) -> None:
        open_ = [*(scope for scope, _ in self._entered), self.scope]
        self._left.setdefault(id(frame), []).extend((scope, self._state(scope)) for scope in open_)

    def _state(self, scope: Scope) -> _State:
        counts, inside = self.graph.counts, {}
        if counts:
            around = f"{show_path(scope.path)}/" if scope.path else ""
            start = len(around)
            inside = {k: n for k, n in counts.items() if n and k.startswith(around) and "/" not in k[start:]}
        return inside, {name: numbering.copy() for name, numbering in scope.numbers.items()}

    def _go_back(self, state: _State) -> None:
        for key in self._state(self.scope)[0]:
            del self.graph.counts[key]
        self.graph.counts.update(state[0])
        self.scope.numbers = {name: numbering.copy() for name, numbering in state[1].items()}


def _unlike(one: _State, other: _State) -> set[str]:
    """The default names of which there are not as many here as there."""
    keys = {key for key in {*one[0], *other[0]} if one[0].get(key, 0) != other[0].get(key, 0)}
    return {re.sub(r"_\d+$", "", key.rsplit("/", 1)[-1]) for key in keys}
