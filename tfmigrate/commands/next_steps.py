"""What a person may want to do after a command."""

from __future__ import annotations

import argparse
import shlex
from collections import Counter
from collections.abc import Iterator

from tfmigrate.finding import Severity
from tfmigrate.model import Migration


def next_steps(migration: Migration, arguments: argparse.Namespace) -> Iterator[str]:
    """One line for each; none where nothing is left to do."""
    paths = shlex.join(str(path) for path in arguments.paths)
    command = arguments.command.partition(":")[2]
    if migration.changes and command == "plan":
        yield f"Next: `tfmigrate diff {paths}` shows the change, `tfmigrate review {paths}` goes through it."
    elif migration.changes and command == "diff":
        yield f"Next: `tfmigrate apply {paths}` writes it; with --check, only what did the same when both sides ran."
    elif migration.changes and command == "apply" and arguments.out is not None and len(arguments.paths) == 1:
        yield f"Next: `tfmigrate check {paths} {shlex.quote(str(arguments.out))}` runs both sides against each other."
    elif migration.changes and command == "apply":
        yield "Next: run your tests; `tfmigrate undo` takes it all back."
    codes = Counter(f.code for f in migration.findings if f.severity is not Severity.REVIEW)
    if codes:
        code, number = max(codes.items(), key=lambda item: (item[1], item[0]))
        places = f"{number} place{'' if number == 1 else 's'}"
        yield f"What stays needs a person: `tfmigrate explain {code}` is about {places} of it."
