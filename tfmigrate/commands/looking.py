"""`plan`, `diff` and `explain`: they write nothing."""

from __future__ import annotations

import argparse

from tfmigrate.commands.formats import show_as
from tfmigrate.commands.migrating import migrate, status
from tfmigrate.commands.output import say, show
from tfmigrate.commands.status import DONE, UsageError


def plan(arguments: argparse.Namespace) -> int:
    migration, sources = migrate(arguments)
    if arguments.summary is not None:
        from tfmigrate.commands.summing import add_to
        from tfmigrate.report import summary

        add_to(arguments.summary, summary.of_migration(migration))
    if arguments.format != "text":
        return show_as(arguments, migration, sources)
    from tfmigrate.report import terminal

    show(terminal.pieces(migration))
    say(migration, arguments)
    return status(migration, arguments.paths, bool(migration.changes))


def diff(arguments: argparse.Namespace) -> int:
    if arguments.html is not None:
        from tfmigrate.commands.paging import write_page

        return write_page(arguments)
    if arguments.verdict is not None:
        raise UsageError("--verdict is shown on the page, so it needs --html")
    if arguments.split is not None:
        from tfmigrate.commands.splitting import split

        return split(arguments)
    if arguments.out is not None:
        raise UsageError("--out says where the parts of --split go")
    migration, sources = migrate(arguments)
    return show_as(arguments, migration, sources, whole=True)


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
