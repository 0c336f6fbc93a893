"""Finds a table such as `[tool.tfmigrate.check]` in the pyproject.toml of a program."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tfmigrate.verify.spec import SpecError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

FILE_NAME = "pyproject.toml"
CHECK = ("tool", "tfmigrate", "check")


@dataclass(frozen=True)
class Table:
    """The table as it stands in a file."""

    path: Path
    text: str
    values: Mapping[str, Any]
    name: tuple[str, ...] = CHECK

    def overridden_by(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """With what was said elsewhere. Who names another thing to run takes none of the table's ways to call it."""
        kept = dict(self.values)
        if "entry" in given or "run" in given:
            for key in ("entry", "entry_after", "run", "calls"):
                kept.pop(key, None)
        return {**kept, **given}

    def locate(self, error: Exception) -> str:
        """The error with the file and, where the key can be found, its line."""
        keys = re.findall(r"[\w-]+", str(error).partition(":")[0])
        line = _line_of(self.text, [key for key in keys if not key.isdigit()], self.name)
        return f"{self.path}{f':{line}' if line else ''}: [{'.'.join(self.name)}] {error}"


def find_table(programs: Iterable[Path], name: tuple[str, ...] = CHECK) -> Table | None:
    """The table in the nearest pyproject.toml at or above the first of the programs that has one. Raises SpecError."""
    for program in programs:
        for path in _above(program):
            table = _read(path, name)
            if table is not None:
                return table
    return None


def _above(program: Path) -> Iterator[Path]:
    full = Path(os.path.abspath(program))
    for folder in (full, *full.parents) if full.is_dir() else full.parents:
        if (folder / FILE_NAME).is_file():
            yield folder / FILE_NAME


def _read(path: Path, name: tuple[str, ...]) -> Table | None:
    shown = Path(os.path.relpath(path)) if path.is_relative_to(Path.cwd()) else path
    try:
        text = path.read_text(encoding="utf-8")
        found: Any = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SpecError(f"{shown}: {error}") from None
    except (OSError, UnicodeError) as error:
        raise SpecError(f"{shown}: cannot be read: {error}") from None
    for part in name:
        found = found.get(part) if isinstance(found, dict) else None
    if found is None:
        return None
    if not isinstance(found, dict):
        raise SpecError(f"{shown}: {'.'.join(name)} is not a table")
    return Table(shown, text, found, name)


def _line_of(text: str, keys: list[str], name: tuple[str, ...]) -> int | None:
    """Where a key of the table is set: the last one that can be found below the table's head, each after the former."""
    lines = text.splitlines()
    head = r"^\s*\[+\s*" + r"\s*\.\s*".join(name) + r"\b"
    first = next((n for n, line in enumerate(lines) if re.match(head, line)), None)
    if first is None:
        return None
    found = first
    for key in keys:
        pattern = rf"(?<![\w-])[\"']?{re.escape(key)}[\"']?\s*(=|\]|\.)"
        found = next((n for n in range(found, len(lines)) if re.search(pattern, lines[n])), found)
    return found + 1
