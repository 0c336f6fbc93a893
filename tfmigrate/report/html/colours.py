"""Lines of a source text as HTML, with the colours of its syntax and the words that changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from html import escape

from pygments.lexer import Lexer
from pygments.lexers.data import JsonLexer
from pygments.lexers.python import PythonLexer
from pygments.token import Comment, Error, Keyword, Literal, Name, Number, Operator, String, Token

from tfmigrate.report.html.beside import Row, Spans

# the classes that `page.css` colours; what is none of these has the colour of text
_CLASSES = (
    (Comment, "c"), (String.Doc, "c"), (String, "s"), (Number, "m"), (Literal, "m"), (Keyword, "k"),
    (Operator.Word, "k"), (Name.Function, "f"), (Name.Class, "f"), (Name.Decorator, "f"), (Name.Builtin, "b"),
    (Name.Exception, "b"), (Name.Tag, "f"),
)  # fmt: skip


@dataclass(frozen=True)
class Line:
    """A line in pieces, class and text. within: it ends inside of a text that goes on in the next."""

    pieces: tuple[tuple[str, str], ...]
    within: bool = False

    @property
    def text(self) -> str:
        return "".join(text for _, text in self.pieces)


def lines(path: str, text: str) -> list[Line]:
    """The lines with their colours. A text that the lexer would alter has none."""
    lexer: type[Lexer] = JsonLexer if path.endswith(".json") else PythonLexer
    found: list[list[tuple[str, str]]] = [[]]
    within = [False]
    for kind, value in lexer(stripnl=False, ensurenl=False).get_tokens(text):
        name = _class(kind)
        for number, piece in enumerate(value.split("\n")):
            if number:
                within[-1] = kind in String or kind in Error
                found.append([])
                within.append(False)
            if piece:
                last = found[-1][-1] if found[-1] else None
                if last is not None and last[0] == name:
                    found[-1][-1] = (name, last[1] + piece)
                else:
                    found[-1].append((name, piece))
    result = [Line(tuple(line), inside) for line, inside in zip(found, within)]
    plain = text.split("\n")
    return result if [line.text for line in result] == plain else [Line((("", line),), True) for line in plain]


def lines_after(path: str, text: str, before: Sequence[Line], rows: Sequence[Row]) -> list[Line]:
    """The same for a new version. What stays is taken over, unless a text begins or ends above it."""
    plain = text.split("\n")
    found: list[Line] = []
    at = 0
    while at < len(rows):
        row = rows[at]
        if row.same and row.before is not None:
            if _within(before, row.before) != _within(found, len(found)):
                return lines(path, text)
            found.append(before[row.before])
            at += 1
            continue
        last = next((n for n in range(at, len(rows)) if rows[n].same), len(rows))
        new = [plain[row.after] for row in rows[at:last] if row.after is not None]
        if new and _within(found, len(found)):
            return lines(path, text)
        found += lines(path, "\n".join(new) + "\n")[:-1] if new else []
        at = last
    return found


def _within(lines: Sequence[Line], line: int) -> bool:
    """Whether this line begins inside of a text."""
    return line > 0 and lines[line - 1].within


@cache
def _class(kind: type[Token]) -> str:
    return next((name for parent, name in _CLASSES if kind in parent), "")


def html(line: Line, changed: Spans = ()) -> str:
    if not changed:
        return "".join(_piece(name, text) for name, text in line.pieces)
    found, at = [], 0
    for name, text in line.pieces:
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
