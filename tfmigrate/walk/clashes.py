"""Could two names with symbols in them be one and the same?"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, takewhile
from typing import NamedTuple

from tfmigrate.walk.numbering import Number
from tfmigrate.walk.operate import is_number
from tfmigrate.walk.regions import Path
from tfmigrate.walk.values import Const, LoopIndex, Numbered, NumberedIndex, Text

_ANY = "\0any"
_DIGIT = "\0digit"
_FEW = 64

# What may stand at one place, and whether it may stand there any number of times (also not at all).
Token = tuple[str, bool]


class Pattern(NamedTuple):
    """What a name may be. head, tail: how all that fits it begins, and how it ends."""

    head: str
    tail: str
    tokens: list[Token]


@dataclass(frozen=True, eq=False)
class Name:
    """The name of a variable. head, tail: how every name that the path may mean begins, and how it ends."""

    path: Path
    symbolic: bool
    head: str
    tail: str

    @cached_property
    def patterns(self) -> list[Pattern]:
        """All that it may be."""
        return [Pattern(_literal(found), _literal(found[::-1])[::-1], found) for found in _patterns(self.path)]


def may_be_same(left: Name, right: Name) -> bool:
    """Whether some values of the symbols make both names the same."""
    if not _agree(left, right) or _are_numbered_apart(left.path, right.path):
        return False
    return any(_agree(a, b) and _meet(a.tokens, b.tokens) for a in left.patterns for b in right.patterns)


def _agree(left: Name | Pattern, right: Name | Pattern) -> bool:
    """Whether the ends of two names are no contradiction."""
    heads = left.head.startswith(right.head) or right.head.startswith(left.head)
    return heads and (left.tail.endswith(right.tail) or right.tail.endswith(left.tail))


def _literal(tokens: list[Token]) -> str:
    """What stands before the first symbol."""
    known = takewhile(lambda token: token[0] not in (_ANY, _DIGIT) and not token[1], tokens)
    return "".join(text for text, _ in known)


def _are_numbered_apart(left: Path, right: Path) -> bool:
    """Whether TF1 gave one or both of them a number, in one scope."""
    one, other = next(((a, b) for a, b in zip(left, right) if a != b), (None, None))
    first, second = _number_in(one), _number_in(other)
    if first is not None and second is not None:
        return first.family is second.family
    number, plain = (first, other) if first is not None else (second, one)
    if number is None or not isinstance(plain, Const):
        return False
    # what has a smaller number had it before
    smaller = [f"{number.base}_{i}" if i else number.base for i in range(number.least)]
    return str(plain.value) in smaller or str(plain.value) in number.family.given


def _number_in(segment: object) -> Number | None:
    part = segment.parts[-1] if isinstance(segment, Text) else None
    source = part.source if isinstance(part, (Numbered, NumberedIndex)) else None
    return source if isinstance(source, Number) else None


def name_from(path: Path) -> Name:
    """What comparing a path to many others needs."""
    parts: list[object] = []
    for segment in path:
        parts.extend(["/", *([str(segment.value)] if isinstance(segment, Const) else segment.parts)])
    del parts[:1]
    symbols = [i for i, part in enumerate(parts) if not isinstance(part, str)] or [len(parts), -1]
    head, tail = "".join(map(str, parts[: symbols[0]])), "".join(map(str, parts[symbols[-1] + 1 :]))
    return Name(path, any(isinstance(segment, Text) for segment in path), head, tail)


def repeats(path: Path) -> bool:
    """Whether a later round of a loop may ask for the same name again."""
    parts = chain.from_iterable(segment.parts for segment in path if isinstance(segment, Text))
    return any(_is_repeated(part) for part in parts)


def _is_repeated(part: object) -> bool:
    return isinstance(part, LoopIndex) and part.may_repeat


def _patterns(path: Path) -> list[list[Token]]:
    """The name as tokens; several where a symbol has few known values."""
    patterns: list[list[Token]] = [[]]
    for i, segment in enumerate(path):
        parts: list[object] = ["/"] if i else []
        parts.extend([str(segment.value)] if isinstance(segment, Const) else segment.parts)
        for part in parts:
            choices = list(_tokens(part))
            if len(patterns) * len(choices) > _FEW:
                choices = [_loose(part)]
            patterns = [known + choice for known in patterns for choice in choices]
    return patterns


def _tokens(part: object) -> Iterable[list[Token]]:
    if isinstance(part, str):
        return [[(char, False) for char in part]]
    if isinstance(part, (Numbered, NumberedIndex)):
        return [[], [("_", False), *_loose(part)]]
    if isinstance(part, LoopIndex) and part.values is not None and len(part.values) <= _FEW:
        return [[(char, False) for char in str(value)] for value in part.values]
    return [_loose(part)]


def _loose(part: object) -> list[Token]:
    if isinstance(part, str):
        return [(char, False) for char in part]
    if isinstance(part, (Numbered, NumberedIndex)) or (isinstance(part, LoopIndex) and is_number(part)):
        return [(_DIGIT, False), (_DIGIT, True)]
    return [(_ANY, True)]


def _meet(left: list[Token], right: list[Token]) -> bool:
    """Whether some string fits both patterns: a search over pairs of positions."""
    seen: set[tuple[int, int]] = set()
    stack = [(0, 0)]
    while stack:
        i, j = stack.pop()
        if (i, j) in seen:
            continue
        seen.add((i, j))
        if i == len(left) and j == len(right):
            return True
        if i < len(left) and left[i][1]:
            stack.append((i + 1, j))
        if j < len(right) and right[j][1]:
            stack.append((i, j + 1))
        if i < len(left) and j < len(right) and _fit(left[i][0], right[j][0]):
            stack.append((i if left[i][1] else i + 1, j if right[j][1] else j + 1))
    return False


def _fit(left: str, right: str) -> bool:
    if _ANY in (left, right):
        return True
    if left == _DIGIT:
        return right == _DIGIT or right.isdigit()
    if right == _DIGIT:
        return left.isdigit()
    return left == right
