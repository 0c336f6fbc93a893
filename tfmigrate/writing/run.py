"""One run of `apply`: groups of files, each written whole or not at all, and all of them can be taken back."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from tfmigrate.finding import Finding
from tfmigrate.source import problem, reason
from tfmigrate.writing import disk, journal
from tfmigrate.writing.changes import Write
from tfmigrate.writing.journal import Entry, Group, Journal
from tfmigrate.writing.undoing import Undone, recover_locked, take_back

Writes = Sequence[Write]


class StoppedError(Exception):
    """Nothing may be written; the findings say why. Raised in a run, it takes the run back."""

    def __init__(self, findings: list[Finding]) -> None:
        super().__init__(findings)
        self.findings = findings


class Run:
    """Made by `begin`. Each batch of groups is staged as a whole, then swapped group by group."""

    def __init__(self, run: Journal) -> None:
        self._journal = run
        self._written: list[int] = []
        self._stuck: list[int] = []

    def write(self, groups: Sequence[Writes]) -> list[list[Finding]]:
        """For each group why it was not written, nothing if it was."""
        groups = [group for group in groups if group]
        if not groups:
            return []
        try:
            numbers = self._journal.begin([self._entries(group) for group in groups])
        except OSError as error:
            text = f"cannot be written: {reason(error)}"
            return [[problem(self._journal.folder, "TFM004", text)] for _ in groups]
        findings = {number: self._stage(number, group) for number, group in zip(numbers, groups)}
        ready = [number for number in numbers if not findings[number]]
        try:
            self._journal.stage(ready)
        except OSError as error:
            for number in ready:
                findings[number] = [disk.failed(self._journal.folder, error), *self._take_back(number)]
            ready = []
        for number, group in zip(numbers, groups):
            if number in ready:
                findings[number] = self._swap(number, group)
        disk.flush_folders(write.target.parent for group in groups for write in group)
        return [findings[number] for number in numbers]

    def _entries(self, group: Writes) -> Group:
        return tuple(self._entry(write) for write in group)

    def _entry(self, write: Write) -> Entry:
        base = self._journal.base
        name = disk.scratch_name()
        made = disk.missing_folders(write.target.parent) if write.old is None else []
        return Entry(
            path=os.path.relpath(write.target, base),
            old=write.old_digest,
            new=write.digest,
            temporary=name,
            backup=f"{name.rpartition('-')[2]}-{write.target.name[-40:]}" if write.old is not None else None,
            made=tuple(os.path.relpath(folder, base) for folder in made),
        )

    def _stage(self, number: int, group: Writes) -> list[Finding]:
        """The new bytes lie beside the old ones, the old ones have a second name."""
        for entry, write in zip(self._journal.groups[number], group):
            try:
                disk.make_folders(write.target.parent)
                disk.put(self._journal.temporary(entry), write.data, write.old, write.target)
                if write.old is not None:
                    disk.keep(write.target, self._journal.backup(entry))
            except OSError as error:
                return [disk.failed(write.path, error), *self._take_back(number)]
        return []

    def _swap(self, number: int, group: Writes) -> list[Finding]:
        for entry, write in zip(self._journal.groups[number], group):
            try:
                disk.swap(self._journal.temporary(entry), write.target, write.old)
            except OSError as error:
                return [disk.failed(write.path, error), *self._take_back(number)]
        self._written.append(number)
        return []

    def _take_back(self, number: int) -> list[Finding]:
        """As if this group had never been tried."""
        undone = Undone()
        if number in self._journal.staged and take_back(self._journal, [number], undone):
            self._stuck.append(number)  # a later undo may do better
            return undone.findings
        for entry in self._journal.groups[number]:
            temporary = self._journal.temporary(entry)
            try:
                disk.remove([temporary])
            except OSError as error:
                undone.findings.append(problem(temporary, "TFM004", f"cannot be removed: {reason(error)}"))
            if entry.old is None:
                disk.remove_folders(self._journal.base / folder for folder in entry.made)
        return undone.findings

    def close(self) -> None:
        """Raises OSError."""
        if self._written or self._stuck:
            self._journal.finish([*self._written, *self._stuck])
        else:
            self._journal.forget()


@contextmanager
def begin(base: Path) -> Iterator[Run]:
    """A run whose journal lies in this folder; an exception takes all of it back.

    Raises OSError, BusyError while another process writes below it, StoppedError if an earlier one stands in the way.
    """
    base = Path(os.path.realpath(base))
    with journal.locked(base):
        left = recover_locked(base).findings
        if left:
            raise StoppedError(left)
        log = journal.new(base)
        run = Run(log)
        try:
            yield run
            run.close()
        except BaseException:
            with suppress(OSError):
                recover_locked(base)
            raise
