"""One file of the page: its rows in chunks that the browser shows when they come into view."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from html import escape

from tfmigrate.finding import Finding
from tfmigrate.report.html import beside, colours
from tfmigrate.report.html.beside import Row
from tfmigrate.report.html.inert import Inert

_CONTEXT = 3
# a fold of less is not worth the click
_FOLDED = 6
_CHUNK = 80


@dataclass(frozen=True)
class Mark:
    """A call that makes or shares what a group holds, at a line of the old text."""

    line: int
    href: str
    text: str


@dataclass(frozen=True)
class Chunk:
    """What is put in place of an empty box of about so many rows. before, after: the lines it shows."""

    source: str
    rows: int
    before: str
    after: str


@dataclass
class FileText:
    """A file to show. before is None if it is added, after is before if it stays."""

    name: str
    before: str | None
    after: str
    findings: list[tuple[str, Finding]] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)


@dataclass(frozen=True)
class Shown:
    chunks: list[Chunk]
    added: int
    removed: int


@dataclass(frozen=True)
class _Item:
    html: str
    row: Row | None = None
    # of a fold: the first and the last row
    ends: tuple[Row, Row] | None = None


def show(file: FileText, inert: Inert) -> Shown:
    sides = _Sides(file)
    chunks, items = [], []
    for item in sides.items(inert):
        items.append(item)
        if len(items) == _CHUNK:
            chunks.append(_chunk(items, file.name, inert))
            items = []
    if items:
        chunks.append(_chunk(items, file.name, inert))
    changed = [row for row in sides.rows if not row.same]
    return Shown(chunks, sum(row.after is not None for row in changed), sum(row.before is not None for row in changed))


def _chunk(items: Sequence[_Item], name: str, inert: Inert) -> Chunk:
    rows = [row for item in items for row in ((item.row,) if item.row is not None else item.ends or ())]
    before = [row.before + 1 for row in rows if row.before is not None]
    after = [row.after + 1 for row in rows if row.after is not None]
    spans = [f"{min(side)}-{max(side)}" if side else "" for side in (before, after)]
    label = escape(f"{name}, lines {spans[1] or spans[0]}")
    html = f'<table class=diff aria-label="{label}">{_HEAD}{"".join(item.html for item in items)}</table>'
    return Chunk(inert.keep(html), len(items), *spans)


_HEAD = (
    "<colgroup><col class=n><col><col class=n><col></colgroup><thead class=sr><tr><th scope=col>line before"
    "<th scope=col>before<th scope=col>line after<th scope=col>after</thead>"
)


class _Sides:
    def __init__(self, file: FileText) -> None:
        self.file = file
        texts = _split(file.before), _split(file.after)
        self.texts = texts
        self.before = colours.lines(file.name, "\n".join(texts[0])) if texts[0] else []
        if file.before == file.after:
            self.after = self.before
            self.rows = [Row(number, number, same=True) for number in range(len(texts[0]))]
        else:
            self.rows = beside.rows(*texts)
            self.after = colours.lines_after(file.name, "\n".join(texts[1]), self.before, self.rows)
        self.notes: dict[int, list[tuple[str, Finding]]] = {}
        for finding in file.findings:
            self.notes.setdefault(min(finding[1].line, max(len(self.before), 1)) - 1, []).append(finding)
        self.marks: dict[int, list[Mark]] = {}
        for mark in file.marks:
            self.marks.setdefault(mark.line - 1, []).append(mark)

    def items(self, inert: Inert) -> Iterator[_Item]:
        if not self.rows:  # a file that cannot be read
            for notes in self.notes.values():
                yield from map(_note, notes)
        shown = self._shown()
        at = 0
        while at < len(self.rows):
            if shown[at]:
                yield from self._row(at)
                at += 1
                continue
            first = at
            while at < len(self.rows) and not shown[at]:
                at += 1
            yield self._fold(self.rows[first:at], inert)

    def _shown(self) -> list[bool]:
        shown = [False] * len(self.rows)
        for number, row in enumerate(self.rows):
            if not row.same or row.before in self.notes or row.before in self.marks:
                for near in range(max(0, number - _CONTEXT), min(len(shown), number + _CONTEXT + 1)):
                    shown[near] = True
        at = 0
        while at < len(shown):
            last = at
            while last < len(shown) and not shown[last]:
                last += 1
            if 0 < last - at < _FOLDED:
                shown[at:last] = [True] * (last - at)
            at = last + 1
        return shown

    def _row(self, number: int) -> Iterator[_Item]:
        row = self.rows[number]
        marks: tuple[beside.Spans, beside.Spans] = ((), ())
        if row.pair and row.before is not None and row.after is not None:
            marks = beside.words(self.texts[0][row.before], self.texts[1][row.after])
        left = _cell(row.before, self.before, "" if row.same else "del", marks[0], self._links(row.before))
        right = _cell(row.after, self.after, "" if row.same else "add", marks[1])
        first = not row.same and (number == 0 or self.rows[number - 1].same)
        kind = (" class=h" if first else "") if not row.same else " class=s"
        yield _Item(f"<tr{kind}>{left}{right}", row)
        for finding in self.notes.get(row.before, ()) if row.before is not None else ():
            yield _note(finding)

    def _links(self, line: int | None) -> str:
        marks = self.marks.get(line, ()) if line is not None else ()
        return "".join(f'<a class=at href="#{mark.href}" title="{escape(mark.text)}">{escape(mark.text)}</a>'
                       for mark in marks)  # fmt: skip

    def _fold(self, rows: Sequence[Row], inert: Inert) -> _Item:
        lines = [colours.html(self.before[row.before]) for row in rows if row.before is not None]
        source = inert.keep("\n".join(lines))
        first, last = rows[0], rows[-1]
        assert first.before is not None and first.after is not None
        return _Item(
            f'<tr class=fold data-src={source} data-b={first.before + 1} data-a={first.after + 1} data-n={len(rows)}>'
            f"<td colspan=4><button type=button>{len(rows)} unchanged lines</button>",
            ends=(first, last),
        )  # fmt: skip


def _split(text: str | None) -> list[str]:
    """A file that does not end with a newline looks like one that does."""
    lines = (text or "").split("\n")
    return lines if lines[-1] else lines[:-1]


def _cell(line: int | None, side: Sequence[colours.Line], kind: str, marks: beside.Spans, links: str = "") -> str:
    if line is None:
        return "<td class=n><td class='c none'>"
    name = f"'c {kind}'" if kind else "c"
    return f"<td class=n>{line + 1}<td class={name}>{colours.html(side[line], marks)}{links}"


def _note(found: tuple[str, Finding]) -> _Item:
    anchor, finding = found
    return _Item(
        f"<tr class=note><td colspan=4><div class='finding {finding.severity.value}'>"
        f"<b><a href='#{anchor}'>{finding.code}</a> {escape(finding.severity.value)}</b> {escape(finding.message)} "
        f"<span>{escape(finding.todo)}</span></div>"
    )
