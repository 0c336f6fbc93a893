"""Two texts side by side: which line stands beside which, and which words of a pair differ."""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_WORDS = re.compile(r"\w+|\s+|[^\w\s]")
_NAMES = re.compile(r"\w+")
# lines that share less than this part of their words are no pair
_LIKE = 0.4
# for larger blocks, finding the pairs would take longer than anybody looks at them
_PAIRS_AT_MOST = 20_000

Spans = tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Row:
    """Line numbers from 0 on both sides, None where there is nothing. pair: the lines are versions of each other."""

    before: int | None
    after: int | None
    same: bool = False
    pair: bool = False


def rows(before: Sequence[str], after: Sequence[str]) -> list[Row]:
    found: list[Row] = []
    for tag, i1, i2, j1, j2 in difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag == "equal":
            found += [Row(i, j, same=True) for i, j in zip(range(i1, i2), range(j1, j2))]
        else:
            found += _block(before, after, range(i1, i2), range(j1, j2))
    return found


def _block(before: Sequence[str], after: Sequence[str], left: range, right: range) -> Iterator[Row]:
    """What lies between two pairs stands side by side from the top."""
    i, j = left.start, right.start
    for pair in [*_pairs(before, after, left, right), (left.stop, right.stop)]:
        for k in range(max(pair[0] - i, pair[1] - j)):
            yield Row(i + k if i + k < pair[0] else None, j + k if j + k < pair[1] else None)
        if pair[0] < left.stop:
            yield Row(*pair, pair=True)
        i, j = pair[0] + 1, pair[1] + 1


def _pairs(before: Sequence[str], after: Sequence[str], left: range, right: range) -> list[tuple[int, int]]:
    """The pairs, in order on both sides, that have most in common together."""
    if not left or not right or len(left) * len(right) > _PAIRS_AT_MOST:
        return []
    words = [Counter(_NAMES.findall(before[i])) for i in left], [Counter(_NAMES.findall(after[j])) for j in right]
    sizes = [[counter.total() for counter in side] for side in words]
    best = [[0.0] * (len(right) + 1) for _ in range(len(left) + 1)]
    like = [[0.0] * len(right) for _ in left]
    for i in reversed(range(len(left))):
        for j in reversed(range(len(right))):
            like[i][j] = _likeness(words[0][i], words[1][j], sizes[0][i] + sizes[1][j])
            here = best[i + 1][j + 1] + like[i][j] if like[i][j] >= _LIKE else 0.0
            best[i][j] = max(here, best[i + 1][j], best[i][j + 1])
    found, i, j = [], 0, 0
    while i < len(left) and j < len(right):
        if like[i][j] >= _LIKE and best[i][j] == best[i + 1][j + 1] + like[i][j]:
            found.append((left.start + i, right.start + j))
            i, j = i + 1, j + 1
        elif best[i][j] == best[i + 1][j]:
            i += 1
        else:
            j += 1
    return found


def _likeness(one: Counter[str], other: Counter[str], total: int) -> float:
    small, large = (one, other) if len(one) <= len(other) else (other, one)
    common = sum(min(number, large[word]) for word, number in small.items() if word in large)
    return 2 * common / total if total else 0.0


def words(before: str, after: str) -> tuple[Spans, Spans]:
    """The spans that differ on each side."""
    old, new = _WORDS.findall(before), _WORDS.findall(after)
    codes = difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    changed = [code for code in codes if code[0] != "equal"]
    return _spans(old, [(i1, i2) for _, i1, i2, _, _ in changed]), _spans(new, [(j1, j2) for *_, j1, j2 in changed])


def _spans(pieces: list[str], ranges: list[tuple[int, int]]) -> Spans:
    starts = [0]
    for piece in pieces:
        starts.append(starts[-1] + len(piece))
    return tuple((starts[first], starts[last]) for first, last in ranges if first != last)
