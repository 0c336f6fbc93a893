"""From arguments to a migration, and what a run of it means for the exit status."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from tfmigrate import source
from tfmigrate.commands.configured import configured
from tfmigrate.commands.status import DONE, FAILED, LEFT, UsageError, must_exist
from tfmigrate.commands.undoing import refuse_half_written
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
    only, choice = configured(arguments, [] if STDIN in arguments.paths else arguments.paths)
    _must_be_transforms(only)
    from tfmigrate.pipeline import Options

    in_place = getattr(arguments, "out", STDIN) is None
    return Options(
        with_callers=arguments.with_callers, only=only, jobs=arguments.jobs, in_place=in_place, choice=choice
    )


def migrate(arguments: argparse.Namespace) -> tuple[Migration, dict[Path, source.Source]]:
    """Runs the pipeline; the variable map is one more change. With the files behind the changes, as they are now."""
    options = options_of(arguments)
    if STDIN in arguments.paths:
        return _migrate_stdin(arguments.stdin_filename, options)
    return migrate_paths(arguments.paths, options)


def migrate_paths(paths: Sequence[Path], options: Options) -> tuple[Migration, dict[Path, source.Source]]:
    from tfmigrate.pipeline import migrate as run

    migration = run(paths, options)
    if migration.variable_map:
        migration = replace(migration, changes=(*migration.changes, *map_change(migration, paths)))
    return migration, _sources(migration.changes)


def _migrate_stdin(name: Path, options: Options) -> tuple[Migration, dict[Path, source.Source]]:
    from tfmigrate.pipeline import migrate_text

    try:
        read = source.decode(name, sys.stdin.buffer.read())
    except source.SourceError as error:
        raise UsageError(str(error)) from None
    return migrate_text(str(name), read.text, options), {name: read}


def _must_be_transforms(names: Iterable[str]) -> None:
    if names:
        from tfmigrate.report import page

        known = page.transforms()
        for name in names:
            if name not in known:
                raise UsageError(f"no transform is called {name!r}; there are {', '.join(known) or 'none'}")


def map_change(migration: Migration, paths: Sequence[Path]) -> list[FileChange]:
    """The map lies at the top of what was named; one of an earlier run is added to."""
    from tfmigrate.report import variable_map

    path = source.common_root(paths) / variable_map.FILE_NAME
    try:
        old = source.read(path).text if path.exists() else None
        after = variable_map.render(migration, "{}" if old is None else old)
    except source.SourceError as error:
        raise UsageError(str(error)) from None
    except ValueError:
        raise UsageError(f"{path} is in the way: it is not a variable map") from None
    return [] if after == old else [FileChange(path, old, after)]


def _sources(changes: Iterable[FileChange]) -> dict[Path, source.Source]:
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
