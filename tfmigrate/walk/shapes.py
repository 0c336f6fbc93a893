"""Recognises the helpers by which TF1 programs read a shape: static where it is known, dynamic elsewhere."""

from __future__ import annotations

import ast
from functools import lru_cache

from tfmigrate.program.link import Function
from tfmigrate.walk.values import FunctionValue, Value


def is_shape_helper(value: Value | None) -> bool:
    """Whether a function returns the static shape of its argument, with dynamic sizes only where nothing is static."""
    return isinstance(value, FunctionValue) and value.function.cls is None and _returns_shape(value.function)


@lru_cache(maxsize=10_000)
def _returns_shape(function: Function) -> bool:
    if not function.params:
        return False
    tensor = function.params[0]
    text = ast.unparse(function.node)
    static = any(form in text for form in (f"{tensor}.shape.as_list()", f"{tensor}.get_shape().as_list()"))
    dynamic = f"shape({tensor})" in text.replace("get_shape", "")
    returns = [n.value for n in function.nodes if isinstance(n, ast.Return)]
    simple = all(isinstance(r, (ast.Name, ast.ListComp)) for r in returns)
    return static and dynamic and simple and bool(returns)
