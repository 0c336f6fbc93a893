"""The transforms, in the order in which they apply at one place."""

from __future__ import annotations

from typing import Any

from . import (
    blocks,
    callable_classes,
    calls,
    collections,
    dimensions,
    explicit_reuse,
    functions,
    helpers,
    imports,
    loops,
    methods,
    reuse,
    saver,
    scopes,
    symbols,
    tf_layers,
    weights,
)

ORDER = (
    symbols,
    dimensions,
    weights,
    tf_layers,
    loops,
    calls,
    collections,
    saver,
    explicit_reuse,
    reuse,
    scopes,
    methods,
    helpers,
    functions,
    callable_classes,
    blocks,
    imports,
)


def transforms() -> list[Any]:
    """One object for each transform."""
    return [module.Transform() for module in ORDER]
