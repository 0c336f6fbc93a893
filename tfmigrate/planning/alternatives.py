"""Branches of which a run takes one: what they make under one name are different variables, never shared ones."""

from __future__ import annotations

from dataclasses import replace

from tfmigrate.planning.units import Instance, Ownership
from tfmigrate.walk.exclusive import exclusive
from tfmigrate.walk.regions import Creation, Query, Region, Variable, around
from tfmigrate.walk.requesting import describe
from tfmigrate.walk.roots import Walk


def separate(walk: Walk, owners: Ownership) -> None:
    """Give every instance variables of its own where no run of the program makes more than one of these instances.

    The walk took all branches one after the other, and so met the variables of the first again in the second.
    """
    reached: dict[Variable, dict[Instance | None, list[Creation]]] = {}
    for creation in walk.root.creations():
        for variable in creation.variables:
            instance = _instance_of(creation.region, owners)
            reached.setdefault(variable, {}).setdefault(instance, []).append(creation)
    shared = {variable: groups for variable, groups in reached.items() if len(groups) > 1 and None not in groups}
    if not shared:
        return
    queries = [event for event in walk.root.walk() if isinstance(event, Query)]
    # the losses of all of a network's variables are those of the layers, whichever these are
    listed = {v for query in queries if not query.everything and query.kind != "losses" for v in query.variables}
    for variable, groups in shared.items():
        if variable not in listed and _never_together(list(groups.values())):
            for creations in list(groups.values())[1:]:
                _replace(variable, creations, walk, queries)


def _instance_of(region: Region | None, owners: Ownership) -> Instance | None:
    return next((owners.instance_of[r] for r in around(region) if r in owners.instance_of), None)


def _replace(variable: Variable, creations: list[Creation], walk: Walk, queries: list[Query]) -> None:
    own = replace(variable, region=creations[0].region)
    if creations[0].row is None:
        describe(own, creations[0].args)
    walk.scoping.all_variables.append(own)
    walk.scoping.separated[own] = variable
    for creation in creations:
        creation.variables = [own if v is variable else v for v in creation.variables]
    for query in queries:
        if variable in query.variables:
            query.variables.append(own)


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
