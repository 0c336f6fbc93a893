"""Functions inside functions: which of them would do the same as a function of the module, and what they read."""

from __future__ import annotations

import ast
import builtins
from functools import lru_cache

from tfmigrate.program.link import Function
from tfmigrate.program.scan import COMPREHENSIONS, Nested, own_names, own_nodes, parameter_names
from tfmigrate.program.standing import ancestors

_SCOPES = (*Nested, *COMPREHENSIONS)
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom, ast.ExceptHandler)
_LOOKS_AROUND = {"locals", "vars", "eval", "exec"}


@lru_cache(maxsize=10_000)
def can_stand_alone(function: Function) -> bool:
    """Whether every call of an inner function stands where each name that it reads from around has the same value.

    Then a function of the module that is given these values at its calls does the same.
    """
    parent, node = function.parent, function.node
    if parent is None or function.cls is not None or parent.parent is not None or not _is_simple(function):
        return False
    if parent.is_generator or isinstance(parent.node, ast.AsyncFunctionDef):
        return False
    if parent.cls is not None and parent.cls.parent is not None:
        return False
    if any(isinstance(n, ast.Name) and n.id in _LOOKS_AROUND for n in parent.nodes):
        return False
    bound = _bound(parent)
    defaults = [d for d in (*node.args.defaults, *node.args.kw_defaults) if d is not None]
    if any(isinstance(n, ast.Name) and n.id in bound for d in defaults for n in ast.walk(d)):
        return False
    if not _is_only_called(function, parent):
        return False
    around, own_object = _read_from(parent, function), parent.self_name
    if own_object in around and own_object != "self":
        return False
    if own_object is not None and _is_stored(parent, own_object):
        return False
    names = {*function.params, *(around - {own_object})}
    attributes = {n.attr for n in function.nodes if isinstance(n, ast.Attribute) and _is_named(n.value, own_object)}
    beside = {name for name in around & _defined(parent) if _beside(function, name) is not None}
    return not names & attributes and not (around - {own_object, *beside}) & _defined(parent)


def read_around(function: Function) -> frozenset[str]:
    """The values of the function around that an inner function reads, without the object."""
    parent = function.parent
    if parent is None:
        return frozenset()
    around = _read_from(parent, function) - {parent.self_name or ""}
    return frozenset(name for name in around if _beside(function, name) is None)


def read_beside(function: Function) -> list[Function]:
    """The other functions inside the same one that an inner function reads."""
    names = sorted(_read_from(function.parent, function)) if function.parent is not None else []
    return [other for name in names if (other := _beside(function, name)) is not None]


def _beside(function: Function, name: str) -> Function | None:
    """The function of this name inside the same one, if it would mean the same as one of the module."""
    parent = function.parent
    inside = (f for f in function.module.functions.values() if f.parent is parent and f.cls is None)
    other = next((f for f in inside if f.name == name), None)
    return other if other is not None and can_move_out(other) else None


@lru_cache(maxsize=10_000)
def can_move_out(function: Function) -> bool:
    """Whether an inner function takes all that it needs as arguments, and no other code of the file knows its name."""
    parent, module, name = function.parent, function.module, function.name
    if parent is None or parent.parent is not None or function.cls is not None or not _is_simple(function):
        return False
    if function.node not in own_nodes(parent.node) or parent.is_generator or hasattr(builtins, name):
        return False
    if _read_from(parent, function) & _bound(parent) or not _means_the_same_above(function):
        return False
    nodes = set(parent.nodes)
    return not any(node not in nodes and name in _names_of(node) for node in module.nodes) and not any(
        name in _names_of(node) and not _is_load(node) for node in nodes if node is not function.node
    )


def _means_the_same_above(function: Function) -> bool:
    """Whether the head of a function says the same where the file is read: literals, and names of libraries."""
    args = function.node.args
    every = (*args.posonlyargs, *args.args, *args.kwonlyargs)
    if function.node.returns is not None or any(a.annotation is not None for a in every):
        return False
    imports = [s for s in function.module.tree.body if isinstance(s, (ast.Import, ast.ImportFrom))]
    known = {name for statement in imports for alias in statement.names for name in _names_of(alias)}
    for default in (*args.defaults, *args.kw_defaults):
        for node in ast.walk(default) if default is not None else ():
            plain = isinstance(node, (ast.Constant, ast.UnaryOp, ast.unaryop, ast.Tuple, ast.Attribute, ast.Load))
            if not plain and not (isinstance(node, ast.Name) and node.id in known):
                return False
    return True


def _names_of(node: ast.AST) -> tuple[str, ...]:
    """The names that a node binds or reads, or takes over from a module."""
    if isinstance(node, ast.Name):
        return (node.id,)
    if isinstance(node, (ast.Global, ast.Nonlocal)):
        return tuple(node.names)
    if isinstance(node, ast.alias):
        return ((node.asname or node.name).partition(".")[0],)
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.ExceptHandler)):
        return (node.name or "",)
    return (node.arg,) if isinstance(node, ast.arg) else ()


def _is_load(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)


def calls_of(function: Function) -> list[ast.Call]:
    """The calls of an inner function by its name."""
    calls = (n for n in (function.parent.nodes if function.parent is not None else ()) if isinstance(n, ast.Call))
    return [call for call in calls if _is_named(call.func, function.name)]


def _is_simple(function: Function) -> bool:
    node = function.node
    if isinstance(node, ast.AsyncFunctionDef) or function.is_generator or node.decorator_list:
        return False
    if node.args.vararg is not None or node.args.kwarg is not None:
        return False
    inside = (n for n in function.nodes if n is not node)
    scopes = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
    return not any(isinstance(n, (*scopes, ast.Nonlocal, ast.Global, ast.NamedExpr)) for n in inside)


def _is_only_called(function: Function, parent: Function) -> bool:
    """Whether the code around defines the function once, and does nothing with it but call it itself."""
    module, name = function.module, function.name
    if name in parameter_names(parent.node.args) or name in parent.globals:
        return False
    definitions = [n for n in parent.nodes if getattr(n, "name", None) == name and isinstance(n, _DEFINITIONS)]
    callees = {id(n.func) for n in parent.nodes if isinstance(n, ast.Call)}
    for node in parent.nodes:
        if isinstance(node, ast.Name) and node.id == name:
            scope = next(a for a in ancestors(module, node) if isinstance(a, _SCOPES))
            beside = isinstance(scope, ast.FunctionDef) and module.functions[scope].parent is parent
            if id(node) not in callees or not (scope is parent.node or (beside and can_move_out(function))):
                return False
    return definitions == [function.node]


@lru_cache(maxsize=10_000)
def _bound(function: Function) -> frozenset[str]:
    """All names that are a function's own."""
    return frozenset({*own_names(function.node), *_defined(function)} - function.globals)


@lru_cache(maxsize=10_000)
def _defined(function: Function) -> frozenset[str]:
    """The names that a function binds otherwise than by assigning a value; what gathers its arguments, too."""
    found: set[str] = {a.arg for a in (function.node.args.vararg, function.node.args.kwarg) if a is not None}
    for node in own_nodes(function.node):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            found |= {(alias.asname or alias.name).partition(".")[0] for alias in node.names}
        elif isinstance(node, _DEFINITIONS):
            found.add(getattr(node, "name", None) or "")
    return frozenset(found)


def _read_from(parent: Function, function: Function) -> frozenset[str]:
    names = {n.id for n in function.nodes if isinstance(n, ast.Name)}
    return frozenset((names & _bound(parent)) - _bound(function))


def _is_stored(function: Function, name: str) -> bool:
    return any(isinstance(n, ast.Name) and n.id == name and not isinstance(n.ctx, ast.Load) for n in function.nodes)


def _is_named(node: ast.expr, name: str | None) -> bool:
    return isinstance(node, ast.Name) and node.id == name
