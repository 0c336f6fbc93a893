"""What a making call is put together from."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass, field

Render = Callable[[ast.expr], str]


@dataclass(frozen=True)
class Inlined:
    """An expression of another function. read: what it takes in here. text: how it reads, given how to write that."""

    read: tuple[ast.expr, ...]
    text: Callable[[Render], str]


@dataclass
class Piece:
    """One argument of the making call: an expression, finished text or a making call. around: what it is put into.

    floats: the items of a list, or tuple, that are to be whole numbers.
    """

    keyword: str | None
    expression: ast.expr | Inlined | None = None
    text: str = ""
    around: tuple[str, str] = ("", "")
    request: Request | None = None
    floats: frozenset[ast.expr] = frozenset()

    def show(self, render: Render) -> str:
        if self.request is not None:
            value = self.request.show(render)
        elif isinstance(self.expression, Inlined):
            value = self.expression.text(render)
        elif self.floats and isinstance(self.expression, (ast.List, ast.Tuple)):
            value = self._in_whole_numbers(self.expression, render)
        else:
            value = self.text if self.expression is None else _bare(render(self.expression))
        value = value.join(self.around)
        return value if self.keyword is None else f"{self.keyword}={value}"

    def _in_whole_numbers(self, items: ast.List | ast.Tuple, render: Render) -> str:
        shown = [f"int({render(item)})" if item in self.floats else render(item) for item in items.elts]
        return f"[{', '.join(shown)}]"


def _bare(text: str) -> str:
    """An argument without parentheses around all of it; those of a tuple or generator are its own."""
    if not text.startswith("(") or not text.endswith(")"):
        return text
    try:
        inner = ast.parse(text[1:-1], mode="eval").body
    except SyntaxError:
        return text
    return text if isinstance(inner, (ast.Tuple, ast.GeneratorExp, ast.NamedExpr, ast.Yield)) else text[1:-1]


@dataclass
class Request:
    """A making call: `callee(pieces)`. chosen: the expression that says which class it is, where one of several is."""

    callee: str
    pieces: list[Piece] = field(default_factory=list)
    chosen: ast.expr | None = None

    def expressions(self) -> list[ast.expr]:
        own: list[ast.expr] = [] if self.chosen is None else [self.chosen]
        for piece in self.pieces:
            if piece.expression is not None:
                own += piece.expression.read if isinstance(piece.expression, Inlined) else [piece.expression]
        return own + [e for piece in self.pieces if piece.request is not None for e in piece.request.expressions()]

    def callable(self, render: Render) -> str:
        """What is called."""
        return self.callee if self.chosen is None else render(self.chosen)

    def show(self, render: Render) -> str:
        return f"{self.callable(render)}({', '.join(piece.show(render) for piece in self.pieces)})"


@dataclass(frozen=True)
class Naming:
    """How the emitted file spells things: its quotes and the callee of a batch normalisation that serves sessions."""

    quote: str
    class_texts: dict[str, str]

    def literal(self, text: str) -> str:
        plain = text.isprintable() and self.quote not in text and "\\" not in text
        return f"{self.quote}{text}{self.quote}" if plain else repr(text)


def is_atom(node: ast.expr) -> bool:
    """Whether an expression needs no parentheses wherever it is put."""
    atoms = (ast.Name, ast.Attribute, ast.Constant, ast.Call, ast.Subscript, ast.List, ast.Tuple, ast.Dict)
    return isinstance(node, atoms)
