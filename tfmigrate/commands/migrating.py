"""From arguments to a migration, and what a run of it means for the exit status."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tfmigrate import api, source
from tfmigrate.commands.status import DONE, FAILED, LEFT, UsageError, must_exist
from tfmigrate.commands.undoing import refuse_half_written
from tfmigrate.commands.watching import watched
from tfmigrate.finding import Severity
from tfmigrate.model import FileChange, Migration

if TYPE_CHECKING:
    from tfmigrate.pipeline import Options

STDIN = Path("-")


def options_of(arguments: argparse.Namespace) -> Options:
    """What the pipeline is to do. Raises UsageError for what can't be migrated."""
    if STDIN not in arguments.paths:
        must_exist(arguments.paths)
        refuse_half_written(arguments.paths)
    elif len(arguments.paths) > 1:
        raise UsageError("- can't be combined with other paths")
    paths = [] if STDIN in arguments.paths else arguments.paths
    in_place = getattr(arguments, "out", STDIN) is None
    given = {key: getattr(arguments, key) for key in ("only", "include", "exclude", "gitignore")}
    return api.options(paths, arguments.with_callers, arguments.jobs, given, in_place, not arguments.no_cache)


def migrate(arguments: argparse.Namespace) -> tuple[Migration, dict[Path, source.Source]]:
    """Runs the pipeline; the variable map is one more change. With the files behind the changes, as they are now."""
    options = options_of(arguments)
    with watched(arguments):
        if STDIN in arguments.paths:
            return _migrate_stdin(arguments.stdin_filename, options)
        return migrate_paths(arguments.paths, options)


def migrate_paths(paths: Sequence[Path], options: Options) -> tuple[Migration, dict[Path, source.Source]]:
    migration = api.migrate_with(paths, options)
    return migration, sources_of(migration.changes)


def _migrate_stdin(name: Path, options: Options) -> tuple[Migration, dict[Path, source.Source]]:
    from tfmigrate.pipeline import migrate_text

    try:
        read = source.decode(name, sys.stdin.buffer.read())
    except source.SourceError as error:
        raise UsageError(str(error)) from None
    return migrate_text(str(name), read.text, options), {name: read}


def sources_of(changes: Iterable[FileChange]) -> dict[Path, source.Source]:
    try:
        return {change.path: source.read(change.path) for change in changes if change.before is not None}
    except source.SourceError as error:
        raise UsageError(str(error)) from None


def status(migration: Migration, named: Iterable[Path], more: bool) -> int:
    """more: changes are left to make. A named file that can't be handled is an error, one in a directory a finding."""
    files = {str(path) for path in named}
    if any(finding.severity is Severity.ERROR and finding.path in files for finding in migration.findings):
        return FAILED
    return LEFT if more or migration.findings or migration.left_out() else DONE
