"""Loops over variables: whether something comes of their order."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from tfmigrate.planning.lasting import is_folded
from tfmigrate.program.link import Module
from tfmigrate.program.standing import ancestors
from tfmigrate.program.texts import unparsed

# what comes of each variable is no value that stands in a row
_NO_ROW = re.compile(r"(^|\.)(assign|assign_add|assign_sub|histogram|scalar|print|is_variable_initialized)$")
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


def is_of_its_place(element: ast.expr, target: ast.expr) -> bool:
    """Whether what a round gives says nothing of its variable but by its place. target: what the round gets."""
    if isinstance(element, ast.Call) and _NO_ROW.search(unparsed(element.func)):
        return False
    last = target.elts[-1] if isinstance(target, ast.Tuple) and target.elts else None
    if not isinstance(element, ast.Tuple) or not isinstance(last, ast.Name):
        return True
    return not any(isinstance(part, ast.Name) and part.id == last.id for part in element.elts)


def maps_in_order(call: ast.Call, module: Module) -> bool:
    """Whether a call is a `map` whose values stay in a row."""
    if unparsed(call.func) != "map" or is_folded(call, module):
        return False
    parent = next(ancestors(module, call), None)
    if isinstance(parent, ast.Call) and unparsed(parent.func) in ("list", "tuple") and is_folded(parent, module):
        return False
    body = call.args[0].body if isinstance(call.args[0], ast.Lambda) else call.args[0]
    return not _NO_ROW.search(unparsed(body.func if isinstance(body, ast.Call) else body))


def counts_on_order(loop: ast.For, module: Module) -> bool:
    """Whether the rounds of a loop fill a list, or go on from where the one before came to."""
    nodes = [node for statement in loop.body for node in ast.walk(statement)]
    if any(isinstance(node, (ast.Yield, ast.YieldFrom)) for node in nodes):
        return True
    targets = {node.id for node in ast.walk(loop.target) if isinstance(node, ast.Name)}
    for call in (node for node in nodes if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
        if call.func.attr in ("append", "insert") and call.args:  # type: ignore[attr-defined]
            given = call.args[-1]
            is_variable = isinstance(given, ast.Name) and given.id in targets
            if not is_variable and is_of_its_place(given, loop.target) and not _is_folded_up(call.func, module):
                return True
    return bool(_stepped_on(nodes) - targets)  # what the loop itself gives is new in each round


def _stepped_on(nodes: list[ast.AST]) -> set[str]:
    """Names that go from round to round, and are read for more than their next value: `start += size`."""
    steps: dict[ast.AST, str] = {}
    fresh: set[str] = set()
    for node in nodes:
        targets = (
            [node.target] if isinstance(node, ast.AugAssign) else node.targets if isinstance(node, ast.Assign) else []
        )
        for name in (name for target in targets for name in ast.walk(target) if isinstance(name, ast.Name)):
            own = isinstance(node, ast.AugAssign) or any(True for _ in _reads(node, name.id))
            if own:
                steps[node] = name.id
            else:
                fresh.add(name.id)
    own_reads = {read for step, name in steps.items() for read in _reads(step, name)}
    read = {
        node.id
        for node in nodes
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node not in own_reads
    }
    return {*steps.values()} & read - fresh


def _is_folded_up(append: ast.expr, module: Module) -> bool:
    """Whether nothing is done with a list that is appended to but what takes all of it, in any order."""
    listed = append.value if isinstance(append, ast.Attribute) else None
    code = next((outer for outer in ancestors(module, append) if isinstance(outer, _FUNCTIONS)), module.tree)
    if not isinstance(listed, ast.Name):
        return False
    return all(_takes_all(read, module) for read in _reads(code, listed.id))


def _reads(code: ast.AST, name: str) -> Iterator[ast.Name]:
    for node in ast.walk(code):
        if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load):
            yield node


def _takes_all(read: ast.Name, module: Module) -> bool:
    parent, call, *_ = ancestors(module, read)
    if isinstance(parent, ast.Attribute):
        return parent.attr == "append" and isinstance(call, ast.Call)
    grouped = isinstance(parent, ast.Starred) and isinstance(call, ast.Call) and unparsed(call.func).endswith("group")
    return grouped or is_folded(read, module)
