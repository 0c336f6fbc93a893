"""Calls of the program's own functions in branches of its code that no run takes: what they would make there.

def dense(x, n, sn=False):                          # no call says sn=True
    with tf.variable_scope("dense"):
        if sn:
            w = tf.get_variable("kernel", [x.shape[-1], n])
            return tf.matmul(x, spectral_norm(w))
        return tf.layers.dense(x, n)
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from tfmigrate.planning.untaken import CODE, aside, blocks_of
from tfmigrate.program.link import Module
from tfmigrate.program.scan import CHANGING
from tfmigrate.program.standing import ancestors
from tfmigrate.walk.exclusive import parted
from tfmigrate.walk.execute import Executor
from tfmigrate.walk.functions import TooLarge
from tfmigrate.walk.regions import Creation, Path, Query, Region, show_path
from tfmigrate.walk.roots import Walk
from tfmigrate.walk.statements import Flow
from tfmigrate.walk.values import Env

Event = Region | Creation | Query

# what a branch may hold for its calls to be worked out
_PLAIN = (ast.Assign, ast.AugAssign, ast.AnnAssign, ast.Expr, ast.Return, ast.Raise, ast.Pass, ast.If)

# a branch that calls more than this is none of a layer's: what it would make is not asked for
_FEW_CALLS = 100


def note_untaken_calls(walks: Sequence[Walk], executor: Executor) -> None:
    """Have the regions that make variables know the calls in branches that none of them took."""
    if all(walk.scoping.looked_aside for walk in walks):
        return
    by_code: dict[ast.AST, list[Region]] = {}
    for walk in walks:
        walk.scoping.looked_aside = True
        for region in walk.regions():
            code = region.code if region.parent is not None and region.scope is not None else None
            if code is not None and region.makes_variables():
                by_code.setdefault(code, []).append(region)
    everything = {variable.path for walk in walks for variable in walk.scoping.all_variables}
    for code, regions in by_code.items():
        module = regions[0].module
        reached: set[ast.AST | None] = {
            e.node for region in regions for block in blocks_of(region) for e in block.events
        }
        for choice, arm in _arms(code, module, reached, executor.seeds or frozenset()):
            _note(choice, arm, regions, executor, everything)


def _arms(
    code: ast.AST, module: Module, reached: set[ast.AST | None], seeds: frozenset[str]
) -> Iterator[tuple[ast.If, list[ast.stmt]]]:
    """The outermost branches in a function or block that no walk came by and that may call something of interest."""
    done: set[ast.AST] = set()
    for choice in (node for node in ast.walk(code) if isinstance(node, ast.If)):
        outside = list(ancestors(module, choice))
        inner = outside[: next((i for i, node in enumerate(outside) if isinstance(node, CODE)), len(outside))]
        mine = len(inner) < len(outside) and outside[len(inner)] is code
        if not mine or not all(isinstance(node, ast.If) for node in inner) or not done.isdisjoint([choice, *outside]):
            continue
        for arm in (choice.body, choice.orelse):
            nodes = [node for statement in arm for node in ast.walk(statement)]
            plain = all(isinstance(node, _PLAIN) for node in nodes if isinstance(node, ast.stmt))
            stores = (n for n in nodes if isinstance(getattr(n, "ctx", None), ast.Store))
            local = all(isinstance(node, (ast.Name, ast.Tuple, ast.List)) for node in stores)
            calls = [node for node in nodes if isinstance(node, ast.Call)]
            wanted = any(_last_name(call) in seeds for call in calls)
            changes = any(_last_name(call) in CHANGING for call in calls)
            if plain and local and wanted and not changes and reached.isdisjoint(calls):
                done.update(arm)
                yield choice, arm


def _last_name(call: ast.Call) -> str:
    return getattr(call.func, "attr", getattr(call.func, "id", ""))


def _note(
    choice: ast.If, arm: list[ast.stmt], regions: list[Region], executor: Executor, everything: set[Path | None]
) -> None:
    """everything: the names of all variables that the program makes."""
    found: list[tuple[Region, Region]] = []
    known: list[Event] = [event for region in regions for event in (*region.events, *region.untaken)]
    elsewhere = everything - {path for event in known for path in _paths(event)}
    for region in {show_path(region.path): region for region in reversed(regions)}.values():
        made = _run(choice, arm, region, executor)
        if made is None or not all(_fits(event, region, [*made, *known]) for event in made):
            return
        if any(not elsewhere.isdisjoint(_paths(event)) for event in made):
            return  # it would share with code that is not here
        found += [(region, event) for event in made]
    for region, event in found:
        if all(other.node is not event.node for other in region.untaken):
            region.untaken.append(event)


def _run(choice: ast.If, arm: list[ast.stmt], region: Region, executor: Executor) -> list[Region] | None:
    """The calls in a branch that would make variables in a region; None if that cannot be said."""
    with aside(region, executor) as scoping:
        executor.limit = _FEW_CALLS
        region.frame.conditions.append(choice)
        try:
            _run_block(arm, region.frame.env, executor)
        except TooLarge:
            return None
    assert scoping.region is not None
    if scoping.blames:
        return None
    events = [e for e in scoping.region.events if isinstance(e, Region) and e.makes_variables()]
    for event in events:
        event.parent, event.graph = region, region.graph
        for inner in event.walk():
            if isinstance(inner, (Region, Creation)):
                inner.graph = region.graph
            if isinstance(inner, Creation):
                inner.untaken = True
    return events


def _run_block(statements: list[ast.stmt], env: Env, executor: Executor) -> None:
    """Run a branch, both sides of all choices in it."""
    for statement in statements:
        if isinstance(statement, ast.If):
            names = dict(env.names)
            _run_block(statement.orelse, env, executor)
            env.names.clear()
            env.names.update(names)
            _run_block(statement.body, env, executor)
        elif executor.block([statement], env) is not Flow.NEXT:
            return


def _fits(event: Region, region: Region, events: list[Event]) -> bool:
    """Whether a call is one that a layer can make: by name, and of nothing that others make who do not exclude it."""
    if event.frame.pick is not None or not isinstance(event.node, ast.Call) or event.frame.star:
        return False
    depth = len(region.path) + 1
    if any(creation.automatic and len(creation.path) == depth for creation in _all(event)):
        return False  # others decide its number
    opened = (e.node for e in event.walk() if isinstance(e, Region) and e.is_block and len(e.path) == depth)
    if any(isinstance(block, ast.With) and _is_unnamed(block) for block in opened):
        return False
    return all(parted(region.module, other, event.node) for other in _others(event, events))


def _others(event: Region, events: list[Event]) -> Iterator[ast.AST]:
    """What else in the code asks for the same variables."""
    own = _paths(event)
    for other in (other for other in events if other is not event):
        if isinstance(other.node, ast.AST) and not own.isdisjoint(_paths(other)):
            yield other.node


def _paths(event: Event) -> set[Path | None]:
    """The names of the variables that something asks for."""
    return {variable.path for creation in _all(event) for variable in creation.variables}


def _all(event: Event) -> Iterator[Creation]:
    inside = event.walk() if isinstance(event, Region) else [event]
    return (each for each in inside if isinstance(each, Creation))


def _is_unnamed(block: ast.With) -> bool:
    """Whether a block takes a number where its name is taken."""
    heads = [item.context_expr for item in block.items]
    return any(
        isinstance(head, ast.Call) and (len(head.args) > 1 or any(k.arg == "default_name" for k in head.keywords))
        for head in heads
    )
