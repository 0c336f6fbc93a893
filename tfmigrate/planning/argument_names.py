"""The name that a function puts together from its arguments for its scope, as the caller can write it."""

from __future__ import annotations

import ast

from tfmigrate.planning.layering import LayerPlan
from tfmigrate.planning.making import Inlined, Render, is_atom
from tfmigrate.planning.segments import scope_name
from tfmigrate.program.aliases import means_the_same
from tfmigrate.program.link import Function, Module
from tfmigrate.program.render import render, source
from tfmigrate.walk.regions import Region

_OPERATORS = (ast.Add, ast.Sub, ast.Mult, ast.FloorDiv, ast.Mod)
_PARTS = (ast.Constant, ast.BinOp, ast.Tuple, ast.keyword, ast.Load, *_OPERATORS)


def name_from_arguments(plan: LayerPlan, region: Region, site: ast.AST, caller: Module) -> Inlined | None:
    """`"block_%d" % i` of a function with `i` as its caller gives it; None where the name hangs on anything else."""
    primary = plan.unit.primary
    function, scope = primary.function, primary.scope
    name = scope_name(scope.items[0].context_expr) if scope is not None else None
    if function is None or name is None or not isinstance(site, ast.Call):
        return None
    if not _is_of_arguments(name, function, caller):
        return None
    given: dict[str, ast.expr] = {}
    for part in _names(name):
        value = region.frame.given.get(part.id)
        if value is None and part.id not in region.frame.ahead and not region.frame.star:
            value = function.default(part.id)
            value = value if isinstance(value, ast.Constant) else None
        if value is None or part.id in plan.bodies[primary].scan.bindings:
            return None
        given[part.id] = value
    apart = {item for node in ast.walk(name) for item in _items(node)}
    read = tuple(value for part, value in given.items() if part in region.frame.given)

    def text(show: Render) -> str:
        def substitute(part: ast.expr) -> str | None:
            if not isinstance(part, ast.Name) or part.id not in given:
                return None
            value = given[part.id]
            shown = show(value) if value in read else source(function.module, value)
            return shown if part in apart or is_atom(value) else f"({shown})"

        return render(function.module, name, substitute)

    return Inlined(read, text)


def _items(node: ast.AST) -> list[ast.expr]:
    """What commas stand between."""
    if isinstance(node, ast.Call):
        return [*node.args, *(keyword.value for keyword in node.keywords)]
    return node.elts if isinstance(node, ast.Tuple) else []


def _is_of_arguments(name: ast.expr, function: Function, caller: Module) -> bool:
    """Whether it reads nothing but arguments, and does no more than to put texts and numbers together."""
    if isinstance(name, ast.Name):
        return False
    calls = [node for node in ast.walk(name) if isinstance(node, ast.Call)]
    known = {part for call in calls if _only_formats(call, function, caller) for part in (call, call.func)}
    for node in ast.walk(name):
        if isinstance(node, ast.Name) and node not in known and node.id not in function.params:
            return False
        if not isinstance(node, (ast.Name, *_PARTS)) and node not in known:
            return False
    return True


def _only_formats(call: ast.Call, function: Function, caller: Module) -> bool:
    """`str(x)` and `"...".format(x)`."""
    if isinstance(call.func, ast.Name):
        return call.func.id == "str" and means_the_same(call.func, function.module, caller)
    text = call.func.value if isinstance(call.func, ast.Attribute) and call.func.attr == "format" else None
    return isinstance(text, ast.Constant) and isinstance(text.value, str)


def _names(name: ast.expr) -> list[ast.Name]:
    return [node for node in ast.walk(name) if isinstance(node, ast.Name) and node.id != "str"]
