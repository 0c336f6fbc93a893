"""From a change of text to bytes for the disk, with all that can be known before the first byte is written."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tfmigrate.finding import Finding
from tfmigrate.model import FileChange
from tfmigrate.source import Source, SourceError, added, decode, digest_of, encode, is_read_only, problem, read, reason
from tfmigrate.writing import disk


@dataclass(frozen=True)
class Write:
    """One file to put on the disk.

    path: as the user knows it. target: where it really lies. old: None if it is new, like old_digest.
    """

    path: Path
    target: Path
    data: bytes
    old: os.stat_result | None
    old_digest: str | None = None

    @property
    def digest(self) -> str:
        return digest_of(self.data)


def check(changes: Iterable[FileChange], sources: Mapping[Path, Source]) -> list[Finding]:
    """Which changes have no place in the encoding of their file. Looks at no disk."""
    findings = []
    for change in changes:
        try:
            _encoded(sources.get(change.path) or added(change.path), change.after)
        except SourceError as error:
            findings.append(error.finding)
    return findings


def prepare(
    changes: Sequence[FileChange], sources: Mapping[Path, Source], in_place: bool = True
) -> tuple[list[Write], list[Finding]]:
    """What is to be written, and what can't be.

    sources: the file behind each change, as it was read. in_place: the files themselves change, so they must allow it.
    """
    writes: list[Write] = []
    findings: list[Finding] = []
    for change in changes:
        try:
            writes.append(_checked(change, sources, in_place))
        except SourceError as error:
            findings.append(error.finding)
    return writes, findings + _same_target(writes)


def _checked(change: FileChange, sources: Mapping[Path, Source], in_place: bool) -> Write:
    """Raises SourceError."""
    path = change.path
    target = Path(os.path.realpath(path))
    if change.before is None:
        if os.path.lexists(path):
            raise SourceError(problem(path, "TFM005", "exists now, and did not when the program was read"))
        return Write(path, target, _encoded(added(path), change.after), None)
    source = sources[path]
    try:
        old = os.stat(target)  # first: what happens after the reading then shows at the swap
    except OSError as error:
        raise SourceError(problem(path, "TFM001", f"cannot be read: {reason(error)}")) from None
    if source.text != change.before or read(path).digest != source.digest:
        raise SourceError(problem(path, "TFM005", "is no longer the file that was analysed"))
    if in_place and is_read_only(target):
        raise SourceError(problem(path, "TFM004", "cannot be written: it is read-only"))
    return Write(path, target, _encoded(source, change.after), old, source.digest)


def _encoded(source: Source, text: str) -> bytes:
    """Raises SourceError if the text has no place in the file's encoding, or would be read back as another one."""
    try:
        data = encode(source, text)
    except UnicodeEncodeError as error:
        line = text.count("\n", 0, error.start) + 1
        message = f"cannot be written: its encoding {source.encoding} has no {error.object[error.start]!r}"
        raise SourceError(problem(source.path, "TFM004", message, line)) from None
    if decode(source.path, data).text != text:
        raise SourceError(problem(source.path, "TFM004", f"cannot be written: {source.encoding} would alter its text"))
    return data


def _same_target(writes: Sequence[Write]) -> list[Finding]:
    """Two names of one file (a symbolic link and its target) can't both be rewritten."""
    times = Counter(write.target for write in writes)
    return [
        problem(write.path, "TFM004", f"cannot be written: another change goes to the same file, {write.target}")
        for write in writes
        if times[write.target] > 1
    ]


def write_one(change: FileChange, sources: Mapping[Path, Source]) -> list[Finding]:
    """Writes a file that is no part of a migration; returns why not, nothing if it did."""
    writes, findings = prepare([change], sources)
    for write in writes if not findings else ():
        try:
            disk.replace_one(write.target, write.data, write.old)
        except OSError as error:
            findings.append(disk.failed(write.path, error))
    return findings
