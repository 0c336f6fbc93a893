"""`apply --out`: a copy of the tree with the changes in it; the files themselves stay as they are."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Mapping, Sequence
from pathlib import Path

from tfmigrate.finding import Finding
from tfmigrate.model import FileChange
from tfmigrate.source import Source, common_root, is_environment, problem
from tfmigrate.writing import disk
from tfmigrate.writing.changes import Write, prepare
from tfmigrate.writing.journal import HOME

_LARGE = 2**20
_NEVER_COPIED = {".git", ".hg", ".svn", "__pycache__", HOME}


def write_copy(
    changes: Sequence[FileChange],
    sources: Mapping[Path, Source],
    out: Path,
    roots: Sequence[Path] = (),
    link: bool = False,
) -> list[Finding]:
    """Copies the named roots and writes all changes or nothing; returns why not.

    Version control, environments and caches are left out. link: in a copy that is not to last, large files need not be
    copied.
    """
    writes, findings = prepare(changes, sources, in_place=False)
    return findings or _write_copy(writes, roots, out, link)


def _write_copy(writes: Sequence[Write], roots: Sequence[Path], out: Path, link: bool) -> list[Finding]:
    """Builds the copy under another name and gives it the right one when it is complete."""
    try:
        if out.exists() and (not out.is_dir() or any(out.iterdir())):
            return [problem(out, "TFM004", "exists and is not an empty directory")]
        out.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        return [disk.failed(out, error)]
    building = Path(os.path.abspath(out)).with_name(disk.scratch_name())
    origin = common_root([*roots, *(write.path for write in writes)])
    try:
        building.mkdir()
        for root in roots:
            _copy(root, building / _relative(root, origin), {building, Path(os.path.abspath(out))}, link)
        for write in writes:
            target = building / _relative(write.path, origin)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.unlink(missing_ok=True)
            disk.put(target, write.data, write.old)
        if out.exists():
            out.rmdir()
        os.replace(building, out)
    except shutil.Error as error:
        return [problem(Path(item[0]), "TFM001", f"cannot be copied: {item[2]}") for item in error.args[0]]
    except OSError as error:
        return [disk.failed(Path(error.filename or out), error)]
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
    """Less than `source.find` leaves out: hidden files and build results may be part of what runs."""
    if Path(os.path.abspath(path)) in leave_out:
        return True
    mode = os.lstat(path).st_mode
    if stat.S_ISDIR(mode):
        return path.name in _NEVER_COPIED or is_environment(path)
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
