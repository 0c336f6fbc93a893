"""The plan as text: per sharing group who creates, who reuses, and what becomes of it; then totals."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from tfmigrate.finding import Severity
from tfmigrate.model import Migration, Place, SharingGroup, State, Variable

Piece = tuple[str, str]  # text, and how rich calls its style

_STATE_STYLE = {State.MIGRATED: "bold green", State.REFUSED: "bold yellow"}


def render(migration: Migration) -> str:
    return "".join(text for text, _ in pieces(migration))


def pieces(migration: Migration) -> Iterator[Piece]:
    """The same text with styles, for a terminal."""
    for group in migration.groups:
        yield from group_pieces(group)
        yield "\n", ""
    yield totals(migration) + "\n", "bold"


def totals(migration: Migration) -> str:
    """`3 sharing groups: 2 migrated, 1 refused (1 TFM201). 9 variable names. 2 of 4 files change.`"""
    groups = migration.groups
    if not groups and not migration.findings and not migration.changes:
        return f"Nothing to migrate: no sharing groups in {count(migration.files_read, 'file')}."
    states = Counter(group.state for group in groups)
    parts = [f"{states[state]} {state.value}" for state in State if states[state]]
    codes = Counter(finding.code for finding in migration.findings if finding.severity is not Severity.REVIEW)
    refused = ", ".join(f"{count} {code}" for code, count in sorted(codes.items()))
    named = {variable.name for group in groups for variable in group.variables}
    return (
        f"{count(len(groups), 'sharing group')}{': ' if parts else ''}{', '.join(parts)}"
        f"{f' ({refused})' if refused else ''}. {count(len(named), 'variable name')}. "
        f"{_changed(migration)} of {count(migration.files_read, 'file')} {_change(migration)}."
    )


def count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _change(migration: Migration) -> str:
    return "changes" if _changed(migration) == 1 else "change"


def _changed(migration: Migration) -> int:
    """How many of the files that were read change; a map of variables is added."""
    return sum(change.before is not None for change in migration.changes)


def group_pieces(group: SharingGroup) -> Iterator[Piece]:
    """Of one sharing group: who makes it, who shares it, what it becomes."""
    yield group.scope or "(no scope)", "bold"
    yield "  ", ""
    yield " ".join((group.state.value, *group.codes)), _STATE_STYLE[group.state]
    yield "\n", ""
    if group.state is State.MIGRATED:
        yield from _row("becomes", [(group.layer, "cyan"), (", held by ", ""), (group.owner, "cyan")])
    yield from _row("created", [(str(group.creates), "")])
    if group.reuses:
        yield from _row("shared", [(places(group.reuses), "")])
    for variable in group.variables:
        yield from _row("", _variable(variable))


def _row(label: str, values: Iterable[Piece]) -> Iterator[Piece]:
    yield f"  {label:<8} ", "dim"
    yield from values
    yield "\n", ""


def _variable(variable: Variable) -> list[Piece]:
    shape = "(?)" if variable.shape is None else f"({', '.join(variable.shape)})"
    notes = [variable.dtype, *([] if variable.trainable else ["not trainable"]), *_initializer(variable)]
    return [(variable.name, ""), (f"  {shape}  {', '.join(notes)}", "dim")]


def _initializer(variable: Variable) -> list[str]:
    return [] if variable.initializer is None else [" ".join(variable.initializer.split())]


def places(found: Iterable[Place]) -> str:
    """`train.py:12, 15; eval.py:7`"""
    lines: dict[str, list[int]] = {}
    for place in found:
        lines.setdefault(place.path, []).append(place.line)
    return "; ".join(f"{Path(path)}:{', '.join(map(str, numbers))}" for path, numbers in lines.items())
