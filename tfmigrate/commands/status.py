"""How a command ends."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

DONE, LEFT, FAILED = 0, 1, 2


class UsageError(Exception):
    """What was asked for can't be done; the text is one line for the user."""


def must_exist(paths: Iterable[Path]) -> None:
    """Raises UsageError."""
    for path in paths:
        if not path.exists():
            raise UsageError(f"no such file or directory: {path}")
