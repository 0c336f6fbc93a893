"""`batch`: many checkouts, each with a report and a patch of its own; what is done is not done again."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from tfmigrate import api, source
from tfmigrate.batch import Task
from tfmigrate.commands.output import fail, say_findings, show
from tfmigrate.commands.status import DONE, FAILED, LEFT, UsageError
from tfmigrate.commands.watching import watched
from tfmigrate.finding import Finding
from tfmigrate.model import Ending, Outcome
from tfmigrate.progress import counted
from tfmigrate.report import as_batch
from tfmigrate.writing import disk
from tfmigrate.writing.reports import write_reports

SUMMARY, REPORT, PATCH = "summary.json", "report.json", "migration.patch"
_GIVEN = ("only", "include", "exclude", "gitignore")


def batch(arguments: argparse.Namespace) -> int:
    checkouts = read_list(arguments.list)
    given = {key: getattr(arguments, key) for key in _GIVEN}
    api.options([], with_callers=False, jobs=1, given=given)  # what is wrong with them is said once
    out: Path = arguments.out
    _claim(out)
    found: dict[Path, Outcome] = {}
    problems: list[Finding] = []
    with watched(arguments):
        # the report of an earlier run is read when its turn comes
        tasks = (Task(path, given, arguments.timeout, _known(out / name)) for path, name in checkouts.items())
        done = api.migrate_each(tasks, arguments.jobs, arguments.cluster)
        for task, outcome in counted("migrating checkouts", done, len(checkouts)):
            found[task.path] = outcome
            if arguments.verbose:
                sys.stderr.write(f"{task.path}: {outcome.ending.value} {outcome.error or outcome.totals}\n")
            if outcome is not task.known:
                problems += _keep(out / checkouts[task.path], task.path, outcome)
    outcomes = {name: (str(path), found[path]) for path, name in checkouts.items()}
    problems += write_reports({out / SUMMARY: _bytes(as_batch.render(outcomes, complete=True))}, over=True)
    show([(as_batch.totals(outcomes) + "\n", "")] if arguments.quiet else as_batch.pieces(outcomes))
    if problems:
        say_findings(problems)
        return fail("not everything could be kept; the next run goes on from here")
    return _status(found)


def _status(found: Mapping[Path, Outcome]) -> int:
    endings = {outcome.ending for outcome in found.values()}
    return FAILED if Ending.ERROR in endings else LEFT if endings - {Ending.DONE} else DONE


# --- the list


def read_list(path: Path) -> dict[Path, str]:
    """The checkouts that a file names, a line each, and what to call them. Raises UsageError."""
    try:
        text = path.read_text(encoding="utf-8-sig", errors="surrogateescape")
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {source.reason(error)}") from None
    base = path.parent.resolve()
    lines = [line.strip() for line in text.splitlines()]
    named = [base / os.path.expanduser(line) for line in lines if line and not line.startswith("#")]
    if not named:
        raise UsageError(f"{path} names no checkout: a directory a line, from the folder of the list on")
    checkouts: dict[Path, str] = {}
    for checkout in map(Path, map(os.path.normpath, named)):
        if checkout not in checkouts:
            checkouts[checkout] = _name(checkout, base, set(checkouts.values()))
    return checkouts


def _name(checkout: Path, base: Path, taken: set[str]) -> str:
    """Its path from the list on; one that lies elsewhere is called by its whole path."""
    inside = checkout != base and checkout.is_relative_to(base)
    name = (checkout.relative_to(base) if inside else checkout.relative_to(checkout.anchor)).as_posix()
    return name if name not in taken else f"{name}-{source.digest_of(os.fsencode(checkout))[:8]}"


# --- the folder


def _claim(out: Path) -> None:
    """A folder of our own from here on. Raises UsageError."""
    if out.exists() and not (out / SUMMARY).is_file() and (not out.is_dir() or any(out.iterdir())):
        raise UsageError(f"{out} exists, and is not what an earlier `tfmigrate batch` wrote")
    problems = write_reports({out / SUMMARY: _bytes(as_batch.render({}, complete=False))}, over=True)
    if problems:
        raise UsageError(f"{problems[0].path}: {problems[0].message}")


def _known(folder: Path) -> Outcome | None:
    """What an earlier run kept, if all of it is still there. An error is tried again."""
    try:
        outcome, digest = as_batch.read_checkout(
            (folder / REPORT).read_text(encoding="utf-8", errors="surrogateescape")
        )
        kept = disk.digest(folder / PATCH)
    except (OSError, ValueError):
        return None
    return None if outcome.ending is Ending.ERROR or kept != digest else outcome


def _keep(folder: Path, checkout: Path, outcome: Outcome) -> list[Finding]:
    """The report comes last: where there is one, the rest is there too. Returns why not all of it could be kept."""
    data = _bytes(outcome.patch)
    digest = source.digest_of(data) if data else None
    try:
        if not data:
            disk.remove([folder / PATCH])
    except OSError as error:
        return [disk.failed(folder / PATCH, error)]
    report = _bytes(as_batch.render_checkout(str(checkout), outcome, digest))
    return write_reports({**({folder / PATCH: data} if data else {}), folder / REPORT: report}, over=True)


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
