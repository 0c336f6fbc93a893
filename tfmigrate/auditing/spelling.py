"""Whether somebody meant one name and wrote another."""

from __future__ import annotations

import re

_WORD = re.compile(r"[^\W\d_]+")
_SHORTEST = 4


def is_slip(one: str, other: str) -> bool:
    """Whether two names differ in one word, by case, an underscore or one letter that somebody hit or missed."""
    left, right = one.split("/"), other.split("/")
    differing = [(a, b) for a, b in zip(left, right) if a != b]
    if len(left) != len(right) or len(differing) != 1:
        return False
    a, b = differing[0]
    if a.lower().replace("_", "") == b.lower().replace("_", ""):
        return True
    words, others = _WORD.findall(a), _WORD.findall(b)
    if len(words) != len(others) or _WORD.sub("", a) != _WORD.sub("", b):
        return False
    pairs = [(x, y) for x, y in zip(words, others) if x != y]
    return len(pairs) == 1 and min(map(len, pairs[0])) >= _SHORTEST and one_off(*pairs[0])


def one_off(one: str, other: str) -> bool:
    """Whether one letter is missing, too many, another, or two neighbours changed places."""
    if len(one) > len(other):
        one, other = other, one
    start = next((i for i, (a, b) in enumerate(zip(one, other)) if a != b), len(one))
    if len(other) - len(one) == 1:
        return one[start:] == other[start + 1 :]
    swapped = one[start : start + 2] == other[start : start + 2][::-1] and one[start + 2 :] == other[start + 2 :]
    return len(one) == len(other) and (swapped or one[start + 1 :] == other[start + 1 :])
