"""Attributes by which an object remembers that it was called: `reuse=self.reuse`, and `self.reuse = True` behind it.

Which variable a request reaches does not depend on them, as long as TensorFlow 1 runs the program: it raises where such
an attribute is wrong. A layer has no use for them.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from tfmigrate.program.link import Module, Program
from tfmigrate.program.standing import ancestors

_BY_NAME = ("getattr", "setattr", "hasattr", "delattr")


@dataclass
class _Flag:
    """One attribute of one class. users: the methods that read it, or set it again."""

    initial: list[ast.Assign] = field(default_factory=list)
    later: list[ast.Assign] = field(default_factory=list)
    users: set[ast.AST] = field(default_factory=set)


@lru_cache(maxsize=2)
def reuse_flags(program: Program) -> Mapping[str, frozenset[ast.Assign]]:
    """The names of such attributes, with all statements that set them."""
    found: dict[str, list[tuple[Module, ast.Attribute]]] = {}
    spelled: set[str] = set()
    for module in program.modules.values():
        for node in module.of_kind(ast.Attribute):
            found.setdefault(node.attr, []).append((module, node))
        for call in module.of_kind(ast.Call):
            if isinstance(call.func, ast.Name) and call.func.id in _BY_NAME:
                spelled.update(str(a.value) for a in call.args if isinstance(a, ast.Constant))
    flags: dict[str, frozenset[ast.Assign]] = {}
    for attribute, places in found.items():
        if attribute not in spelled and any(not isinstance(node.ctx, ast.Load) for _, node in places):
            statements = _statements(places)
            if statements is not None:
                flags[attribute] = statements
    return flags


def _statements(places: list[tuple[Module, ast.Attribute]]) -> frozenset[ast.Assign] | None:
    """The statements that set an attribute, if it is a flag wherever the program mentions it."""
    classes: dict[ast.AST, _Flag] = {}
    for module, node in places:
        owner = _owner(module, node)
        if owner is None:
            if isinstance(node.ctx, ast.Load) and ast.unparse(node.value).endswith(("scope", "get_variable_scope()")):
                continue  # of a scope object
            return None
        method, cls = owner
        flag = classes.setdefault(cls, _Flag())
        if isinstance(node.ctx, ast.Load):
            if method.name == "__init__" or not _serves_reuse(module, node):
                return None
            flag.users.add(method)
            continue
        statement = _sets(module, node, method)
        if statement is None:
            return None
        flag.initial += [statement] if method.name == "__init__" else []
        if method.name != "__init__":
            flag.later.append(statement)
            flag.users.add(method)
    if any(len(f.initial) != 1 or not f.later or len(f.users) != 1 for f in classes.values()):
        return None
    return frozenset(s for f in classes.values() for s in (*f.initial, *f.later))


def _owner(module: Module, node: ast.Attribute) -> tuple[ast.FunctionDef, ast.ClassDef] | None:
    """The method on whose own object an attribute is, with the class."""
    outer = list(ancestors(module, node))
    inner = [a for a in outer if isinstance(a, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef))]
    if len(inner) < 2 or not isinstance(inner[0], ast.FunctionDef) or not isinstance(inner[1], ast.ClassDef):
        return None
    method, args = inner[0], inner[0].args.args
    own = isinstance(node.value, ast.Name) and bool(args) and node.value.id == args[0].arg and not method.decorator_list
    return (method, inner[1]) if own else None


def is_reuse_switch(node: ast.AST) -> bool:
    """Whether this is a call like `scope.reuse_variables()`."""
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "reuse_variables"


def _serves_reuse(module: Module, node: ast.Attribute) -> bool:
    """Whether a read only says that variables are reused."""
    parent = next(ancestors(module, node))
    if isinstance(parent, ast.keyword):
        return parent.arg == "reuse"
    if not isinstance(parent, ast.If) or parent.test is not node or parent.orelse:
        return False
    return all(isinstance(statement, ast.Expr) and is_reuse_switch(statement.value) for statement in parent.body)


def _sets(module: Module, node: ast.Attribute, method: ast.FunctionDef) -> ast.Assign | None:
    """The statement that sets it, if it is off to begin with and switched on once and for all."""
    statement, *outer = ancestors(module, node)
    if not isinstance(statement, ast.Assign) or statement.targets != [node]:
        return None
    if not isinstance(statement.value, ast.Constant):
        return None
    around = outer[: outer.index(method)]
    if method.name == "__init__":
        return statement if not around and statement.value.value in (False, None) else None
    only_blocks = all(isinstance(block, ast.With) for block in around)
    return statement if only_blocks and statement.value.value is True else None
