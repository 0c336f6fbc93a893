"""Attributes by which an object remembers that it was called: `reuse=self.reuse`, and `self.reuse = True` behind it.

Or how often: `reuse=self.calls > 0`, and `self.calls += 1`.

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

    initial: list[ast.stmt] = field(default_factory=list)
    later: list[ast.stmt] = field(default_factory=list)
    users: set[ast.AST] = field(default_factory=set)


@lru_cache(maxsize=2)
def reuse_flags(program: Program) -> Mapping[str, frozenset[ast.stmt]]:
    """The names of such attributes that decide nothing else, with all statements that set them."""
    flags = {attribute: _statements(places) for attribute, places in _attributes(program).items()}
    return {attribute: statements for attribute, statements in flags.items() if statements is not None}


@lru_cache(maxsize=2)
def counted_calls(program: Program) -> frozenset[str]:
    """The names of such attributes, whatever they decide: each object sets its own, by constants."""
    return frozenset(attribute for attribute, places in _attributes(program).items() if _is_steady(places))


@lru_cache(maxsize=2)
def _attributes(program: Program) -> Mapping[str, list[tuple[Module, ast.Attribute]]]:
    """The attributes that the program sets, by no other way than a dot, and where it mentions them."""
    found: dict[str, list[tuple[Module, ast.Attribute]]] = {}
    spelled: set[str] = set()
    for module in program.modules.values():
        for node in module.of_kind(ast.Attribute):
            found.setdefault(node.attr, []).append((module, node))
        for call in module.of_kind(ast.Call):
            if isinstance(call.func, ast.Name) and call.func.id in _BY_NAME:
                spelled.update(str(a.value) for a in call.args if isinstance(a, ast.Constant))
    set_ = (name for name, places in found.items() if any(not isinstance(n.ctx, ast.Load) for _, n in places))
    return {name: found[name] for name in set_ if name not in spelled}


def _is_steady(places: list[tuple[Module, ast.Attribute]]) -> bool:
    """Whether objects begin with a constant and set another one, or count, where they are called."""
    for module, node in places:
        owner = _owner(module, node) if not isinstance(node.ctx, ast.Load) else None
        if not isinstance(node.ctx, ast.Load) and (owner is None or _sets(module, node, owner[0]) is None):
            return False
    return True


def _statements(places: list[tuple[Module, ast.Attribute]]) -> frozenset[ast.stmt] | None:
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
    inner: ast.AST = node
    for outer in ancestors(module, node):
        if isinstance(outer, ast.keyword):
            return outer.arg == "reuse"
        if isinstance(outer, ast.If):
            switches = [isinstance(s, ast.Expr) and is_reuse_switch(s.value) for s in outer.body]
            return outer.test is inner and not outer.orelse and all(switches)
        if not _asks(outer, inner):
            return False
        inner = outer
    return False


def _asks(outer: ast.AST, inner: ast.AST) -> bool:
    """Whether an expression only asks what another one is: `not inner`, `inner > 0`."""
    if isinstance(outer, ast.UnaryOp):
        return isinstance(outer.op, ast.Not)
    others = [outer.left, *outer.comparators] if isinstance(outer, ast.Compare) else [outer]
    return all(isinstance(other, ast.Constant) for other in others if other is not inner)


def _sets(module: Module, node: ast.Attribute, method: ast.FunctionDef) -> ast.stmt | None:
    """The statement that sets it, if it begins as a constant and is set or counted on once and for all."""
    statement, *outer = ancestors(module, node)
    if not isinstance(statement, (ast.Assign, ast.AugAssign)) or not isinstance(statement.value, ast.Constant):
        return None
    counts = isinstance(statement, ast.AugAssign)
    around = outer[: outer.index(method)]
    if method.name == "__init__":
        begins = statement.value.value is None or isinstance(statement.value.value, int)
        return statement if not around and not counts and begins and _is_alone(statement, node) else None
    if not counts and (not isinstance(statement.value.value, bool) or not _is_alone(statement, node)):
        return None
    return statement if all(isinstance(block, ast.With) for block in around) else None


def _is_alone(statement: ast.stmt, node: ast.Attribute) -> bool:
    return isinstance(statement, ast.Assign) and statement.targets == [node]
