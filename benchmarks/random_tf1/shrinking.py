"""Makes a failing program smaller: fewer and simpler decisions that still fail in the same way."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

Decisions = list[int]
Judge = Callable[[Sequence[Decisions]], list[tuple[bool, Decisions, int]]]
"""For each candidate: whether it still fails, the decisions that it really made, and the length of its text."""


def shrink(made: Decisions, judge: Judge, rounds: int = 200, at_once: int = 24) -> Decisions:
    """The simplest decisions found that still fail. at_once: both sides of a batch share one start of TensorFlow."""
    best = made
    length = min((size for fails, _, size in judge([best]) if fails), default=10**9)
    for _ in range(rounds):
        better: tuple[int, int, Decisions] | None = None
        candidates = _candidates(best)
        while better is None:
            batch = [c for _, c in zip(range(at_once), candidates)]
            if not batch:
                return best
            for fails, really, size in judge(batch):
                key = (size, len(really), really)
                if fails and (size, really) < (length, best) and (better is None or key < better):
                    better = key
        length, _, best = better
    return best


def _candidates(made: Decisions) -> Iterator[Decisions]:
    """Shorter ones first: spans left out, then spans made the simplest, then single decisions made smaller."""
    size = len(made) // 2
    while size >= 1:
        for start in range(0, len(made), size):
            if any(made[start : start + size]):
                yield [*made[:start], *[0] * min(size, len(made) - start), *made[start + size :]]
            yield made[:start] + made[start + size :]
        size //= 2
    for at, value in enumerate(made):
        for smaller in sorted({value // 2, value - 1}):
            if 0 < smaller < value:
                yield [*made[:at], smaller, *made[at + 1 :]]
