"""Which of the files below the named folders are to change. A file that is named itself always is."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from tfmigrate import git

if TYPE_CHECKING:
    import pathspec

# others' code, in a copy of one's own
_VENDORED = {"third_party", "thirdparty", "3rdparty", "vendor", "vendored", "_vendor"}


@dataclass(frozen=True)
class Patterns:
    """Lines as in a .gitignore that lies in the base."""

    base: Path
    lines: tuple[str, ...]

    def match(self, path: Path) -> bool:
        """Raises ValueError for a line that is no pattern."""
        name = os.path.relpath(os.path.abspath(path), self.base).replace(os.sep, "/")
        return not name.startswith("../") and _compiled(self.lines).match_file(name)


@lru_cache(maxsize=100)
def _compiled(lines: tuple[str, ...]) -> pathspec.GitIgnoreSpec:
    import pathspec

    return pathspec.GitIgnoreSpec.from_lines(lines)


@dataclass(frozen=True)
class Choice:
    """What is said about files. include: only these, and these also where they would be left out by default.

    exclude: not these. gitignore: whether what git ignores is left out.
    """

    include: Patterns | None = None
    exclude: Patterns | None = None
    gitignore: bool = True


BY_DEFAULT = Choice()


@dataclass
class Chosen:
    """wanted: files to change. kept: files that are read, as they may use what changes, and stay as they are."""

    wanted: list[Path] = field(default_factory=list)
    kept: list[Path] = field(default_factory=list)


def choose(found: Sequence[Path], named: Sequence[Path], choice: Choice) -> Chosen:
    """found: files at and below the named paths."""
    chosen = Chosen()
    itself = {os.path.abspath(path) for path in named if not path.is_dir()}
    tops = [os.path.abspath(path) for path in named if path.is_dir()]
    left_out = ignored([path for path in found if os.path.abspath(path) not in itself], named, choice)
    for path in found:
        if os.path.abspath(path) in itself:
            chosen.wanted.append(path)
        elif path in left_out:
            continue
        elif _is_wanted(path, tops, choice):
            chosen.wanted.append(path)
        else:
            chosen.kept.append(path)
    return chosen


def ignored(paths: Iterable[Path], named: Sequence[Path], choice: Choice) -> set[Path]:
    """Files that are no part of the program, as far as git and the user can tell.

    What git holds it does not ignore, and neither do we what lies in an ignored folder that is named itself.
    """
    found: set[Path] = set()
    asked = list(paths) if choice.gitignore else []
    for tree, files in git.by_tree([*asked, *named]).items() if asked else ():
        try:
            names = git.ask(tree, ["check-ignore", "-z", "--stdin"], files, empty=1)
        except git.GitError:  # without git nothing is ignored
            continue
        found |= {files[name] for name in names if name in files}
    meant = [os.path.abspath(path) + os.sep for path in found.intersection(named)]
    return {
        path
        for path in found.difference(named)
        if not any(os.path.abspath(path).startswith(top) for top in meant)
        and not (choice.include is not None and choice.include.match(path))
    }


def _is_wanted(path: Path, tops: Sequence[str], choice: Choice) -> bool:
    if choice.exclude is not None and choice.exclude.match(path):
        return False
    if choice.include is not None:
        return choice.include.match(path)
    full = os.path.abspath(path)
    below = [os.path.relpath(full, top).split(os.sep)[:-1] for top in tops if full.startswith(top + os.sep)]
    return not below or any(not _VENDORED & set(folders) for folders in below)
