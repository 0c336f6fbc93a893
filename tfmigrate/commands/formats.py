"""What a command found, in the form that was asked for."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from tfmigrate import source
from tfmigrate.commands.migrating import status
from tfmigrate.commands.output import say, say_findings, show
from tfmigrate.commands.status import FAILED, UsageError
from tfmigrate.finding import Finding
from tfmigrate.model import FileChange, Migration
from tfmigrate.report import variable_map
from tfmigrate.writing.changes import check

if TYPE_CHECKING:
    from tfmigrate.verify.verdict import Verdict

Sources = Mapping[Path, source.Source]


def show_as(arguments: argparse.Namespace, migration: Migration, sources: Sources, whole: bool = False) -> int:
    """whole: the diff itself was asked for, so JSON has it too. Text is the patch, with colours on a terminal."""
    form = arguments.format
    if form in ("text", "patch"):
        problems = _show_patch(migration, sources, form == "patch")
        if problems:
            say_findings(problems)
            return FAILED
        say(migration, arguments)
    elif form == "json":
        from tfmigrate.report import as_json

        _print(as_json.render(migration, hunks=whole))
    elif form == "sarif":
        from tfmigrate.report import as_sarif

        _print(as_sarif.render(migration.findings))
    else:
        from tfmigrate.report import as_github

        _print(as_github.render(migration))
    return status(migration, arguments.paths, bool(migration.changes))


def show_verdict_as(form: str, verdict: Verdict, before: Path, after: Path) -> None:
    """A patch is the change that was checked, with the verdict above it."""
    from tfmigrate.report.locating import locate

    if form == "text":
        from tfmigrate.report import verdict as page

        show(page.pieces(verdict))
    elif form == "json":
        from tfmigrate.report import as_json

        _print(as_json.render_verdict(verdict))
    elif form == "sarif":
        from tfmigrate.report import as_sarif

        _print(as_sarif.render_verdict(verdict, locate(verdict, before, after)))
    elif form == "github":
        from tfmigrate.report import as_github

        _print(as_github.render_verdict(verdict, locate(verdict, before, after)))
    else:
        from tfmigrate.report import message

        _print(message.of_verdict(verdict))
        migration, sources = _change_between(before, after)
        _show_patch(migration, sources, plain=True)


def _show_patch(migration: Migration, sources: Sources, plain: bool) -> list[Finding]:
    """Returns why it can't be shown, if it can't."""
    from tfmigrate.report import patch
    from tfmigrate.report.locating import base_of

    problems = check(migration.changes, sources)
    if not problems:
        base = base_of(change.path for change in migration.changes)
        show(patch.pieces(patch.render(migration, sources, base)), plain)
    return problems


def _print(text: str) -> None:
    show([(text, "")], plain=True)


def _change_between(before: Path, after: Path) -> tuple[Migration, dict[Path, source.Source]]:
    """What makes the one program the other; a file that only the first has is no part of it."""
    changes, sources = [], {}
    try:
        for old, new in _pairs(before, after):
            if old.exists():
                sources[old] = source.read(old)
            text = sources[old].text if old in sources else None
            changes.append(FileChange(old, text, source.read(new).text))
    except source.SourceError as error:
        raise UsageError(str(error)) from None
    return Migration(changes=tuple(changes)), sources


def _pairs(before: Path, after: Path) -> Iterator[tuple[Path, Path]]:
    """Each file of the second program, after the one of the first that it was."""
    if not after.is_dir():
        yield before, after
        return
    old = before if before.is_dir() else before.parent
    named = [after / variable_map.FILE_NAME]
    for path in [*source.find([after]), *(path for path in named if path.exists())]:
        yield old / path.relative_to(after), path
