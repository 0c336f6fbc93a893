"""Takes a run back, group by group: a run that failed or was killed, or one that a person no longer wants.

A group is put back whole or not at all. What a file is now is told from its bytes, so it does no harm to begin again
after being killed here too.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from tfmigrate.finding import Finding
from tfmigrate.source import problem, reason
from tfmigrate.writing import disk, journal
from tfmigrate.writing.journal import Entry, Group, Journal

_UNDO = "-undo"  # behind the name of a temporary file, whose presence means that it was not swapped


@dataclass
class Undone:
    """restored: files that were put back. left: those that were not, with those they were written together with."""

    restored: list[Path] = field(default_factory=list)
    left: list[Path] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    interrupted: bool = False


def undo(base: Path) -> Undone | None:
    """Takes the last run below this folder back; None if there is none. Raises OSError, BusyError."""
    with journal.locked(base):
        found = journal.last(base)
        return None if found is None else _undo(found)


def recover(base: Path) -> Undone:
    """Takes back what a killed run has left. Raises OSError, BusyError."""
    with journal.locked(base):
        return recover_locked(base)


def recover_locked(base: Path) -> Undone:
    found = journal.last(base)
    return _undo(found) if found is not None and found.interrupted else Undone()


def _undo(run: Journal) -> Undone:
    undone = Undone(interrupted=run.interrupted)
    if not run.interrupted:
        run.undoing(run.written())
    left = take_back(run, run.written(), undone)
    _clear(run, [group for number, group in enumerate(run.groups) if number not in left])
    if not left:
        run.forget()
    elif not undone.interrupted:
        run.finish(left)
    return undone


def take_back(run: Journal, groups: Iterable[int], undone: Undone) -> list[int]:
    """Puts the files of these groups back; returns the groups that stay as they are."""
    left = []
    for number in sorted(groups, reverse=True):
        group = run.groups[number]
        findings = [finding for entry in group for finding in _obstacle(run, entry)]
        for entry in () if findings else reversed(group):
            try:
                if _restore(run, entry):
                    undone.restored.append(shown(run.target(entry)))
            except OSError as error:
                text = f"cannot be put back: {reason(error)}{_where(run, entry)}"
                findings.append(problem(shown(run.target(entry)), "TFM004", text))
        if findings:
            undone.findings += findings
            undone.left += [shown(run.target(entry)) for entry in group]
            left.append(number)
    disk.flush_folders(run.target(entry).parent for number in groups for entry in run.groups[number])
    return left


def shown(path: Path) -> Path:
    """As a person would name it."""
    here = Path(os.path.realpath("."))
    full = Path(os.path.normpath(path))
    return full.relative_to(here) if full.is_relative_to(here) else full


def _obstacle(run: Journal, entry: Entry) -> list[Finding]:
    target = run.target(entry)
    try:
        if not _is_written(run, entry):
            return []
        now = disk.digest(target)
        if now in (entry.new, entry.old, None):
            if now == entry.old or entry.old is None or disk.digest(run.backup(entry)) == entry.old:
                return []
            text = "cannot be put back: its old text is gone or is no longer what it was"
            return [problem(shown(target), "TFM004", text + _where(run, entry))]
    except OSError as error:
        return [problem(shown(target), "TFM001", f"cannot be read: {reason(error)}")]
    text = f"changed since it was written, so it is not put back{_where(run, entry)}"
    return [problem(shown(target), "TFM007", text)]


def _where(run: Journal, entry: Entry) -> str:
    return f"; its old text is in {shown(run.backup(entry))}" if entry.backup else ""


def _is_written(run: Journal, entry: Entry) -> bool:
    """Whether the swap may have taken place: only a run that was interrupted leaves temporary files."""
    return not os.path.lexists(run.temporary(entry))


def _restore(run: Journal, entry: Entry) -> bool:
    """Whether there was something to do. Raises OSError."""
    target = run.target(entry)
    if not _is_written(run, entry):
        return False
    now = disk.digest(target)
    if now == entry.old:
        return False
    if entry.old is None:
        target.unlink()
        disk.remove_folders(run.base / folder for folder in entry.made)
        return True
    again = target.with_name(entry.temporary + _UNDO)
    disk.make_folders(target.parent)
    disk.remove([again])
    disk.keep(run.backup(entry), again)
    os.replace(again, target)
    return True


def _clear(run: Journal, groups: Iterable[Group]) -> None:
    """Removes what was never swapped. Raises OSError."""
    for group in groups:
        for entry in group:
            temporary = run.temporary(entry)
            disk.remove([temporary, temporary.with_name(temporary.name + _UNDO)])
            if not os.path.lexists(run.target(entry)):
                disk.remove_folders(run.base / folder for folder in entry.made)
