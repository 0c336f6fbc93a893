"""Lines of a source text as HTML, with the colours of its syntax and the words that changed."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from html import escape

from pygments.lexer import Lexer
from pygments.lexers.data import JsonLexer
from pygments.lexers.python import PythonLexer
from pygments.token import Comment, Keyword, Literal, Name, Number, Operator, String, Token

from tfmigrate.report.html.beside import Spans

# the classes that `page.css` colours; what is none of these has the colour of text
_CLASSES = (
    (Comment, "c"), (String.Doc, "c"), (String, "s"), (Number, "m"), (Literal, "m"), (Keyword, "k"),
    (Operator.Word, "k"), (Name.Function, "f"), (Name.Class, "f"), (Name.Decorator, "f"), (Name.Builtin, "b"),
    (Name.Exception, "b"), (Name.Tag, "f"),
)  # fmt: skip

Line = tuple[tuple[str, str], ...]


def lines(path: str, text: str) -> list[Line]:
    """Each line as pieces: class and text. A text that the lexer would alter has no colours."""
    lexer: type[Lexer] = JsonLexer if path.endswith(".json") else PythonLexer
    found: list[list[tuple[str, str]]] = [[]]
    for kind, value in lexer(stripnl=False, ensurenl=False).get_tokens(text):
        name = _class(kind)
        for number, piece in enumerate(value.split("\n")):
            if number:
                found.append([])
            if piece:
                last = found[-1][-1] if found[-1] else None
                if last is not None and last[0] == name:
                    found[-1][-1] = (name, last[1] + piece)
                else:
                    found[-1].append((name, piece))
    plain = text.split("\n")
    if ["".join(piece for _, piece in line) for line in found] != plain:
        return [(("", line),) for line in plain]
    return [tuple(line) for line in found]


@cache
def _class(kind: type[Token]) -> str:
    return next((name for parent, name in _CLASSES if kind in parent), "")


def html(line: Line, changed: Spans = ()) -> str:
    if not changed:
        return "".join(_piece(name, text) for name, text in line)
    found, at = [], 0
    for name, text in line:
        for start, stop, marked in _cut(at, at + len(text), changed):
            piece = _piece(name, text[start - at : stop - at])
            found.append(f"<mark>{piece}</mark>" if marked else piece)
        at += len(text)
    return "".join(found).replace("</mark><mark>", "")


def _piece(name: str, text: str) -> str:
    shown = escape(text, quote=False)
    return f"<i class={name}>{shown}</i>" if name else shown


def _cut(first: int, last: int, spans: Sequence[tuple[int, int]]) -> list[tuple[int, int, bool]]:
    """The range in parts that are inside or outside of the spans."""
    found = []
    for start, stop in spans:
        if stop <= first or start >= last:
            continue
        if first < start:
            found.append((first, start, False))
        found.append((max(first, start), min(last, stop), True))
        first = min(last, stop)
    if first < last:
        found.append((first, last, False))
    return found
