"""Asks git, which knows best what belongs to a work tree; nothing is changed, no index refreshed."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path

# of a hook that we may run in
_NOT_OURS = {"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_COMMON_DIR"}


class GitError(Exception):
    """git could not tell; the text says why."""


def by_tree(paths: Iterable[Path]) -> dict[Path, dict[str, Path]]:
    """For each work tree the paths in it, by the names that git has for them."""
    trees: dict[Path, dict[str, Path]] = {}
    known: dict[Path, Path | None] = {}
    for path in paths:
        real = Path(os.path.realpath(path))
        tree = _work_tree(real.parent, known)
        if tree is not None:
            trees.setdefault(tree, {})[os.path.relpath(real, tree).replace(os.sep, "/")] = path
    return trees


def _work_tree(folder: Path, known: dict[Path, Path | None]) -> Path | None:
    if folder not in known:
        if (folder / ".git").exists():
            known[folder] = folder
        else:
            known[folder] = None if folder.parent == folder else _work_tree(folder.parent, known)
    return known[folder]


def ask(tree: Path, arguments: Sequence[str], names: Iterable[str] = (), empty: int = 0) -> list[str]:
    """The fields of an answer that zero bytes end.

    names: go to the standard input, likewise. empty: the status that says that there is none. Raises GitError.
    """
    command = ["git", "--no-optional-locks", "-c", "core.fsmonitor=false", "-C", str(tree), *arguments]
    environment = {name: value for name, value in os.environ.items() if name not in _NOT_OURS}
    data = b"".join(os.fsencode(name) + b"\0" for name in names)
    try:
        done = subprocess.run(command, capture_output=True, check=False, env=environment, input=data)
    except OSError as error:
        raise GitError(error.strerror or str(error)) from None
    if done.returncode not in (0, empty):
        lines = os.fsdecode(done.stderr).strip().splitlines() or [f"exit status {done.returncode}"]
        raise GitError(lines[0])
    return [os.fsdecode(field) for field in done.stdout.split(b"\0") if field]
