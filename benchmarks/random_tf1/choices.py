"""Where a program's decisions come from: a seed, a list to be played again, or Hypothesis."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import TypeVar

T = TypeVar("T")


class Choices:
    """Every decision is a number below a bound; 0 is always the simplest. `made` is what was decided so far."""

    def __init__(self, source: Callable[[int], int]) -> None:
        self._source = source
        self.made: list[int] = []

    @classmethod
    def seeded(cls, seed: int) -> Choices:
        return cls(random.Random(seed).randrange)

    @classmethod
    def replayed(cls, made: Sequence[int]) -> Choices:
        """The same decisions again, and the simplest ones where the list ends or asks for too much."""
        left = iter(made)
        return cls(lambda bound: min(next(left, 0), bound - 1))

    def below(self, bound: int) -> int:
        self.made.append(self._source(bound))
        return self.made[-1]

    def chance(self, percent: int) -> bool:
        return self.below(100) >= 100 - percent

    def pick(self, options: Sequence[T]) -> T:
        return options[self.below(len(options))]

    def between(self, low: int, high: int) -> int:
        return low + self.below(high - low + 1)

    def weighted(self, options: Sequence[tuple[int, T]]) -> T:
        """One of the options, each with its weight; the first should be the simplest."""
        at = self.below(sum(weight for weight, _ in options))
        for weight, option in options:
            at -= weight
            if at < 0:
                return option
        raise AssertionError("weights add up")
