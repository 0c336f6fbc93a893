"""TensorFlow 1's numbers of the unnamed where loops make them: `dense_{i}`, and `dense_{n}` behind the loop."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TypeVar

from tfmigrate.program.link import Module
from tfmigrate.program.rounds import counter_of, is_range, length_of
from tfmigrate.walk import operate
from tfmigrate.walk.evaluate import Evaluator
from tfmigrate.walk.frames import Frame
from tfmigrate.walk.items import length_of_value
from tfmigrate.walk.targets import loop_key
from tfmigrate.walk.values import (
    PYTHON,
    Const,
    Env,
    LoopIndex,
    Numbered,
    NumberedIndex,
    Round,
    Symbol,
    Text,
    Value,
)

T = TypeVar("T")
_LITERALS = (ast.Constant, ast.List, ast.Tuple)


@dataclass(eq=False)
class Rounds:
    """A running loop that numbers the unnamed of one kind. run: the same in all its rounds. key: what it runs over.

    length: the number of its rounds. before: what had numbers when it began. made: how many the first round numbers,
    and how many a later one.
    """

    loop: ast.For
    module: Module
    run: object
    key: str
    length: Value
    before: Total
    made: list[int] = field(default_factory=lambda: [0, 0])
    parts: list[tuple[NumberedIndex, Number]] = field(default_factory=list)

    @property
    def written(self) -> int:
        """How often it runs, where that is written down at the loop; otherwise 0."""
        known = self.length.value if isinstance(self.length, Const) else 0
        return known if isinstance(known, int) and isinstance(length_of(self.loop), _LITERALS) else 0

    @property
    def is_steady(self) -> bool:
        """Whether all rounds number the same; a later one may not have been walked."""
        return self.made[1] in (0, self.made[0])

    def place(self, first: bool) -> int:
        """The place of the next one within its round."""
        self.made[0 if first else 1] += 1
        for part, number in self.parts:
            object.__setattr__(part, "text", number.shown())
        return self.made[0 if first else 1] - 1


@dataclass(frozen=True)
class Total:
    """How many have numbers: so many outside of loops, and all that the rounds of these loops number."""

    plain: int = 0
    loops: tuple[Rounds, ...] = ()

    @property
    def key(self) -> str:
        return "+".join([str(self.plain), *(f"{rounds.key}:{rounds.before.key}" for rounds in self.loops)])


@dataclass(frozen=True, eq=False)
class Number:
    """One of these numbers. rounds, place: of what a loop makes, its loop and place there. family: who counts."""

    base: str
    before: Total
    rounds: Rounds | None
    place: int
    family: Numbering

    def loops(self) -> Iterator[Rounds]:
        """All loops that it depends on."""
        yield from self.before.loops
        if self.rounds is not None:
            yield self.rounds

    @property
    def key(self) -> str:
        own = f"@{self.rounds.key}#{self.place}" if self.rounds is not None else ""
        return f"number of {self.base}: {self.before.key}{own}"

    @property
    def least(self) -> int:
        """The smallest number that this may be, as far as the text of the program says."""
        return self.before.plain + self.place + sum(rounds.made[0] * rounds.written for rounds in self.before.loops)

    def value(self) -> Value:
        """What is known of it."""

        def times(step: int, rounds: Rounds) -> Value:
            return rounds.length if step == 1 else operate.binary(ast.Mult(), Const(step), rounds.length)

        def index(step: int, rounds: Rounds) -> Value:
            counter = counter_of(rounds.loop, rounds.module)
            value = LoopIndex(counter.index, counter.index, True, counter.start)
            return value if step == 1 else operate.binary(ast.Mult(), Const(step), value)

        def plus(left: Value, right: Value) -> Value:
            return operate.binary(ast.Add(), left, right)

        def shifted(left: Value, by: int) -> Value:
            return operate.binary(ast.Add() if by > 0 else ast.Sub(), left, Const(abs(by)))

        return self._sum(times, index, plus, shifted, Const)

    def text(self, show: Callable[[ast.expr], str]) -> str:
        """As Python writes it. show: how to write what a loop runs over."""

        def times(step: int, rounds: Rounds) -> str:
            over = length_of(rounds.loop)
            assert over is not None
            text = show(over) if is_range(rounds.loop) else f"len({show(over)})"
            atom = not is_range(rounds.loop) or isinstance(over, (ast.Name, ast.Attribute, ast.Constant, ast.Call))
            several = step > 1 or len(self.before.loops) > 1 or self.rounds is not None or bool(self.least)
            text = f"({text})" if several and not atom else text
            return text if step == 1 else f"{step} * {text}"

        def index(step: int, rounds: Rounds) -> str:
            name = counter_of(rounds.loop, rounds.module).index
            return name if step == 1 else f"{step} * {name}"

        return self._sum(
            times, index, lambda a, b: f"{a} + {b}", lambda a, n: f"{a} {'+' if n > 0 else '-'} {abs(n)}", str
        )

    def zero_test(self, show: Callable[[ast.expr], str]) -> str | None:
        """The condition under which the number is not 0; None if it never is."""
        if self.least:
            return None
        if self.rounds is not None and not self.before.loops:
            counter = counter_of(self.rounds.loop, self.rounds.module)
            return counter.index if not counter.start else f"{counter.index} > {counter.start}"
        return f"{self.text(show)} > 0"

    def _sum(
        self,
        times: Callable[[int, Rounds], T],
        index: Callable[[int, Rounds], T],
        plus: Callable[[T, T], T],
        shifted: Callable[[T, int], T],
        plain: Callable[[int], T],
    ) -> T:
        terms = [times(rounds.made[0], rounds) for rounds in self.before.loops if not rounds.written]
        rest = self.before.plain + sum(rounds.made[0] * rounds.written for rounds in self.before.loops)
        if self.rounds is not None:
            step, start = self.rounds.made[0], counter_of(self.rounds.loop, self.rounds.module).start
            terms.append(index(step, self.rounds))
            rest += self.place - step * start
        if not terms:
            return plain(rest)
        result = terms[0]
        for term in terms[1:]:
            result = plus(result, term)
        return shifted(result, rest) if rest else result

    def shown(self) -> str:
        """As names show it."""
        return operate.show(self.value())

    def segment(self, first: bool) -> Const | Text | None:
        """The name. first: whether this is the first round. None where it cannot be known how often a loop runs."""
        value = self.value()
        if isinstance(value, Const):
            return Const(f"{self.base}_{value.value}" if value.value else self.base)
        if not isinstance(value, (Symbol, LoopIndex)):
            return None
        if self.rounds is None:
            return Text((self.base, Numbered(value.text, self.key, source=self)))
        part = NumberedIndex(value.text, self.key, True, None, first, None, self.rounds.run, source=self)
        self.rounds.parts.append((part, self))
        return Text((self.base, part))


@dataclass(eq=False)
class Numbering:
    """The numbers of one kind within a scope. given: the names that depend on loops."""

    total: Total = Total()
    running: Rounds | None = None
    given: set[str] = field(default_factory=set)
    # whether a loop numbers in a way that cannot be followed
    lost: bool = False

    def copy(self) -> Numbering:
        return Numbering(self.total, self.running, set(self.given), self.lost)

    def leave(self) -> None:
        """The loop is over: all its rounds have numbers."""
        if self.running is not None:
            self.total = Total(self.total.plain, (*self.total.loops, self.running))
            self.running = None


@dataclass(frozen=True)
class Running:
    """A loop that runs now. over: what it runs over."""

    loop: ast.For
    now: Round
    over: Value
    frame: Frame

    def rounds(self, ev: Evaluator, before: Total) -> Rounds | None:
        """What numbers in it; None if it cannot be known what it runs over."""
        env = self.frame.env
        key, length = loop_key(self.loop, self.over, env), rounds_of(ev, self.loop, env)
        if length == PYTHON:
            length = Symbol("len(?)", f"len of {id(self.loop)}")
        return Rounds(self.loop, self.frame.module, self.now.run, key, length, before)


def running_loop(frame: Frame | None) -> Running | None:
    """The innermost loop that runs, in this function or in one that called it."""
    while frame is not None and not frame.loops:
        frame = frame.parent
    loop = frame.loops[-1] if frame is not None else None
    if frame is None or not isinstance(loop, ast.For) or loop not in frame.rounds:
        return None
    return Running(loop, *frame.rounds[loop], frame)


def can_be_counted(rounds: Rounds) -> bool:
    """Whether the number of its rounds can be written down."""
    return length_of(rounds.loop) is not None


def rounds_of(ev: Evaluator, loop: ast.For, env: Env) -> Value:
    """How often a loop runs, where that is known."""
    node = length_of(loop)
    if node is None:
        return PYTHON
    length = ev.evaluate(node, env)
    if not is_range(loop):
        return length_of_value(length)
    return Const(max(0, length.value)) if isinstance(length, Const) and isinstance(length.value, int) else length
