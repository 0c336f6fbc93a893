"""Where in its file a node stands: what encloses it, and whether a layer could make a variable there."""

from __future__ import annotations

import ast
from collections.abc import Container, Iterator
from functools import lru_cache
from typing import TypeGuard

from tfmigrate.program.link import Module
from tfmigrate.program.scan import COMPREHENSIONS, only_explains, own_names


@lru_cache(maxsize=1000)
def _parents(module: Module) -> dict[ast.AST, ast.AST]:
    return {child: node for node in module.nodes for child in ast.iter_child_nodes(node)}


def ancestors(module: Module, node: ast.AST) -> Iterator[ast.AST]:
    """What encloses a node in its file, inside out."""
    parents = _parents(module)
    while node in parents:
        node = parents[node]
        yield node


def only_for_errors(module: Module, node: ast.expr) -> bool:
    """Whether a value is given to local names that nothing but `raise` statements of the same function read."""
    around = list(ancestors(module, node))
    if not around:
        return False  # the program does not spell it out
    statement, *rest = around
    function = next((outer for outer in rest if isinstance(outer, (ast.FunctionDef, ast.AsyncFunctionDef))), None)
    if not isinstance(statement, ast.Assign) or function is None:
        return False
    names = {target.id for target in statement.targets if isinstance(target, ast.Name)}
    elsewhere = (inner for inner in ast.walk(function) if isinstance(inner, (ast.Global, ast.Nonlocal)))
    if len(names) != len(statement.targets) or any(not names.isdisjoint(inner.names) for inner in elsewhere):
        return False
    reads = (inner for inner in ast.walk(function) if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Load))
    return all(
        any(isinstance(outer, ast.Raise) for outer in ancestors(module, read)) for read in reads if read.id in names
    )


def names_operation(module: Module, node: ast.expr) -> bool:
    """Whether an expression is the `name=` of some call."""
    parent = next(ancestors(module, node), None)
    return isinstance(parent, ast.keyword) and parent.arg == "name"


def awkward_place(module: Module, node: ast.AST, lifted: Container[ast.AST] = ()) -> tuple[ast.AST, str] | None:
    """Why a layer cannot make what is made at a node: what encloses it, and that in words; None if it can.

    lifted: inner functions that are to become layers of their own.
    """
    inner = False
    for outer in ancestors(module, node):
        if isinstance(outer, ast.ClassDef):
            return None
        if isinstance(outer, (ast.FunctionDef, ast.AsyncFunctionDef)):
            if inner:
                return outer, f"in a function inside {outer.name}"
            if isinstance(outer, ast.AsyncFunctionDef) or _is_generator(outer):
                return outer, "in a generator or coroutine"
            if outer in lifted:
                return None
            inner = True
        elif not inner:
            place = _construct(outer)
            if place is not None:
                return outer, place
    return None


def _construct(node: ast.AST) -> str | None:
    if isinstance(node, ast.Lambda):
        return "in a lambda"
    if isinstance(node, COMPREHENSIONS):
        return None if is_list_of_rounds(node) else "in a comprehension"
    if isinstance(node, ast.While):
        return "in a while loop"
    if isinstance(node, ast.Try) and node.handlers and not only_explains(node):
        return "in a try statement"
    return None


def is_list_of_rounds(node: ast.AST) -> TypeGuard[ast.ListComp]:
    """Whether a comprehension does what a loop does that appends one item in each round."""
    return isinstance(node, ast.ListComp) and len(node.generators) == 1 and not node.generators[0].ifs


def in_lambda(module: Module, node: ast.AST) -> bool:
    """Whether a node stands in a lambda of its statement."""
    return any(isinstance(outer, ast.Lambda) for outer in statement_of(module, node))


def in_comprehension(module: Module, node: ast.AST) -> bool:
    """Whether a node stands in a comprehension of its statement."""
    return any(isinstance(outer, COMPREHENSIONS) for outer in statement_of(module, node))


def bound_around(module: Module, node: ast.AST) -> set[str]:
    """The names that lambdas and comprehensions around a node bind, in its statement."""
    found: set[str] = set()
    for outer in statement_of(module, node):
        if isinstance(outer, ast.Lambda):
            found |= {inner.arg for inner in ast.walk(outer.args) if isinstance(inner, ast.arg)}
        elif isinstance(outer, COMPREHENSIONS):
            targets = (inner for generator in outer.generators for inner in ast.walk(generator.target))
            found |= {inner.id for inner in targets if isinstance(inner, ast.Name)}
    return found


def is_local(module: Module, node: ast.expr) -> bool:
    """Whether a name, or that of which an attribute is asked, is one of the code around it, and not of the file."""
    root = node
    while isinstance(root, ast.Attribute):
        root = root.value
    if not isinstance(root, ast.Name):
        return False
    around = functions_around(module, root)
    return root.id in bound_around(module, root) or any(root.id in own_names(function) for function in around)


def is_local_function(module: Module, node: ast.AST, home: ast.AST) -> bool:
    """Whether a node stands in a lambda that has one name in the code of `home`, which only calls it by that."""
    outer = list(statement_of(module, node))
    lambdas = [each for each in outer if isinstance(each, ast.Lambda)]
    if len(lambdas) == 1 and mapped(module, lambdas[0]) is not None and _code_of(module, node) is home:
        return True
    statement = next((each for each in ancestors(module, node) if isinstance(each, ast.stmt)), None)
    if len(lambdas) != 1 or not isinstance(statement, ast.Assign) or statement.value is not lambdas[0]:
        return False
    target = statement.targets[0]
    if len(statement.targets) > 1 or not isinstance(target, ast.Name) or _code_of(module, statement) is not home:
        return False
    if changes_later(module, lambdas[0], statement):
        return False
    names = [each for each in module.of_kind(ast.Name) if each.id == target.id]
    mine = [each for each in names if home in (_code_of(module, each), *ancestors(module, each))]
    return all(each is target or (_code_of(module, each) is home and _is_called(module, each)) for each in mine)


def mapped(module: Module, function: ast.expr) -> ast.Call | None:
    """The call `map(function, sequence)` of which a function is an argument, if its results are wanted at once."""
    call, user = next(ancestors(module, function), None), None
    if isinstance(call, ast.Call):
        user = next(ancestors(module, call), None)
    if not isinstance(call, ast.Call) or not is_map(call) or call.keywords or len(call.args) != 2:
        return None
    if call.args[0] is not function or isinstance(call.args[1], ast.Starred):
        return None
    listed = isinstance(user, ast.Call) and isinstance(user.func, ast.Name) and user.func.id in ("list", "tuple")
    taken = isinstance(user, ast.Assign) and all(isinstance(target, ast.Tuple) for target in user.targets)
    return call if listed or taken or (isinstance(user, ast.For) and user.iter is call) else None


def is_map(site: ast.AST) -> bool:
    """Whether a call is one of `map`, which calls its first argument."""
    return isinstance(site, ast.Call) and isinstance(site.func, ast.Name) and site.func.id == "map" and bool(site.args)


def callee(site: ast.Call) -> ast.expr:
    """What is called at a call: of `map(function, sequence)`, the function."""
    return site.args[0] if is_map(site) else site.func


def of_partial(site: ast.AST) -> ast.expr | None:
    """The function of `partial(function, ...)(...)`."""
    call = site.func if isinstance(site, ast.Call) else None
    if not isinstance(call, ast.Call) or len(call.args) != 1 or any(keyword.arg is None for keyword in call.keywords):
        return None
    return call.args[0] if _last_name(call.func) == "partial" else None


def called_by_partial(module: Module, function: ast.expr) -> ast.Call | None:
    """The call `partial(function, ...)(...)` in which a function stands."""
    outer = ancestors(module, function)
    next(outer, None)
    call = next(outer, None)
    return call if isinstance(call, ast.Call) and of_partial(call) is function else None


def changes_later(module: Module, function: ast.Lambda, statement: ast.stmt) -> bool:
    """Whether something that a lambda reads may be given a value behind its statement."""
    own = {each.arg for each in ast.walk(function.args) if isinstance(each, ast.arg)}
    read = {_last_name(each) for each in ast.walk(function.body)} - own - {None}
    home = _code_of(module, statement)
    stored = (each for each in module.nodes if isinstance(getattr(each, "ctx", None), ast.Store))
    later = (each for each in stored if getattr(each, "lineno", 0) > statement.lineno and _last_name(each) in read)
    return any(_code_of(module, each) is home for each in later)


def _last_name(node: ast.AST) -> str | None:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else None


def functions_around(module: Module, node: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """The functions whose code a node is in, inside out."""
    return (a for a in ancestors(module, node) if isinstance(a, (ast.FunctionDef, ast.AsyncFunctionDef)))


def _code_of(module: Module, node: ast.AST) -> ast.AST | None:
    """The function, or else the file, whose code a node is."""
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Module)
    return next((outer for outer in ancestors(module, node) if isinstance(outer, kinds)), None)


def _is_called(module: Module, node: ast.Name) -> bool:
    call = next(ancestors(module, node), None)
    return isinstance(call, ast.Call) and call.func is node and not in_lambda(module, node)


def statement_of(module: Module, node: ast.AST) -> Iterator[ast.AST]:
    """What encloses a node in its statement, inside out."""
    for outer in ancestors(module, node):
        if isinstance(outer, ast.stmt):
            return
        yield outer


@lru_cache(maxsize=10_000)
def _is_generator(function: ast.FunctionDef) -> bool:
    return any(isinstance(node, (ast.Yield, ast.YieldFrom)) for node in ast.walk(function))


def asks_at_once(module: Module, call: ast.Call) -> bool:
    """Whether all that a generator or an iterator gives is asked for where the call that makes it stands."""
    outer = next(ancestors(module, call), None)
    if isinstance(outer, ast.Call) and isinstance(outer.func, ast.Name):
        return outer.func.id in ("list", "tuple", "sorted", "sum", "dict", "set", "max", "min", "next")
    if isinstance(outer, ast.comprehension):
        return not isinstance(next(ancestors(module, outer), None), ast.GeneratorExp)
    return isinstance(outer, (ast.For, ast.Starred))


def is_guard(statement: ast.stmt) -> bool:
    """`if __name__ == "__main__":`"""
    return isinstance(statement, ast.If) and "__name__" in ast.unparse(statement.test)
