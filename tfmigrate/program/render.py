"""Source text of an expression, with some of its parts replaced; layout of generated calls."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Sequence
from functools import lru_cache

from tfmigrate.program.link import Module
from tfmigrate.program.modern import modern_call
from tfmigrate.program.synthetic import is_synthetic

Substitute = Callable[[ast.expr], "str | None"]


def written(node: ast.expr) -> str:
    """The text of an expression that stands nowhere in the source."""
    return str(getattr(node, "written", "") or ast.unparse(node))


def source(module: Module, node: ast.AST) -> str:
    """The text of a node as it stands in the file, on one line."""
    return render(module, node, lambda _: None)


def render(module: Module, node: ast.AST, given: Substitute) -> str:
    """The text of a node where every expression that `given` knows is replaced by its answer.

    Quotes and spacing stay as they are in the file; line breaks become spaces.
    """

    def substitute(part: ast.expr) -> str | None:
        text = given(part)
        return modern_call(module, part, lambda inner: render(module, inner, given)) if text is None else text

    if isinstance(node, ast.expr):
        whole = substitute(node)
        if whole is not None:
            return whole
    if not hasattr(node, "lineno") or is_synthetic(node):
        return _unparse(node, substitute)
    segment = segment_of(module, node)
    if "#" in segment or _has_long_string(node):
        return _unparse(node, substitute)
    pieces: list[tuple[int, int, str]] = []
    _replacements(node, substitute, _Offsets(encoded_lines(module), node), pieces)
    encoded = segment.encode()
    for start, end, text in sorted(pieces, reverse=True):
        encoded = encoded[:start] + text.encode() + encoded[end:]
    return _one_line(encoded.decode())


@lru_cache(maxsize=64)
def encoded_lines(module: Module) -> list[bytes]:
    """The lines as `ast` counts them: only a newline ends one."""
    return [line.encode() for line in module.text.split("\n")]


def segment_of(module: Module, node: ast.AST) -> str:
    """The text of a node as it stands in the file."""
    lines: list[bytes] = encoded_lines(module)
    first, last = node.lineno - 1, (node.end_lineno or node.lineno) - 1  # type: ignore[attr-defined]
    start, end = node.col_offset, node.end_col_offset  # type: ignore[attr-defined]
    if first == last:
        return str(lines[first][start:end], "utf-8")
    return b"\n".join([lines[first][start:], *lines[first + 1 : last], lines[last][:end]]).decode()


def on_one_line(module: Module, node: ast.expr) -> str:
    """The text of an expression as it stands in the file, or as Python writes it where lines or comments are in it."""
    told = segment_of(module, node)
    return ast.unparse(node) if "\n" in told or "#" in told else told


class _Offsets:
    """Byte offsets of nodes within the segment of an enclosing node."""

    def __init__(self, lines: list[bytes], outer: ast.AST) -> None:
        self.lines = lines
        self.first: int = outer.lineno  # type: ignore[attr-defined]
        self.column: int = outer.col_offset  # type: ignore[attr-defined]

    def offset(self, line: int, column: int) -> int:
        if line == self.first:
            return column - self.column
        before = sum(len(self.lines[i - 1]) + 1 for i in range(self.first, line))
        return before - self.column + column


def _replacements(node: ast.AST, substitute: Substitute, offsets: _Offsets, pieces: list[tuple[int, int, str]]) -> None:
    for child in ast.iter_child_nodes(node):
        text = substitute(child) if isinstance(child, ast.expr) else None
        if text is None:
            _replacements(child, substitute, offsets, pieces)
            continue
        start = offsets.offset(child.lineno, child.col_offset)  # type: ignore[attr-defined]
        end = offsets.offset(child.end_lineno, child.end_col_offset)  # type: ignore[attr-defined]
        pieces.append((start, end, text))


def _has_long_string(node: ast.AST) -> bool:
    return any(isinstance(n, ast.Constant) and isinstance(n.value, str) and "\n" in n.value for n in ast.walk(node))


def _one_line(segment: str) -> str:
    lines = segment.split("\n")
    if len(lines) == 1:
        return segment
    text = lines[0].rstrip()
    for line in lines[1:]:
        line = line.strip().lstrip("\\").strip()
        text = text.rstrip("\\").rstrip()
        text += line if text.endswith(("(", "[", "{")) or line.startswith((")", "]", "}")) else f" {line}"
    return text


class _Replacer(ast.NodeTransformer):
    def __init__(self, substitute: Substitute) -> None:
        self.substitute = substitute

    def generic_visit(self, node: ast.AST) -> ast.AST:
        if isinstance(node, ast.expr):
            text = self.substitute(node)
            if text is not None:
                return ast.parse(text, mode="eval").body
        return super().generic_visit(node)


def _unparse(node: ast.AST, substitute: Substitute) -> str:
    import copy

    fresh = copy.deepcopy(node)
    # the substitution goes by identity of nodes, so it is asked about the originals
    original = dict(zip(map(id, ast.walk(fresh)), ast.walk(node)))
    replaced = _Replacer(lambda n: substitute(original[id(n)]) if id(n) in original else None)  # type: ignore[arg-type]
    return ast.unparse(ast.fix_missing_locations(replaced.visit(fresh)))


def call_lines(head: str, arguments: Sequence[str], tail: str, width: int, indent: int) -> list[str]:
    """`head(arguments)tail` on one line if it fits `width` behind `indent` columns, else aligned below the bracket."""
    single = f"{head}({', '.join(arguments)}){tail}"
    if indent + len(single) <= width or not arguments:
        return [single]
    lines: list[str] = []
    current = f"{head}("
    pad = " " * len(current)
    for i, argument in enumerate(arguments):
        last = i == len(arguments) - 1
        wraps = last and tail.startswith(" for ") and indent + len(current) + len(argument) + len(tail) > width
        piece = argument + ((")" if wraps else f"){tail}") if last else ",")
        fresh = not current.strip() or current.endswith("(")
        joined = current + piece if fresh else f"{current} {piece}"
        if not fresh and indent + len(joined) > width:
            lines.append(current)
            joined = pad + piece
        current = joined
        call = _MAKING.match(argument)
        if call is not None and indent + len(current) > width:
            start = current[: -len(piece)] + call.group()
            *above, current = call_lines(
                start[:-1], _split(argument[call.end() : -1]), piece[len(argument) :], width, indent
            )
            lines += above
    if arguments and tail.startswith(" for ") and not current.endswith(tail):
        opening = min(i for i in (head.find("["), head.find("{")) if i >= 0)
        return [*lines, current, " " * (opening + 1) + tail.strip()]
    return [*lines, current]


# an argument that makes another layer; what else is long stays in one piece
_MAKING = re.compile(r"(normalizer=[\w.]+|keras\.layers\.\w+|(Normalized|Freezable)\w+)\((?=.*\)$)")


def _split(text: str) -> list[str]:
    """The arguments of a call, as they are written."""
    depth, start, quote = 0, 0, ""
    parts: list[str] = []
    for i, char in enumerate(text):
        if quote or char in "\"'":
            quote = char if not quote else "" if char == quote and text[i - 1] != "\\" else quote
            continue
        depth += (char in "([{") - (char in ")]}")
        if char == "," and not depth:
            parts.append(text[start:i].strip())
            start = i + 1
    return [*parts, text[start:].strip()]


@lru_cache(maxsize=1_000)
def indent_of(module: Module) -> str:
    """One level of indentation in this file: that of its first block, for lines within brackets may stand anywhere."""
    lines = module.text.split("\n")
    for node in ast.walk(module.tree):
        body = getattr(node, "body", None)
        if isinstance(node, ast.stmt) and isinstance(body, list) and body[0].lineno > node.lineno:
            line: str = lines[body[0].lineno - 1]
            deeper = line[: len(line) - len(line.lstrip())]
            own = lines[node.lineno - 1][: node.col_offset]
            if own != deeper and deeper.startswith(own):
                return deeper.removeprefix(own)
    return "    "


@lru_cache(maxsize=1_000)
def line_length(module: Module) -> int:
    """The line length that the file keeps: its longest line of code, but between 79 and 120."""
    lengths = [len(line.rstrip("\n")) for line in module.text.splitlines() if "http" not in line]
    return max(79, min(120, max(lengths, default=79)))
