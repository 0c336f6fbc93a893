"""`apply`: writes a migration, with `--check` only what did the same when both sides ran."""

from __future__ import annotations

import argparse

from tfmigrate.commands.migrating import STDIN, migrate
from tfmigrate.commands.status import UsageError
from tfmigrate.commands.undoing import recover
from tfmigrate.commands.writing import write

_OF_CHECK = ("entry", "run", "steps", "timeout", "before_python")


def apply(arguments: argparse.Namespace) -> int:
    if STDIN in arguments.paths:
        raise UsageError("apply writes files; use `tfmigrate diff -` for standard input")
    if arguments.out is None:
        recover(arguments.paths)
    if arguments.check:
        from tfmigrate.commands.checked import apply_checked

        return apply_checked(arguments)
    for name in _OF_CHECK:
        if getattr(arguments, name) is not None:
            raise UsageError(f"--{name.replace('_', '-')} says how to check, so it needs --check")
    migration, sources = migrate(arguments)
    return write(migration, sources, arguments)
