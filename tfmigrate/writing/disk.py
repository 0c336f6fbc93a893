"""One file at a time: new bytes beside the old ones, safely on the disk, and then the swap."""

from __future__ import annotations

import os
import secrets
import stat
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from tfmigrate.finding import Finding
from tfmigrate.source import digest_of, problem, reason

_BINARY = getattr(os, "O_BINARY", 0)


class MeanwhileError(OSError):
    """Somebody wrote to the file between the check and the swap."""


def failed(path: Path, error: OSError) -> Finding:
    if isinstance(error, MeanwhileError):
        return problem(path, "TFM005", "changed while it was being written")
    return problem(path, "TFM004", f"cannot be written: {reason(error)}")


def scratch_name() -> str:
    """For a file in the same directory, hence on the same file system; short, as names may be as long as allowed."""
    return f".tfmigrate-{secrets.token_hex(6)}"


def put(path: Path, data: bytes, like: os.stat_result | None, original: Path | None = None) -> None:
    """A new file, safely on the disk, with the mode, owner and attributes of the one it will replace."""
    mode = 0o666 if like is None else 0o600  # until it has the right one, nobody else is to read it
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY, mode)
    with open(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(handle)
    if like is not None:
        if hasattr(os, "chown") and (like.st_uid, like.st_gid) != (os.getuid(), os.getgid()):
            with suppress(OSError):  # only an administrator can
                os.chown(path, like.st_uid, like.st_gid)
        if original is not None:
            _copy_attributes(original, path)
        os.chmod(path, stat.S_IMODE(like.st_mode))


def _copy_attributes(old: Path, new: Path) -> None:
    """Access control lists and the like, where the system has them."""
    if hasattr(os, "listxattr"):
        with suppress(OSError):
            for name in os.listxattr(old):
                with suppress(OSError):
                    os.setxattr(new, name, os.getxattr(old, name))


def keep(file: Path, backup: Path) -> None:
    """A second name for a file that is about to be replaced: it needs no room, and neither does putting it back."""
    try:
        os.link(file, backup)
    except OSError:  # another file system, or one without hard links
        put(backup, file.read_bytes(), os.stat(file), file)


def swap(temporary: Path, target: Path, old: os.stat_result | None) -> None:
    """Raises MeanwhileError if the target is no longer the file that it was."""
    if old is None:
        if os.path.lexists(target):
            raise MeanwhileError
    else:
        try:
            now = os.stat(target)
        except FileNotFoundError:
            raise MeanwhileError from None
        if _identity(now) != _identity(old):
            raise MeanwhileError
    os.replace(temporary, target)


def _identity(status: os.stat_result) -> tuple[int, ...]:
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


def digest(path: Path) -> str | None:
    """Of a file's bytes; None if there is no such file. Raises OSError."""
    try:
        return digest_of(path.read_bytes())
    except FileNotFoundError:
        return None


def make_folders(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)


def missing_folders(folder: Path) -> list[Path]:
    """The innermost first."""
    return [parent for parent in (folder, *folder.parents) if not parent.exists()]


def remove_folders(folders: Iterable[Path]) -> None:
    for folder in folders:
        with suppress(OSError):  # somebody else uses it by now
            folder.rmdir()


def remove(paths: Iterable[Path]) -> None:
    for path in paths:
        path.unlink(missing_ok=True)


def flush_folders(folders: Iterable[Path]) -> None:
    for folder in sorted(set(folders)):
        with suppress(OSError):  # not every system can
            handle = os.open(folder, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)


def replace_one(target: Path, data: bytes, old: os.stat_result | None) -> None:
    """Raises OSError, and then nothing has changed."""
    make_folders(target.parent)
    temporary = target.with_name(scratch_name())
    try:
        put(temporary, data, old, target)
        swap(temporary, target, old)
    finally:
        remove([temporary])
    flush_folders([target.parent])
