"""`diff --html`: the migration as a page."""

from __future__ import annotations

import argparse
from pathlib import Path

from tfmigrate import source
from tfmigrate.commands.migrating import STDIN, migrate, status
from tfmigrate.commands.output import fail, say_findings, show
from tfmigrate.commands.status import UsageError
from tfmigrate.model import Migration
from tfmigrate.report import terminal
from tfmigrate.report.locating import base_of
from tfmigrate.verify.verdict import Verdict
from tfmigrate.writing.reports import write_reports


def write_page(arguments: argparse.Namespace) -> int:
    from tfmigrate.report import as_json
    from tfmigrate.report.html import page

    out: Path = arguments.html
    if arguments.format != "text" or arguments.split is not None:
        raise UsageError("--html writes a page; ask for another form in a run of its own")
    if out.exists() and not _is_ours(out, page.GENERATOR):
        raise UsageError(f"{out} exists and is no page of tfmigrate")
    verdict: Verdict | None = None
    if arguments.verdict is not None:
        try:
            verdict = as_json.read_verdict(arguments.verdict.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise UsageError(f"{arguments.verdict}: {error}") from None
    migration, _ = migrate(arguments)
    texts = {} if STDIN in arguments.paths else _others(migration)
    base = base_of([*texts, *(change.path for change in migration.changes)])
    html = page.render(migration, texts, base, verdict)
    problems = write_reports({out: html.encode("utf-8", "replace")}, over=True)
    if problems:
        say_findings(problems)
        return fail("nothing was written")
    show([(f"{terminal.totals(migration)}\n", ""), (f"The page is {out}\n", "bold")])
    return status(migration, arguments.paths, bool(migration.changes))


def _is_ours(path: Path, mark: str) -> bool:
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            return mark in file.read(1000)
    except OSError:
        return False


def _others(migration: Migration) -> dict[Path, str]:
    """The files that stay, and that there is something to say of."""
    changed = {change.path for change in migration.changes}
    places = [place.path for group in migration.groups for place in (group.creates, *group.reuses)]
    texts = {}
    for path in sorted({*map(Path, places), *(Path(finding.path) for finding in migration.findings)} - changed):
        try:
            texts[path] = source.read(path).text
        except source.SourceError:
            texts[path] = ""
    return texts
