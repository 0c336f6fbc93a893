"""`[tool.tfmigrate]` in pyproject.toml: which files, transforms and findings; what is said elsewhere goes before it."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tfmigrate.choosing import Choice, Patterns

_TABLE = ("tool", "tfmigrate")
_LISTS = ("include", "exclude", "only")
_KNOWN = (*_LISTS, "gitignore", "check", "audit")
_OF_AUDIT = ("select", "ignore")


class ConfigurationError(Exception):
    """What stands in the file, or is given, makes no sense; the text is one line for the user."""


def configured(paths: Sequence[Path], given: Mapping[str, Any]) -> tuple[tuple[str, ...], Choice]:
    """The transforms to run, empty for all, and the choice of files. Raises ConfigurationError.

    given: what is said elsewhere, None where nothing is.
    """
    values, base = _table(paths)
    here = Path(os.path.abspath("."))

    def patterns(key: str) -> Patterns | None:
        if given[key] is not None:
            return Patterns(here, tuple(given[key]))
        return Patterns(base, values[key]) if key in values else None

    gitignore = values["gitignore"] if given["gitignore"] is None else given["gitignore"]
    choice = Choice(patterns("include"), patterns("exclude"), gitignore)
    for found in (choice.include, choice.exclude):
        try:
            if found is not None:
                found.match(here / "model.py")
        except ValueError as error:
            raise ConfigurationError(f"not a pattern: {error}") from None
    return tuple(values.get("only", ()) if given["only"] is None else given["only"]), choice


def configured_codes(paths: Sequence[Path], given: Mapping[str, Any], known: Sequence[str]) -> frozenset[str]:
    """Which of the known codes an audit is to tell. Raises ConfigurationError."""
    table = _table(paths)[0].get("audit", {})
    said = {key: tuple(table.get(key, ()) if given[key] is None else given[key]) for key in _OF_AUDIT}
    for begin in (*said["select"], *said["ignore"]):
        if not begin or not any(code.startswith(begin) for code in known):
            raise ConfigurationError(f"no finding of an audit is called {begin!r}; there are {', '.join(known)}")
    wanted = said["select"] or ("",)
    return frozenset(c for c in known if c.startswith(wanted) and not (said["ignore"] and c.startswith(said["ignore"])))


def _table(paths: Sequence[Path]) -> tuple[dict[str, Any], Path]:
    """The table's values, and the folder that it lies in."""
    from tfmigrate.verify.settings import find_table
    from tfmigrate.verify.spec import SpecError

    try:
        found = find_table(paths, _TABLE)
    except SpecError as error:
        raise ConfigurationError(str(error)) from None
    if found is None:
        return {"gitignore": True}, Path()
    try:
        return _checked(found.values), Path(os.path.abspath(found.path)).parent
    except ValueError as error:
        raise ConfigurationError(found.locate(error)) from None


def _checked(values: Mapping[str, Any]) -> dict[str, Any]:
    """Raises ValueError, which begins with the key."""
    result: dict[str, Any] = {"gitignore": True}
    for key, value in values.items():
        if key not in _KNOWN:
            raise ValueError(f"{key}: not known; there are {', '.join(_KNOWN)}")
        if key in _LISTS:
            result[key] = _strings(key, value)
        elif key == "audit":
            if not isinstance(value, dict) or not value.keys() <= set(_OF_AUDIT):
                raise ValueError(f"{key}: expected a table of {' and '.join(_OF_AUDIT)}")
            result[key] = {inner: _strings(f"{key}.{inner}", codes) for inner, codes in value.items()}
        elif key == "gitignore":
            if not isinstance(value, bool):
                raise ValueError(f"{key}: expected true or false")
            result[key] = value
    return result


def _strings(key: str, value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ValueError(f"{key}: expected a list of strings")
    return tuple(value)
