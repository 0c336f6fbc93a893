"""The code of functions that stay as they are, and of files themselves."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field

from tfmigrate.program.link import Function, Module
from tfmigrate.program.scan import Scan, names_in, scan_code


@dataclass(eq=False)
class Code:
    """The statements of one plain function or of a module."""

    function: Function | None
    module: Module
    scan: Scan
    taken: set[str] = field(default_factory=set)
    # of these, the names of slots
    given: set[str] = field(default_factory=set)


def make_code(function: Function | None, module: Module, opaque: frozenset[ast.AST]) -> Code:
    """Look at the code of a plain function, or of the module itself."""
    scan = scan_code(function or module, function.self_name if function is not None else None, opaque)
    taken = set(scan.bindings) | set(scan.reads)
    if function is not None:
        taken |= set(function.params)
    for inner in opaque & scan.bindings_nodes():
        taken |= names_in(inner)  # it may stay after all
    return Code(function, module, scan, taken)
