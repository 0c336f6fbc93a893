"""Lists that grow by one item in every round of a loop: how long they are then, and behind it."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from tfmigrate.program.link import Module
from tfmigrate.program.rounds import counter_of, grown_lists
from tfmigrate.walk import operate
from tfmigrate.walk.values import Const, Counted, Env, ListValue, Round, Symbol, Value


@dataclass(eq=False)
class Growth:
    """A list while a loop fills it. before: how long it was. appended: how many items the running round appended.

    broken: whether a round did not append just one.
    """

    loop: ast.For
    module: Module
    key: str
    before: int
    now: Round
    appended: int = 0
    broken: bool = False

    def end(self) -> None:
        """The round is over."""
        self.broken = self.broken or self.appended != 1

    def length(self) -> Counted:
        """How long the list is now."""
        counter, now = counter_of(self.loop, self.module), self.now
        number = Counted(
            "", self.key, True, 0, now.first, run=now.run, index=counter.index, first_index=counter.start, source=self
        )
        return number.shifted(self.before + self.appended)


def length_in(growth: object) -> Counted | None:
    """How long a list is that grows so."""
    return growth.length() if isinstance(growth, Growth) else None


def note_append(value: ListValue, once: bool) -> None:
    """Something is appended to a list. once: whether surely just once."""
    if isinstance(value.growth, Growth):
        value.growth.appended += 1
    elif value.length is not None:
        value.length = operate.binary(ast.Add(), value.length, Const(1)) if once else None


def growing(loop: ast.For, module: Module, key: str, env: Env, now: Round) -> list[ListValue]:
    """The lists that a loop fills whose first round begins."""
    lists: list[ListValue] = []
    for name in sorted(grown_lists(loop)):
        value = env.names.get(name)
        length = known_length(value) if isinstance(value, ListValue) and value.growth is None else None
        if isinstance(value, ListValue) and length is not None:
            value.growth = Growth(loop, module, key, length, now)
            lists.append(value)
    return lists


def begin_round(value: ListValue, now: Round) -> None:
    """A later round begins."""
    growth = value.growth
    assert isinstance(growth, Growth)
    growth.end()
    growth.now, growth.appended = now, 0


def known_length(value: ListValue) -> int | None:
    """How many items a list has, where that is known."""
    if value.complete:
        return len(value.items)
    known = value.length.value if isinstance(value.length, Const) else None
    return known if isinstance(known, int) else None


def grown(value: ListValue, rounds: Value) -> None:
    """The loop is over: the list has as many items more as the loop had rounds."""
    growth = value.growth
    assert isinstance(growth, Growth)
    growth.end()
    known = isinstance(rounds, (Const, Symbol)) and not growth.broken
    value.length = operate.binary(ast.Add(), rounds, Const(growth.before)) if known else None
    value.growth = None
