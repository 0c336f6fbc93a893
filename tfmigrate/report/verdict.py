"""What `tfmigrate check` says: the answer, what it rests on, and the table of variables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tfmigrate.report.terminal import Piece
from tfmigrate.verify.verdict import KINDS, SideOfVariable, Status, VariableRow, Verdict

_STYLES = {Status.EQUIVALENT: "bold green", Status.DIFFERENT: "bold red", Status.COULD_NOT_TELL: "bold yellow"}
_COLUMNS = ("variable", "shape", "read before at", "read after at")


def render(verdict: Verdict) -> str:
    return "".join(text for text, _ in pieces(verdict))


def pieces(verdict: Verdict) -> Iterator[Piece]:
    """The same text with styles, for a terminal."""
    if verdict.variables:
        yield from _table([_COLUMNS, *map(_row, verdict.variables)])
        yield "\n", ""
    if verdict.status is Status.EQUIVALENT:
        yield from _compared(verdict)
    for difference in verdict.differences:
        yield f"{difference}\n", "red"
    yield from summary(verdict)


def summary(verdict: Verdict) -> Iterator[Piece]:
    """The answer alone, with what was left out of it."""
    for note in verdict.notes:
        yield f"note: {note}\n", "dim"
    if verdict.tail:
        yield f"{verdict.tail.rstrip()}\n", "dim"
    yield f"{verdict.status.value.upper()}", _STYLES[verdict.status]
    yield f": {verdict.reason} ({verdict.seconds:.0f} s)\n", ""


def _compared(verdict: Verdict) -> Iterator[Piece]:
    width = max(map(len, KINDS))
    for kind in KINDS:
        number = verdict.compared.get(kind)
        yield f"{kind:<{width}}  ", ""
        yield ("same", "green") if number else ("-", "dim")
        yield f"  {number} compared\n" if number else "     nothing to compare\n", "dim"
    if verdict.biggest is not None:
        name, size = verdict.biggest
        yield f"largest relative deviation: {size:.1e} ({name})\n", "dim"
    yield "\n", ""


def _row(row: VariableRow) -> tuple[str, ...]:
    side = row.before or row.after
    shape = "?" if side is None or side.shape is None else str(side.shape)
    return row.key, shape, _readers(row.before), _readers(row.after)


def _readers(side: SideOfVariable | None) -> str:
    """`model.py:12, 15; main.py:7`"""
    if side is None:
        return "MISSING"
    lines: dict[str, list[str]] = {}
    for reader in side.readers:
        file, _, line = reader.rpartition(":")
        lines.setdefault(file, []).append(line)
    return "; ".join(f"{file}:{', '.join(found)}" for file, found in lines.items()) or "-"


def _table(rows: Sequence[tuple[str, ...]]) -> Iterator[Piece]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for number, row in enumerate(rows):
        cells = [f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)]
        yield "  ".join(cells).rstrip() + "\n", "" if number else "bold"
