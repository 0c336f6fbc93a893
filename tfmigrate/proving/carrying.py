"""Where code that had to stay stands in the emitted text: a second run must leave it alone too."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from tfmigrate.program.link import Function, Module, Program
from tfmigrate.proving.proof import Doubt


def carried(doubts: Sequence[Doubt], program: Program, emitted: Program) -> list[Doubt]:
    """The doubts about a program, about the same code of the emitted one."""
    return [Doubt(frozenset(_places(doubt, program, emitted)), doubt.finding) for doubt in doubts]


def _places(doubt: Doubt, program: Program, emitted: Program) -> Iterator[tuple[str, int]]:
    for name, module in program.modules.items():
        path = str(module.path)
        lines = {line for place, line in doubt.places if place == path}
        if 0 in lines:
            yield path, 0
        for line in lines:
            yield from ((path, found) for found in _lines(line, module, emitted.modules[name]))


def _lines(line: int, module: Module, emitted: Module) -> Iterator[int]:
    """A function is found by its name; a block by what it opens, in the function of that name."""
    around = [f for f in module.functions.values() if f.node.lineno <= line <= (f.node.end_lineno or line)]
    inner = max(around, key=lambda f: f.node.lineno, default=None)
    if inner is not None and inner.node.lineno == line:
        yield from (f.node.lineno for f in _named(inner, emitted))
        return
    heads = {_head(block) for block in _blocks(module.tree) if block.lineno == line}
    trees = [f.node for f in _named(inner, emitted)] if inner is not None else [emitted.tree]
    yield from (block.lineno for tree in trees for block in _blocks(tree) if _head(block) in heads)


def _named(function: Function, module: Module) -> list[Function]:
    return [other for other in module.functions.values() if other.qualname == function.qualname]


def _blocks(tree: ast.AST) -> Iterator[ast.With]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.With))


def _head(block: ast.With) -> str:
    return ", ".join(ast.unparse(item) for item in block.items)
