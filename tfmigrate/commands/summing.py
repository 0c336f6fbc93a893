"""`--summary FILE`: the result as Markdown, beside what is printed."""

from __future__ import annotations

from pathlib import Path

from tfmigrate import source
from tfmigrate.commands.status import UsageError
from tfmigrate.model import FileChange
from tfmigrate.writing.changes import write_one


def add_to(path: Path, text: str) -> None:
    """Behind what the file holds already: the summary of a job is made by all its steps. Raises UsageError."""
    try:
        old = {path: source.read(path)} if path.exists() else {}
    except source.SourceError as error:
        raise UsageError(str(error)) from None
    known = old[path].text if old else None
    before = f"{known.rstrip()}\n\n" if known and known.strip() else ""
    problems = write_one(FileChange(path, known, before + text), old)
    if problems:
        raise UsageError(f"the summary cannot be kept: {problems[0].path}: {problems[0].message}")
