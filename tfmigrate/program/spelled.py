"""Literal names of tensors and operations: `"net/w:0"`, handed to a session or kept in a table."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from tfmigrate.program.link import Module

_TENSOR = re.compile(r"([\w.\-/>]+):\d+")
# code that takes parts of a graph by the names of their operations, and what such a name looks like
_CUTS = re.compile(r"\b(convert_variables_to_constants|extract_sub_graph|freeze_graph|output_node_names)\b")
_OPERATION = re.compile(r"[\w.\-]+(/[\w.\-]+)+")
_FILE = re.compile(r"\.[a-zA-Z]\w{0,5}$")


def tensor_names(module: Module) -> Iterator[tuple[ast.Constant, str]]:
    """The literals that are spelled like names of tensors, with the operation that they name."""
    cuts = _CUTS.search(module.text) is not None
    for node in module.of_kind(ast.Constant):
        if isinstance(node.value, str):
            match = _TENSOR.fullmatch(node.value)
            if match is not None:
                yield node, match[1]
            elif cuts:
                for name in node.value.split(","):
                    if _OPERATION.fullmatch(name.strip()) and not _FILE.search(name.strip()):
                        yield node, name.strip()
