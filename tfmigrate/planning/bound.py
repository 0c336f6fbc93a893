"""What a layer takes in from the code around it, it reads whenever it is called: it has to be there then.

if deep:                                  The body reads `width` under a condition alone, and the call of a layer
    width = 3                             would read it in any case: net(x, width).
with tf.variable_scope("net"):
    ...
    if deep:
        x *= width
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from tfmigrate.planning.layering import Body, Handed, Input, LayerPlan, Refusal, Role
from tfmigrate.planning.units import Shape
from tfmigrate.program.link import Function
from tfmigrate.program.scan import COMPREHENSIONS, parameter_names, scan_code
from tfmigrate.walk.execute import Executor
from tfmigrate.walk.regions import Region

_LEAVES = (ast.Return, ast.Raise, ast.Break, ast.Continue)
_INNER = (ast.Lambda, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def check_bound(plan: LayerPlan, executor: Executor) -> None:
    """Refuse a layer that takes in what may not be set where it is called. Raises Refusal."""
    for body in plan.bodies.values():
        if not body.member.shape.has_object:
            continue
        for item in body.inputs.values():
            found = [*body.scan.loads(item.name), *body.handed_on.get(item.name, [])]
            reads = [read.block if isinstance(read, Handed) else read for read in found]
            if item.role not in (Role.CTOR, Role.CALL) or not reads or any(_is_sure(body, read) for read in reads):
                continue
            if _is_there(item, body, executor):
                continue
            called = [call.func for call in plan.objects if isinstance(call, ast.Call)]
            if item.role is Role.CTOR and all(read in called for read in reads):
                item.absent = True  # kept for the branch that calls it
            else:
                text = f"{item.name} is read here under a condition, and may not be set where the layer is called"
                raise Refusal("TFM404", reads[0], body.module, text)


def _is_sure(body: Body, read: ast.expr | ast.With) -> bool:
    """Whether whoever runs the body comes by a read of it."""
    inside: ast.AST = read
    for outer in body.scan.ancestors(read):
        if isinstance(outer, (*_INNER, *COMPREHENSIONS)):
            return False
        if isinstance(outer, (ast.If, ast.IfExp, ast.While)) and inside is not outer.test:
            return False
        if isinstance(outer, (ast.For, ast.AsyncFor)) and inside is not outer.iter:
            return False
        if isinstance(outer, ast.BoolOp) and inside is not outer.values[0]:
            return False
        if isinstance(outer, ast.ExceptHandler) or (isinstance(outer, ast.Try) and inside in outer.orelse):
            return False
        inside = outer
    nodes = (node for statement in body.member.body for node in ast.walk(statement))
    return not any(isinstance(node, _LEAVES) and node.lineno < read.lineno for node in nodes)


def _is_there(item: Input, body: Body, executor: Executor) -> bool:
    """Whether what the body reads is set by then in every run that calls the layer."""
    member, function = body.member, body.member.function
    if item.is_attribute:
        return all(_has(region, item.name.removeprefix("self."), executor) for region in member.regions)
    if member.shape is Shape.BLOCK:
        suite = function.node.body if function is not None else member.module.tree.body
        return _in_reach(item.name, function, suite, member.node)
    if function is None or item.name in function.params or function.parent is None:
        return True
    calls = [region.node for region in member.regions]
    return all(_in_reach(item.name, function.parent, function.parent.node.body, call) for call in calls)


def _has(region: Region, name: str, executor: Executor) -> bool:
    """Whether the object surely has the attribute when a method of it is called."""
    if f"self.{name}" in region.names:
        return f"self.{name}" not in region.unsure
    obj = region.frame.obj
    if obj is None or obj.opened or executor.classes.has_foreign_base(obj.cls):
        return True  # who sets it cannot be seen
    return executor.class_attribute(obj.cls, name) is not None


def _in_reach(name: str, function: Function | None, suite: Sequence[ast.stmt], place: ast.AST | None) -> bool:
    """Whether a name of a function, or of those around it, is bound where something stands in it."""
    if function is not None and name in parameter_names(function.node.args):
        return True
    if function is not None and name not in scan_code(function, function.object_name).bindings:
        outer = function.parent  # a name from around
        return outer is None or _in_reach(name, outer, outer.node.body, None)
    near = place is not None and any(_holds(statement, place) for statement in suite)
    return _is_bound(name, suite, place if near else None)


def _is_bound(name: str, suite: Sequence[ast.stmt], place: ast.AST | None) -> bool:
    """Whether these statements bind a name before the run comes to a place; without one, by their end."""
    for statement in suite:
        if place is not None and _holds(statement, place):
            if statement is place or _binds_head(statement, name):
                return statement is not place
            return any(
                _is_bound(name, arm, place) for arm in _arms(statement) if any(_holds(inner, place) for inner in arm)
            )
        if _binds(statement, name):
            return True
    return False


def _binds(statement: ast.stmt, name: str) -> bool:
    if isinstance(statement, ast.If):
        return all(_leaves(arm) or _is_bound(name, arm, None) for arm in (statement.body, statement.orelse))
    if isinstance(statement, (ast.With, ast.AsyncWith)):
        return _binds_head(statement, name) or _is_bound(name, statement.body, None)
    if isinstance(statement, ast.Try):
        arms = [[*statement.body, *statement.orelse], *(handler.body for handler in statement.handlers)]
        return _is_bound(name, statement.finalbody, None) or all(_leaves(a) or _is_bound(name, a, None) for a in arms)
    if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return statement.name == name
    if isinstance(statement, (ast.Import, ast.ImportFrom)):
        return any((alias.asname or alias.name.split(".")[0]) in (name, "*") for alias in statement.names)
    if isinstance(statement, (ast.For, ast.AsyncFor, ast.While)):
        return False
    return any(isinstance(n, ast.Name) and n.id == name and isinstance(n.ctx, ast.Store) for n in ast.walk(statement))


def _binds_head(statement: ast.stmt, name: str) -> bool:
    """Whether a compound statement binds a name before what stands inside runs."""
    targets: list[ast.AST] = []
    if isinstance(statement, (ast.With, ast.AsyncWith)):
        targets = [item.optional_vars for item in statement.items if item.optional_vars is not None]
    elif isinstance(statement, (ast.For, ast.AsyncFor)):
        targets = [statement.target]
    return any(isinstance(n, ast.Name) and n.id == name for target in targets for n in ast.walk(target))


def _arms(statement: ast.stmt) -> Iterator[list[ast.stmt]]:
    for field in ("body", "orelse", "finalbody"):
        yield getattr(statement, field, [])
    for handler in getattr(statement, "handlers", []):
        yield handler.body


def _leaves(arm: Sequence[ast.stmt]) -> bool:
    return bool(arm) and isinstance(arm[-1], _LEAVES)


def _holds(statement: ast.AST, place: ast.AST) -> bool:
    return any(node is place for node in ast.walk(statement))
