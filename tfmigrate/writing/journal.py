"""What a run writes down before it touches a file, so that a later one can take it back.

    .tfmigrate/                     at the top of the work tree; git ignores it
        runs/0001/journal           one JSON object a line
        runs/0001/old/0-model.py    the file as it was

The lines: "groups", the files that are about to be written; "staged", the groups whose new bytes and old files are
safe, so that the swaps may begin; "finished", the groups that were written. Each line is on the disk before what it
speaks of happens. A run without "finished" was interrupted; "undoing" takes the word back until all is as it was.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from tfmigrate.writing import disk

HOME = ".tfmigrate"
_RUNS = "runs"
_LOG = "journal"
_OLD = "old"


class BusyError(Exception):
    """Another process writes below the same folder."""


@dataclass(frozen=True)
class Entry:
    """One file of a run.

    path: relative to the base. old, new: digests; old is None for a new file, and so is backup. temporary: the name of
    the new bytes before the swap, in the file's folder. made: folders that are made for it, the innermost first.
    """

    path: str
    old: str | None
    new: str
    temporary: str
    backup: str | None = None
    made: tuple[str, ...] = ()


Group = tuple[Entry, ...]


@dataclass
class Journal:
    """One run. finished: the groups that were written, None as long as that is not known."""

    base: Path
    folder: Path
    groups: list[Group] = field(default_factory=list)
    staged: set[int] = field(default_factory=set)
    finished: set[int] | None = None

    @property
    def interrupted(self) -> bool:
        return self.finished is None

    def written(self) -> list[int]:
        """The groups of which something may have been written."""
        return sorted(self.staged if self.finished is None else self.finished)

    def target(self, entry: Entry) -> Path:
        return self.base / entry.path

    def temporary(self, entry: Entry) -> Path:
        return self.target(entry).with_name(entry.temporary)

    def backup(self, entry: Entry) -> Path:
        assert entry.backup is not None
        return self.folder / _OLD / entry.backup

    # -- writing

    def begin(self, groups: Sequence[Group]) -> range:
        """Raises OSError. The numbers of the groups are returned."""
        (self.folder / _OLD).mkdir(parents=True, exist_ok=True)
        first = len(self.groups)
        self._append({"groups": [[asdict(entry) for entry in group] for group in groups]})
        self.groups.extend(groups)
        return range(first, len(self.groups))

    def stage(self, groups: Iterable[int]) -> None:
        disk.flush_folders([self.folder / _OLD, self.folder, self.folder.parent])
        chosen = sorted(groups)
        self._append({"staged": chosen})
        self.staged |= set(chosen)

    def finish(self, groups: Iterable[int]) -> None:
        chosen = sorted(groups)
        self._append({"finished": chosen})
        self.finished = set(chosen)

    def undoing(self, groups: Iterable[int]) -> None:
        """From here on it counts as interrupted again."""
        chosen = sorted(groups)
        self._append({"undoing": chosen})
        self.staged, self.finished = set(chosen), None

    def _append(self, line: dict[str, object]) -> None:
        with open(self.folder / _LOG, "ab") as file:
            # a line that a full disk cut short must not swallow the next one
            file.write(b"\n" + json.dumps(line).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())

    # -- reading

    @classmethod
    def read(cls, base: Path, folder: Path) -> Journal:
        """Raises OSError."""
        journal = cls(base, folder)
        try:
            lines = (folder / _LOG).read_bytes().split(b"\n")
        except FileNotFoundError:  # killed before the first line
            return journal
        for text in lines:
            try:
                line = json.loads(text)
            except ValueError:  # cut short: what it announces has not begun
                continue
            try:
                journal._take(line)
            except (AttributeError, KeyError, TypeError):
                raise OSError(errno.EINVAL, f"{folder / _LOG} is not a journal of this version") from None
        return journal

    def _take(self, line: dict[str, Any]) -> None:
        for entries in line.get("groups", ()):
            self.groups.append(tuple(Entry(**{**entry, "made": tuple(entry["made"])}) for entry in entries))
        self.staged |= set(line.get("staged", ()))
        if "finished" in line:
            self.finished = set(line["finished"])
        if "undoing" in line:
            self.staged, self.finished = set(line["undoing"]), None

    def forget(self) -> None:
        """Without its journal, what is left of a run means nothing."""
        (self.folder / _LOG).unlink(missing_ok=True)
        shutil.rmtree(self.folder, ignore_errors=True)


# --- where journals are


def homes(paths: Iterable[Path]) -> list[Path]:
    """The folders at and above the paths that hold journals, the nearest first."""
    found: dict[Path, None] = {}
    for path in paths:
        real = Path(os.path.realpath(path))
        for folder in (real, *real.parents):
            if (folder / HOME / _RUNS).is_dir():
                found[folder] = None
    return list(found)


def last(base: Path) -> Journal | None:
    """The last run below this folder. Raises OSError."""
    runs = _runs(base)
    return Journal.read(base, runs[-1]) if runs else None


def interrupted(paths: Iterable[Path]) -> list[Journal]:
    """Runs that did not come to their end. Raises OSError."""
    journals = [last(base) for base in homes(paths)]
    return [journal for journal in journals if journal is not None and journal.interrupted]


def new(base: Path) -> Journal:
    """For a run that is about to begin. Raises OSError."""
    runs = _runs(base)
    number = int(runs[-1].name) + 1 if runs else 1
    return Journal(base, base / HOME / _RUNS / f"{number:04}")


def wrote(paths: Iterable[Path]) -> dict[Path, str]:
    """What the runs at and above these paths have written: files, and the digests of the last time. Raises OSError."""
    found: dict[Path, str] = {}
    for base in reversed(homes(paths)):
        for folder in _runs(base):
            run = Journal.read(base, folder)
            for number in run.written():
                for entry in run.groups[number]:
                    found[Path(os.path.normpath(run.target(entry)))] = entry.new
    return found


def _runs(base: Path) -> list[Path]:
    try:
        names = os.listdir(base / HOME / _RUNS)
    except (FileNotFoundError, NotADirectoryError):
        return []
    return [base / HOME / _RUNS / name for name in sorted((n for n in names if n.isdigit()), key=int)]


# --- one at a time


@contextmanager
def locked(base: Path) -> Iterator[None]:
    """Keeps others from writing below the same folder; the system lets go of it when a process dies.

    Raises BusyError, or OSError if the folder can't be made.
    """
    home = base / HOME
    handle = _locked_folder(home)
    try:
        yield
    finally:
        with suppress(OSError):  # something is left to take back
            (home / _RUNS).rmdir()
            (home / ".gitignore").unlink(missing_ok=True)
            home.rmdir()
        if handle is not None:
            os.close(handle)


def _locked_folder(home: Path) -> int | None:
    """None where the system has no locks."""
    for _ in range(100):
        (home / _RUNS).mkdir(parents=True, exist_ok=True)
        with suppress(FileNotFoundError):  # removed in this moment by whoever held the lock before
            (home / ".gitignore").write_text("*\n", encoding="utf-8")
            handle = _lock(home)
            if handle is None or os.path.samestat(os.fstat(handle), os.stat(home)):
                return handle
            os.close(handle)
    raise BusyError(str(home))


def _lock(home: Path) -> int | None:
    try:
        import fcntl
    except ImportError:
        return None
    handle = os.open(home, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(handle)
        if error.errno in (errno.EWOULDBLOCK, errno.EACCES):
            raise BusyError(str(home)) from None
        return None
    return handle
