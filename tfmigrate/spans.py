"""Positions: `ast` counts columns in bytes, LibCST in characters. The only place that converts."""

from __future__ import annotations

import ast
from functools import lru_cache

from tfmigrate.program.link import Module
from tfmigrate.sites import Span


def span(module: Module, node: ast.AST) -> Span:
    """Where a node stands, in characters. Decorators belong to the function."""
    line, column = node.lineno, node.col_offset  # type: ignore[attr-defined]
    end_line, end_column = node.end_lineno, node.end_col_offset  # type: ignore[attr-defined]
    if module.text.isascii():
        return (line, column, end_line, end_column)
    lines = _lines(module)
    return (line, _characters(lines, line, column), end_line, _characters(lines, end_line, end_column))


@lru_cache(maxsize=16)
def _lines(module: Module) -> list[str]:
    return module.text.split("\n")


def _characters(lines: list[str], line: int, column: int) -> int:
    return len(lines[line - 1].encode()[:column].decode())
