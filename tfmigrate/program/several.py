"""`with a, b:` is to everything behind the parser what Python says it is: `with a:` around `with b:`."""

from __future__ import annotations

import ast


def one_in_another(tree: ast.Module) -> ast.Module:
    """Each `with` of several items becomes one with a single item around the next.

    The first keeps the place of the whole statement; the others begin where their item does and end where it ends.
    """
    for node in [node for node in ast.walk(tree) if isinstance(node, ast.With) and len(node.items) > 1]:
        body = node.body
        for item in reversed(node.items[1:]):
            inner = ast.With(items=[item], body=body)
            inner.lineno, inner.col_offset = item.context_expr.lineno, item.context_expr.col_offset
            inner.end_lineno, inner.end_col_offset = node.end_lineno, node.end_col_offset
            body = [inner]
        node.items, node.body = node.items[:1], body
    return tree
