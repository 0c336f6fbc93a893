"""Code that picks losses out of a collection by their names, and does nothing else with it."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import Union

from tfmigrate.program.dialect import tensorflow_alias
from tfmigrate.program.link import Function, Module
from tfmigrate.program.scan import Scan, scan_code

# by these operations a function may give what it picked
_SUMS = {"reduce_sum", "add_n", "math.reduce_sum", "math.add_n"}
Code = Union[Function, Module]


@dataclass(frozen=True)
class LossFilter:
    """A comprehension, or a loop that fills a list.

    node: the comprehension, or the `[]` that the loop fills. name: that of the list. loop: the statement that fills it.
    taken: the statement that gave the collection a name.
    """

    node: ast.expr
    source: ast.expr
    name: str = ""
    loop: ast.For | None = None
    taken: ast.Assign | None = None

    @property
    def served(self) -> list[ast.stmt]:
        """The statements that nothing wants once the list comes from elsewhere."""
        return [statement for statement in (self.taken, self.loop) if statement is not None]


def filter_at(code: Code, node: ast.AST) -> LossFilter | None:
    """The filter that a loop or a comprehension is."""
    scan = scan_code(code)
    if isinstance(node, ast.ListComp):
        generator, *more = node.generators
        item = generator.target.id if isinstance(generator.target, ast.Name) else ""
        if not isinstance(node.elt, ast.Name) or node.elt.id != item or more or not generator.ifs:
            return None
        if not all(_asks_name(test, item) for test in generator.ifs):
            return None
        return LossFilter(node, generator.iter, taken=_taken(scan, generator.iter))
    if not isinstance(node, ast.For) or node.orelse or not isinstance(node.target, ast.Name):
        return None
    name = _appended(node, node.target.id)
    inside = set(ast.walk(node))
    later = [load for load in scan.loads(node.target.id) if load not in inside]
    if name is None or any(_may_see(scan, node, node.target.id, load) for load in later):
        return None
    start = _started(scan, name, node)
    return LossFilter(start, node.iter, name, node, _taken(scan, node.iter)) if start is not None else None


def only_filtered(code: Code, node: ast.expr) -> bool:
    """Whether an expression is wanted by filters alone."""
    scan = scan_code(code)
    parent = scan.parents.get(node)
    reads = [node]
    if isinstance(parent, ast.Assign):
        if _taken_by(scan, parent) is None:
            return False
        assert isinstance(parent.targets[0], ast.Name)
        reads = scan.loads(parent.targets[0].id)
    return bool(reads) and all(_is_filtered(code, scan, read) for read in reads)


def given_by(function: Function, found: LossFilter) -> str | None:
    """What a function does with the losses that it picks, if it does no more than to give them: the operation by which
    it adds them up, an empty text where it gives the list; None if it does something else."""
    first, *rest = function.node.body
    documented = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    statements = rest if documented else [first, *rest]
    if function.node.decorator_list or not statements or not isinstance(statements[-1], ast.Return):
        return None
    result, before = statements[-1].value, statements[:-1]
    name = found.name
    own: list[ast.stmt] = [*found.served]
    scan = scan_code(function)
    holder = scan.parents.get(found.node)
    if isinstance(holder, ast.Assign):
        own.append(holder)
        name = holder.targets[0].id if isinstance(holder.targets[0], ast.Name) else ""
    if set(before) != set(own):
        return None
    if isinstance(result, ast.Call):
        library, _, operation = ast.unparse(result.func).partition(".")
        known = library == tensorflow_alias(function.module) and operation in _SUMS
        if not known or len(result.args) != 1 or result.keywords:
            return None
        return operation if _is_list(result.args[0], found.node, name) else None
    return "" if result is not None and _is_list(result, found.node, name) else None


def _is_list(node: ast.expr, made: ast.expr, name: str) -> bool:
    return node is made or (bool(name) and isinstance(node, ast.Name) and node.id == name)


def _is_filtered(code: Code, scan: Scan, read: ast.expr) -> bool:
    parent = scan.parents.get(read)
    if isinstance(parent, ast.comprehension):
        parent = scan.parents[parent]
        return isinstance(parent, ast.ListComp) and filter_at(code, parent) is not None
    return isinstance(parent, ast.For) and parent.iter is read and filter_at(code, parent) is not None


def _taken(scan: Scan, source: ast.expr) -> ast.Assign | None:
    """The statement that gave the source of a filter its name."""
    bindings = scan.bindings.get(source.id, []) if isinstance(source, ast.Name) else []
    statement = bindings[0].statement if len(bindings) == 1 else None
    return _taken_by(scan, statement) if isinstance(statement, ast.Assign) else None


def _taken_by(scan: Scan, statement: ast.Assign) -> ast.Assign | None:
    target = statement.targets[0]
    plain = len(statement.targets) == 1 and isinstance(target, ast.Name)
    return statement if plain and isinstance(target, ast.Name) and len(scan.bindings[target.id]) == 1 else None


def _appended(loop: ast.For, item: str) -> str | None:
    """The list to which a loop appends its items, by their names, and does nothing else."""
    test = loop.body[0]
    if len(loop.body) != 1 or not isinstance(test, ast.If) or test.orelse or len(test.body) != 1:
        return None
    call = test.body[0].value if isinstance(test.body[0], ast.Expr) else None
    if not _asks_name(test.test, item) or not isinstance(call, ast.Call) or len(call.args) != 1 or call.keywords:
        return None
    function, given = call.func, call.args[0]
    if not isinstance(function, ast.Attribute) or function.attr != "append" or not isinstance(function.value, ast.Name):
        return None
    return function.value.id if isinstance(given, ast.Name) and given.id == item else None


def _started(scan: Scan, name: str, loop: ast.For) -> ast.List | None:
    """The empty list that a loop fills, if nothing stands between both but what names the collection."""
    bindings = scan.bindings.get(name, [])
    if len(bindings) != 1 or not isinstance(bindings[0].value, ast.List) or bindings[0].value.elts:
        return None
    start = bindings[0].statement
    if not isinstance(start, ast.Assign) or len(start.targets) != 1 or scan.suite(start) != scan.suite(loop):
        return None
    owner, field = scan.suite(loop)
    suite = list(scan.body) if owner is None else getattr(owner, field)
    between = suite[suite.index(start) + 1 : suite.index(loop)] if start in suite else [loop]
    return bindings[0].value if all(each is _taken(scan, loop.iter) for each in between) else None


def _may_see(scan: Scan, loop: ast.For, name: str, read: ast.expr) -> bool:
    """Whether a name may still be what a loop came by last."""
    sure, binding = scan.reaching(name, read)
    return not sure or (binding is not None and binding.statement is loop)


def _asks_name(test: ast.expr, item: str) -> bool:
    """Whether a test asks for nothing but the name of an item, and does nothing."""
    if not any(isinstance(n, ast.Attribute) and n.attr == "name" for n in ast.walk(test)):
        return False
    allowed = (ast.Compare, ast.BoolOp, ast.UnaryOp, ast.Name, ast.Attribute, ast.Constant, ast.cmpop, ast.boolop)
    names = [n for n in ast.walk(test) if isinstance(n, ast.Name) and n.id == item]
    parents = {child: node for node in ast.walk(test) for child in ast.iter_child_nodes(node)}
    plain = all(isinstance(node, (*allowed, ast.unaryop, ast.expr_context)) for node in ast.walk(test))
    return plain and all(isinstance(parents.get(read), ast.Attribute) for read in names)
