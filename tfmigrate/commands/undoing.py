"""`undo`, and what the other commands do about a run that was killed."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

from tfmigrate.commands.output import fail, say_findings, show
from tfmigrate.commands.status import DONE, UsageError, must_exist
from tfmigrate.report.terminal import count
from tfmigrate.source import reason
from tfmigrate.writing import journal, undoing


def undo(arguments: argparse.Namespace) -> int:
    must_exist([arguments.path])
    for base in journal.homes([arguments.path]):
        undone = _taken_back(undoing.undo, base)
        if undone is not None:
            return _report(undone)
    raise UsageError(f"no run to undo at or above {arguments.path}; name the folder that was migrated")


def recover(paths: Iterable[Path]) -> None:
    """Takes back what a killed run has left, and says so. Raises UsageError if that can't be done."""
    for run in _interrupted(paths):
        undone = _taken_back(undoing.recover, run.base)
        assert undone is not None
        if undone.findings:
            say_findings(undone.findings)
            raise UsageError("an earlier run was interrupted, and not all of it could be put back")
        if undone.restored:
            files = count(len(undone.restored), "file")
            sys.stderr.write(f"an earlier run was interrupted; {files} put back as before it\n")


def refuse_half_written(paths: Iterable[Path]) -> None:
    """Raises UsageError where a run was killed: what is there now is half old, half new."""
    for run in _interrupted(paths):
        raise UsageError(
            f"`tfmigrate apply` was interrupted in {undoing.shown(run.base)}, or still runs there;"
            " if it was interrupted, `tfmigrate undo` puts the files back"
        )


def _interrupted(paths: Iterable[Path]) -> list[journal.Journal]:
    try:
        return journal.interrupted(paths)
    except OSError as error:
        raise UsageError(f"the journal of an earlier run cannot be read: {reason(error)}") from None


def _taken_back(take: Callable[[Path], undoing.Undone | None], base: Path) -> undoing.Undone | None:
    try:
        return take(base)
    except journal.BusyError:
        raise UsageError(f"another tfmigrate is writing in {undoing.shown(base)}") from None
    except OSError as error:
        raise UsageError(f"cannot put back what lies in {undoing.shown(base)}: {reason(error)}") from None


def _report(undone: undoing.Undone) -> int:
    say_findings(undone.findings)
    what = "of a run that was interrupted" if undone.interrupted else "of the last run"
    show([(f"Put back {count(len(undone.restored), 'file')} {what}.\n", "bold")])
    if undone.left:
        together = ", ".join(str(path) for path in sorted(undone.left))
        return fail(f"not put back, as they were written together: {together}")
    return DONE
