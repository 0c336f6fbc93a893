"""A text as pieces that can be taken out, exchanged and put elsewhere: statements by lines, expressions by letters."""

from __future__ import annotations

import ast
import textwrap
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

BODIES = ("body", "orelse", "finalbody")


def parsed(text: str) -> ast.Module | None:
    """None for what is no Python 3."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return ast.parse(text)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None


@dataclass(frozen=True)
class Statement:
    """lines: from the first, decorators included, up to but without the last. alone: its body holds nothing else."""

    first: int
    last: int
    indent: str
    alone: bool
    kind: type[ast.stmt]


@dataclass(frozen=True)
class Expression:
    start: int
    end: int
    node: ast.expr


class Pieces:
    def __init__(self, text: str, tree: ast.Module) -> None:
        self.text = text
        self.tree = tree
        self.lines = text.split("\n")

    @cached_property
    def bodies(self) -> list[list[Statement]]:
        """Statements with lines of their own, by the body they stand in."""
        found = []
        for node in ast.walk(self.tree):
            for name in BODIES:
                body = getattr(node, name, None)
                if isinstance(body, list) and body and isinstance(body[0], ast.stmt):
                    found.append([s for s in self._statements(body) if s is not None])
        return [body for body in found if body]

    def _statements(self, body: list[ast.stmt]) -> Iterator[Statement | None]:
        for node in body:
            decorators = getattr(node, "decorator_list", [])
            first = min([node.lineno, *(decorator.lineno for decorator in decorators)]) - 1
            last = node.end_lineno or node.lineno
            shared = any(
                other is not node and other.lineno <= last and first < (other.end_lineno or 0) for other in body
            )
            head = self.lines[first].encode()[: node.col_offset] if not decorators else b""
            indent = self.lines[first][: len(self.lines[first]) - len(self.lines[first].lstrip())]
            whole = not shared and not head.strip()
            yield Statement(first, last, indent, len(body) == 1, type(node)) if whole else None

    @cached_property
    def statements(self) -> list[Statement]:
        return [statement for body in self.bodies for statement in body]

    @cached_property
    def expressions(self) -> list[Expression]:
        """What can be replaced by another expression."""
        starts = [0]
        for line in self.lines:
            starts.append(starts[-1] + len(line) + 1)

        def offset(line: int, column: int) -> int:
            text = self.lines[line - 1]
            return starts[line - 1] + (
                column if text.isascii() else len(text.encode()[:column].decode("utf-8", "replace"))
            )

        inside = {id(n) for s in ast.walk(self.tree) if isinstance(s, ast.JoinedStr) for n in ast.walk(s) if n is not s}
        return [
            Expression(offset(n.lineno, n.col_offset), offset(n.end_lineno or 0, n.end_col_offset or 0), n)
            for n in ast.walk(self.tree)
            if isinstance(n, ast.expr)
            and id(n) not in inside
            and not isinstance(n, ast.Starred)
            and isinstance(getattr(n, "ctx", ast.Load()), ast.Load)
        ]

    @cached_property
    def names(self) -> list[str]:
        return sorted({node.id for node in ast.walk(self.tree) if isinstance(node, ast.Name)})

    def source(self, statement: Statement) -> str:
        """Without its indentation."""
        return textwrap.dedent("\n".join(self.lines[statement.first : statement.last]))

    def with_lines(self, first: int, last: int, put: list[str]) -> str:
        return "\n".join([*self.lines[:first], *put, *self.lines[last:]])

    def with_letters(self, expression: Expression, put: str) -> str:
        return self.text[: expression.start] + put + self.text[expression.end :]


def pieces_of(text: str) -> Pieces | None:
    tree = parsed(text)
    return None if tree is None else Pieces(text, tree)
