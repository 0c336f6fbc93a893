"""What a name may have been given last where a body reads it, behind branches and loops."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass

from tfmigrate.program.rounds import runs_through
from tfmigrate.program.scan import Scan
from tfmigrate.program.synthetic import synthetic

_RANGES = ("range", "xrange")
# what a test may be made of that is worked out once more
_PLAIN = (
    ast.Name, ast.Attribute, ast.Constant, ast.BoolOp, ast.Compare, ast.UnaryOp,
    ast.boolop, ast.cmpop, ast.unaryop, ast.expr_context,
)  # fmt: skip
Values = list[ast.expr | None]


def last_values(scan: Scan, name: str, at: ast.AST) -> Values:
    """The values that may reach a node; None among them stands for one that cannot be told, or comes from outside."""
    here = scan.statement(at)
    while True:
        owner, suite = scan.suite(here)
        row = scan.body if owner is None else getattr(owner, suite)
        if here not in row:
            return [None]
        found = _given(scan, name, row[: row.index(here)])
        if found is not None and _OPEN not in found:
            return found
        if isinstance(owner, (ast.With, ast.If)):
            if found is not None:
                return [None]
            here = owner
        else:
            return [None]


@dataclass(frozen=True)
class Way:
    """What a name is where a test holds, and where it does not."""

    test: ast.expr
    taken: ast.expr
    left: ast.expr


def choice_of(scan: Scan, name: ast.Name) -> Way | None:
    """The one `if` right before a node's statement in which a name may get another value; its test only reads names."""
    branch = _given_before(scan, name)
    if not isinstance(branch, ast.If) or not all(isinstance(part, _PLAIN) for part in ast.walk(branch.test)):
        return None
    for read in (part for part in ast.walk(branch.test) if isinstance(part, ast.Name)):
        if any(b.statement.lineno >= branch.lineno for b in scan.bindings.get(read.id, ())):
            return None
    taken, left = (_behind(scan, name.id, way, branch) for way in (branch.body, branch.orelse))
    return Way(branch.test, taken, left) if taken is not None and left is not None else None


@dataclass(frozen=True)
class Looped:
    """What a name may be behind a round of a loop, and what it is in front of it."""

    loop: ast.For
    values: Values
    before: ast.expr

    @property
    def has_rounds(self) -> bool:
        return _has_rounds(self.loop.iter)

    def iterated(self, target: str) -> ast.expr | None:
        """What a name takes in turn: `sizes` of `for i, size in enumerate(sizes)`."""
        over, names = self.loop.iter, self.loop.target
        if isinstance(over, ast.Call):
            if getattr(over.func, "id", "") != "enumerate" or len(over.args) != 1 or over.keywords:
                return None
            over, names = over.args[0], names.elts[-1] if isinstance(names, ast.Tuple) else names
        plain = (ast.Name, ast.Attribute, ast.List, ast.Tuple)
        return over if isinstance(names, ast.Name) and names.id == target and isinstance(over, plain) else None


def loop_before(scan: Scan, name: ast.Name) -> Looped | None:
    """The loop right before a node's statement in each of whose rounds a name surely gets a value."""
    loop = _given_before(scan, name)
    if not isinstance(loop, ast.For) or not runs_through(loop) or loop.orelse:
        return None
    values = _given(scan, name.id, loop.body)
    certain, binding = scan.reaching(name.id, loop.iter)
    if values is None or _OPEN in values or not certain or binding is None:
        return None
    first = binding.value or unpacked(binding.statement, name.id)
    return Looped(loop, values, first) if first is not None else None


def _given_before(scan: Scan, name: ast.Name) -> ast.stmt | None:
    """The last statement in front of a node's own that may give the name a value, where no loop is around them."""
    here = scan.statement(name)
    owner, suite = scan.suite(here)
    row = scan.body if owner is None else getattr(owner, suite)
    before = [s for s in row[: row.index(here)] if _given_by(scan, name.id, s) is not None] if here in row else []
    in_loop = any(isinstance(outer, (ast.For, ast.AsyncFor, ast.While)) for outer in scan.ancestors(here))
    return before[-1] if before and not in_loop else None


def _behind(scan: Scan, name: str, row: Sequence[ast.stmt], branch: ast.If) -> ast.expr | None:
    """What a name is behind one way of a branch."""
    if _leaves(row):
        return None
    inside = {part for statement in row for part in ast.walk(statement)}
    bound = [b for b in scan.bindings.get(name, ()) if b.statement in inside]
    if bound:
        last = bound[-1]
        direct = last.statement in row and all(b.statement in row for b in bound)
        return (last.value or unpacked(last.statement, name)) if direct else None
    certain, binding = scan.reaching(name, branch.test)
    if certain and binding is not None:
        return binding.value
    # the input itself, as the other way reads it
    loads = (n for n in ast.walk(branch) if isinstance(n, ast.Name) and n.id == name and isinstance(n.ctx, ast.Load))
    return next((load for load in loads if certain and scan.reaching(name, load) == (True, None)), None)


def unpacked(statement: ast.stmt, name: str) -> ast.expr | None:
    """What a name gets of several results: `f(x)[0]` of `name, _ = f(x)`."""
    targets = statement.targets if isinstance(statement, ast.Assign) else []
    target = targets[0] if len(targets) == 1 else None
    if not isinstance(statement, ast.Assign) or not isinstance(target, (ast.Tuple, ast.List)):
        return None
    places = [i for i, part in enumerate(target.elts) if isinstance(part, ast.Name) and part.id == name]
    if len(places) != 1 or any(isinstance(part, ast.Starred) for part in target.elts):
        return None
    if isinstance(statement.value, (ast.Tuple, ast.List)):
        return None
    return synthetic(ast.Subscript(statement.value, ast.Constant(places[0]), ast.Load()))


_OPEN = ast.Constant("what it was before")


def _given(scan: Scan, name: str, row: Sequence[ast.stmt]) -> Values | None:
    """What a row of statements may leave a name, `_OPEN` where it may leave it alone; None where it surely does."""
    rest: Values = []
    for statement in reversed(row):
        found = _given_by(scan, name, statement)
        if found is None:
            continue
        rest += [value for value in found if value is not _OPEN]
        if _OPEN not in found:
            return rest
    return [*rest, _OPEN] if rest else None


def _given_by(scan: Scan, name: str, statement: ast.stmt) -> Values | None:
    inside = {statement, *ast.walk(statement)}
    here = [binding for binding in scan.bindings.get(name, ()) if binding.statement in inside]
    if not here:
        return None
    if here[0].statement is statement:
        return [(here[0].value or unpacked(statement, name)) if len(here) == 1 else None]
    if isinstance(statement, ast.With):
        return _given(scan, name, statement.body)
    if isinstance(statement, ast.If):
        ways = [way for way in (statement.body, statement.orelse) if not _leaves(way)]
        return [value for way in ways for value in _given(scan, name, way) or [_OPEN]]
    if isinstance(statement, ast.For) and runs_through(statement) and _has_rounds(statement.iter):
        found = _given(scan, name, statement.body)
        return found if found is not None and _OPEN not in found else [None]
    return [None]


def _leaves(row: Sequence[ast.stmt]) -> bool:
    return bool(row) and isinstance(row[-1], (ast.Return, ast.Raise))


def _has_rounds(iterated: ast.expr) -> bool:
    """Whether a loop over this surely has a round."""
    if isinstance(iterated, (ast.List, ast.Tuple)):
        return any(not isinstance(item, ast.Starred) for item in iterated.elts)
    if isinstance(iterated, ast.Call) and getattr(iterated.func, "id", "") == "enumerate" and len(iterated.args) == 1:
        return _has_rounds(iterated.args[0])
    if not isinstance(iterated, ast.Call) or getattr(iterated.func, "id", "") not in _RANGES or len(iterated.args) != 1:
        return False
    stop = iterated.args[0]
    return isinstance(stop, ast.Constant) and isinstance(stop.value, int) and stop.value > 0
