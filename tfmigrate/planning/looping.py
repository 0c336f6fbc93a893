"""Loops that make one layer each round: what holds the layers, and how one of them is reached."""

from __future__ import annotations

import ast


def dict_key(loop: ast.For) -> str | None:
    """The key of a dictionary of layers; None where a list does, because the loop counts."""
    call = loop.iter
    if (
        isinstance(call, ast.Call)
        and isinstance(call.func, ast.Name)
        and call.func.id in ("range", "xrange", "enumerate")
    ):
        return None
    return ast.unparse(loop.target)


def index_text(loop: ast.For, module: object) -> str:
    """How the element of this round is reached in a list or dictionary of layers."""
    call = loop.iter
    if isinstance(call, ast.Call) and isinstance(call.func, ast.Name):
        if call.func.id in ("range", "xrange"):
            index = ast.unparse(loop.target)
            if len(call.args) == 1:
                return index
            start = ast.unparse(call.args[0])
            return index if start == "0" else f"{index} - {start}"
        if call.func.id == "enumerate" and isinstance(loop.target, ast.Tuple):
            index = ast.unparse(loop.target.elts[0])
            return index if len(call.args) == 1 else f"{index} - {ast.unparse(call.args[1])}"
    return ast.unparse(loop.target)
