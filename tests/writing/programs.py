"""Small programs to write, and what is on the disk afterwards."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Sequence
from pathlib import Path

from tfmigrate import source
from tfmigrate.model import FileChange
from tfmigrate.source import Source
from tfmigrate.writing import run
from tfmigrate.writing.changes import prepare
from tfmigrate.writing.journal import HOME

FULL = OSError(errno.ENOSPC, "No space left on device")


def change(path: Path, after: str) -> tuple[FileChange, Source]:
    read = source.read(path)
    return FileChange(path, read.text, after), read


def write(base: Path, *groups: Sequence[tuple[FileChange, Source | None]]) -> list[str]:
    """Writes the groups in one run; the findings as `TFM004 m0.py:1`."""
    found = []
    with run.begin(base) as running:
        ready = []
        for group in groups:
            sources = {read.path: read for _, read in group if read is not None}
            writes, findings = prepare([planned for planned, _ in group], sources)
            found += findings
            ready.append([] if findings else writes)
        for findings in running.write(ready):
            found += findings
    return [f"{finding.code} {Path(finding.path).name}:{finding.line}" for finding in found]


def program(folder: Path, count: int = 3) -> list[tuple[FileChange, Source | None]]:
    """`m0.py`, `m1.py`, ... and the change of each."""
    for number in range(count):
        (folder / f"m{number}.py").write_text(f"x = {number}\n")
    return [change(folder / f"m{number}.py", f"y = {number}\n") for number in range(count)]


def new(path: Path, text: str) -> tuple[FileChange, None]:
    return FileChange(path, None, text), None


def listing(folder: Path) -> dict[str, bytes]:
    """All files but those of the journal."""
    files = (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    names = {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}
    return {name: data for name, data in names.items() if not name.startswith(f"{HOME}/")}


def state(folder: Path) -> dict[str, tuple[str, int, bytes | str]]:
    """Everything there is, with kinds and modes, the journal too."""
    found: dict[str, tuple[str, int, bytes | str]] = {}
    for path in sorted(folder.rglob("*")):
        mode = path.lstat().st_mode
        name = path.relative_to(folder).as_posix()
        if stat.S_ISLNK(mode):
            found[name] = ("link", 0, os.readlink(path))
        else:
            data = path.read_bytes() if stat.S_ISREG(mode) else b""
            found[name] = ("file" if data or stat.S_ISREG(mode) else "folder", stat.S_IMODE(mode), data)
    return found


def failing(number: int, call: Callable[..., object], error: BaseException) -> Callable[..., object]:
    """The call, but the given time it fails."""
    calls = iter(range(number + 1))

    def wrapper(*arguments: object, **keywords: object) -> object:
        if next(calls, None) == number:
            raise error
        return call(*arguments, **keywords)

    return wrapper
