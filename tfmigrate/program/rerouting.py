"""The text of a program without its detours: all lines keep their numbers until the migration is done."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from tfmigrate.program.link import Module, Program, parse_module

# what stands in a line that is gone
GONE = "# tfmigrate: this line is gone"


@dataclass(frozen=True)
class Edit:
    """Other text for a part of a file; places count in bytes, as those of `ast` do."""

    start: tuple[int, int]
    end: tuple[int, int]
    text: str


@dataclass(frozen=True)
class Detour:
    """A name that goes, by what its calls become, or a call that another takes the place of. lines: of the calls."""

    module: Module
    statement: ast.stmt | ast.Call
    edits: tuple[Edit, ...]
    lines: frozenset[int]

    @property
    def gone(self) -> range:
        """The lines that go."""
        node = self.statement
        first = node.lineno + 1 if isinstance(node, ast.Call) else _first_line(self.module, node)
        return range(first, (node.end_lineno or 0) + 1)


def straight(program: Program, chosen: Collection[Detour]) -> Program:
    """The program without these detours."""
    if not chosen:
        return program
    modules: dict[str, Module] = {}
    for name, module in program.modules.items():
        mine = [detour for detour in chosen if detour.module is module]
        # what a file takes over from others is asked anew
        modules[name] = parse_module(name, module.path, without(module, mine) if mine else module.text)
    return Program(modules, program.packages)


def without(module: Module, chosen: Iterable[Detour]) -> str:
    """The text of a file whose calls take none of these detours. Each line keeps its number."""
    lines = [f"{line}\n".encode() for line in module.text.split("\n")]
    edits = [edit for detour in chosen for edit in detour.edits]
    for edit in sorted(edits, key=lambda e: (e.start, e.end), reverse=True):
        (first, start), (last, end) = edit.start, edit.end
        head, tail = lines[first - 1][:start], lines[last - 1][end:]
        lines[first - 1] = head + edit.text.encode() + (tail if first == last else b"\n")
        if first != last:
            lines[last - 1] = b" " * end + tail
    for detour in chosen:
        for number in detour.gone:
            lines[number - 1] = b" " * detour.statement.col_offset + GONE.encode() + b"\n"
    return b"".join(lines).decode()[:-1]


def cleared(text: str) -> str:
    """Without the lines that stand for what is gone, nor imports that only these needed, nor gaps."""
    lines = text.split("\n")
    names = {node.id for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Name)}
    for line, name in (("import functools", "functools"), ("from functools import partial", "partial")):
        if line in lines and name not in names:
            lines[lines.index(line)] = GONE
    kept: list[str] = []
    gap: int | None = None
    for line in lines:
        if line.strip() == GONE:
            gap = 0
        elif gap is not None and not line.strip():
            gap += 1
        else:
            if gap is not None and not (kept and kept[-1].endswith(":")):
                kept += [""] * (gap - _blank_lines(kept))
            gap = None
            kept.append(line)
    if gap is not None:  # the last line is gone
        del kept[len(kept) - _blank_lines(kept) :]
        kept.append("")
    return "\n".join(kept)


def _blank_lines(lines: Sequence[str]) -> int:
    return next((n for n, line in enumerate(reversed(lines)) if line.strip()), len(lines))


def _first_line(module: Module, statement: ast.stmt) -> int:
    """The comments right above a function are about it."""
    line = statement.lineno
    while (
        isinstance(statement, (ast.FunctionDef, ast.ClassDef)) and line > 1 and module.lines[line - 2].startswith("#")
    ):
        line -= 1
    return line
