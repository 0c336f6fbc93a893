"""The whole change as one unified diff that `git apply` takes."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from tfmigrate.model import FileChange, Migration
from tfmigrate.report.locating import name_in
from tfmigrate.source import Source, added, encode

# git and patch skip what is no diff
_STEPS = ("Step 1 of 2: Python 2 becomes Python 3\n\n", "Step 2 of 2: scopes become layers\n\n")
_STYLES = {"+": "green", "-": "red", "@": "cyan", "d": "bold", "n": "bold"}


def render(migration: Migration, sources: Mapping[Path, Source] | None = None, base: Path | None = None) -> str:
    """The diff; its paths are relative to base, or as they are.

    sources: the files behind the changes. A patch must hold their own newlines and bytes, so what is not UTF-8 stands
    in the result as lone surrogates: write it with `errors="surrogateescape"`.
    """
    known = sources or {}
    changes = sorted(migration.changes, key=lambda change: change.path.as_posix())
    first = [change.steps()[0] for change in changes if change.python3 is not None]
    second = [change.steps()[-1] for change in changes]

    def files(step: Iterable[FileChange]) -> str:
        return "".join(_file(c, known.get(c.path) or added(c.path), name_in(base, c.path)) for c in step)

    return f"{_STEPS[0]}{files(first)}{_STEPS[1]}{files(second)}" if first else files(second)


def pieces(patch: str) -> Iterator[tuple[str, str]]:
    """The diff's lines with a style each, for a terminal."""
    for line in _lines(patch):
        header = line.startswith(("--- ", "+++ ", "Step "))
        yield line, "bold" if header else _STYLES.get(line[0], "")


def _file(change: FileChange, source: Source, name: str) -> str:
    if change.before == change.after:
        return ""
    old, new = (_quoted(f"{side}/{name}") for side in "ab")
    head = f"diff --git {old} {new}\n"
    before = ""
    if change.before is None:
        head += "new file mode 100644\n"
        old = "/dev/null"
    else:
        before = _as_on_disk(source, change.before)
    after = _as_on_disk(source, change.after)
    hunks = list(difflib.unified_diff(_lines(before), _lines(after), _labelled(old), _labelled(new)))
    return head + "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in hunks)


def _as_on_disk(source: Source, text: str) -> str:
    return encode(source, text).decode("utf-8", "surrogateescape")


def _lines(text: str) -> list[str]:
    """Lines as git sees them: they end with a line feed and nothing else."""
    lines = [line + "\n" for line in text.split("\n")]
    lines[-1] = lines[-1][:-1]
    return lines if lines[-1] else lines[:-1]


def _quoted(name: str) -> str:
    """As git writes a name that holds a quote, a backslash or a control character."""
    if not any(letter in '"\\' or ord(letter) < 32 or ord(letter) == 127 for letter in name):
        return name
    return '"' + "".join(_escaped(letter) for letter in name) + '"'


def _escaped(letter: str) -> str:
    if letter in '"\\':
        return "\\" + letter
    return f"\\{ord(letter):03o}" if ord(letter) < 32 or ord(letter) == 127 else letter


def _labelled(name: str) -> str:
    """git and patch take a tab for the end of a name with spaces."""
    return name + "\t" if " " in name else name
