"""Where things are, for a report: files are called as git and its hosts call them, from the top of the work tree."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from tfmigrate.model import Migration, Place

if TYPE_CHECKING:
    from tfmigrate.verify.verdict import Verdict


def base_of(paths: Iterable[Path]) -> Path:
    """Where the diff can be applied: the git work tree that holds the paths, else here, else their common directory.

    git itself reads such a diff from the top of the work tree, wherever in it `git apply` is called.
    """
    real = [Path(os.path.realpath(path)) for path in paths]
    here = Path(os.path.realpath("."))
    for tree in [*(folder for folder in (real or [here])[0].parents if (folder / ".git").exists()), here]:
        if all(path.is_relative_to(tree) for path in real):
            return tree
    return Path(os.path.commonpath([path.parent for path in real]))


def name_in(base: Path | None, path: Path) -> str:
    """The path relative to base, or as it is."""
    return (path if base is None else Path(os.path.relpath(os.path.realpath(path), os.path.realpath(base)))).as_posix()


def named_from(base: Path, migration: Migration) -> Migration:
    """What it says of places and findings, with files called as from base on."""

    def place(found: Place) -> Place:
        return replace(found, path=name_in(base, Path(found.path)))

    groups = (replace(g, creates=place(g.creates), reuses=tuple(map(place, g.reuses))) for g in migration.groups)
    findings = (replace(found, path=name_in(base, Path(found.path))) for found in migration.findings)
    return replace(migration, groups=tuple(groups), findings=tuple(findings))


@dataclass(frozen=True)
class Located:
    """Where a difference shows; path is None where that is not known."""

    path: str | None
    line: int


def locate(verdict: Verdict, before: Path, after: Path) -> list[Located]:
    """Where each difference shows: where the migrated program reads the variable, else where the old one did."""
    return [_locate(verdict, found.name, before, after) for found in verdict.differences]


def _locate(verdict: Verdict, name: str, before: Path, after: Path) -> Located:
    for row in verdict.variables:
        if name == row.key or name.endswith("/" + row.key):
            for side, program in (row.after, after), (row.before, before):
                for reader in side.readers if side is not None else ():
                    file, _, line = reader.rpartition(":")
                    return Located(str((program if program.is_dir() else program.parent) / file), int(line))
    return Located(None, 0)
