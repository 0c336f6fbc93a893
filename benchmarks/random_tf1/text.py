"""Python text as it grows: lines with their indentation, and the files of a program."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


class Lines:
    """Lines of code; `block` indents what is written inside."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._depth = 0

    def add(self, line: str = "") -> None:
        self.lines.append("    " * self._depth + line if line else "")

    def extend(self, lines: list[str]) -> None:
        for line in lines:
            self.add(line)

    @contextmanager
    def block(self, head: str) -> Iterator[None]:
        self.add(head)
        self._depth += 1
        yield
        self._depth -= 1


class File:
    """One module: imports, constants, definitions in the order in which they were made."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.imports: list[str] = []
        self.constants: list[str] = []
        self.definitions: list[list[str]] = []
        self.names: set[str] = set()

    def need(self, line: str) -> None:
        if line not in self.imports:
            self.imports.append(line)

    def constant(self, name: str, value: str) -> str:
        while name in self.names:
            name += "_"
        self.names.add(name)
        self.constants.append(f"{name} = {value}")
        return name

    def render(self) -> str:
        parts = ["import tensorflow as tf", *sorted(self.imports)]
        if self.constants:
            parts += ["", *self.constants]
        for lines in self.definitions:
            parts += ["", "", *lines]
        return "\n".join(parts) + "\n"
