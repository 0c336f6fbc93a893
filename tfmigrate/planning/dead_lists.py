"""Lists of variables by name in code that no walk came by: their text stays, and finds nothing where layers are now."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from tfmigrate.planning.importing import together
from tfmigrate.program.link import Function, Module, Program
from tfmigrate.program.texts import unparsed
from tfmigrate.walk.roots import Walk

_ALL = {"trainable_variables", "global_variables", "all_variables", "model_variables"}
_BY_SCOPE = {"get_variables", "get_trainable_variables", "get_model_variables", "get_variables_to_restore"}


def dead_lists(program: Program, walks: Iterable[Walk], changed: set[Module]) -> Iterator[tuple[ast.AST, Function]]:
    """The calls that ask for variables by name, with the functions that they stand in."""
    read = {code for walk in walks for code in walk.scoping.came_by}
    for module in together(program, changed) if changed else ():
        for function in module.functions.values():
            if function not in read and (function.parent is None or function.parent in read):
                yield from ((node, function) for node in function.nodes if _asks(node, function))


def _asks(node: ast.AST, function: Function) -> bool:
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return False
    name, given = node.func.attr, len(node.args) + len(node.keywords)
    if name in _BY_SCOPE:
        return given > 0
    if name == "get_collection" and given:
        known = any("variables" in unparsed(argument).lower() for argument in node.args[:1])
        return known and (given > 1 or _reads_names(function))
    return name in _ALL and (given > 0 or _reads_names(function))


def _reads_names(function: Function) -> bool:
    return any(isinstance(n, ast.Attribute) and n.attr == "name" for n in function.nodes)
