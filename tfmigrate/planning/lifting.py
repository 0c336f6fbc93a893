"""Sharing between functions: the instance is made where both are called from, and handed down as an argument."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field

from tfmigrate.planning.classification import Classification
from tfmigrate.planning.layering import Refusal
from tfmigrate.planning.ownership import Ownership
from tfmigrate.planning.units import Holder, Instance, Shape, Unit
from tfmigrate.program.aliases import means_the_same
from tfmigrate.program.link import Function, Module, Program
from tfmigrate.program.render import render
from tfmigrate.walk.exclusive import exclusive
from tfmigrate.walk.regions import Path, Query, Region, root_of


@dataclass(eq=False)
class Thread:
    """How one instance reaches the functions that call it.

    takers: functions that get it as their first argument. edges: the calls that pass it on, with their region.
    """

    instance: Instance
    takers: dict[Function, set[Region]] = field(default_factory=dict)
    edges: dict[ast.Call, Region] = field(default_factory=dict)


def lift(classes: Classification, owners: Ownership, program: Program) -> list[Thread]:
    """Give every instance that several plain functions reach one common holder, where there is one.

    A function that lists the variables of a layer which another one would hold reaches it, too.
    """
    listing = _listing(classes, owners)
    groups: dict[tuple[int, int, int, Unit, Path], list[Instance]] = {}
    for holder in list(owners.holders.values()):
        for instance in holder.children:
            if not instance.unit.primary.is_object:
                root = _chain(instance.regions[0])[-1]
                graph = id(instance.regions[0].graph)
                groups.setdefault((id(root), graph, _object(instance), instance.unit, instance.path), []).append(
                    instance
                )
    parts = [part for group in groups.values() for part in _together(group)]
    shared = [part for part in parts if len(part) > 1 or part[0] in listing]
    found = [(group, _thread(group, listing, classes, owners)) for group in shared]
    found = [(group, thread) for group, thread in found if thread is not None and _is_whole(thread, found, classes)]
    known = {call.func for _, thread in found if thread is not None for call in thread.edges}
    found = [(group, thread) for group, thread in found if thread and _is_seen(thread, known, classes, program)]
    for group, thread in found:
        _merge(group, thread.instance, owners)  # type: ignore[union-attr]
    return [thread for _, thread in found if thread is not None]


def _listing(classes: Classification, owners: Ownership) -> dict[Instance, list[Region]]:
    """The plain code that lists variables of layers which other code, run from there, holds."""
    found: dict[Instance, list[Region]] = {}
    for walk in classes.walks:
        for query in walk.root.walk():
            if not isinstance(query, Query) or query.everything:
                continue
            home = query.region.call
            made = {variable.region for variable in query.variables if variable.region is not None}
            for instance in {_outermost(region, owners) for region in made} - {None}:
                assert instance is not None
                holders = [classes.home(region) for region in instance.regions]
                if all(holder.frame.obj is None and _may_take(home, holder, query, classes) for holder in holders):
                    found.setdefault(instance, []).append(home)
    return found


def _may_take(home: Region, holder: Region, query: Query, classes: Classification) -> bool:
    """Whether code that lists variables runs the code that holds their layer, or may be given it as an argument."""
    if home in _chain(holder):
        return True
    function, known = home.function, query.complete and bool(query.variables)
    if home is holder or function is None or function is holder.function or not known or home.frame.obj is not None:
        return False
    return classes.member_of(home) is None and function.cls is None and root_of(home) is root_of(holder)


def _outermost(region: Region, owners: Ownership) -> Instance | None:
    around = (owners.instance_of.get(outer) for outer in (region, *_chain(region)))
    return next((instance for instance in reversed(list(around)) if instance is not None), None)


def _together(group: list[Instance]) -> list[list[Instance]]:
    """The instances of a group, apart where no run of the program makes both."""
    parts: list[list[Instance]] = []
    for instance in group:
        near = [part for part in parts if any(not _never_both(instance, other) for other in part)]
        parts = [part for part in parts if part not in near]
        parts.append([*(other for part in near for other in part), instance])
    return parts


def _is_whole(thread: Thread, found: list[tuple[list[Instance], Thread | None]], classes: Classification) -> bool:
    """Whether every call of a function that takes the layer hands it on, in this program or in another one."""
    alike = [
        t
        for _, t in found
        if t is not None and (t.instance.unit, t.instance.path) == (thread.instance.unit, thread.instance.path)
    ]
    for function in thread.takers:
        covered = set().union(*(t.takers.get(function, set()) for t in alike))
        if set(classes.calls.get(function, [])) != covered:
            return False
    return True


def _is_seen(thread: Thread, known: set[ast.expr], classes: Classification, program: Program) -> bool:
    """Whether no function that only lists variables is called by code that no walk with variables came by.

    known: what is called where layers are handed on.
    """
    for function in thread.takers:
        if not classes.makers.isdisjoint(classes.calls.get(function, ())):
            continue
        for module in program.modules.values():
            if module is function.module or function.module in program.imports(module):
                if any(_name(node) == function.name and node not in known for node in module.nodes):
                    return False
    return True


def _name(node: ast.AST) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def _never_both(one: Instance, other: Instance) -> bool:
    """Whether no run of the program calls both instances."""
    return all(exclusive(a, b) for a in one.regions for b in other.regions)


def _object(instance: Instance) -> int:
    """A method that opens no scope has a layer for each object."""
    primary = instance.unit.primary
    return id(instance.regions[0].frame.obj) if primary.shape is Shape.METHOD and primary.scope is None else 0


def _chain(region: Region) -> list[Region]:
    """The regions around a region, inside out."""
    chain = []
    outer = region.parent
    while outer is not None:
        chain.append(outer)
        outer = outer.parent
    return chain


def _thread(
    group: list[Instance], listing: dict[Instance, list[Region]], classes: Classification, owners: Ownership
) -> Thread | None:
    homes = [classes.home(region) for instance in group for region in instance.regions]
    homes += [home for instance in group for home in listing.get(instance, ())]
    common = _common(homes)
    if common is None:
        return None
    thread = Thread(Instance(group[0].unit, group[0].path, owners.holder(common)))
    for home in homes:
        if not _reach(home, common, thread, classes):
            return None
    return thread


def _common(homes: list[Region]) -> Region | None:
    """The innermost plain call that all the homes run in."""
    for candidate in (homes[0], *_chain(homes[0])):
        if candidate.is_block or (
            candidate.parent is None and candidate.node is None and not candidate.names and candidate.function is None
        ):
            continue
        if all(candidate is home or candidate in _chain(home) for home in homes):
            return candidate
    return None


def _reach(home: Region, common: Region, thread: Thread, classes: Classification) -> bool:
    """Note the functions between the holder and a home; False if one of them cannot take an argument more."""
    region = home
    while region is not common:
        function = region.function
        outer = region.parent
        assert outer is not None
        caller = classes.home(region)
        if function is None or classes.member_of(region) is not None:
            return False
        if function.parent is not None and function.parent is common.function:
            return True  # an inner function sees the holder's names
        if (
            not isinstance(region.node, ast.Call)
            or function.node.args.vararg is not None
            or function.node.decorator_list
        ):
            return False
        if any(isinstance(a, ast.Starred) for a in region.node.args) or any(
            k.arg is None for k in region.node.keywords
        ):
            return False
        thread.takers.setdefault(function, set()).add(region)
        thread.edges[region.node] = caller
        region = caller
    return True


def _merge(group: list[Instance], merged: Instance, owners: Ownership) -> None:
    merged_regions = [region for instance in group for region in instance.regions]
    for instance in group:
        assert isinstance(instance.owner, Holder)
        instance.owner.children.remove(instance)
        instance.unit.instances.remove(instance)
        for child in instance.children:
            _adopt(merged, child)
    merged.regions = merged_regions
    for region in merged_regions:
        owners.instance_of[region] = merged
    merged.unit.instances.append(merged)
    assert isinstance(merged.owner, Holder)
    merged.owner.children.append(merged)
    _renew(merged, owners)


def _adopt(parent: Instance, child: Instance) -> None:
    """Children of the same unit and path become one, too."""
    for known in parent.children:
        if known.unit is child.unit and known.path == child.path:
            known.regions.extend(child.regions)
            child.unit.instances.remove(child)
            for grandchild in child.children:
                _adopt(known, grandchild)
            return
    child.owner = parent
    parent.children.append(child)


def _renew(instance: Instance, owners: Ownership) -> None:
    for child in instance.children:
        for region in child.regions:
            owners.instance_of[region] = child
        _renew(child, owners)


def _is_shared(name: ast.Name, module: Module, region: Region) -> bool:
    """Whether a name of a file means the same in the code of another one."""
    own = region.function
    if own is not None and name.id in (*own.params, *own.assigned):
        return False
    return means_the_same(name, module, region.module)


def carried(expression: ast.expr, home: Region, thread: Thread, classes: Classification) -> str:
    """An argument of the constructor as the holder's code has to write it. Raises Refusal."""
    holder = thread.instance.owner
    assert isinstance(holder, Holder)
    if home is holder.region or (home.function is not None and home.function.parent is holder.region.function):
        return render(home.module, expression, lambda _: None)
    function = home.function
    assert function is not None
    bound = {n.id for n in function.nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}

    def substitute(part: ast.expr) -> str | None:
        if not isinstance(part, ast.Name):
            return None
        if part.id in bound:
            raise Refusal(
                "TFM303", part, home.module, f"the shared layer would have to be made before {part.id} is known"
            )
        if part.id in function.params:
            given = home.frame.given.get(part.id)
            if given is not None:
                text = carried(given, classes.home(home), thread, classes)
                return text if isinstance(given, (ast.Name, ast.Constant, ast.Attribute, ast.Call)) else f"({text})"
            default = function.default(part.id) if part.id not in home.frame.ahead else None
            if isinstance(default, ast.Constant):
                return render(home.module, default, lambda _: None)
            raise Refusal(
                "TFM303", part, home.module, f"the default of {part.id} is not known where the layer would be made"
            )
        if home.module is not holder.region.module and not _is_shared(part, home.module, holder.region):
            raise Refusal(
                "TFM303", part, home.module, f"{part.id} is not known in the file where the layer would be made"
            )
        return None

    return render(home.module, expression, substitute)
