"""Python 2 text to Python 3, by fissix, the 2to3 that Bowler brings. Slow: only for what needs it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from tfmigrate.finding import Finding
from tfmigrate.source import UNPARSABLE

if TYPE_CHECKING:
    from fissix.refactor import RefactoringTool

_DIVISION = re.compile(r"^from __future__ import .*\bdivision\b", re.MULTILINE)


def to_python3(path: Path, text: str) -> str | None:
    """The same program in Python 3; None if it is no Python 2 either."""
    try:
        # a missing newline at the end is not in its grammar
        tree = _tool().refactor_string(text + "\n", str(path))
    except Exception:  # noqa: BLE001  (whatever a parser of others makes of text that is no program)
        return None
    result = str(tree)[:-1] if tree is not None else text
    try:
        ast.parse(result)
    except TabError:
        return _evenly_indented(result)
    except UNPARSABLE:
        return None
    return result


def _evenly_indented(text: str) -> str | None:
    """The same with spaces in front of its lines: to Python 2, a tab reaches to the next multiple of eight."""
    from fissix.pgen2.tokenize import generate_tokens

    lines = text.splitlines(keepends=True)
    inside: set[int] = set()  # lines that begin within a string
    for _, _, (first, _), (last, _), _ in generate_tokens(iter([*lines, ""]).__next__):
        inside.update(range(first + 1, last + 1))
    spaced = (line if number in inside else _spaced(line) for number, line in enumerate(lines, 1))
    result = "".join(spaced)
    try:
        ast.parse(result)
    except UNPARSABLE:
        return None
    return result


def _spaced(line: str) -> str:
    code = line.lstrip(" \t")
    return line[: len(line) - len(code)].expandtabs(8) + code


@lru_cache(maxsize=1)
def _tool() -> RefactoringTool:
    from fissix.refactor import RefactoringTool, get_fixers_from_package

    return RefactoringTool(get_fixers_from_package("fissix.fixes"), {"print_function": False})


def told(path: Path, text: str, converted: str) -> Iterator[Finding]:
    """What a person should know of a file that changes: that it is converted first, and what no converter can see."""
    yield Finding(str(path), _line(text), 0, "TFM011", "is Python 2, so it is converted to Python 3 first")
    if _DIVISION.search(text):
        return
    for node in ast.walk(ast.parse(converted)):
        if isinstance(node, (ast.BinOp, ast.AugAssign)) and isinstance(node.op, ast.Div) and not _has_float(node):
            message = "this division rounds down in Python 2 if both sides are whole numbers, and does not in Python 3"
            yield Finding(str(path), node.lineno, node.col_offset, "TFM012", message)


def stays_python2(path: Path, text: str) -> Finding:
    """Of a file in which nothing migrates."""
    message = "is Python 2 and stays so, as nothing in it migrates; what migrates beside it runs on Python 3"
    return Finding(str(path), _line(text), 0, "TFM011", message)


def _line(text: str) -> int:
    """The first that Python 3 cannot read."""
    try:
        ast.parse(text)
    except SyntaxError as error:
        return error.lineno or 1
    return 1


def _has_float(node: ast.BinOp | ast.AugAssign) -> bool:
    sides = [node.left, node.right] if isinstance(node, ast.BinOp) else [node.value]
    return any(_is_float(side) for side in sides)


def _is_float(node: ast.expr) -> bool:
    if isinstance(node, ast.Call):
        return isinstance(node.func, ast.Name) and node.func.id == "float"
    if isinstance(node, ast.BinOp):
        return _is_float(node.left) or _is_float(node.right)
    return isinstance(node, ast.Constant) and isinstance(node.value, float)
