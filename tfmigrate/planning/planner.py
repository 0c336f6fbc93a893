"""Decides everything that needs the whole program: what becomes a layer, who owns it, where every file changes."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from functools import cached_property, partial
from typing import Protocol

from tfmigrate.planning.alternatives import in_branches, separate, separate_slots
from tfmigrate.planning.attribute_names import name_attributes
from tfmigrate.planning.bodies import Bodies
from tfmigrate.planning.body_sites import write_body
from tfmigrate.planning.bodywork import bodywork_of
from tfmigrate.planning.bound import check_bound
from tfmigrate.planning.branching import made_apart
from tfmigrate.planning.callables import callable_site, check_callable, objects_called
from tfmigrate.planning.causes import Causes
from tfmigrate.planning.changes import check_changes
from tfmigrate.planning.class_names import ClassNames
from tfmigrate.planning.clusters import Clusters
from tfmigrate.planning.collecting import Collecting
from tfmigrate.planning.compose import composer_of
from tfmigrate.planning.constructors import Constructor
from tfmigrate.planning.cutting import bound_by, heads
from tfmigrate.planning.dead_statements import drop_dead_statements
from tfmigrate.planning.dimensions import plan_dimensions
from tfmigrate.planning.helping import all_used, plan_helpers
from tfmigrate.planning.holding import Holding
from tfmigrate.planning.importing import left_behind, plan_imports, plan_symbols
from tfmigrate.planning.keras_paths import keras_paths, keras_paths_in
from tfmigrate.planning.layer_names import check_name_argument, find_name
from tfmigrate.planning.layer_sites import LayerSites, check_moves
from tfmigrate.planning.layering import LayerPlan, Refusal
from tfmigrate.planning.lifting import lift
from tfmigrate.planning.list_sites import ListSites
from tfmigrate.planning.marking import mark
from tfmigrate.planning.meanings import Meanings
from tfmigrate.planning.once import leaves_a_trace
from tfmigrate.planning.operations import plain_operations
from tfmigrate.planning.own_lists import OwnList, own_lists
from tfmigrate.planning.own_object import check_self, flags_that_stay
from tfmigrate.planning.ownership import Ownership
from tfmigrate.planning.parting import Parting
from tfmigrate.planning.plan import Plan
from tfmigrate.planning.renaming import Renaming
from tfmigrate.planning.roles import assign_roles
from tfmigrate.planning.shapeless import check_inputs, plan_scalars
from tfmigrate.planning.slots import Disagreement, slots_of_unit
from tfmigrate.planning.switching import Switching
from tfmigrate.planning.transposed import plan_transposed
from tfmigrate.planning.units import Shape, Unit
from tfmigrate.planning.unreached import add_unreached, check_unreached
from tfmigrate.planning.untaken import note_untaken
from tfmigrate.planning.untaken_calls import note_untaken_calls
from tfmigrate.planning.unused import find_unused
from tfmigrate.program.link import Function, Module, Program
from tfmigrate.progress import steps
from tfmigrate.sites import Sites
from tfmigrate.walk.attributes import attribute
from tfmigrate.walk.execute import Executor
from tfmigrate.walk.functions import TooLarge
from tfmigrate.walk.regions import Region
from tfmigrate.walk.roots import Walk
from tfmigrate.walk.state import is_fixed
from tfmigrate.walk.values import Shapeless, Value


class Doubted(Protocol):
    """What an earlier planning got wrong; its units stay as they are."""

    @property
    def codes(self) -> set[str]: ...

    def concerns(self, unit: Unit) -> bool: ...

    def covers(self, function: Function) -> bool: ...

    def covers_script(self, module: Module) -> bool: ...


class Planner:
    """One planning of one program."""

    def __init__(
        self,
        program: Program,
        walks: list[Walk],
        executor: Executor,
        doubts: Sequence[Doubted] = (),
        apart: frozenset[ast.AST] = frozenset(),
    ) -> None:
        self.doubts = doubts
        self.apart = apart
        # bodies that could be planned if branches that exclude each other had instances of their own
        self.wanted_apart: set[ast.AST] = set()
        self.program = program
        self.executor = executor
        self.meanings = Meanings(program, self.resolve)
        note_untaken_calls(walks, executor)
        self.unused, self.classes = find_unused(self.meanings, walks, self._is_doubted)
        self.owners = Ownership(self.classes, apart)
        for walk in self.classes.walks:
            separate(walk, self.owners)
        Parting(self.classes, self.owners)
        self.threads = lift(self.classes, self.owners, program)
        self.clusters = Clusters(self.classes, self.owners)
        self.plans: dict[object, LayerPlan] = {}
        self.class_names = ClassNames(executor, self.plans)
        # attributes of objects that their layers have of themselves
        self.own_lists: dict[Unit, list[OwnList]] = {}
        self.bodies = Bodies(program, self.classes, self.owners, self.resolve)
        self.complete: set[Unit] = set()
        self.doubted: set[Unit] = set()
        # the unit that is being planned, for whoever has to say where planning failed
        self.at: Unit | None = None
        self.orphans: set[Function] = set()
        self.sites: dict[Module, Sites] = {}

    @cached_property
    def scalars(self) -> set[Shapeless]:
        """Placeholders that say no shape and must be scalars."""
        return {found for walk in self.classes.walks for found in walk.scoping.scalars}

    def plan(self) -> Plan:
        """Plan units from the inside out, then the plain code that uses them."""
        for function in self.unused.functions:
            text = f"nothing in the program calls {function.qualname}, so who shares its variables cannot be known"
            self.clusters.refuse("TFM301", function.node, function.module, text, None)
        causes = Causes(self.classes, self.owners, self.clusters, self.executor, self.meanings, self.unused.holds)
        self.orphans = causes.check()
        self.aliases, self.templates = causes.aliases, causes.templates
        self.renaming = Renaming(self.aliases, self.classes, self.owners, self.plans, self.class_names.name_of)
        for unit in set(self.owners.units.values()):
            for doubt in self.doubts:
                if doubt.concerns(unit):
                    self.doubted.add(unit)
                    self.clusters.refused.setdefault(self.clusters.find(unit), set()).update(doubt.codes)
        self.orphans |= set(filter(self._is_doubted, self.classes.calls))
        for unit in steps("planning layers", self._inside_out()):
            self._guarded(unit, lambda u=unit: self._plan_unit(u))  # type: ignore[misc]
        holding = Holding(
            self.classes,
            self.owners,
            self.clusters,
            self.plans,
            self.bodies.opaque,
            self.orphans,
            self.threads,
            partial(is_fixed, program=self.program),
            self.aliases.each_round,
        )
        collecting = Collecting(self.program, self.classes, self.owners, self.clusters)
        collecting.check(holding.works)
        holding.left = collecting.left | {function for function, _ in causes.left if function is not None}
        holding.doubted = {m for m in self.program.modules.values() if any(d.covers_script(m) for d in self.doubts)}
        holding.doubted |= {module for function, module in causes.left if function is None}
        migrated = holding.settle(self.complete)
        while collecting.losses.halves(holding.works, migrated) or collecting.keeps_back(holding.works, migrated):
            migrated = holding.settle(self.complete)
        layers = LayerSites(
            self.plans, self.classes, self.templates, self.unused.kept, self.own_lists, self.sites,
            lambda plan: Constructor(plan, self.program, self.resolve),
        )  # fmt: skip
        layers.write(unit for unit in self._inside_out() if unit in migrated)
        self.renaming.sites(migrated, self.sites)
        holding.sites(self.sites)
        ListSites(collecting).write(holding.works, migrated, self.sites)
        layers.finish_blocks()
        plan_helpers(self.classes, self._helpers_of(migrated), self.sites)
        if any(items.items for items in self.sites.values()):
            plain_operations(self.classes, {m for unit in migrated for m in unit.members}, self.sites)
            planned = [self.plans[u] for u in migrated]
            switching = Switching(self.program, self.classes.walks)
            plan_imports(self.program, self.sites, planned, holding.imports(), self.unused.imported, switching)
            plan_symbols(self.sites)
            for module, node, name in left_behind(self.sites):
                self.clusters.refuse("TFM508", node, module, f"{name} stays, and TensorFlow 2 does not have it", None)
            plan_dimensions(self.sites)
            plan_transposed(self.sites)
            plan_scalars(self.scalars, self.sites)
        sites = {module: items.items for module, items in self.sites.items() if items.items}
        instances = list(self.owners.instances())
        result = Plan(sites, set(self.clusters.findings), instances, self.plans, self.clusters, migrated=migrated)
        result.unused = list(self.unused.instances())
        result.library_layers = [s for work in holding.works for s in work.slots if s.unit is None]
        result.keras_paths = {**keras_paths(migrated, self.owners), **keras_paths_in(result.library_layers)}
        bodies = [body for unit in migrated for body in self.plans[unit].bodies.values()]
        result.wanted_apart = self.wanted_apart - self.apart
        result.inferred = {text for body in bodies for text in body.splitter.inference.found}
        return result

    def _is_doubted(self, function: Function) -> bool:
        return any(doubt.covers(function) for doubt in self.doubts)

    def _guarded(self, unit: Unit, action: Callable[[], None]) -> None:
        if unit in self.clusters.causes or unit in self.doubted:
            return
        self.at = unit
        try:
            action()
        except Refusal as refusal:
            self.clusters.refuse(refusal.code, refusal.node, refusal.module, str(refusal), unit)
            if refusal.code == "TFM304" and any(in_branches(instance) for instance in unit.instances):
                self.wanted_apart.update(member.node for member in unit.members)
        except Disagreement as disagreement:
            message = "these calls share variables in one place of the program and not in another"
            module = disagreement.module or unit.primary.module
            self.clusters.refuse("TFM305", disagreement.node, module, message, unit)
            if any(in_branches(instance) for instance in unit.instances):
                self.wanted_apart.update(member.node for member in unit.members)
        self.at = None

    # -- units ---------------------------------------------------------------------------------------------------

    def _inside_out(self) -> list[Unit]:
        order: list[Unit] = []
        visiting: set[Unit] = set()

        def visit(unit: Unit) -> None:
            if unit in visiting:
                return
            visiting.add(unit)
            for instance in unit.instances:
                for child in instance.children:
                    visit(child.unit)
            order.append(unit)

        for unit in self.owners.units.values():
            visit(unit)
        return order

    def resolve(self, module: Module, expression: ast.expr) -> Value | None:
        """What a dotted name means at module level."""
        if isinstance(expression, ast.Name):
            self.executor.frames = 0  # a module that no walk came by runs now, however much the others called
            try:
                return self.executor.module_env(module).names.get(expression.id)
            except TooLarge:
                return None
        if isinstance(expression, ast.Attribute):
            owner = self.resolve(module, expression.value)
            return attribute(self.executor, owner, expression.attr, expression) if owner is not None else None
        return None

    def _plan_unit(self, unit: Unit) -> None:
        """Plan a layer; where it needs the shape of a tensor that its block makes, the layer begins behind that."""
        try:
            self._plan_layer(unit)
        except Refusal as refusal:
            if refusal.code != "TFM401" or not self._cut(unit):
                raise

    def _cut(self, unit: Unit) -> bool:
        """Leave as few statements in front of a block's layer as will do, and those that only hand something out."""
        member, found = unit.primary, 0
        for head in heads(unit):
            member.head = head
            try:
                self._plan_layer(unit)
            except Refusal:
                continue
            before = set().union(*map(bound_by, member.node.body[:head]))
            if before & {item.name for item in self.plans[unit].ctor()}:
                continue  # what is worked out from the tensor would be wanted before there is one
            found = head
            if not bound_by(member.node.body[head]) & set(self.plans[unit].primary.live):
                return True
        member.head = found
        if found:
            self._plan_layer(unit)
        return bool(found)

    def _plan_layer(self, unit: Unit) -> None:
        primary = unit.primary
        if primary.shape is Shape.CALLABLE:
            check_callable(unit, self.classes, self.executor)
        plan = LayerPlan(unit, self.class_names.name_of(unit), {}, [], renamed_calls=self.aliases.calls)
        self.plans[unit] = plan
        for member in unit.members:
            plan.bodies[member] = self.bodies.make(member)
            plan.chosen.update(self.renaming.classes_in(plan.bodies[member]))
        note_untaken(unit, self.classes, self.resolve, self.executor)
        plan.slots = slots_of_unit(unit, self.classes, self.owners, made_apart)
        separate_slots(plan.slots, self.classes.walks)
        plan.objects = objects_called(unit, self.classes)
        add_unreached(plan)
        if not plan.slots and self._calls_objects(unit):
            text = f"the variables that {primary.name} uses belong to another object, not to a layer that it would be"
            raise Refusal("TFM404", primary.node, primary.module, text)
        find_name(plan, self.classes)
        waiting = [slot for slot in plan.slots if not slot.units <= self.complete]
        for slot in waiting:
            if slot.unit is not None and not self.clusters.is_refused(slot.unit):
                text = f"{primary.name} calls itself, directly or not, and makes variables each time"
                raise Refusal("TFM403", slot.site(), plan.bodies[primary].module, text)
        if waiting:
            return
        works = [bodywork_of(plan, body, self.plans, self.classes) for body in plan.bodies.values()]
        for work in works:
            mark(work)
        if primary.shape is Shape.CALLABLE:
            self.own_lists[unit] = list(own_lists(plan, self.program, self.classes))
            plan.primary.removed.update(found.statement for found in self.own_lists[unit])
        composer = composer_of(plan, self.plans)
        composer.find_needs()
        for work in works:
            drop_dead_statements(work)
        assign_roles(plan)
        if primary.shape is Shape.CALLABLE:
            Constructor(plan, self.program, self.resolve).rename()
        check_name_argument(plan)
        check_moves(plan, self.program)
        name_attributes(plan)
        check_inputs(plan, self.scalars)
        check_bound(plan, self.executor)
        check_unreached(plan, self.classes, self.resolve)
        check_self(plan)
        staying = flags_that_stay(plan)
        if staying:
            self.bodies.decisive.setdefault(primary, set()).update(staying)
            self._plan_layer(unit)
            return
        for body in plan.bodies.values():
            check_changes(body)
        inside = {inner for slot in plan.slots for inner in slot.units}
        plan.once = any(self.plans[inner].once for inner in inside & self.plans.keys()) or any(
            leaves_a_trace(body, self.resolve) for body in plan.bodies.values()
        )
        # a trial run, so that what cannot be written is refused before anything is
        if primary.shape is Shape.CALLABLE:
            callable_site(plan, composer, works[0], Sites(), Constructor(plan, self.program, self.resolve), {})
        else:
            composer.head()
            for work in works:
                write_body(work, Sites())
        if primary.templated:
            self.templates.sites(plan, {})
        self.complete.add(unit)

    def _calls_objects(self, unit: Unit) -> bool:
        """Whether a function's variables are those of callable objects, which it does not make."""
        events = [event for i in unit.instances for region in i.regions for event in region.walk()]
        members = [self.classes.member_of(event) for event in events if isinstance(event, Region)]
        callables = any(member is not None and member.is_object for member in members)
        return callables and not unit.primary.is_object

    def _helpers_of(self, migrated: set[Unit]) -> set[Function]:
        slots = [slot for unit in migrated for slot in self.plans[unit].slots]
        return all_used(self.classes, [slot.first.helper for slot in slots if slot.first.helper is not None])
