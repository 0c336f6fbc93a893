"""Which files hold something that git has no copy of. git itself is asked; nothing is changed, no index refreshed."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from tfmigrate.finding import Finding
from tfmigrate.source import problem, reason

_AT_ONCE = 200  # command lines have a limit
_NOT_OURS = {"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_COMMON_DIR"}  # of a hook we may run in


class _GitError(Exception):
    """git could not tell; the text says why."""


def uncommitted(paths: Iterable[Path]) -> list[Finding]:
    """A finding for each existing file with changes of its own, or that git does not know; what it ignores is free."""
    trees: dict[Path, list[Path]] = {}
    for path in paths:
        tree = _work_tree(path)
        if tree is not None and path.exists():
            trees.setdefault(tree, []).append(path)
    return sorted(finding for tree, files in trees.items() for finding in _in_tree(tree, files))


def _work_tree(path: Path) -> Path | None:
    real = Path(os.path.realpath(path))
    return next((folder for folder in real.parents if (folder / ".git").exists()), None)


def _in_tree(tree: Path, files: Sequence[Path]) -> Iterator[Finding]:
    by_name = {os.path.relpath(os.path.realpath(path), tree).replace(os.sep, "/"): path for path in files}
    names = sorted(by_name)
    for start in range(0, len(names), _AT_ONCE):
        try:
            states = _status(tree, names[start : start + _AT_ONCE])
        except _GitError as error:
            message = f"git could not tell whether there are uncommitted changes: {error}"
            yield problem(by_name[names[start]], "TFM006", message)
            return
        for name, state in states.items():
            if name in by_name:
                known = "is not in git yet" if state == "??" else "has uncommitted changes"
                yield problem(by_name[name], "TFM006", known)


def _status(tree: Path, names: Sequence[str]) -> dict[str, str]:
    """Two letters for each file that is not as in the last commit. Raises _GitError."""
    command = ["git", "--no-optional-locks", "--literal-pathspecs", "-c", "core.fsmonitor=false", "-C", str(tree)]
    command += ["status", "--porcelain=v1", "-z", "--no-renames", "--untracked-files=all", "--", *names]
    environment = {name: value for name, value in os.environ.items() if name not in _NOT_OURS}
    try:
        done = subprocess.run(command, capture_output=True, check=False, env=environment, stdin=subprocess.DEVNULL)
    except OSError as error:
        raise _GitError(reason(error)) from None
    if done.returncode:
        lines = os.fsdecode(done.stderr).strip().splitlines() or [f"exit status {done.returncode}"]
        raise _GitError(lines[0])
    records = (os.fsdecode(record) for record in done.stdout.split(b"\0") if record)
    return {record[3:]: record[:2] for record in records}
