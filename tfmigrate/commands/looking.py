"""`plan`, `diff` and `explain`: they write nothing."""

from __future__ import annotations

import argparse

from tfmigrate.commands.migrating import migrate, status
from tfmigrate.commands.output import say, say_findings, show
from tfmigrate.commands.status import DONE, FAILED, UsageError


def plan(arguments: argparse.Namespace) -> int:
    migration, _ = migrate(arguments)
    if arguments.summary is not None:
        from tfmigrate.commands.summing import add_to
        from tfmigrate.report import summary

        add_to(arguments.summary, summary.of_migration(migration))
    if arguments.format == "json":
        from tfmigrate.report import as_json

        show([(as_json.render(migration), "")], plain=True)
    else:
        from tfmigrate.report import terminal

        show(terminal.pieces(migration))
    say(migration, arguments)
    return status(migration, arguments.paths, bool(migration.changes))


def diff(arguments: argparse.Namespace) -> int:
    from tfmigrate.report import patch
    from tfmigrate.writing.changes import check

    migration, sources = migrate(arguments)
    problems = check(migration.changes, sources)
    if problems:
        say_findings(problems)
        return FAILED
    base = patch.base_of(change.path for change in migration.changes)
    show(patch.pieces(patch.render(migration, sources, base)))
    say(migration, arguments)
    return status(migration, arguments.paths, bool(migration.changes))


def explain(arguments: argparse.Namespace) -> int:
    from tfmigrate.report import page

    if arguments.topic is None:
        show([(page.contents(), "")])
        return DONE
    text = page.render(arguments.topic)
    if text is None:
        from difflib import get_close_matches

        near = get_close_matches(arguments.topic, page.topics(), 1)
        hint = f"did you mean {near[0]}?" if near else "`tfmigrate explain` lists all."
        raise UsageError(f"nothing is called {arguments.topic!r}; {hint}")
    show([(text, "")])
    return DONE
