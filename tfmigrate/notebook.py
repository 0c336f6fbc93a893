"""Jupyter notebooks: the code cells as one module, and back into the file with nothing else touched.

Between two cells stands a string that no program holds. Lines that IPython reads and Python does not (`%matplotlib`,
`!pip`) are set aside, unless they use what the notebook defines: then nobody could know what they do.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

_DECODER = json.JSONDecoder()
_SPACE = re.compile(r"[ \t\r\n]*")
_MAGIC = re.compile(r"([ \t]*)([%!?].*|[\w.]+\?\??)$")
_DEFINED = re.compile(r"^[ \t]*(?:async[ \t]+)?(?:def|class)[ \t]+(\w+)", re.MULTILINE)
_ASIDE = re.compile(r"^([ \t]*)pass  # tfmigrate sets aside (\d+)$", re.MULTILINE)
# what runs Python all the same
_RUNS_PYTHON = re.compile(r"%%(time|timeit|capture|prun)\b")


class NotebookError(ValueError):
    """A file that is no notebook, or text that is not made of its cells any more; the text says why."""


@dataclass(frozen=True)
class _Cell:
    """start, end: where its source stands in the file. text: the code as it is, masked: as Python."""

    start: int
    end: int
    text: str
    masked: str


@dataclass
class Notebook:
    """raw: the file. text: the module that its code cells are."""

    raw: str
    cells: list[_Cell] = field(default_factory=list)
    aside: list[str] = field(default_factory=list)

    @classmethod
    def read(cls, raw: str) -> Notebook:
        """Raises NotebookError."""
        found = cls(raw)
        for start, end, code in _code_cells(raw):
            text = "".join(code) if isinstance(code, list) else code
            if not text.startswith("%%") or _RUNS_PYTHON.match(text):
                found.cells.append(_Cell(start, end, text, found._masked(text)))
        names = set(_DEFINED.findall(found.text))
        for line in found.aside:
            if names.intersection(re.findall(r"\w+", line)):
                raise NotebookError(f"{line.strip()!r} uses what the notebook defines, and is not Python")
        return found

    @property
    def text(self) -> str:
        marks = ["", *(f"{self._mark(number)}\n" for number in range(1, len(self.cells)))]
        return "".join(f"{mark}{cell.masked}\n" for mark, cell in zip(marks, self.cells))

    def _mark(self, number: int) -> str:
        return f'"tfmigrate: cell {number + 1}"'

    def _masked(self, text: str) -> str:
        if _parses(text):
            return text
        lines = []
        for line in text.split("\n"):
            found = _MAGIC.match(line)
            if found is not None:
                lines.append(f"{found[1]}pass  # tfmigrate sets aside {len(self.aside)}")
                self.aside.append(line)
            else:
                lines.append(line)
        return "\n".join(lines)

    def rendered(self, text: str) -> str:
        """The file with this text in its cells. Raises NotebookError."""
        result = self.raw
        for start, end, new in reversed(list(self._changed(text))):
            result = result[:start] + _as_json(self.raw, start, end, new) + result[end:]
        return result

    def _changed(self, text: str) -> Iterator[tuple[int, int, str]]:
        rest = text
        parts = []
        for number in range(1, len(self.cells)):
            found = rest.split(f"{self._mark(number)}\n")
            if len(found) != 2:
                raise NotebookError("its cells cannot be told apart any more")
            parts.append(found[0])
            rest = found[1]
        parts.append(rest)
        if sorted(int(number) for _, number in _ASIDE.findall(text)) != list(range(len(self.aside))):
            raise NotebookError("a line that is not Python would move or get lost")
        for cell, part in zip(self.cells, parts):
            if part.rstrip("\n") == cell.masked.rstrip("\n"):
                continue
            before, after = (len(cell.text) - len(s) for s in (cell.text.lstrip("\n"), cell.text.rstrip("\n")))
            new = "\n" * before + _ASIDE.sub(lambda found: self.aside[int(found[2])], part.strip("\n")) + "\n" * after
            yield cell.start, cell.end, new

    def line(self, number: int) -> int:
        """The line of the file in which a line of the module stands; where the source is one long string, its first."""
        for index, cell in enumerate(self.cells):
            number -= 1 if index else 0
            count = cell.masked.count("\n") + 1
            if number <= count:
                first = self.raw.count("\n", 0, cell.start) + 1
                spread = self.raw.count("\n", cell.start, cell.end)
                return first + number if spread >= count and number > 0 else first
            number -= count
        return 1


def _parses(text: str) -> bool:
    try:
        ast.parse(text)
    except (SyntaxError, ValueError):
        return False
    return True


# --- JSON with places


def _code_cells(raw: str) -> Iterator[tuple[int, int, list[str] | str]]:
    """Where the source of each code cell stands, and what it is. Raises NotebookError."""
    try:
        top = {key: (start, end) for key, start, end in _members(raw, 0)}
        whole = json.loads(raw)
        if not isinstance(whole, dict) or whole.get("nbformat") != 4:
            raise NotebookError("is not a notebook of format 4")
        for start, _ in _items(raw, top["cells"][0]):
            cell = {key: (begin, end) for key, begin, end in _members(raw, start)}
            values = {key: json.loads(raw[begin:end]) for key, (begin, end) in cell.items() if key != "outputs"}
            if values.get("cell_type") == "code":
                yield (*cell["source"], values["source"])
    except (KeyError, IndexError, TypeError, json.JSONDecodeError) as error:
        raise NotebookError(f"is not a notebook: {error}") from None


def _members(raw: str, at: int) -> Iterator[tuple[str, int, int]]:
    at = _after(raw, at, "{")
    while raw[at] != "}":
        key, at = _DECODER.raw_decode(raw, at)
        start = _after(raw, at, ":")
        _, end = _DECODER.raw_decode(raw, start)
        yield key, start, end
        at = _after(raw, end, ",") if raw[_skip(raw, end)] == "," else _skip(raw, end)


def _items(raw: str, at: int) -> Iterator[tuple[int, int]]:
    at = _after(raw, at, "[")
    while raw[at] != "]":
        _, end = _DECODER.raw_decode(raw, at)
        yield at, end
        at = _after(raw, end, ",") if raw[_skip(raw, end)] == "," else _skip(raw, end)


def _skip(raw: str, at: int) -> int:
    found = _SPACE.match(raw, at)
    assert found is not None
    return found.end()


def _after(raw: str, at: int, sign: str) -> int:
    at = _skip(raw, at)
    if raw[at] != sign:
        raise json.JSONDecodeError(f"expected {sign}", raw, at)
    return _skip(raw, at + 1)


def _as_json(raw: str, start: int, end: int, new: str) -> str:
    """A source in the form that it had: a string or a list of lines, on one line or on many; old lines stay bytes."""
    value = raw[start:end]
    plain = "\\u" in value  # what is beyond ASCII stands there as escapes
    if not value.startswith("["):
        return json.dumps(new, ensure_ascii=plain)
    kept = {json.loads(raw[begin:stop]): raw[begin:stop] for begin, stop in _items(raw, start)}
    items = [kept.get(line) or json.dumps(line, ensure_ascii=plain) for line in new.splitlines(keepends=True)]
    space = re.match(r"\[(\s*)", value)
    last = re.search(r"(\s*)\]$", value)
    assert space is not None and last is not None
    between = f",{space[1]}" if space[1] else "," if re.search(r'",\S', value) else ", "
    return f"[{space[1]}{between.join(items)}{last[1]}]"
