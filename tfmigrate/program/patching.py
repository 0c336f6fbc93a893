"""Functions of TensorFlow in whose place the program puts something else: `tf.layers.dense = my_dense`."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from functools import lru_cache

from tfmigrate.program.aliases import library_name
from tfmigrate.program.link import Module, Program


@lru_cache(maxsize=4)
def patched(program: Program) -> Mapping[str, tuple[Module, ast.expr]]:
    """The names that are set, with the place; `package.?` if any name of it may be."""
    return {name: (module, node) for module in program.modules.values() for name, node in _set(module)}


def patch_of(program: Program, name: str) -> tuple[Module, ast.expr] | None:
    """Where the program sets a library's function, or something that it is in."""
    known = patched(program)
    while known and name:
        owner = name.rpartition(".")[0]
        found = known.get(name) or known.get(f"{owner}.?")
        if found is not None:
            return found
        name = owner
    return None


def _set(module: Module) -> Iterator[tuple[str, ast.Attribute | ast.Call]]:
    for node in module.of_kind(ast.Attribute):
        name = library_name(module, node) if not isinstance(node.ctx, ast.Load) else ""
        if name:
            yield name, node
    for call in module.of_kind(ast.Call):
        if not isinstance(call.func, ast.Name) or call.func.id not in ("setattr", "delattr") or len(call.args) < 2:
            continue
        owner, attr = library_name(module, call.args[0]), call.args[1]
        known = attr.value if isinstance(attr, ast.Constant) and isinstance(attr.value, str) else "?"
        if owner:
            yield f"{owner}.{known}", call
