"""Whether what several calls give is one value."""

from __future__ import annotations

import ast

from tfmigrate.walk.values import Const, Value, is_tensor, same


def is_one_value(values: list[Value | None], expressions: list[ast.expr | None], frames: set[int]) -> bool:
    """Whether calls give the same: by value where it is known, else by the same text in one activation."""
    known = [value for value in values if value is not None]
    if len(known) == len(values) and all(same(known[0], value) for value in known[1:]):
        return True
    if len(frames) > 1 or any(is_tensor(v) or isinstance(v, Const) for v in values):
        return False
    texts = {ast.unparse(e) if e is not None else None for e in expressions}
    return len(texts) == 1 and None not in texts
