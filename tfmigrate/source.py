"""Source files: find, decode, write. The only module that writes users' files.

Everything between reading and writing works on text with "\\n" newlines. What that hides (encoding, byte order mark,
newline style) is kept in Source and put back by `encode`, so that a rewrite changes the lines it means to and no other
byte.
"""

from __future__ import annotations

import difflib
import errno
import hashlib
import io
import os
import re
import secrets
import shutil
import stat
import tokenize
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tfmigrate.finding import Finding
from tfmigrate.model import FileChange

_BOM = b"\xef\xbb\xbf"
_NEWLINE = re.compile("\r\n|\r|\n")
_NOT_OURS = {"__pycache__", "__pypackages__", "node_modules", "site-packages"}
_MADE_BY_BUILDS = {"build", "dist"}
_ENVIRONMENT_MARKS = ("pyvenv.cfg", "conda-meta")
_LARGE = 2**20
_NEVER_COPIED = {".git", ".hg", ".svn", "__pycache__"}


@dataclass(frozen=True)
class Source:
    """A decoded file.

    text: its newlines are "\\n". encoding: the codec, without the mark. bom: it began with a UTF-8 byte order mark.
    newline: the one it uses (the most frequent if it mixes them). digest: SHA-256 of the bytes.
    endings: the newline of each line, only for a file that mixes them.
    """

    path: Path
    text: str
    encoding: str
    bom: bool
    newline: str
    digest: str
    endings: tuple[str, ...] = ()


class SourceError(Exception):
    """A file that can't be handled; the finding says why."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding)  # the finding is all there is to pickle
        self.finding = finding

    def __str__(self) -> str:
        return f"{self.finding.path}:{self.finding.line}: {self.finding.code} {self.finding.message}"


# --- find


def find(paths: Iterable[Path]) -> list[Path]:
    """The Python files at and below the paths, sorted, each once.

    A file that is named is taken whatever its name. Below a directory only `*.py` is, and no symbolic link is followed:
    what a link inside the tree points to is found where it lies, what lies outside is not ours to change. A path that
    is missing, or a directory that can't be listed, is returned like a file, so that reading it reports it.
    """
    found: dict[str, Path] = {}
    for path in paths:
        for file in _below(path) if path.is_dir() else [path]:
            found.setdefault(os.path.abspath(file), file)
    return sorted(found.values(), key=lambda file: file.as_posix())


def _below(root: Path) -> Iterator[Path]:
    unlistable: list[Path] = []
    for folder, directories, files in os.walk(root, onerror=lambda error: unlistable.append(Path(error.filename))):
        here = Path(folder)
        directories[:] = [name for name in directories if not _skipped(here / name)]
        for name in files:
            if name.endswith(".py") and _is_plain_file(here / name):
                yield here / name
    yield from unlistable


def _skipped(directory: Path) -> bool:
    """Environments, caches, build results and version control; never a package that happens to be called `build`."""
    name = directory.name
    if name.startswith(".") or name in _NOT_OURS or name.endswith((".egg-info", ".egg")):
        return True
    if name in _MADE_BY_BUILDS:
        return not (directory / "__init__.py").exists()
    return _is_environment(directory)


def _is_environment(directory: Path) -> bool:
    return any((directory / mark).exists() for mark in _ENVIRONMENT_MARKS)


def _is_plain_file(path: Path) -> bool:
    return stat.S_ISREG(os.lstat(path).st_mode)


# --- decode and encode


def read(path: Path) -> Source:
    """Reads and decodes a file as Python would. Raises SourceError."""
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):
            raise OSError(errno.EINVAL, "not a regular file")
        data = path.read_bytes()
    except (OSError, ValueError) as error:  # ValueError: a path with a zero byte
        raise SourceError(_finding(path, "TFM001", f"cannot be read: {_reason(error)}")) from None
    return decode(path, data)


def decode(path: Path, data: bytes) -> Source:
    """Bytes to text, by byte order mark, encoding cookie (PEP 263) or UTF-8. Raises SourceError."""
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
    except SyntaxError as error:
        raise SourceError(_finding(path, "TFM002", f"cannot be decoded: {error.msg}")) from None
    bom = encoding == "utf-8-sig"
    codec = "utf-8" if bom else encoding
    try:
        raw = data[len(_BOM) if bom else 0 :].decode(codec)
    except (UnicodeError, LookupError) as error:  # LookupError: codecs from bytes to bytes, such as "hex"
        line = data.count(b"\n", 0, error.start) + 1 if isinstance(error, UnicodeDecodeError) else 1
        raise SourceError(_finding(path, "TFM002", f"is not valid {codec}: {_reason(error)}", line)) from None
    endings = tuple(_NEWLINE.findall(raw))
    kinds = Counter(endings).most_common()
    return Source(
        path=path,
        text=raw if kinds in ([], [("\n", len(endings))]) else _NEWLINE.sub("\n", raw),
        encoding=codec,
        bom=bom,
        newline=kinds[0][0] if kinds else "\n",
        digest=_digest(data),
        endings=endings if len(kinds) > 1 else (),
    )


def added(path: Path) -> Source:
    """The style of a file that does not exist yet."""
    return Source(path=path, text="", encoding="utf-8", bom=False, newline="\n", digest="")


def encode(source: Source, text: str) -> bytes:
    """The text in the file's own encoding and newlines. Raises UnicodeEncodeError."""
    lines = text.split("\n")
    if source.endings:
        last = lines.pop()
        raw = "".join(map("".join, zip(lines, _endings(source, lines), strict=True))) + last
    else:
        raw = text if source.newline == "\n" else source.newline.join(lines)
    return (_BOM if source.bom else b"") + raw.encode(source.encoding)


def _endings(source: Source, lines: list[str]) -> list[str]:
    """In a file that mixes newlines, a line that stays keeps its own."""
    result = [source.newline] * len(lines)
    before = source.text.split("\n")[: len(source.endings)]
    for block in difflib.SequenceMatcher(None, before, lines, autojunk=False).get_matching_blocks():
        result[block.b : block.b + block.size] = source.endings[block.a : block.a + block.size]
    return result


# --- write


@dataclass(frozen=True)
class _Write:
    """One file to put on the disk. path: as the user knows it. target: where it really lies. old: None if it is new."""

    path: Path
    target: Path
    data: bytes
    old: os.stat_result | None


@dataclass(frozen=True)
class _Staged:
    """A write whose bytes are on the disk already, beside the target; backup holds what was there before."""

    write: _Write
    temporary: Path
    backup: Path | None


def write(
    changes: Sequence[FileChange],
    sources: Mapping[Path, Source],
    out: Path | None = None,
    roots: Sequence[Path] = (),
    link: bool = False,
) -> list[Finding]:
    """Writes all the changes or none; returns why not, nothing if it did.

    sources: the file behind each change, as it was read. out: a directory that becomes a copy of the named roots
    (without version control, environments and caches), with the changes in it; the files themselves stay as they are.
    link: in a copy that is not to last, large files need not be copied.
    """
    writes: list[_Write] = []
    findings: list[Finding] = []
    for change in changes:
        try:
            writes.append(_check(change, sources, in_place=out is None))
        except SourceError as error:
            findings.append(error.finding)
    findings += _same_target(writes)
    if findings:
        return findings
    return _replace_all(writes) if out is None else _write_copy(writes, roots, out, link)


def write_reports(reports: Mapping[Path, bytes], over: bool = False) -> list[Finding]:
    """Writes files that are about a program and no part of it, all or none. over: also where there is one already."""
    writes = []
    for path, data in reports.items():
        if os.path.lexists(path) and not (over and path.is_file()):
            return [_finding(path, "TFM004", "exists already")]
        target = Path(os.path.realpath(path))
        try:
            writes.append(_Write(path, target, data, os.stat(target) if target.exists() else None))
        except OSError as error:
            return [_finding(path, *_explained(error))]
    return _replace_all(writes)


def check(changes: Sequence[FileChange], sources: Mapping[Path, Source]) -> list[Finding]:
    """Which changes have no place in the encoding of their file. Looks at no disk."""
    findings = []
    for change in changes:
        try:
            _encoded(sources.get(change.path) or added(change.path), change.after)
        except SourceError as error:
            findings.append(error.finding)
    return findings


def remove(path: Path) -> None:
    """Removes a file of ours, if it is there."""
    path.unlink(missing_ok=True)


def common_root(paths: Sequence[Path]) -> Path:
    """The directory itself if it is one, else the nearest directory that holds all the paths."""
    folders = [os.path.abspath(path if path.is_dir() else path.parent) for path in paths]
    return Path(os.path.commonpath(folders))


def _check(change: FileChange, sources: Mapping[Path, Source], in_place: bool) -> _Write:
    """Everything that can be known before the first byte is written. Raises SourceError."""
    path = change.path
    target = Path(os.path.realpath(path))
    if change.before is None:
        if os.path.lexists(path):
            raise SourceError(_finding(path, "TFM005", "exists now, and did not when the program was read"))
        return _Write(path, target, _encoded(added(path), change.after), None)
    source = sources[path]
    try:
        old = os.stat(target)  # first: what happens after the reading then shows at the swap
    except OSError as error:
        raise SourceError(_finding(path, "TFM001", f"cannot be read: {_reason(error)}")) from None
    if source.text != change.before or read(path).digest != source.digest:
        raise SourceError(_finding(path, "TFM005", "is no longer the file that was analysed"))
    if in_place and not (old.st_mode & 0o222 and os.access(target, os.W_OK)):
        raise SourceError(_finding(path, "TFM004", "cannot be written: it is read-only"))
    return _Write(path, target, _encoded(source, change.after), old)


def _encoded(source: Source, text: str) -> bytes:
    """Raises SourceError if the text has no place in the file's encoding, or would be read back as another one."""
    try:
        data = encode(source, text)
    except UnicodeEncodeError as error:
        line = text.count("\n", 0, error.start) + 1
        message = f"cannot be written: its encoding {source.encoding} has no {error.object[error.start]!r}"
        raise SourceError(_finding(source.path, "TFM004", message, line)) from None
    if decode(source.path, data).text != text:
        raise SourceError(_finding(source.path, "TFM004", f"cannot be written: {source.encoding} would alter its text"))
    return data


def _same_target(writes: Sequence[_Write]) -> list[Finding]:
    """Two names of one file (a symbolic link and its target) can't both be rewritten."""
    times = Counter(write.target for write in writes)
    return [
        _finding(write.path, "TFM004", f"cannot be written: another change goes to the same file, {write.target}")
        for write in writes
        if times[write.target] > 1
    ]


def _replace_all(writes: Sequence[_Write]) -> list[Finding]:
    """Puts all new bytes on the disk beside the old ones, then swaps; a failure swaps back what was swapped."""
    staged: list[_Staged] = []
    made: list[Path] = []
    current = None
    try:
        for current in writes:
            made += _make_folders(current.target.parent)
            staged.append(_stage(current))
        for stage in staged:
            current = stage.write
            _swap(stage)
    except OSError as error:
        assert current is not None
        failed = [_finding(current.path, *_explained(error))]
        return failed + _put_back(staged, made)
    except BaseException:
        _put_back(staged, made)
        raise
    _remove(path for stage in staged for path in (stage.temporary, stage.backup))
    for folder in {write.target.parent for write in writes}:
        _flush_folder(folder)
    return []


class _MeanwhileError(OSError):
    """Somebody wrote to the file between the check and the swap."""


def _explained(error: OSError) -> tuple[str, str]:
    if isinstance(error, _MeanwhileError):
        return "TFM005", "changed while it was being written"
    return "TFM004", f"cannot be written: {_reason(error)}"


def _make_folders(folder: Path) -> list[Path]:
    missing = [parent for parent in (folder, *folder.parents) if not parent.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    return missing


def _stage(write: _Write) -> _Staged:
    backup = None
    temporary = _beside(write.target)
    try:
        _put(temporary, write.data, write.old)
        if write.old is not None:
            backup = _beside(write.target)
            _keep(write.target, backup, write.old)
    except BaseException:
        _remove([temporary, backup])
        raise
    return _Staged(write, temporary, backup)


def _beside(target: Path) -> Path:
    """A name in the same directory, hence on the same file system; short, as the target's may be as long as allowed."""
    return target.with_name(f".tfmigrate-{secrets.token_hex(6)}")


def _put(path: Path, data: bytes, like: os.stat_result | None) -> None:
    """A new file, safely on the disk, with the mode and owner of the one it will replace."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666)
    with open(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(handle)
    if like is not None:
        if hasattr(os, "chown") and (like.st_uid, like.st_gid) != (os.getuid(), os.getgid()):
            with suppress(OSError):  # only an administrator can
                os.chown(path, like.st_uid, like.st_gid)
        os.chmod(path, stat.S_IMODE(like.st_mode))


def _keep(target: Path, backup: Path, like: os.stat_result) -> None:
    """A second name for the old file: putting it back then needs no room on the disk."""
    try:
        os.link(target, backup)
    except OSError:  # a file system without hard links
        _put(backup, target.read_bytes(), like)


def _swap(stage: _Staged) -> None:
    target, old = stage.write.target, stage.write.old
    if old is None:
        if os.path.lexists(target):
            raise _MeanwhileError
    elif _identity(os.stat(target)) != _identity(old):
        raise _MeanwhileError
    os.replace(stage.temporary, target)


def _identity(status: os.stat_result) -> tuple[int, ...]:
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


def _put_back(staged: Sequence[_Staged], made: Sequence[Path]) -> list[Finding]:
    """As if nothing had been written. Safe for files that were not swapped yet."""
    findings = []
    for stage in reversed(staged):
        swapped = not os.path.lexists(stage.temporary)
        try:
            if swapped and stage.backup is not None:
                os.replace(stage.backup, stage.write.target)
            elif swapped:
                stage.write.target.unlink()
            _remove([stage.temporary, stage.backup])
        except OSError as error:
            where = f"; its old text is in {stage.backup}" if stage.backup else ""
            findings.append(_finding(stage.write.path, "TFM004", f"cannot be put back: {_reason(error)}{where}"))
    for folder in made:
        with suppress(OSError):  # somebody else uses it by now
            folder.rmdir()
    return findings


def _remove(paths: Iterable[Path | None]) -> None:
    for path in paths:
        if path is not None:
            path.unlink(missing_ok=True)


def _flush_folder(folder: Path) -> None:
    with suppress(OSError):  # not every system can
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


# --- write a copy


def _write_copy(writes: Sequence[_Write], roots: Sequence[Path], out: Path, link: bool) -> list[Finding]:
    """Builds the copy under another name and gives it the right one when it is complete."""
    try:
        if out.exists() and (not out.is_dir() or any(out.iterdir())):
            return [_finding(out, "TFM004", "exists and is not an empty directory")]
        out.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        return [_finding(out, *_explained(error))]
    building = _beside(Path(os.path.abspath(out)))
    origin = common_root([*roots, *(write.path for write in writes)])
    try:
        building.mkdir()
        for root in roots:
            _copy(root, building / _relative(root, origin), {building, Path(os.path.abspath(out))}, link)
        for write in writes:
            target = building / _relative(write.path, origin)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.unlink(missing_ok=True)
            _put(target, write.data, write.old)
        if out.exists():
            out.rmdir()
        os.replace(building, out)
    except shutil.Error as error:
        return [_finding(Path(item[0]), "TFM001", f"cannot be copied: {item[2]}") for item in error.args[0]]
    except OSError as error:
        return [_finding(Path(error.filename or out), *_explained(error))]
    finally:
        shutil.rmtree(building, ignore_errors=True)
    return []


def _relative(path: Path, origin: Path) -> str:
    return os.path.relpath(os.path.abspath(path), origin)


def _copy(root: Path, target: Path, leave_out: set[Path], link: bool) -> None:
    if not root.is_dir():
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(root, target)
        return

    def ignore(folder: str, names: list[str]) -> list[str]:
        return [name for name in names if _left_out(Path(folder, name), leave_out)]

    copy = _copy_or_link if link else shutil.copy2
    shutil.copytree(root, target, symlinks=True, ignore=ignore, copy_function=copy, dirs_exist_ok=True)
    _repoint(root, target)


def _copy_or_link(source: str, target: str) -> None:
    if os.path.getsize(source) > _LARGE and not source.endswith(".py"):
        os.symlink(os.path.abspath(source), target)
    else:
        shutil.copy2(source, target)


def _left_out(path: Path, leave_out: set[Path]) -> bool:
    """Less than `_skipped` leaves out: hidden files and build results may be part of what runs."""
    if Path(os.path.abspath(path)) in leave_out:
        return True
    mode = os.lstat(path).st_mode
    if stat.S_ISDIR(mode):
        return path.name in _NEVER_COPIED or _is_environment(path)
    return not (stat.S_ISREG(mode) or stat.S_ISLNK(mode))


def _repoint(root: Path, target: Path) -> None:
    """Relative links that leave the tree would point elsewhere in the copy."""
    inside = os.path.realpath(root) + os.sep
    for folder, directories, files in os.walk(target):
        for name in (*directories, *files):
            link = Path(folder, name)
            if link.is_symlink() and not os.path.isabs(os.readlink(link)):
                original = root / link.relative_to(target)
                meant = os.path.realpath(original)
                if not (meant + os.sep).startswith(inside):
                    link.unlink()
                    link.symlink_to(meant)


# --- small things


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _finding(path: Path, code: str, message: str, line: int = 1) -> Finding:
    return Finding(path=str(path), line=line, column=0, code=code, message=message)


def _reason(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
