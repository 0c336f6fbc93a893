"""Hunks of a change, and what becomes of one that a person edited."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tfmigrate.model import FileChange


@dataclass(frozen=True)
class Hunk:
    """A piece of a change. line: the first of its old lines. lines: as in a diff, without line ends.

    Lines are what stands between line feeds, so a text that ends in one has an empty line last: joining them gives
    the text again.
    """

    path: Path
    line: int
    header: str
    lines: tuple[str, ...]

    @property
    def old(self) -> tuple[str, ...]:
        return tuple(line[1:] for line in self.lines if line[0] != "+")

    @property
    def new(self) -> tuple[str, ...]:
        return tuple(line[1:] for line in self.lines if line[0] != "-")

    @property
    def changed(self) -> tuple[str, ...]:
        """What it adds and removes: the same for the same change wherever it stands."""
        return tuple(line for line in self.lines if line[0] != " ")

    @property
    def touched(self) -> range:
        """The old lines that go, or between which something comes."""
        before = after = 0
        for line in self.lines:
            if line[0] != " ":
                break
            before += 1
        for line in reversed(self.lines):
            if line[0] != " ":
                break
            after += 1
        return range(self.line + before, max(self.line + len(self.old) - after, self.line + before + 1))

    def diff(self) -> list[str]:
        """As Bowler takes hunks: the names of both sides, the header, the lines."""
        return [f"--- {self.path}", f"+++ {self.path}", self.header, *self.lines]


@dataclass(frozen=True)
class Edit:
    """Lines that a person put in the place of proposed ones."""

    path: Path
    proposed: tuple[str, ...]
    edited: tuple[str, ...]


def hunks_of(changes: Iterable[FileChange]) -> Iterator[Hunk]:
    for change in changes:
        yield from _hunks(change.path, (change.before or "").split("\n"), change.after.split("\n"))


def _hunks(path: Path, old: list[str], new: list[str]) -> Iterator[Hunk]:
    lines = list(difflib.unified_diff(old, new, lineterm=""))[2:]
    starts = [number for number, line in enumerate(lines) if line.startswith("@@")]
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        header = lines[start]
        first, _, length = header.split()[1][1:].partition(",")
        yield Hunk(path, int(first) + (length == "0"), header, tuple(lines[start + 1 : end]))


def edited(text: str, edit: Edit) -> str | None:
    """The text with the edit in it; None if the lines that it is about are not there, or more than once.

    Lines around it that the edit left alone may look different by now: as many of them count as are still there.
    """
    lines = text.split("\n")
    head, foot = _same_ends(edit)
    for cut in range(head + foot + 1):
        for above in range(max(0, cut - foot), min(cut, head) + 1):
            wanted = edit.proposed[above : len(edit.proposed) - (cut - above)]
            places = _places(lines, wanted) if any(map(str.strip, wanted)) else []
            if len(places) == 1:
                put = edit.edited[above : len(edit.edited) - (cut - above)]
                return "\n".join([*lines[: places[0]], *put, *lines[places[0] + len(wanted) :]])
            if places:
                return None
    return None


def _same_ends(edit: Edit) -> tuple[int, int]:
    """How many lines are the same above the edited ones, and below."""
    pairs = list(zip(edit.proposed, edit.edited, strict=False))
    head = next((i for i, (old, new) in enumerate(pairs) if old != new), len(pairs))
    rest = list(zip(reversed(edit.proposed[head:]), reversed(edit.edited[head:]), strict=False))
    return head, next((i for i, (old, new) in enumerate(rest) if old != new), len(rest))


def _places(lines: Sequence[str], wanted: Sequence[str]) -> list[int]:
    return [at for at in range(len(lines) - len(wanted) + 1) if lines[at : at + len(wanted)] == list(wanted)]


def reworked(hunk: Hunk, edit: Edit) -> list[str]:
    """The hunk as it is after an edit, as a diff."""
    size = len(hunk.old) + len(edit.edited)
    return list(difflib.unified_diff(hunk.old, edit.edited, lineterm="", n=size))[3:]
