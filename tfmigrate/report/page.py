"""The pages of `tfmigrate explain`: of a finding from the table of codes, of a transform from its docstring."""

from __future__ import annotations

import ast
import importlib.util
from collections.abc import Iterator
from importlib.metadata import entry_points
from pathlib import Path

from tfmigrate.finding import CODES, Code, Severity

_MEANING = {
    Severity.ERROR: "the file could not be handled",
    Severity.REFUSED: "the code stays as it is",
    Severity.REVIEW: "rewritten, but look at it",
    Severity.BUG: "a mistake of tfmigrate; nothing was written",
    Severity.AUDIT: "wrong or fragile in the original, which `tfmigrate audit` says",
}


def render(topic: str) -> str | None:
    """The page of a finding or a transform, None if there is none."""
    code = topic.upper()
    if code in CODES:
        return _finding(code, CODES[code])
    docstring = transforms().get(topic)
    return None if docstring is None else f"{topic}\n\n{docstring}\n"


def topics() -> list[str]:
    return [*CODES, *transforms()]


def contents() -> str:
    """All pages, a line each."""
    findings = [f"{code}  {row.title}" for code, row in sorted(CODES.items())]
    docstrings = transforms()
    width = max(map(len, docstrings), default=0)
    rewrites = [f"{name:<{width}}  {text.partition(chr(10))[0]}" for name, text in docstrings.items()]
    return "\n".join(["Findings", "", *findings, "", "Transforms", "", *rewrites]) + "\n"


def transforms() -> dict[str, str]:
    """Name and docstring of every transform of every installed pack. Reads them; runs none."""
    return dict(sorted(page for entry in entry_points(group="tfmigrate.transforms") for page in _pack(entry.value)))


def _pack(module: str) -> Iterator[tuple[str, str]]:
    spec = importlib.util.find_spec(module)
    for folder in (spec.submodule_search_locations if spec else None) or ():
        for file in sorted(Path(folder).glob("[!_]*.py")):
            yield file.stem, ast.get_docstring(ast.parse(file.read_bytes())) or "(says nothing about itself)"


def _finding(code: str, row: Code) -> str:
    meaning = f"{row.severity.value}: {_MEANING[row.severity]}"
    return f"{code}  {row.title}\n\n{meaning}\n\n{row.why}\n\nWhat to do: {row.todo}\n"
