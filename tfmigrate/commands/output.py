"""What a command says: results to standard output, findings and errors to standard error."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from tfmigrate.commands.status import FAILED
from tfmigrate.finding import Finding, Severity
from tfmigrate.model import Migration


def show(pieces: Iterable[tuple[str, str]], plain: bool = False) -> None:
    """To a terminal with colours, to anything else byte for byte."""
    if not plain and _coloured():
        from rich.console import Console
        from rich.text import Text

        console = Console(soft_wrap=True)
        for text, style in pieces:
            console.print(Text(text.encode("utf-8", "replace").decode(), style), end="")
        return
    data = "".join(text for text, _ in pieces).encode("utf-8", "surrogateescape")
    sys.stdout.flush()
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def _coloured() -> bool:
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


@contextmanager
def working(text: str) -> Iterator[None]:
    """Says what takes so long while it does, for a person at a terminal."""
    if not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
        yield
        return
    from rich.console import Console

    with Console(stderr=True).status(text):
        yield


def fail(message: str) -> int:
    sys.stderr.write(f"tfmigrate: error: {message}\n")
    return FAILED


def say(migration: Migration, arguments: argparse.Namespace) -> None:
    """The findings, and the files that would have to change too; to a person what to do next."""
    if arguments.quiet:
        say_findings(finding for finding in migration.findings if finding.severity is Severity.ERROR)
        return
    say_findings(migration.findings)
    left_out = migration.left_out()
    if left_out:
        sys.stderr.write("These files use what would change, so it stays; name them too, or add --with-callers:\n")
        sys.stderr.writelines(f"    {path}\n" for path in left_out)
    if arguments.verbose or sys.stderr.isatty():
        from tfmigrate.commands.next_steps import next_steps

        sys.stderr.writelines(f"{step}\n" for step in next_steps(migration, arguments))


def say_findings(findings: Iterable[Finding]) -> None:
    """As `path:line:column: code message`, which editors understand, and below it what to do."""
    for finding in sorted(findings):
        place = f"{finding.path}:{finding.line}:{finding.column + 1}"
        sys.stderr.write(f"{place}: {finding.code} {finding.message}\n    {finding.todo}\n")
