"""Decides everything that needs the whole program: what becomes a layer, who owns it, where every file changes."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import Protocol

from tfmigrate.finding import Finding
from tfmigrate.planning import names
from tfmigrate.planning.alternatives import in_branches, separate
from tfmigrate.planning.body_sites import write_body
from tfmigrate.planning.bodywork import Bodywork
from tfmigrate.planning.callables import callable_site, check_callable, object_call
from tfmigrate.planning.causes import Causes
from tfmigrate.planning.changes import check_changes
from tfmigrate.planning.clusters import Clusters
from tfmigrate.planning.collecting import Collecting
from tfmigrate.planning.compose import Composer
from tfmigrate.planning.cutting import bound_by, heads
from tfmigrate.planning.dead_statements import drop_dead_statements
from tfmigrate.planning.dimensions import plan_dimensions
from tfmigrate.planning.helping import all_used, plan_helpers
from tfmigrate.planning.holding import Holding
from tfmigrate.planning.importing import left_behind, plan_imports, plan_symbols, together
from tfmigrate.planning.layering import (
    Body,
    LayerPlan,
    Refusal,
    Role,
    assign_roles,
    attribute_names,
    is_unread,
    make_body,
)
from tfmigrate.planning.library import asks_at_call
from tfmigrate.planning.lifting import lift
from tfmigrate.planning.marking import mark
from tfmigrate.planning.once import leaves_a_trace
from tfmigrate.planning.operations import plain_operations
from tfmigrate.planning.renaming import Renaming
from tfmigrate.planning.requests import Naming, file_quote
from tfmigrate.planning.segments import scope_name
from tfmigrate.planning.shapeless import check_inputs, plan_scalars
from tfmigrate.planning.slots import Disagreement, Made, Slot, slots_of_unit
from tfmigrate.planning.units import Instance, Member, Ownership, Shape, Unit, wrapped_creation
from tfmigrate.planning.unreached import same_in_other_branch
from tfmigrate.planning.unused import find_unused
from tfmigrate.program.flags import reuse_flags
from tfmigrate.program.inner import read_around
from tfmigrate.program.link import Function, Module, Program
from tfmigrate.program.render import indent_of, source
from tfmigrate.program.scan import Scan, scan_code
from tfmigrate.progress import steps
from tfmigrate.sites import (
    BlockCall,
    LayerClass,
    Lifted,
    MethodBody,
    Moved,
    Remove,
    Site,
    Sites,
    Span,
)
from tfmigrate.spans import span
from tfmigrate.tf1.emitted import EMITTED_NAMES
from tfmigrate.walk.execute import Executor, TooLarge
from tfmigrate.walk.regions import Path, Region, Variable, show_path
from tfmigrate.walk.roots import Walk
from tfmigrate.walk.state import is_fixed, is_settled
from tfmigrate.walk.values import Const, Numbered, NumberedIndex, Shapeless, Text, Value


@dataclass
class Plan:
    """Where every file changes, what was found, and the layers with their owners."""

    sites: dict[Module, list[Site]]
    findings: set[Finding]
    instances: list[Instance]
    plans: dict[object, LayerPlan]
    clusters: Clusters
    # the variables that have another name now
    keras_paths: dict[Variable, str] = field(default_factory=dict)
    migrated: set[Unit] = field(default_factory=set)
    # dimensions that were worked out from operations, as the walk names them
    inferred: set[str] = field(default_factory=set)
    # library layers that plain code makes and holds itself
    library_layers: list[Slot] = field(default_factory=list)
    wanted_apart: set[ast.AST] = field(default_factory=set)
    # what code would make that nothing calls, beside the rest of the program
    unused: list[Instance] = field(default_factory=list)

    @property
    def variable_map(self) -> dict[str, str]:
        """TF1 name to Keras path, only where the two differ."""
        return dict(pair for variable, path in self.keras_paths.items() for pair in _pairs(variable.path or (), path))


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
        self.walks = walks
        self.executor = executor
        self.unused, self.classes = find_unused(program, walks, self.resolve, self._is_doubted)
        self.owners = Ownership(self.classes, apart)
        for walk in self.classes.walks:
            separate(walk, self.owners)
        self.threads = lift(self.classes, self.owners)
        self.clusters = Clusters(self.classes, self.owners)
        self.plans: dict[object, LayerPlan] = {}
        self.complete: set[Unit] = set()
        self.doubted: set[Unit] = set()
        # the unit that is being planned, for whoever has to say where planning failed
        self.at: Unit | None = None
        self.orphans: set[Function] = set()
        self.sites: dict[Module, Sites] = {}
        self.taken: dict[Module, set[str]] = {}
        self.blocks: dict[tuple[Module, Span], tuple[LayerClass, Span, list[Span]]] = {}

    @cached_property
    def scalars(self) -> set[Shapeless]:
        """Placeholders that say no shape and must be scalars."""
        return {found for walk in self.classes.walks for found in walk.scoping.scalars}

    @property
    def opaque(self) -> frozenset[ast.AST]:
        """What leaves the code that it stands in: inner functions, blocks, or the last statements of one."""
        members = [member for member in self.owners.units if member.shape in (Shape.BLOCK, Shape.INNER)]
        cut = {statement for member in members if member.head for statement in member.body}
        return frozenset([*(member.node for member in members if not member.head), *cut])

    def plan(self) -> Plan:
        """Plan units from the inside out, then the plain code that uses them."""
        for function in self.unused.functions:
            text = f"nothing in the program calls {function.qualname}, so who shares its variables cannot be known"
            self.clusters.refuse("TFM301", function.node, function.module, text, None)
        causes = Causes(self.classes, self.owners, self.clusters, self.executor, self.resolve, self.unused.holds)
        self.orphans = causes.check()
        self.aliases, self.templates = causes.aliases, causes.templates
        self.renaming = Renaming(self.aliases, self.classes, self.owners, self.plans, self._class_name)
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
            self.opaque,
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
        self._unit_sites(migrated)
        self.renaming.sites(migrated, self.sites)
        holding.sites(self.sites)
        collecting.sites(holding.works, migrated, self.sites)
        self._finish_blocks()
        plan_helpers(self.classes, self._helpers_of(migrated), self.sites)
        if any(items.items for items in self.sites.values()):
            plain_operations(self.classes, {m for unit in migrated for m in unit.members}, self.sites)
            layers = [self.plans[u] for u in migrated]
            plan_imports(self.program, self.sites, layers, holding.imports(), self.unused.imported)
            plan_symbols(self.sites)
            for module, node, name in left_behind(self.sites):
                self.clusters.refuse("TFM508", node, module, f"{name} stays, and TensorFlow 2 does not have it", None)
            plan_dimensions(self.sites)
            plan_scalars(self.scalars, self.sites)
        sites = {module: items.items for module, items in self.sites.items() if items.items}
        instances = list(self.owners.instances())
        result = Plan(sites, set(self.clusters.findings), instances, self.plans, self.clusters, migrated=migrated)
        result.unused = list(self.unused.instances())
        result.library_layers = [s for work in holding.works for s in work.slots if s.unit is None]
        result.keras_paths = {**self._keras_paths(migrated), **_keras_paths_in(result.library_layers)}
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
            return self.executor.attribute(owner, expression.attr, expression) if owner is not None else None
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
        plan = LayerPlan(unit, self._class_name(unit), {}, [], renamed_calls=self.aliases.calls)
        self.plans[unit] = plan
        for member in unit.members:
            plan.bodies[member] = self._body(member)
            plan.chosen.update(self.renaming.classes_in(plan.bodies[member]))
        plan.slots = slots_of_unit(unit, self.classes, self.owners)
        self._add_unreached(plan)
        if not plan.slots and self._calls_objects(unit):
            text = f"the variables that {primary.name} uses belong to another object, not to a layer that it would be"
            raise Refusal("TFM404", primary.node, primary.module, text)
        self._find_name(plan)
        self._check_name_argument(plan)
        waiting = [slot for slot in plan.slots if not slot.units <= self.complete]
        for slot in waiting:
            if slot.unit is not None and not self.clusters.is_refused(slot.unit):
                text = f"{primary.name} calls itself, directly or not, and makes variables each time"
                raise Refusal("TFM403", slot.site(), plan.bodies[primary].module, text)
        if waiting:
            return
        works = [self._bodywork(plan, body) for body in plan.bodies.values()]
        for work in works:
            mark(work)
        composer = self._composer(plan)
        composer.find_needs()
        for work in works:
            drop_dead_statements(work)
        assign_roles(plan)
        attribute_names(plan)
        check_inputs(plan, self.scalars)
        self._check_unreached(plan)
        self._check_self(plan)
        self._check_flags(plan)
        for body in plan.bodies.values():
            check_changes(body)
        inside = {inner for slot in plan.slots for inner in slot.units}
        plan.once = any(self.plans[inner].once for inner in inside & self.plans.keys()) or any(
            leaves_a_trace(body, self.resolve) for body in plan.bodies.values()
        )
        # a trial run, so that what cannot be written is refused before anything is
        if primary.shape is Shape.CALLABLE:
            callable_site(plan, composer, works[0], Sites(), Sites())
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

    def _class_name(self, unit: Unit) -> str:
        if unit in self.plans:
            return self.plans[unit].class_name
        module = unit.primary.module
        if module not in self.taken:
            env = self.executor.module_env(module)
            self.taken[module] = set(env.names) | set(dir(builtins)) | {n.id for n in module.of_kind(ast.Name)}
        primary = unit.primary
        base = primary.name
        if primary.shape is Shape.CALLABLE and primary.cls is not None:
            return primary.cls.name
        if primary.shape is Shape.BLOCK:
            path = unit.instances[0].path
            base = names.path_identifier(path[-1:], primary.name)[0] if path else primary.name
        name = names.class_name(base, self.taken[module])
        self.taken[module].add(name)
        return name

    def _body(self, member: Member) -> Body:
        own = {member.node, *(member.body if member.shape is Shape.BLOCK and member.head else ())}
        opaque = self.opaque - own
        around: set[str] = set()
        body = None
        if member.shape is Shape.BLOCK:
            outer = self._outer_scan(member)
            around = {name for name in outer.bindings if _comes_from_around(name, member, outer)}
            if member.function is not None:
                around |= {*member.function.params, *read_around(member.function)}
            else:
                around = {n for n in around if any(n in r.names and not _is_global(r.names[n]) for r in member.regions)}
        body = make_body(member, opaque, self.resolve, around)
        body.splitter.on_object = member.shape is Shape.CALLABLE
        body.fixed = partial(is_fixed, program=self.program)
        body.settled = partial(is_settled, program=self.program)
        body.flags = reuse_flags(self.program)
        body.outputs = [
            name
            for name in body.outputs
            if name.removeprefix("self.") not in body.flags
            and not all(
                b.statement in self.classes.blocks and _is_alias(name, b.statement) for b in body.scan.bindings[name]
            )
        ]
        if member.shape in (Shape.METHOD, Shape.INNER):
            body.unread = {name for name in body.outputs if self._is_private(name, body)}
        if member.shape is Shape.BLOCK:
            body.live = self._live(member, body)
        return body

    def _is_private(self, name: str, body: Body) -> bool:
        """Whether an attribute that a body sets under a condition is read by the body alone."""
        branches = (ast.If, ast.For, ast.While, ast.Try)
        sure = any(not body.scan.enclosing(b.statement, branches) for b in body.scan.bindings[name])
        bare = name.removeprefix("self.")
        if sure:
            return False
        own = sum(bare in _attribute(node) for node in ast.walk(body.member.node))
        near = together(self.program, {body.module})
        return own == sum(bare in _attribute(node) for module in near for node in module.nodes)

    @staticmethod
    def _outer_scan(member: Member) -> Scan:
        function = member.function
        return scan_code(function or member.module, function.object_name if function is not None else None)

    def _live(self, member: Member, body: Body) -> list[str]:
        """The locals of a block that the code behind it reads."""
        outer = self._outer_scan(member)
        node = member.node
        last = node.body[-1]
        for inner in ast.walk(node):
            if isinstance(inner, (ast.Return, ast.Yield, ast.Break, ast.Continue)) and inner is not last:
                if isinstance(inner, ast.Return) or not any(
                    isinstance(a, (ast.For, ast.While)) for a in body.scan.ancestors(inner)
                ):
                    raise Refusal("TFM403", inner, member.module, "the block of this scope is left in the middle")
        live = []
        for name in body.scan.bindings:
            if name.startswith("self."):
                continue
            loads = [n for n in outer.wanted(name) if node not in outer.ancestors(n)]
            later = [n for n in loads if (n.lineno, n.col_offset) > (node.end_lineno or 0, 0)]
            around = [a for a in outer.ancestors(node) if isinstance(a, (ast.For, ast.While))]
            again = [n for n in loads if any(a in outer.ancestors(n) for a in around)]
            # what the block itself reads in the next round, before it binds it there
            again += [n for n in body.scan.wanted(name) if around and body.scan.reaching(name, n)[1] is None]
            seen = [n for n in later + again if self._sees(outer, name, n, node)]
            if seen:
                live.append(name)
        return live

    @staticmethod
    def _sees(outer: Scan, name: str, load: ast.expr, block: ast.AST) -> bool:
        certain, binding = outer.reaching(name, load)
        if not certain or binding is None:
            return True
        return block is binding.statement or block in outer.ancestors(binding.statement)

    def _find_name(self, plan: LayerPlan) -> None:
        primary = plan.unit.primary
        quote = file_quote(primary.module)
        if primary.wrapped is not None:
            wrapped = wrapped_creation(primary.regions[0])
            assert wrapped.row is not None
            self._name_from(plan, wrapped.given[wrapped.row.name_param])
            return
        if primary.prefix is not None:
            self._name_from(plan, ast.Name(primary.prefix, ast.Load()))
            return
        if primary.templated:
            return
        if primary.scope is None:
            plan.default_name = f"{quote}{primary.name.strip('_')}{quote}"
            return
        name = scope_name(primary.scope.items[0].context_expr)
        if len(primary.scope.items) != 1:
            raise Refusal(
                "TFM205", primary.scope, primary.module, "a with statement opens the scope together with something else"
            )
        if name is not None and not any(region.by_object for region in self.classes.blocks[primary.scope]):
            self._name_from(plan, name)
        elif name is not None:
            plan.default_name = self._naming(primary.module).literal(
                str(self.classes.blocks[primary.scope][0].path[-1])
            )

    def _name_from(self, plan: LayerPlan, name: ast.expr) -> None:
        """The layer's name: a literal, or an argument with or without a default."""
        primary = plan.unit.primary
        body = plan.bodies[primary]
        default: ast.expr | None = None
        if isinstance(name, ast.Constant) and isinstance(name.value, str):
            default = name
        elif (
            isinstance(name, ast.BoolOp)
            and isinstance(name.values[0], ast.Name)
            and isinstance(name.values[-1], ast.Constant)
        ):
            plan.name_input, default = name.values[0].id, name.values[-1]
        elif isinstance(name, ast.Name):
            plan.name_input = name.id
            item = body.inputs.get(name.id)
            default = item.default if item is not None else None
        if isinstance(default, ast.Constant) and isinstance(default.value, str):
            plan.default_name = source(primary.module, default)
            if primary.shape is Shape.BLOCK and default is name and "/" in default.value:
                plan.default_name = self._naming(primary.module).literal(default.value.rsplit("/", 1)[-1])
            elif "/" in default.value:
                raise Refusal(
                    "TFM202",
                    primary.scope or primary.node,
                    primary.module,
                    f"the scope name {default.value!r} has a slash",
                )
        if plan.name_input is not None and (
            plan.name_input not in body.inputs or plan.name_input in body.scan.bindings
        ):
            plan.name_input = None

    @staticmethod
    def _check_name_argument(plan: LayerPlan) -> None:
        """An argument called `name` that is not the scope's would collide with the layer's own."""
        primary = plan.unit.primary
        body = plan.bodies[primary]
        item = next((item for item in body.inputs.values() if item.identifier == "name"), None)
        if item is not None and plan.name_input != "name" and not is_unread(body, item.name):
            raise Refusal(
                "TFM404", primary.node, primary.module, "its argument `name` is not the scope's name, but a layer's is"
            )

    def _bodywork(self, plan: LayerPlan, body: Body) -> Bodywork:
        naming, blocks = self._naming(body.module), self._name_blocks(body.member)
        sources = frozenset(self.classes.arg_scope_sources.values())
        return Bodywork(plan, body, self.plans, naming, blocks, frozenset(self.classes.arg_scopes), sources)

    def _composer(self, plan: LayerPlan) -> Composer:
        return Composer(plan, self.plans, self._naming(plan.primary.module), indent_of(plan.primary.module))

    def _naming(self, module: Module) -> Naming:
        return Naming(file_quote(module), EMITTED_NAMES)

    def _name_blocks(self, member: Member) -> dict[ast.With, bool]:
        """The scope blocks of a member that only name things, and whether they hold layers."""
        blocks: dict[ast.With, bool] = {}
        for block, regions in self.classes.blocks.items():
            if block in self.classes.units or block is member.scope:
                continue
            if any(self._holder_region(region) in member.regions for region in regions):
                blocks[block] = any(region in self.classes.makers for region in regions)
        return blocks

    def _holder_region(self, region: Region) -> Region:
        outer = region.parent
        while (
            outer is not None and outer.is_block and self.classes.member_of(outer) is None and outer.parent is not None
        ):
            outer = outer.parent
        return outer if outer is not None else region

    def _add_unreached(self, plan: LayerPlan) -> None:
        """What a branch that nobody takes would call is what the other one calls, in the same words."""
        slots = {site: slot for slot in plan.slots if slot.kind is Made.INSTANCE for site in slot.sites}
        for body in plan.bodies.values():
            calls = [n for n in body.scan.parents if isinstance(n, ast.Call) and n not in slots]
            for call in calls if slots else ():
                same = same_in_other_branch(body.module, call, slots)
                if same is not None and call not in slots[same].sites:
                    slots[same].sites.append(call)
                    slots[same].alike[call] = same

    def _check_unreached(self, plan: LayerPlan) -> None:
        """Code that makes variables and that no walk reached cannot be rewritten."""
        known = {site for slot in plan.slots for site in slot.sites}
        known |= {c.node for m in plan.unit.members for r in m.regions for c in r.creations()}
        for body in plan.bodies.values():
            for name_node in body.scan.parents:
                if isinstance(name_node, ast.Call) and name_node not in known and self._makes(body, name_node):
                    text = ast.unparse(name_node.func)
                    message = f"no call in the program reaches this {text}, so what it would make cannot be known"
                    raise Refusal("TFM403", name_node, body.module, message)

    def _makes(self, body: Body, call: ast.Call) -> bool:
        value = self.resolve(body.module, call.func)
        name = getattr(value, "name", None)
        function = getattr(value, "function", None)
        if function is not None:
            return function in self.classes.units or function in self.classes.helpers
        if not isinstance(name, str):
            return False
        return (
            name == "tf.get_variable"
            or name.startswith("tf.layers.")
            or (name == "tf.variable_scope" and not self._is_known_scope(call))
        )

    def _is_known_scope(self, call: ast.Call) -> bool:
        return any(call is item.context_expr for block in self.classes.blocks for item in block.items)

    def _check_self(self, plan: LayerPlan) -> None:
        """A method's body may read attributes of its object, nothing else."""
        for body in plan.bodies.values():
            if not body.member.shape.has_object or body.scan.self_name is None:
                continue
            sites = {site.func for slot in plan.slots for site in slot.sites if isinstance(site, ast.Call)}
            for node in body.scan.loads(body.scan.self_name):
                parent = body.scan.parents.get(node)
                if body.is_gone(node):
                    continue
                if not isinstance(parent, ast.Attribute):
                    raise Refusal("TFM404", node, body.module, "the object itself is passed on here")
                grand = body.scan.parents.get(parent)
                if isinstance(grand, ast.Call) and grand.func is parent and parent not in sites:
                    raise Refusal("TFM404", node, body.module, f"calls {ast.unparse(parent)} on its object")
                if isinstance(parent.ctx, ast.Store) and isinstance(grand, ast.AugAssign):
                    raise Refusal("TFM404", node, body.module, f"changes {ast.unparse(parent)} of its object")

    @staticmethod
    def _check_flags(plan: LayerPlan) -> None:
        """What remembers that an object was called goes with the reuse that it serves, or decides something else."""
        for body in plan.bodies.values():
            for name in body.flags:
                for node in body.remaining(f"self.{name}"):
                    text = f"self.{name}, which changes as the program runs, decides more than the reuse of variables"
                    raise Refusal("TFM206", node, body.module, text)

    # -- writing down --------------------------------------------------------------------------------------------

    def _unit_sites(self, migrated: set[Unit]) -> None:
        for unit in self._inside_out():
            if unit not in migrated:
                continue
            plan = self.plans[unit]
            sites = self.sites.setdefault(unit.primary.module, Sites())
            composer = self._composer(plan)
            composer.find_needs()
            attribute_names_again(plan)
            self._drop_flags(plan, sites)
            if unit.primary.shape is Shape.CALLABLE:
                work = self._bodywork(plan, plan.primary)
                callable_site(plan, composer, work, sites, self._call_sites(unit))
                continue
            head = composer.head()
            methods: list[MethodBody] = [write_body(self._bodywork(plan, body), sites) for body in plan.bodies.values()]
            if passes_through(plan):
                methods = []
            lines = [*head.init, *(["", *head.build] if head.build else [])]
            stays = unit.primary.function in self.unused.kept
            beside = span(unit.primary.module, unit.primary.node) if stays else None
            layer = LayerClass(plan.class_name, tuple(lines), tuple(methods), plan.base, beside)
            self._place_class(unit, layer, sites)
            if unit.primary.templated:
                self.templates.sites(plan, self.sites)

    @staticmethod
    def _drop_flags(plan: LayerPlan, sites: Sites) -> None:
        """`self.reuse = False` in the constructor goes with the method that reads it."""
        primary = plan.unit.primary
        init = primary.cls.methods.get("__init__") if primary.cls is not None else None
        for name, statements in plan.primary.flags.items():
            if init is None or all(f"self.{name}" not in body.scan.bindings for body in plan.bodies.values()):
                continue
            for statement in statements & set(init.node.body):
                sites.add("reuse", span(init.module, statement), Remove())

    def _call_sites(self, unit: Unit) -> Sites:
        """The calls of the objects, which lose what only served reuse."""
        for instance in unit.instances:
            for region in instance.regions:
                assert region.parent is not None
                module = region.parent.module
                site = object_call(self.plans[unit], region)
                known = self.sites.setdefault(module, Sites())
                if site is not None and site not in known.items:
                    known.items.append(site)
        return self.sites.setdefault(unit.primary.module, Sites())

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
            sites.add("functions", where, Lifted(layer, self._anchor(primary)))
        else:
            head = [span(primary.module, statement) for statement in primary.node.body[: primary.head]]
            self.blocks[primary.module, span(primary.module, primary.node)] = (layer, self._anchor(primary), head)
        for member in unit.members[1:]:
            if member.shape is not Shape.BLOCK and member.function not in self.unused.kept:
                sites.add("methods", span(member.module, member.node), Moved())

    def _helpers_of(self, migrated: set[Unit]) -> set[Function]:
        slots = [slot for unit in migrated for slot in self.plans[unit].slots]
        return all_used(self.classes, [slot.first.helper for slot in slots if slot.first.helper is not None])

    def _finish_blocks(self) -> None:
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

    @staticmethod
    def _anchor(member: Member) -> tuple[int, int, int, int]:
        """The statement of the module that holds a block."""
        for statement in member.module.tree.body:
            if statement.lineno <= member.node.lineno <= (statement.end_lineno or statement.lineno):
                return span(member.module, statement)
        return span(member.module, member.node)

    def _keras_paths(self, migrated: set[Unit]) -> dict[Variable, str]:
        """Keras paths where a layer added a segment or Keras has another name for the variable."""
        result: dict[Variable, str] = {}
        for instance in self.owners.instances():
            if instance.unit not in migrated:
                continue
            for region in instance.regions:
                for creation in region.creations():
                    for variable in creation.variables:
                        if variable.path is None or self._deepest(creation.region) is not instance:
                            continue
                        rest = keras_path(variable)[len(instance.base) :]
                        renamed = show_path((*self._keras_path(instance), *rest))
                        if renamed != show_path(variable.path):
                            result[variable] = renamed
        return result

    def _deepest(self, region: Region | None) -> Instance | None:
        while region is not None:
            if region in self.owners.instance_of:
                return self.owners.instance_of[region]
            region = region.parent
        return None

    def _keras_path(self, instance: Instance) -> Path:
        owner = instance.owner
        if isinstance(owner, Instance):
            base, relative = self._keras_path(owner), instance.path[len(owner.base) :]
        else:
            base, relative = (), instance.path
        if instance.unit.primary.adds_segment and instance.unit.primary.prefix is None:
            relative = (*relative, Const(instance.unit.primary.name.strip("_")))
        return (*base, *relative)


def _pairs(path: Path, renamed: str) -> Iterator[tuple[str, str]]:
    """A name and what it becomes; the first of a numbered kind, which has no number, is told apart."""
    known = [(show_path(path), renamed)]
    for part in (p for segment in path if isinstance(segment, Text) for p in segment.parts):
        if isinstance(part, (Numbered, NumberedIndex)):
            known += [(old.replace(str(part), "", 1), new.replace(str(part), "", 1)) for old, new in known]
    yield from known


def keras_path(variable: Variable) -> Path:
    """The path under which a library layer keeps a variable."""
    assert variable.path is not None
    return variable.path if variable.keras_name is None else (*variable.path[:-1], Const(variable.keras_name))


def _keras_paths_in(layers: Iterable[Slot]) -> dict[Variable, str]:
    """What the library layers that plain code holds call otherwise."""
    creations = [use.creation for slot in layers for use in slot.uses if use.creation is not None]
    return {v: show_path(keras_path(v)) for c in creations for v in c.variables if v.keras_name is not None}


def passes_through(plan: LayerPlan) -> bool:
    """Whether a class around a library layer would do nothing in its `call`."""
    primary = plan.unit.primary
    last = primary.body[0] if len(primary.body) == 1 else None
    alone = len(plan.call_inputs(primary)) == 1
    if primary.wrapped is None or not alone or not isinstance(last, ast.Return) or last.value is not primary.wrapped:
        return False
    return not any(asks_at_call(wrapped_creation(region)) for region in primary.regions)


def attribute_names_again(plan: LayerPlan) -> None:
    """The trial run forgets attributes that nothing reads; name them afresh."""
    plan.attributes.clear()
    attribute_names(plan)


def _is_alias(name: str, statement: ast.stmt) -> bool:
    """Whether a `with` statement binds an attribute to what it opens."""
    targets = [item.optional_vars for item in statement.items] if isinstance(statement, ast.With) else []
    return any(isinstance(t, ast.Attribute) and t.attr == name.removeprefix("self.") for t in targets)


def _is_global(value: Value) -> bool:
    from tfmigrate.walk.values import is_tensor

    return not is_tensor(value)


def _comes_from_around(name: str, member: Member, outer: Scan) -> bool:
    """Whether the code around a block gives a name a value: before it, or in an earlier round of a loop."""
    if any(isinstance(a, (ast.For, ast.AsyncFor, ast.While)) for a in outer.ancestors(member.node)):
        return True
    inside = set(member.body)
    return any(inside.isdisjoint([b.statement, *outer.ancestors(b.statement)]) for b in outer.bindings[name])


__all__ = ["Plan", "Planner", "Role"]


def _attribute(node: ast.AST) -> tuple[str, ...]:
    """The attribute that a node names: by a dot, or in a string for `getattr` and the like."""
    if isinstance(node, ast.Attribute):
        return (node.attr,)
    return (node.value,) if isinstance(node, ast.Constant) and isinstance(node.value, str) else ()
