"""Recognises the helpers by which TF1 programs read a shape: static where it is known, dynamic elsewhere."""

from __future__ import annotations

import ast

from tfmigrate.values import FunctionValue, Value


def is_shape_helper(value: Value | None) -> bool:
    """Whether a function returns the static shape of its argument, with dynamic sizes only where nothing is static."""
    if not isinstance(value, FunctionValue) or value.function.cls is not None:
        return False
    function = value.function
    if not function.params:
        return False
    tensor = function.params[0]
    text = ast.unparse(function.node)
    static = any(form in text for form in (f"{tensor}.shape.as_list()", f"{tensor}.get_shape().as_list()"))
    dynamic = f"shape({tensor})" in text.replace("get_shape", "")
    returns = [n.value for n in ast.walk(function.node) if isinstance(n, ast.Return)]
    simple = all(isinstance(r, (ast.Name, ast.ListComp)) for r in returns)
    return static and dynamic and simple and bool(returns)
