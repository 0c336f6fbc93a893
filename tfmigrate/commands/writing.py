"""Writes a migration, each sharing group whole or not at all, and says what was written."""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from tfmigrate import source
from tfmigrate.api import map_change
from tfmigrate.commands.migrating import status
from tfmigrate.commands.output import fail, say, say_findings, show
from tfmigrate.commands.status import FAILED, UsageError
from tfmigrate.finding import Finding
from tfmigrate.model import FileChange, Migration
from tfmigrate.report import terminal, variable_map
from tfmigrate.report.locating import base_of
from tfmigrate.writing import disk, journal, run
from tfmigrate.writing.changes import Write, prepare
from tfmigrate.writing.copying import write_copy
from tfmigrate.writing.uncommitted import uncommitted

Sources = Mapping[Path, source.Source]


def write(migration: Migration, sources: Sources, arguments: argparse.Namespace) -> int:
    if arguments.out is None:
        problems, written = _in_place(migration, sources, arguments)
    else:
        problems = write_copy(migration.changes, sources, arguments.out, arguments.paths)
        written = [] if problems else list(migration.changes)
    if problems and not written:
        say_findings(problems)
        return fail("nothing was written")
    say(replace(migration, findings=tuple(sorted({*migration.findings, *problems}))), arguments)
    show([(f"{terminal.totals(migration)}\n", ""), (f"{_written(migration, written, arguments.out)}\n", "bold")])
    return FAILED if problems else status(migration, arguments.paths, more=False)


def uncommitted_changes(migration: Migration) -> list[Finding]:
    """Files that would be written over, and git has no copy of what they hold; what an earlier run wrote is ours."""
    files = [change.path for change in migration.changes if change.before is not None]
    found = uncommitted(files)
    try:
        ours = journal.wrote(files) if found else {}
        return [f for f in found if ours.get(Path(os.path.realpath(f.path))) != disk.digest(Path(f.path))]
    except OSError:
        return found


def _in_place(
    migration: Migration, sources: Sources, arguments: argparse.Namespace
) -> tuple[list[Finding], list[FileChange]]:
    """What was not written, and why; what was."""
    if not migration.changes:
        return [], []
    lost = [] if arguments.allow_dirty else uncommitted_changes(migration)
    if lost:
        return lost, []
    writes, problems = prepare(migration.changes, sources)
    ready = {write.path: write for write in writes if not any(p.path == str(write.path) for p in problems)}
    own = [change for change in migration.changes if change.path.name == variable_map.FILE_NAME]
    groups = _groups([c.path for c in migration.changes if c not in own], migration.together)
    if any(change.path not in ready for change in own):
        return problems, []  # without it, the names would be lost
    try:
        with run.begin(base_of(change.path for change in migration.changes)) as writing:
            written = _write_groups(writing, groups, ready, problems)
            mapped = _write_map(writing, migration, written, own, sources, arguments.paths, problems)
    except journal.BusyError as error:
        raise UsageError(f"another tfmigrate is writing here: it holds {error}") from None
    except run.StoppedError as error:
        return error.findings, []
    except OSError as error:
        return [source.problem(Path(error.filename or "."), "TFM004", f"cannot be written: {source.reason(error)}")], []
    return problems, [change for change in migration.changes if change.path in written] + mapped


def _groups(paths: Sequence[Path], together: Sequence[frozenset[Path]]) -> list[list[Path]]:
    """The changed files, those in one list that must be written together."""
    if not together:
        return [list(paths)]
    groups: dict[frozenset[Path], list[Path]] = {}
    for path in paths:
        groups.setdefault(next((group for group in together if path in group), frozenset([path])), []).append(path)
    return list(groups.values())


def _write_groups(
    writing: run.Run, groups: list[list[Path]], ready: Mapping[Path, Write], problems: list[Finding]
) -> set[Path]:
    """Adds to the problems."""
    whole = [group for group in groups if all(path in ready for path in group)]
    findings = writing.write([[ready[path] for path in group] for group in whole])
    problems += dict.fromkeys(finding for found in findings for finding in found)
    return {path for group, found in zip(whole, findings) if not found for path in group}


def _write_map(
    writing: run.Run,
    migration: Migration,
    written: set[Path],
    own: Sequence[FileChange],
    sources: Sources,
    paths: Sequence[Path],
    problems: list[Finding],
) -> list[FileChange]:
    """The variable map, without what was not written. Raises StoppedError: without it, the names would be lost."""
    left = {str(change.path) for change in migration.changes if change not in own and change.path not in written}
    if left and own:
        gone = {name for c in migration.clusters if any(p.path in left for p in c.parts) for name in c.variables}
        names = {name: path for name, path in migration.variable_map.items() if name not in gone}
        own = map_change(replace(migration, variable_map=names), paths) if written and names else []
    writes, unready = prepare(own, sources)
    findings = unready or [finding for found in writing.write([writes]) for finding in found]
    if findings and written:
        raise run.StoppedError(findings)
    problems += (finding for finding in findings if finding not in problems)
    return [] if findings else list(own)


def _written(migration: Migration, written: Sequence[FileChange], out: Path | None) -> str:
    text = "Nothing to change"
    if migration.changes:
        added = sum(change.before is None for change in written)
        left = len(migration.changes) - len(written)
        text = f"Changed {terminal.count(len(written) - added, 'file')}" + (f", added {added}" if added else "")
        text += f"; {terminal.count(left, 'file')} stayed as before" if left else ""
    return text + ("." if out is None else f"; the copy is in {out}.")
