"""Where the classes of layers stand in the files, and what goes for them."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from tfmigrate.planning.attribute_names import name_attributes
from tfmigrate.planning.body_sites import write_body
from tfmigrate.planning.bodywork import bodywork_of
from tfmigrate.planning.callables import callable_site, object_call
from tfmigrate.planning.classification import Classification, wrapped_creation
from tfmigrate.planning.compose import composer_of
from tfmigrate.planning.constructors import Constructor
from tfmigrate.planning.layering import LayerPlan, Refusal
from tfmigrate.planning.library import asks_at_call
from tfmigrate.planning.own_lists import OwnList
from tfmigrate.planning.own_object import drop_flags
from tfmigrate.planning.templates import Templates
from tfmigrate.planning.units import Member, Shape, Unit
from tfmigrate.program.inner import read_beside
from tfmigrate.program.link import Function, Module, Program
from tfmigrate.sites import BlockCall, LayerClass, Lifted, MethodBody, Moved, MovedOut, Remove, Site, Sites, Span
from tfmigrate.spans import span


class LayerSites:
    """Writes down the layers of one planning. kept: functions that stay beside their layers.

    own_lists: attributes of objects that their layers have of themselves.
    """

    def __init__(
        self,
        plans: dict[object, LayerPlan],
        classes: Classification,
        templates: Templates,
        kept: Sequence[Function],
        own_lists: Mapping[Unit, Sequence[OwnList]],
        sites: dict[Module, Sites],
        constructor_of: Callable[[LayerPlan], Constructor],
    ) -> None:
        self.constructor_of = constructor_of
        self.plans = plans
        self.classes = classes
        self.templates = templates
        self.kept = kept
        self.own_lists = own_lists
        self.sites = sites
        self.blocks: dict[tuple[Module, Span], tuple[LayerClass, Span, list[Span]]] = {}

    def write(self, units: Iterable[Unit]) -> None:
        """Write the classes of these units, and what stands where they stood."""
        for unit in units:
            plan = self.plans[unit]
            sites = self.sites.setdefault(unit.primary.module, Sites())
            composer = composer_of(plan, self.plans)
            composer.find_needs()
            _attribute_names_again(plan)
            drop_flags(plan, sites)
            if unit.primary.shape is Shape.CALLABLE:
                work = bodywork_of(plan, plan.primary, self.plans, self.classes)
                self._call_sites(unit)
                callable_site(plan, composer, work, sites, self.constructor_of(plan), self.sites)
                for found in self.own_lists.get(unit, ()):
                    found.write(self.sites)
                continue
            head = composer.head()
            methods: list[MethodBody] = [
                write_body(bodywork_of(plan, body, self.plans, self.classes), sites) for body in plan.bodies.values()
            ]
            if _passes_through(plan):
                methods = []
            lines = [*head.init, *(["", *head.build] if head.build else [])]
            stays = unit.primary.function in self.kept
            beside = span(unit.primary.module, unit.primary.node) if stays else None
            layer = LayerClass(plan.class_name, tuple(lines), tuple(methods), plan.base, beside)
            self._place_class(unit, layer, sites)
            if unit.primary.templated:
                self.templates.sites(plan, self.sites)

    def _place_class(self, unit: Unit, layer: LayerClass, sites: Sites) -> None:
        primary = unit.primary
        where = span(primary.module, primary.node)
        if primary.shape is Shape.FUNCTION:
            sites.add("functions", where, layer)
        elif primary.shape is Shape.METHOD:
            assert primary.cls is not None
            sites.add("methods", span(primary.module, primary.cls.node), layer)
            sites.add("methods", where, Moved())
        elif primary.shape is Shape.INNER:
            sites.add("functions", where, Lifted(layer, _anchor(primary)))
            for other in _moved_with(unit):
                if other not in self.classes.units:
                    sites.add("functions", span(primary.module, other.node), MovedOut(_anchor(primary)))
        else:
            head = [span(primary.module, statement) for statement in primary.node.body[: primary.head]]
            self.blocks[primary.module, span(primary.module, primary.node)] = (layer, _anchor(primary), head)
        for member in unit.members[1:]:
            if member.shape is not Shape.BLOCK and member.function not in self.kept:
                sites.add("methods", span(member.module, member.node), Moved())

    def _call_sites(self, unit: Unit) -> None:
        """The calls of the objects, which lose what only served reuse."""
        for instance in unit.instances:
            for region in instance.regions:
                assert region.parent is not None
                module = region.parent.module
                site = object_call(self.plans[unit], region, instance.own_name)
                known = self.sites.setdefault(module, Sites())
                if site is not None and site not in known.items:
                    known.items.append(site)

    def finish_blocks(self) -> None:
        """The statement that calls a block was planned with its user; its class is known only now."""
        for module, items in self.sites.items():
            for i, site in enumerate(items.items):
                if isinstance(site.action, BlockCall) and (module, site.span) in self.blocks:
                    layer, anchor, head = self.blocks[module, site.span]
                    gone = {other.span for other in items.items if isinstance(other.action, Remove)}
                    kept = sum(where not in gone for where in head)
                    methods = tuple(replace(method, skip=kept) for method in layer.methods)
                    call = BlockCall(replace(layer, methods=methods), site.action.statements, anchor, kept)
                    items.items[i] = Site(site.transform, site.span, call)


def _anchor(member: Member) -> Span:
    """The statement of the module that holds a block."""
    for statement in member.module.tree.body:
        if statement.lineno <= member.node.lineno <= (statement.end_lineno or statement.lineno):
            return span(member.module, statement)
    return span(member.module, member.node)


def _moved_with(unit: Unit) -> list[Function]:
    """What the layer of an inner function reads of the functions beside that."""
    inner = [member.function for member in unit.members if member.shape is Shape.INNER]
    return [other for function in inner if function is not None for other in read_beside(function)]


def check_moves(plan: LayerPlan, program: Program) -> None:
    """What becomes a function of the module must not take the place of another where a file gets all of its names."""
    helpers = dict.fromkeys(s.first.helper for s in plan.slots if s.first.helper is not None and s.first.helper.parent)
    for other in [*_moved_with(plan.unit), *helpers]:
        for module in program.modules.values():
            if module.starred and any(node.id == other.name for node in module.of_kind(ast.Name)):
                text = f"{other.name} would become a name of the module, and {module.path.name} has that name too"
                raise Refusal("TFM403", other.node, other.module, text)


def _passes_through(plan: LayerPlan) -> bool:
    """Whether a class around a library layer would do nothing in its `call`."""
    primary = plan.unit.primary
    last = primary.body[0] if len(primary.body) == 1 else None
    inputs = [item.name for item in plan.call_inputs(primary)]
    if primary.wrapped is None or not isinstance(last, ast.Return) or last.value is not primary.wrapped:
        return False
    made = [wrapped_creation(region) for region in primary.regions]
    untouched = all([getattr(creation.given.get("inputs"), "id", None)] == inputs for creation in made)
    return untouched and not any(map(asks_at_call, made))


def _attribute_names_again(plan: LayerPlan) -> None:
    """The trial run forgets attributes that nothing reads; name them afresh."""
    plan.attributes.clear()
    name_attributes(plan)
