"""What leaves a body when its scopes, variables and arguments go to a layer."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tfmigrate.planning.body_scopes import mark_names
from tfmigrate.planning.bodywork import Bodywork
from tfmigrate.planning.dead_statements import drop_initial_values, drop_weight_statements
from tfmigrate.planning.layering import Handed, Refusal
from tfmigrate.planning.library import at_call
from tfmigrate.planning.name_scopes import may_be_counted, reenters
from tfmigrate.planning.operations import inline_creations
from tfmigrate.planning.requests import received
from tfmigrate.planning.segments import has_segments, scope_name
from tfmigrate.planning.slots import Made, Slot
from tfmigrate.planning.statements import is_reuse_statement, statements
from tfmigrate.program.scan import arguments_of
from tfmigrate.program.spread import spread
from tfmigrate.program.standing import callee
from tfmigrate.program.synthetic import is_synthetic
from tfmigrate.walk.regions import Creation, Query


def mark(work: Bodywork) -> None:
    """Find what leaves the body. Raises Refusal."""
    for statement in statements(list(work.body.member.body), work.body.scan.opaque):
        flagged = any(statement in known for known in work.body.flags.values())
        if is_reuse_statement(statement) or statement in work.sources or flagged:
            work.body.removed.add(statement)
        if statement in work.arg_scopes and isinstance(statement, ast.With):
            work.body.gone.update(item.context_expr for item in statement.items)
    scope = work.body.member.scope
    if scope is not None:
        work.body.gone.update(item.context_expr for item in scope.items)
    for with_block in work.blocks:
        if work.is_mine(with_block):
            work.body.gone.update(i.context_expr for i in with_block.items)
            _keep_name(work, with_block)
    for slot in work.plan.slots:
        for site in slot.sites:
            if work.is_mine(site):
                _mark_site(work, slot, site)
    for region in work.body.member.regions:
        for creation in inline_creations(region, work.blocks):
            if creation.within is not None:
                work.body.gone.add(creation.within)
            for expression in creation.expressions():
                _keep(work, expression, creation)
    work.body.gone.update(_own_lists(work))
    mark_names(work)
    drop_weight_statements(work)
    drop_initial_values(work)


def _keep_name(work: Bodywork, block: ast.With) -> None:
    """What the name of a scope is made of is read for it from now on."""
    call = block.items[0].context_expr
    name = scope_name(call)
    opened = [region.name for region in work.regions_of(block) if not region.by_object]
    if name is None or reenters(name) or may_be_counted(call) or not any(opened):
        return
    for part in ast.walk(name):
        spelling = work.body.splitter.spelling(part) if isinstance(part, ast.expr) else None
        if spelling in work.body.inputs and isinstance(part, ast.expr):
            work.body.handed_on.setdefault(spelling, []).append(part)


def _own_lists(work: Bodywork) -> Iterator[ast.AST]:
    """Lists of the layer's own variables: where they cannot be written anew, it stays as it is."""
    for region in work.body.member.regions:
        made = {v for creation in region.creations() for v in creation.variables}
        for event in region.walk():
            if not isinstance(event, Query) or event.kind == "losses" or not event.complete:
                continue
            if event.source is None and not event.everything and event.variables and work.is_mine(event.node):
                yield from [event.node] if made.issuperset(event.variables) else []


def _mark_site(work: Bodywork, slot: Slot, site: ast.AST) -> None:
    if slot.kind is Made.WEIGHT:
        split = work.split_at(slot, site)
        if split is None:
            work.body.gone.add(site)
            return
        assert isinstance(site, ast.Call)
        work.body.gone.update(e for name, e in split.given(site).items() if name not in split.kept)
        return
    if isinstance(site, ast.With):
        child = work.plans[slot.unit]
        member = next(m for m in child.unit.members if m.node is site)
        for item in child.call_inputs(member):
            work.body.handed_on.setdefault(item.name, []).append(Handed(site))
        if has_segments(member.regions):
            _keep_name(work, site)
        return
    assert isinstance(site, ast.Call)
    if slot.kind is Made.CELL:
        work.body.gone.add(site)
        return
    if slot.kind is Made.LAYER:
        _mark_layer_call(work, slot, site)
        return
    work.body.gone.add(callee(site))
    keep = {name for name, _ in work.wanted_at(slot, site)}
    for name, argument in work.given(slot, site).items():
        if name not in keep:
            work.body.gone.add(argument)
    for name in keep:
        if name.startswith("self."):
            work.body.hand_on(received(name, site), site)
        elif name not in work.given(slot, site):
            work.body.handed_on.setdefault(name, []).append(site)


def _mark_layer_call(work: Bodywork, slot: Slot, site: ast.Call) -> None:
    """Only the inputs stay, and what Keras wants at the call."""
    for use in slot.uses:
        if use.node is not site or use.creation is None or use.creation.row is None:
            continue
        kept = {id(expression) for _, expression in at_call(use.creation)}
        own = arguments_of(site, use.creation.row.params)
        for param, argument in own.items():
            if param != "inputs" and id(argument) not in kept:
                work.body.gone.update(_without(argument, kept))
        normalizer = use.creation.normalizer
        inner = [e for _, e in normalizer.given.values()] if normalizer is not None else []
        for expression in [*use.creation.expressions(), *inner]:
            _check_place(work, expression, use.creation)
        for _, expression in at_call(use.creation):
            _keep(work, expression, use.creation)
        written = spread(work.module, site)
        if written is not None:
            work.body.gone.add(written.read)
            work.body.removed.add(written.statement)
            work.body.explained.add(written.statement)
            if "inputs" in written.items:
                _keep(work, written.items["inputs"], use.creation)


def _keep(work: Bodywork, expression: ast.expr, creation: Creation) -> None:
    """What the call reads from elsewhere (an arg_scope, a dictionary) is read there from now on."""
    if _check_place(work, expression, creation):
        return
    for part in ast.walk(expression):
        name = work.body.splitter.spelling(part) if isinstance(part, ast.expr) else None
        if name is None:
            continue
        at_site = work.body.scan.reaching(name, creation.node)
        if name in work.body.scan.bindings and at_site != work.body.scan.reaching(name, part):
            text = f"{name} may have changed between here and where an argument of this layer reads it"
            raise Refusal("TFM502", creation.node, work.module, text)
        assert isinstance(part, ast.expr)
        work.body.handed_on.setdefault(name, []).append(part)


def _check_place(work: Bodywork, expression: ast.expr, creation: Creation) -> bool:
    """Whether an argument stands in the call itself, or anywhere. Raises Refusal if it stands in other code."""
    if is_synthetic(expression) or _within(work, expression, creation.node):
        return True
    if expression not in work.body.scan.parents:
        text = "an argument of this layer stands in other code than the layer"
        raise Refusal("TFM507", creation.node, work.module, text)
    return False


def _within(work: Bodywork, node: ast.AST, outer: ast.AST) -> bool:
    return node is outer or outer in work.body.scan.ancestors(node)


def _without(argument: ast.expr, kept: set[int]) -> Iterator[ast.expr]:
    """An argument that goes; of a dictionary, all but the entries that stay."""
    if not any(id(part) in kept for part in ast.walk(argument)):
        yield argument
        return
    for child in ast.iter_child_nodes(argument):
        parts = [child.value] if isinstance(child, ast.keyword) else [child]
        for part in parts:
            if isinstance(part, ast.expr) and id(part) not in kept:
                yield from _without(part, kept)
