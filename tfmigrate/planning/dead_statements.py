"""Assignments that serve nothing after scopes and variables have left a body: they go too."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tfmigrate.planning.bodywork import Bodywork
from tfmigrate.planning.once import changes_state
from tfmigrate.planning.split import Level
from tfmigrate.planning.statements import statements

# methods of strings
_ASKING = {"__contains__", "startswith", "endswith"}


def drop_weight_statements(work: Bodywork) -> None:
    """`w = get_variable(...)` goes where every read of `w` can read the attribute instead, and so of a cell."""
    for statement in statements(list(work.body.member.body), work.body.scan.opaque):
        if isinstance(statement, ast.Expr) and work.weight_at(statement.value) is not None:
            work.body.removed.add(statement)
    for name, bindings in work.body.scan.bindings.items():
        if not all(isinstance(b.statement, ast.Assign) and b.value is b.statement.value for b in bindings):
            continue
        slots = [work.weight_at(b.value) for b in bindings]
        if name.startswith("self.") or None in slots or name in work.body.inputs:
            continue
        if all(work.one_slot(name, node) is not None for node in work.body.scan.loads(name)):
            work.body.removed.update(b.statement for b in bindings)
            for binding in bindings:
                _drop_empty_try(work, binding.statement)


def _drop_empty_try(work: Bodywork, statement: ast.stmt) -> None:
    """What explained the errors of a request goes when that has gone."""
    owner = work.body.scan.parents.get(statement)
    if isinstance(owner, ast.Try) and all(inner in work.body.removed for inner in owner.body):
        work.body.removed.add(owner)


def drop_initial_values(work: Bodywork) -> None:
    """`initial = tf.zeros(...)` goes where only variables that start from it read it."""
    creations = (use.creation for slot in work.plan.slots for use in slot.uses if work.is_mine(use.node))
    for creation in creations:
        statement = creation.initial.statement if creation is not None and creation.initial is not None else None
        target = statement.targets[0] if statement is not None else None
        if statement is None or not isinstance(target, ast.Name) or not work.is_mine(statement):
            continue
        if not work.body.remaining(target.id) and target.id not in work.body.live:
            work.body.removed.add(statement)
            _drop_empty_branches(work, statement)


def drop_dead_statements(work: Bodywork) -> None:
    """Assignments that only served what has left the body go with it."""
    changed, kept = True, {*work.body.live, *_handed_to_blocks(work)}
    while changed:
        changed = False
        for name, bindings in work.body.scan.bindings.items():
            steps = {binding.statement for binding in bindings}
            left = [n for n in work.body.remaining(name) if not _steps(work, n, steps)]
            if name.startswith("self.") or left or name in kept or work.body.never_reads(name):
                continue
            for binding in bindings:
                if binding.statement not in work.body.removed and _is_pure(work, binding.statement, name):
                    work.body.removed.add(binding.statement)
                    _drop_empty_branches(work, binding.statement)
                    changed = True


def _handed_to_blocks(work: Bodywork) -> Iterator[str]:
    """The names that the calls read which take the place of blocks."""
    for slot in work.plan.slots:
        for site in slot.sites:
            if isinstance(site, ast.With) and work.is_mine(site):
                child = work.plans[slot.unit]
                yield from (item.name for item in child.call_inputs(work.member_at(slot, site)))


def _drop_empty_branches(work: Bodywork, statement: ast.stmt) -> None:
    """An `if` goes with all that stood under it, where its test does nothing else."""
    owner = work.body.scan.parents.get(statement)
    if not isinstance(owner, ast.If) or not all(_only_asks(node) for node in ast.walk(owner.test)):
        return
    if all(inner in work.body.removed for inner in (*owner.body, *owner.orelse)):
        work.body.removed.add(owner)
        _drop_empty_branches(work, owner)


def _only_asks(node: ast.AST) -> bool:
    """Whether a part of a test does nothing: no call, but of what asks for a part of a text."""
    if not isinstance(node, ast.Call):
        return not isinstance(node, ast.NamedExpr)
    plain = all(isinstance(argument, ast.Constant) for argument in node.args) and not node.keywords
    return plain and isinstance(node.func, ast.Attribute) and node.func.attr in _ASKING


def _steps(work: Bodywork, load: ast.expr, steps: set[ast.stmt]) -> bool:
    """Whether a name is read only to give it its next value."""
    return load in work.body.scan.parents and work.body.scan.statement(load) in steps


def _is_pure(work: Bodywork, statement: ast.stmt, name: str) -> bool:
    if work.body.is_gone(statement) or _lasts(work, statement, name):
        return False
    if isinstance(statement, ast.AugAssign):
        return work.body.splitter.need(statement.value).level is not Level.CALL
    if not isinstance(statement, ast.Assign):
        return False
    targets = {n.id for t in statement.targets for n in ast.walk(t) if isinstance(n, ast.Name)}
    attributes = any(isinstance(n, (ast.Attribute, ast.Subscript)) for t in statement.targets for n in ast.walk(t))
    others = targets - {name}
    if attributes or any(work.body.remaining(t) for t in others):
        return False
    splitter = work.body.splitter
    return splitter.inference.reads_shape(statement.value) or splitter.need(statement.value).level is not Level.CALL


def _lasts(work: Bodywork, statement: ast.stmt, name: str) -> bool:
    """Whether what a statement does can be seen elsewhere."""
    function = work.body.member.function
    around = function.globals if function is not None else frozenset()
    return name in around or changes_state(statement, {*work.body.scan.bindings} - around)
