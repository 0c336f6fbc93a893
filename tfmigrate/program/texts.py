"""The text of a piece of code as `ast` writes it; one that is asked for at every call is written once."""

from __future__ import annotations

import ast
from functools import lru_cache


@lru_cache(maxsize=20_000)
def unparsed(node: ast.AST) -> str:
    """`ast.unparse` of a node that stays as it is."""
    return ast.unparse(node)
