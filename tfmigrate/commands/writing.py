"""Writes a migration, all of it or nothing, and says which."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path

from tfmigrate import source
from tfmigrate.commands.migrating import status
from tfmigrate.commands.output import fail, say, say_findings, show
from tfmigrate.model import Migration
from tfmigrate.report import terminal


def write(migration: Migration, sources: Mapping[Path, source.Source], arguments: argparse.Namespace) -> int:
    problems = source.write(migration.changes, sources, arguments.out, arguments.paths)
    if problems:
        say_findings(problems)
        return fail("nothing was written")
    say(migration)
    written = _written(migration, arguments.out)
    show([(f"{terminal.totals(migration)}\n", ""), (f"{written}\n", "bold")])
    return status(migration, arguments.paths, more=False)


def _written(migration: Migration, out: Path | None) -> str:
    added = sum(change.before is None for change in migration.changes)
    changed = f"Changed {terminal.count(len(migration.changes) - added, 'file')}" + (
        f", added {added}" if added else ""
    )
    return (changed if migration.changes else "Nothing to change") + (
        "." if out is None else f"; the copy is in {out}."
    )
