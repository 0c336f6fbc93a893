"""Base classes whose `__call__` only hands on to a method of their subclasses, as `keras.layers.Layer` does itself."""

from __future__ import annotations

import ast

from tfmigrate.program.link import Class, Module, Program
from tfmigrate.program.render import encoded_lines
from tfmigrate.program.rerouting import Detour, Edit


def interface(program: Program, module: Module, base: Class) -> Detour | None:
    """A class all of whose subclasses can have that method as their own `__call__`."""
    method = _handed_to(base)
    if method is None or base.node not in module.tree.body or not _is_bare(base.node):
        return None
    children = [cls for cls in module.classes.values() if base.name in map(ast.unparse, cls.node.bases)]
    if not children or not _only_a_base(program, module, base, children, method):
        return None
    edits: list[Edit] = []
    for child in children:
        own = child.methods.get(method)
        if own is None or "__call__" in child.methods or len(child.node.bases) > 1 or child.node.keywords:
            return None
        line = encoded_lines(module)[own.node.lineno - 1]
        at = own.node.col_offset + len("def ")
        if own.node.decorator_list or line[: at + len(method)].decode().strip() != f"def {method}":
            return None
        if ast.dump(own.node.args) != ast.dump(base.methods["__call__"].node.args):
            return None
        parent = child.node.bases[0]
        edits.append(Edit((parent.lineno, parent.col_offset), (parent.lineno, parent.end_col_offset or 0), "object"))
        edits.append(Edit((own.node.lineno, at), (own.node.lineno, at + len(method)), "__call__"))
    return Detour(module, base.node, tuple(edits), frozenset(child.node.lineno for child in children))


def _is_bare(node: ast.ClassDef) -> bool:
    return not node.decorator_list and not node.keywords and [*map(ast.unparse, node.bases)] in ([], ["object"])


def _handed_to(cls: Class) -> str | None:
    """The method to which `__call__` hands on all that it gets, if that is all that there is to a class."""
    call = cls.methods.get("__call__")
    body = [statement for statement in cls.node.body if not _says_nothing(statement)]
    if call is None or call.node.decorator_list or not isinstance(call.node, ast.FunctionDef):
        return None
    result = call.node.body[-1]
    value = result.value if isinstance(result, ast.Return) else None
    if not isinstance(value, ast.Call) or not all(map(_says_nothing, call.node.body[:-1])):
        return None
    spec, func = call.node.args, value.func
    if spec.vararg or spec.kwarg or spec.kwonlyargs or spec.posonlyargs or not isinstance(func, ast.Attribute):
        return None
    names = [arg.arg for arg in spec.args]
    if not names or not isinstance(func.value, ast.Name) or func.value.id != names[0]:
        return None
    given = [ast.unparse(argument) for argument in value.args]
    given += [k.arg if k.arg == ast.unparse(k.value) else "" for k in value.keywords if k.arg is not None]
    if given != names[1:] or len(value.args) + len(value.keywords) != len(given):
        return None
    others = [statement for statement in body if statement is not call.node]
    return func.attr if all(_is_abstract(statement, func.attr) for statement in others) else None


def _says_nothing(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _is_abstract(statement: ast.stmt, name: str) -> bool:
    if not isinstance(statement, ast.FunctionDef) or statement.name != name or statement.decorator_list:
        return False
    *before, last = statement.body
    return isinstance(last, (ast.Raise, ast.Pass)) and all(map(_says_nothing, before))


def _only_a_base(program: Program, module: Module, base: Class, children: list[Class], method: str) -> bool:
    """Whether nothing means a class but those that inherit from it, and nothing calls the method but the class."""
    parents = {id(parent) for child in children for parent in child.node.bases}
    names, own = {base.name, method}, {*ast.walk(base.node)}
    for other in program.modules.values():
        for node in other.nodes:
            if isinstance(node, ast.Name) and node.id in names and id(node) not in parents:
                return False
            if isinstance(node, ast.Attribute) and node.attr in names:
                if other is not module or node is not _callee(base):
                    return False
            if isinstance(node, ast.alias) and names & {node.name, node.asname}:
                return False
            if isinstance(node, ast.Constant) and node.value in names and node not in own:
                return False
            if isinstance(node, ast.ClassDef) and node.name == base.name and node is not base.node:
                return False
            if isinstance(node, ast.ClassDef) and any(c.name in map(ast.unparse, node.bases) for c in children):
                return False
        if module in other.starred:
            return False
    calls = (node for child in children for node in ast.walk(child.node) if isinstance(node, ast.Name))
    return not any(node.id == "super" for node in calls)


def _callee(base: Class) -> ast.expr | None:
    result = base.methods["__call__"].node.body[-1]
    value = result.value if isinstance(result, ast.Return) else None
    return value.func if isinstance(value, ast.Call) else None
