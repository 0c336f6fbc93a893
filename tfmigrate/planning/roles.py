"""What becomes of each input of a layer's body: an argument of the constructor, or one of the call."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from functools import partial

from tfmigrate.planning.agreeing import changes_between, is_one_value
from tfmigrate.planning.by_branch import parts_alone
from tfmigrate.planning.derived import set_before, worked_out_alike
from tfmigrate.planning.layering import Body, Input, LayerPlan, Refusal, Role
from tfmigrate.planning.numpys import check_numpys
from tfmigrate.planning.units import Instance, Shape
from tfmigrate.walk.objects import Template
from tfmigrate.walk.regions import Region, rounds
from tfmigrate.walk.values import DictValue, FunctionValue, ListValue, is_python, is_tensor


def assign_roles(plan: LayerPlan) -> None:
    """Decide for every input whether it goes to the constructor or to the call. Raises Refusal."""
    body = plan.primary
    wanted: set[str] = set()
    shapes: set[str] = set()
    for need in plan.needs.values():
        wanted |= need.inputs
        shapes |= need.shapes
    for item in body.inputs.values():
        item.role = _role(plan, body, item, wanted, shapes)
    for other in plan.bodies.values():
        for item in other.inputs.values() if other is not body else ():
            item.role = _secondary_role(plan, other, item)
    for each in plan.bodies.values():
        for item in each.inputs.values():
            if item.role is Role.CALL:
                check_numpys(each, item)


def _role(plan: LayerPlan, body: Body, item: Input, wanted: set[str], shapes: set[str]) -> Role:
    if item.name == plan.name_input:
        return Role.NAME
    if item.identifier == "name" and body.never_reads(item.name):
        return Role.DROPPED
    used = body.remaining(item.name)
    if item.name in wanted:
        _check_agreement(plan, body, item)
        return Role.CTOR
    if item.name in shapes:
        return Role.CALL
    if not used and (item.around or body.scan.loads(item.name) or body.reads(item.name)):
        return Role.DROPPED
    if body.member.shape is Shape.CALLABLE and not item.is_attribute:
        return Role.CALL  # the object is made before anybody calls it
    values = [body.value(item.name, region) for instance in plan.unit.instances for region in instance.regions]
    if any(is_tensor(value) for value in values):
        return Role.CALL
    if any(_is_given_at_call(item, region) for instance in plan.unit.instances for region in instance.regions):
        return Role.CALL
    if item.identifier == "name":
        return Role.CALL
    if all(is_python(value) for value in values) and _agrees(body, item, _calls(plan, body)):
        return Role.CTOR
    if _is_called_alone(plan, body, item) and all(_is_one_object(body, item, r) for r in _calls(plan, body)):
        return Role.CTOR
    return Role.CALL


def _is_called_alone(plan: LayerPlan, body: Body, item: Input) -> bool:
    """Whether an attribute is an object that is a layer itself, and nothing is done with it but to call it."""
    called = {call.func for call in plan.objects if isinstance(call, ast.Call)}
    return item.is_attribute and bool(called) and set(body.remaining(item.name)) <= called


def _is_one_object(body: Body, item: Input, regions: list[Region]) -> bool:
    """Whether all calls find the same object in an attribute, or none does."""
    values = [body.value(item.name, region) for region in regions]
    return all(value is values[0] for value in values) and (values[0] is None or is_python(values[0]))


def _is_given_at_call(item: Input, region: Region) -> bool:
    """Whether the program gives an argument to a template, which is the layer that was made before."""
    template = region.template
    named = isinstance(template, Template) and isinstance(template.called, FunctionValue)
    return named and item.name in region.frame.given


def _agrees(body: Body, item: Input, groups: Iterable[list[Region]]) -> bool:
    """Whether the calls of each group all give the same."""
    for regions in groups:
        if item.is_attribute and len({id(r.frame.obj) for r in regions}) == 1:
            if _keeps(body, regions, item.name.removeprefix("self.")):
                continue
        expressions = [r.frame.given.get(item.name) if body.member.shape is not Shape.BLOCK else None for r in regions]
        frames = {id(r.frame.parent) for r in regions}
        values = [body.value(item.name, r) for r in regions]
        if is_one_value(values, expressions, frames):
            if any(isinstance(v, (ListValue, DictValue)) for v in values) and changes_between(regions, expressions):
                return False
            continue
        if not worked_out_alike(expressions, regions, partial(_keeps_number, body, regions)):
            return False
    return True


def _keeps(body: Body, regions: list[Region], name: str) -> bool:
    """Whether the object has the same under an attribute at all of these calls."""
    if body.fixed(name):
        return True
    return body.settled(name) and all(not _is_in_making(r) or set_before(name, r) for r in regions)


def _keeps_number(body: Body, regions: list[Region], name: str) -> bool:
    """Whether an attribute is the same at all of these calls, and nothing that is filled in between."""
    return not body.filled(name) and _keeps(body, regions, name)


def _is_in_making(region: Region) -> bool:
    """Whether the constructor of the object makes this call of its method."""
    frame = region.frame.parent
    while frame is not None:
        if frame.function is not None and frame.function.name == "__init__" and frame.obj is region.frame.obj:
            return True
        frame = frame.parent
    return False


def _calls(plan: LayerPlan, body: Body) -> Iterator[list[Region]]:
    for instance in plan.unit.instances:
        yield [r for r in instance.regions if r in body.member.regions]


def _sharing(plan: LayerPlan, body: Body) -> Iterator[list[Region]]:
    """The calls that reach one layer and give it what it is made with.

    A layer that another one makes for each round of a loop is one of many: each round has its own. Of calls at one
    place of that layer's code one is enough, since they get what the layer was made with.
    """
    for instance in plan.unit.instances:
        regions = [r for r in instance.regions if r in body.member.regions]
        groups: dict[tuple[bool, ...], dict[ast.AST | None, Region]] = {}
        for region in regions:
            creation = next(region.creations(), None)
            path = creation.path[: len(instance.path)] if creation is not None else ()
            groups.setdefault(rounds(path), {}).setdefault(region.node, region)
        if isinstance(instance.owner, Instance):
            for round_, group in groups.items():
                # of a round of a loop, the branch that it takes decides where the list is made
                calls = [node for node in group if node is not None]
                of_a_round = round_ and all(region.loops for region in group.values())
                alone = of_a_round and parts_alone(instance.regions[0], calls)
                yield from ([region] for region in group.values()) if alone else [list(group.values())]
        else:
            yield regions


def _check_agreement(plan: LayerPlan, body: Body, item: Input) -> None:
    if not _agrees(body, item, _sharing(plan, body)):
        node: ast.AST = body.member.node
        for region in body.member.regions[1:]:
            node = region.node or node
        module = body.member.regions[-1].parent.module if body.member.regions[-1].parent is not None else body.module
        raise Refusal(
            "TFM304", node, module,
            f"the calls that share {body.member.name} disagree on {item.identifier}, which its variables depend on",
        )  # fmt: skip


def _secondary_role(plan: LayerPlan, body: Body, item: Input) -> Role:
    if not body.remaining(item.name):
        return Role.DROPPED
    own = plan.primary.inputs.get(item.name)
    if item.is_attribute and own is not None and own.role is Role.CTOR:
        return Role.CTOR
    if item.is_attribute:
        values = [body.value(item.name, region) for region in body.member.regions]
        if all(is_python(value) for value in values):
            if own is None:
                plan.primary.inputs[item.name] = Input(item.name, None, Role.CTOR)
            else:
                own.role = Role.CTOR
            return Role.CTOR
    return Role.CALL
