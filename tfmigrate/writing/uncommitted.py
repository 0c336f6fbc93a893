"""Which files hold something that git has no copy of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from tfmigrate import git
from tfmigrate.finding import Finding
from tfmigrate.source import problem

_AT_ONCE = 200  # command lines have a limit
_STATUS = ("--literal-pathspecs", "status", "--porcelain=v1", "-z", "--no-renames", "--untracked-files=all", "--")


def uncommitted(paths: Iterable[Path]) -> list[Finding]:
    """A finding for each existing file with changes of its own, or that git does not know; what it ignores is free."""
    trees = git.by_tree(path for path in paths if path.exists())
    return sorted(finding for tree, files in trees.items() for finding in _in_tree(tree, files))


def _in_tree(tree: Path, files: Mapping[str, Path]) -> Iterator[Finding]:
    names = sorted(files)
    for start in range(0, len(names), _AT_ONCE):
        some = names[start : start + _AT_ONCE]
        try:
            answer = git.ask(tree, [*_STATUS, *some])
        except git.GitError as error:
            message = f"git could not tell whether there are uncommitted changes: {error}"
            yield problem(files[some[0]], "TFM006", message)
            return
        for state, name in ((record[:2], record[3:]) for record in answer):
            if name in files:
                known = "is not in git yet" if state == "??" else "has uncommitted changes"
                yield problem(files[name], "TFM006", known)
