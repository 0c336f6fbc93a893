"""`[tool.tfmigrate]` in pyproject.toml: which files and transforms; what the command line says goes before it."""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tfmigrate.choosing import Choice, Patterns
from tfmigrate.commands.status import UsageError

_TABLE = ("tool", "tfmigrate")
_LISTS = ("include", "exclude", "only")
_KNOWN = (*_LISTS, "gitignore", "check")


def configured(arguments: argparse.Namespace, paths: Sequence[Path]) -> tuple[tuple[str, ...], Choice]:
    """The transforms to run, empty for all, and the choice of files. Raises UsageError."""
    values, base = _table(paths)
    here = Path(os.path.abspath("."))

    def lines(key: str) -> tuple[str, ...] | None:
        given = getattr(arguments, key)
        return tuple(given) if given is not None else values.get(key)

    def patterns(key: str) -> Patterns | None:
        chosen = lines(key)
        return None if chosen is None else Patterns(base if getattr(arguments, key) is None else here, chosen)

    choice = Choice(patterns("include"), patterns("exclude"), arguments.gitignore is None and values["gitignore"])
    for found in (choice.include, choice.exclude):
        try:
            if found is not None:
                found.match(here / "model.py")
        except ValueError as error:
            raise UsageError(f"not a pattern: {error}") from None
    return lines("only") or (), choice


def _table(paths: Sequence[Path]) -> tuple[dict[str, Any], Path]:
    """The table's values, and the folder that it lies in."""
    from tfmigrate.verify.settings import find_table
    from tfmigrate.verify.spec import SpecError

    try:
        found = find_table(paths, _TABLE)
    except SpecError as error:
        raise UsageError(str(error)) from None
    if found is None:
        return {"gitignore": True}, Path()
    try:
        return _checked(found.values), Path(os.path.abspath(found.path)).parent
    except ValueError as error:
        raise UsageError(found.locate(error)) from None


def _checked(values: Mapping[str, Any]) -> dict[str, Any]:
    """Raises ValueError, which begins with the key."""
    result: dict[str, Any] = {"gitignore": True}
    for key, value in values.items():
        if key not in _KNOWN:
            raise ValueError(f"{key}: not known; there are {', '.join(_KNOWN)}")
        if key in _LISTS:
            if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
                raise ValueError(f"{key}: expected a list of strings")
            result[key] = tuple(value)
        elif key == "gitignore":
            if not isinstance(value, bool):
                raise ValueError(f"{key}: expected true or false")
            result[key] = value
    return result
