"""Variables that a TF1 program makes and whose values no code of it looks at: a layer has no cause to read them."""

from __future__ import annotations

import ast

from tfmigrate.program.link import Module, Program
from tfmigrate.program.standing import ancestors
from tfmigrate.walk.regions import Creation, Variable
from tfmigrate.walk.roots import Walk


def unread(walk: Walk, program: Program) -> set[Variable]:
    """The variables of a walk that nothing reads where they are made, at none of the places that ask for them."""
    seen: dict[Variable, bool] = {}
    for creation in walk.root.creations():
        known = _is_unread(creation, program)
        for variable in creation.variables:
            seen[variable] = known and seen.get(variable, True)
    return {variable for variable, known in seen.items() if known}


def _is_unread(creation: Creation, program: Program) -> bool:
    if creation.row is not None:
        return False
    module = creation.region.module
    statement, *outer = ancestors(module, creation.node)
    if isinstance(statement, ast.Expr):
        return True
    if not isinstance(statement, ast.Assign) or not all(isinstance(t, ast.Name) for t in statement.targets):
        return False
    names = {target.id for target in statement.targets if isinstance(target, ast.Name)}
    function = next((o for o in outer if isinstance(o, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))), None)
    if isinstance(function, ast.ClassDef):
        return False
    if function is None and any(_may_take(other, names, module) for other in program.modules.values()):
        return False
    return not any(
        (isinstance(node, ast.Name) and node.id in names and not isinstance(node.ctx, ast.Store))
        or (isinstance(node, (ast.Global, ast.Nonlocal)) and not names.isdisjoint(node.names))
        for node in ast.walk(function or module.tree)
    )


def _may_take(other: Module, names: set[str], module: Module) -> bool:
    """Whether another file may take one of these global names."""
    if other is module:
        return False
    imported = {alias.name for node in other.of_kind(ast.ImportFrom) for alias in node.names}
    return (
        module in other.starred or bool(imported & names) or any(n.attr in names for n in other.of_kind(ast.Attribute))
    )
