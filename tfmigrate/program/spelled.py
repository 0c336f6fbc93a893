"""Literal names of tensors: `"net/w:0"`, handed to a session or kept in a table."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from tfmigrate.program.link import Module

_TENSOR = re.compile(r"([\w.\-/>]+):\d+")


def tensor_names(module: Module) -> Iterator[tuple[ast.Constant, str]]:
    """The literals that are spelled like names of tensors, with the operation that they name."""
    for node in module.of_kind(ast.Constant):
        if isinstance(node.value, str):
            match = _TENSOR.fullmatch(node.value)
            if match is not None:
                yield node, match[1]
