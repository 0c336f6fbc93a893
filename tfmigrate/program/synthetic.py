"""Expressions that stand nowhere in the source: put together from what the program says in several places."""

from __future__ import annotations

import ast
from typing import TypeVar

Node = TypeVar("Node", bound=ast.AST)


def synthetic(node: Node) -> Node:
    """Say of a node that it has no place; the parts of it may have theirs."""
    node.synthetic = True  # type: ignore[attr-defined]
    return node


def is_synthetic(node: ast.AST) -> bool:
    """Whether a node was put together, and has no place in the source."""
    return getattr(node, "synthetic", False)
