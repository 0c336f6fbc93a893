"""A `with` of several items is planned as one statement in another; in the file it is one, and stays one if it can."""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst

from tfmigrate.transform import Result

_PLAIN = cst.MaybeSentinel.DEFAULT


def level(node: cst.With, place: int, body: cst.BaseSuite) -> cst.With:
    """The statement with one of its items alone, around a body."""
    lines = node.leading_lines if place == 0 else ()
    item = node.items[place].with_changes(comma=_PLAIN)
    return node.with_changes(items=[item], body=body, leading_lines=lines, lpar=_PLAIN, rpar=_PLAIN)


def merged(result: Result, body: cst.BaseSuite, whole: cst.With) -> Result:
    """What became of a statement around a body, with what stands alone in that in one, if that is a `with` too."""
    inner = body.body[0] if len(body.body) == 1 else None
    if not isinstance(inner, cst.With) or inner.leading_lines:
        return result
    if isinstance(result, cst.FlattenSentinel):
        return cst.FlattenSentinel([_both(node, inner, whole) for node in result.nodes])
    return _both(result, inner, whole) if isinstance(result, cst.CSTNode) else result


def _both(outer: cst.CSTNode, inner: cst.With, whole: cst.With) -> cst.CSTNode:
    if not isinstance(outer, cst.With) or len(outer.body.body) != 1 or outer.body.body[0] is not inner:
        return outer
    items = _separated([*outer.items, *inner.items], whole)
    return outer.with_changes(items=items, body=inner.body, lpar=whole.lpar, rpar=whole.rpar)


def _separated(items: Sequence[cst.WithItem], whole: cst.With) -> list[cst.WithItem]:
    """In parentheses, or where none went, items keep their commas, and what breaks the line behind those."""
    same = len(items) == len(whole.items) or isinstance(whole.lpar, cst.LeftParen)
    commas = {id(item.item): item.comma for item in whole.items[:-1]} if same else {}
    *front, last = items
    front = [item.with_changes(comma=commas.get(id(item.item), _PLAIN)) for item in front]
    return [*front, last.with_changes(comma=whole.items[-1].comma if same else _PLAIN)]
