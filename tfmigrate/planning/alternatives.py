"""Branches of which a run takes one: what they make under one name are different variables, never shared ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tfmigrate.planning.ownership import Ownership
from tfmigrate.planning.slots import Slot
from tfmigrate.planning.units import Holder, Instance
from tfmigrate.walk.exclusive import exclusive
from tfmigrate.walk.records import NameRead
from tfmigrate.walk.regions import Creation, Query, Variable, around, root_of
from tfmigrate.walk.requesting import describe
from tfmigrate.walk.roots import Walk


def separate(walk: Walk, owners: Ownership) -> None:
    """Give every instance, and all code that holds layers, variables of its own where no run makes those of another.

    The walk took all branches one after the other, and so met the variables of the first again in the second.
    """
    reached: dict[Variable, dict[Instance | Holder | None, list[Creation]]] = {}
    for creation in walk.root.creations():
        for variable in creation.variables:
            maker = _maker_of(creation, owners)
            reached.setdefault(variable, {}).setdefault(maker, []).append(creation)
    shared = {variable: groups for variable, groups in reached.items() if len(groups) > 1 and None not in groups}
    if not shared:
        return
    queries = [event for event in walk.root.walk() if isinstance(event, Query)]
    for variable, groups in shared.items():
        found = list(groups.values())
        sides = _sides(variable, found, walk, queries) if _never_together(found) else None
        if sides is not None:
            for number, creations in list(enumerate(found))[1:]:
                meant = {q: len(near) == 1 for q, near in sides.items() if number in near}
                _replace(variable, creations, walk, queries, meant)


def separate_slots(slots: Sequence[Slot], walks: Sequence[Walk]) -> None:
    """Give what each branch makes for itself variables of its own; a list of the one is a list of the other as well."""
    made: dict[Variable, Slot] = {}
    owns: dict[tuple[Slot, Variable], Variable] = {}
    for slot in (slot for slot in slots if slot.apart):
        for use in slot.uses:
            creation = use.creation
            assert creation is not None
            if creation.untaken:
                continue
            found: list[Variable] = []
            for variable in creation.variables:
                if made.setdefault(variable, slot) is slot:
                    found.append(variable)
                    continue
                if (slot, variable) not in owns:
                    own = owns[slot, variable] = replace(variable, region=creation.region)
                    if creation.row is None:
                        describe(own, creation.args)
                    walk = next(walk for walk in walks if walk.root is root_of(creation.region))
                    _tell_of(own, variable, walk)
                found.append(owns[slot, variable])
            creation.variables = found


def _tell_of(own: Variable, variable: Variable, walk: Walk) -> None:
    """Whatever may have chosen the one variable may have chosen the other."""
    walk.scoping.all_variables.append(own)
    walk.scoping.separated[own] = variable
    for query in [event for event in walk.root.walk() if isinstance(event, Query)]:
        for listed in (query.variables, query.source):
            if listed is not None and variable in listed:
                listed.append(own)
    for saving in walk.scoping.savings:
        if saving.variables is not None and variable in saving.variables:
            saving.variables.append(own)


def _sides(
    variable: Variable, groups: list[list[Creation]], walk: Walk, queries: list[Query]
) -> dict[Query | NameRead, list[int]] | None:
    """Which of the groups each list may mean that chooses the variable, and each read of its name; None if unknown.

    Where runs of several groups come by, it means whichever there is.
    """
    listing = [q for q in queries if _chooses(q) and variable in {*q.variables, *(q.source or ())}]
    if any(variable in (saving.variables or ()) for saving in walk.scoping.savings if listing):
        return None
    sides: dict[Query | NameRead, list[int]] = {}
    reads: list[Query | NameRead] = [read for read in walk.scoping.name_reads if read.variable is variable]
    for query in [*listing, *reads]:
        near = [i for i, group in enumerate(groups) if not all(exclusive(query, c) for c in group)]
        if not near:
            return None
        sides[query] = near
    return sides


def _chooses(query: Query) -> bool:
    """Whether a list is one of some variables; the losses of all of a network's are those of the layers, whichever."""
    return not query.everything and query.kind != "losses"


def _maker_of(creation: Creation, owners: Ownership) -> Instance | Holder | None:
    """What makes the variables when it has migrated: an instance, or the holder of a layer of the library."""
    instance = next((owners.instance_of[r] for r in around(creation.region) if r in owners.instance_of), None)
    if instance is not None or not creation.makes_layer or creation.untaken:
        return instance
    return owners.holder(owners.classes.code_around(creation.region))


def _replace(
    variable: Variable,
    creations: list[Creation],
    walk: Walk,
    queries: list[Query],
    meant: dict[Query | NameRead, bool],
) -> None:
    """meant: the lists that choose the variable of these requests, and the reads of its name; whether no other one."""
    own = replace(variable, region=creations[0].region)
    if creations[0].row is None:
        describe(own, creations[0].args)
    walk.scoping.all_variables.append(own)
    walk.scoping.separated[own] = variable
    for creation in creations:
        creation.variables = [own if v is variable else v for v in creation.variables]
    for query in queries:
        if not _chooses(query) and variable in query.variables:
            query.variables.append(own)
    for other, alone in meant.items():
        if isinstance(other, NameRead) and alone:
            other.variable = own
            continue
        if isinstance(other, NameRead):
            walk.scoping.name_reads.append(replace(other, variable=own))
            continue
        put = [own] if alone else [variable, own]
        other.variables = [each for v in other.variables for each in (put if v is variable else [v])]
        if other.source is not None:
            other.source = [each for v in other.source for each in (put if v is variable else [v])]


def _never_together(groups: list[list[Creation]]) -> bool:
    return all(
        exclusive(one, other)
        for i, group in enumerate(groups)
        for later in groups[i + 1 :]
        for one in group
        for other in later
    )


def in_branches(instance: Instance) -> bool:
    """Whether some of the calls that reach an instance exclude each other."""
    first, *others = instance.regions
    return any(exclusive(first, other) for other in others)
