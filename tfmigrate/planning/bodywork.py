"""The body of a member after its scopes and variables are gone: what leaves it, and what is read instead."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from tfmigrate.planning.cells import is_step
from tfmigrate.planning.compose import names_for_all
from tfmigrate.planning.layering import Body, LayerPlan, Refusal, Role
from tfmigrate.planning.library import at_call, invoke_layer
from tfmigrate.planning.looping import counting, index_text, is_counted, loops_at, scope_text
from tfmigrate.planning.mapping import FILLED_IN, given_at, map_layer
from tfmigrate.planning.once import changes_state
from tfmigrate.planning.operations import inline_creations, operation
from tfmigrate.planning.requests import Naming, file_quote, received
from tfmigrate.planning.segments import has_segments, scope_name, segment_texts
from tfmigrate.planning.slots import Made, Slot
from tfmigrate.planning.split import Level
from tfmigrate.planning.splitting import Split
from tfmigrate.planning.units import Member, Shape
from tfmigrate.program.dialect import tensorflow_alias
from tfmigrate.program.flags import is_reuse_switch
from tfmigrate.program.link import Module
from tfmigrate.program.render import indent_of, render, written
from tfmigrate.program.rounds import LOOPS
from tfmigrate.program.scan import arguments_of
from tfmigrate.program.standing import callee, is_map, names_operation
from tfmigrate.sites import (
    Argument,
    BlockCall,
    Extend,
    Invoke,
    LayerClass,
    MethodBody,
    NameScope,
    Remove,
    Replace,
    Sites,
    Unwrap,
)
from tfmigrate.spans import span
from tfmigrate.tf1.layers import VARIABLE_SCOPE
from tfmigrate.tf1.symbols import TAKES_VARIABLES
from tfmigrate.walk.regions import Creation, Query, Region
from tfmigrate.walk.values import Const, is_tensor


def is_reuse_statement(node: ast.stmt) -> bool:
    """`scope.reuse_variables()`, an assertion about `scope.reuse`, or an `if` around nothing else."""
    if isinstance(node, ast.Assert):
        return asserts_reuse(node)
    if isinstance(node, ast.Expr) and is_reuse_switch(node.value):
        return True
    if isinstance(node, ast.If):
        inner = [*node.body, *node.orelse]
        return all(is_reuse_statement(s) or isinstance(s, ast.Pass) for s in inner) and any(
            map(is_reuse_statement, inner)
        )
    return False


def asserts_reuse(node: ast.Assert) -> bool:
    """`assert scope.reuse is False` and the like."""
    test = node.test.operand if isinstance(node.test, ast.UnaryOp) else node.test
    parts = [test.left, *test.comparators] if isinstance(test, ast.Compare) else [test]
    reads = [part for part in parts if isinstance(part, ast.Attribute) and part.attr == "reuse"]
    return len(reads) == 1 and all(isinstance(part, ast.Constant) for part in parts if part not in reads)


def statements(body: list[ast.stmt], opaque: frozenset[ast.AST]) -> list[ast.stmt]:
    """All statements of a body, nested ones too, without those of opaque blocks and inner functions."""
    found: list[ast.stmt] = []
    for statement in body:
        if statement in opaque and not isinstance(statement, ast.With):
            continue  # of a block whose last statements become a layer
        found.append(statement)
        if statement in opaque or isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            continue
        for field_name in ("body", "orelse", "finalbody"):
            found.extend(statements(getattr(statement, field_name, None) or [], opaque))
        for handler in getattr(statement, "handlers", []):
            found.extend(statements(handler.body, opaque))
    return found


@dataclass
class Bodywork:
    """One body of one class."""

    plan: LayerPlan
    body: Body
    plans: dict[object, LayerPlan]
    naming: Naming
    blocks: dict[ast.With, bool]
    arg_scopes: frozenset[ast.With] = frozenset()
    # the statements that only get what an arg_scope enters again
    sources: frozenset[ast.stmt] = frozenset()

    @property
    def module(self) -> Module:
        return self.body.module

    # -- first: what leaves --------------------------------------------------------------------------------------

    def mark(self) -> None:
        """Find what leaves the body. Raises Refusal."""
        for statement in statements(list(self.body.member.body), self.body.scan.opaque):
            flagged = any(statement in known for known in self.body.flags.values())
            if is_reuse_statement(statement) or statement in self.sources or flagged:
                self.body.removed.add(statement)
            if statement in self.arg_scopes and isinstance(statement, ast.With):
                self.body.gone.update(item.context_expr for item in statement.items)
        scope = self.body.member.scope
        if scope is not None:
            self.body.gone.update(item.context_expr for item in scope.items)
        for with_block in self.blocks:
            if with_block in self.body.scan.parents or with_block in self.body.member.body:
                self.body.gone.update(i.context_expr for i in with_block.items)
                self._keep_name(with_block)
        for slot in self.plan.slots:
            for site in slot.sites:
                if self._is_mine(site):
                    self._mark_site(slot, site)
        for region in self.body.member.regions:
            for creation in inline_creations(region, self.blocks):
                if creation.within is not None:
                    self.body.gone.add(creation.within)
                for expression in creation.given.values():
                    self._keep(expression, creation)
        self.body.gone.update(self._own_lists())
        self._drop_weight_statements()

    def _keep_name(self, block: ast.With) -> None:
        """What the name of a scope is made of is read for it from now on."""
        call = block.items[0].context_expr
        name = scope_name(call)
        opened = [region.name for region in self._regions_of(block) if not region.by_object]
        if name is None or _reenters(name) or _may_be_counted(call) or not any(opened):
            return
        for part in ast.walk(name):
            spelling = self.body.splitter.spelling(part) if isinstance(part, ast.expr) else None
            if spelling in self.body.inputs and isinstance(part, ast.expr):
                self.body.handed_on.setdefault(spelling, []).append(part)

    def _regions_of(self, block: ast.With) -> list[Region]:
        inside = (event for region in self.body.member.regions for event in region.walk())
        return [event for event in inside if isinstance(event, Region) and event.node is block]

    def _own_lists(self) -> Iterator[ast.AST]:
        """Lists of the layer's own variables: where they cannot be written anew, it stays as it is."""
        for region in self.body.member.regions:
            made = {v for creation in region.creations() for v in creation.variables}
            for event in region.walk():
                if not isinstance(event, Query) or event.kind == "losses" or not event.complete:
                    continue
                if event.source is None and not event.everything and event.variables and self._is_mine(event.node):
                    yield from [event.node] if made.issuperset(event.variables) else []

    def _is_mine(self, site: ast.AST) -> bool:
        return site in self.body.scan.parents or site in self.body.member.body

    def _mark_site(self, slot: Slot, site: ast.AST) -> None:
        if slot.kind is Made.WEIGHT:
            split = self._split_at(slot, site)
            if split is None:
                self.body.gone.add(site)
                return
            assert isinstance(site, ast.Call)
            self.body.gone.update(e for name, e in split.given(site).items() if name not in split.kept)
            return
        if isinstance(site, ast.With):
            child = self.plans[slot.unit]
            member = next(m for m in child.unit.members if m.node is site)
            for item in child.call_inputs(member):
                self.body.handed_on.setdefault(item.name, []).append(_Handed(site))
            if has_segments(member.regions):
                self._keep_name(site)
            return
        assert isinstance(site, ast.Call)
        if slot.kind is Made.CELL:
            self.body.gone.add(site)
            return
        if slot.kind is Made.LAYER:
            self._mark_layer_call(slot, site)
            return
        self.body.gone.add(callee(site))
        keep = {name for name, _ in self._call_arguments(slot, site)}
        for name, argument in self._given(slot, site).items():
            if name not in keep:
                self.body.gone.add(argument)
        for name in keep:
            if name.startswith("self."):
                self.body.hand_on(received(name, site), site)
            elif name not in self._given(slot, site):
                self.body.handed_on.setdefault(name, []).append(site)

    def _mark_layer_call(self, slot: Slot, site: ast.Call) -> None:
        """Only the inputs stay, and what Keras wants at the call."""
        for use in slot.uses:
            if use.node is not site or use.creation is None or use.creation.row is None:
                continue
            kept = {id(expression) for _, expression in at_call(use.creation)}
            own = arguments_of(site, use.creation.row.params)
            for param, argument in own.items():
                if param != "inputs" and id(argument) not in kept:
                    self.body.gone.update(_without(argument, kept))
            normalizer = use.creation.normalizer
            inner = [e for _, e in normalizer.given.values()] if normalizer is not None else []
            for expression in [*use.creation.given.values(), *inner]:
                self._check_place(expression, use.creation)
            for _, expression in at_call(use.creation):
                self._keep(expression, use.creation)

    def _keep(self, expression: ast.expr, creation: Creation) -> None:
        """What the call reads from elsewhere (an arg_scope, a dictionary) is read there from now on."""
        if self._check_place(expression, creation):
            return
        for part in ast.walk(expression):
            name = self.body.splitter.spelling(part) if isinstance(part, ast.expr) else None
            if name is None:
                continue
            at_site = self.body.scan.reaching(name, creation.node)
            if name in self.body.scan.bindings and at_site != self.body.scan.reaching(name, part):
                text = f"{name} may have changed between here and where an argument of this layer reads it"
                raise Refusal("TFM502", creation.node, self.module, text)
            assert isinstance(part, ast.expr)
            self.body.handed_on.setdefault(name, []).append(part)

    def _check_place(self, expression: ast.expr, creation: Creation) -> bool:
        """Whether an argument stands in the call itself, or anywhere. Raises Refusal if it stands in other code."""
        if getattr(expression, "synthetic", False) or self._within(expression, creation.node):
            return True
        if expression not in self.body.scan.parents:
            text = "an argument of this layer stands in other code than the layer"
            raise Refusal("TFM507", creation.node, self.module, text)
        return False

    def _within(self, node: ast.AST, outer: ast.AST) -> bool:
        return node is outer or outer in self.body.scan.ancestors(node)

    def _member_at(self, slot: Slot, site: ast.AST) -> Member:
        child = self.plans[slot.unit]
        for instance in child.unit.instances:
            for region in instance.regions:
                if region.node is slot.alike.get(site, site):
                    return next(m for m in child.unit.members if region in m.regions)
        return child.unit.primary

    def _given(self, slot: Slot, site: ast.Call) -> dict[str, ast.expr]:
        return given_at(site, self._member_at(slot, site))

    def _call_arguments(self, slot: Slot, site: ast.Call) -> list[tuple[str, bool]]:
        """The arguments that the call of a layer takes: (input, may be positional)."""
        child = self.plans[slot.unit]
        member = self._member_at(slot, site)
        given = self._given(slot, site)
        result = []
        for item in child.call_inputs(member):
            regions = [r for r in member.regions if r.node is slot.alike.get(site, site)]
            values = [child.bodies[member].value(item.name, r) for r in regions]
            sure = bool(values) and all(is_tensor(v) for v in values)
            if item.name in given or item.is_given:
                result.append((item.name, sure))
        return result

    def _drop_weight_statements(self) -> None:
        """`w = get_variable(...)` goes where every read of `w` can read the attribute instead, and so of a cell."""
        for statement in statements(list(self.body.member.body), self.body.scan.opaque):
            if isinstance(statement, ast.Expr) and self._weight_at(statement.value) is not None:
                self.body.removed.add(statement)
        for name, bindings in self.body.scan.bindings.items():
            if not all(isinstance(b.statement, ast.Assign) and b.value is b.statement.value for b in bindings):
                continue
            slots = [self._weight_at(b.value) for b in bindings]
            if name.startswith("self.") or None in slots or name in self.body.inputs:
                continue
            if all(self._one_slot(name, node) is not None for node in self.body.scan.loads(name)):
                self.body.removed.update(b.statement for b in bindings)

    def _weight_at(self, node: ast.AST | None) -> Slot | None:
        read = (Made.WEIGHT, Made.CELL)
        found = next((s for s in self.plan.slots if s.kind in read and node in s.sites), None)
        return found if found is None or node is None or self._split_at(found, node) is None else None

    @staticmethod
    def _split_at(slot: Slot, site: ast.AST) -> Split | None:
        """The helper that does more at this call, if there is one."""
        split = next((use.split for use in slot.uses if use.node is site), None)
        return None if split is None or not isinstance(site, ast.Call) or split.is_idle(site) else split

    def _one_slot(self, name: str, node: ast.expr) -> Slot | None:
        certain, binding = self.body.scan.reaching(name, node)
        if not certain or binding is None:
            return None
        slot = self._weight_at(binding.value)
        if slot is not None and slot.loops and not set(slot.loops) <= set(self.body.scan.ancestors(node)):
            return None
        return slot

    def drop_dead_statements(self) -> None:
        """Assignments that only served what has left the body go with it."""
        changed = True
        while changed:
            changed = False
            for name, bindings in self.body.scan.bindings.items():
                loads = self.body.scan.loads(name)
                steps = {binding.statement for binding in bindings}
                left = [n for n in self.body.remaining(name) if not self._steps(n, steps)]
                if name.startswith("self.") or not loads or left or name in self.body.live:
                    continue
                for binding in bindings:
                    if binding.statement not in self.body.removed and self._is_pure(binding.statement, name):
                        self.body.removed.add(binding.statement)
                        self._drop_empty_branches(binding.statement)
                        changed = True

    def _drop_empty_branches(self, statement: ast.stmt) -> None:
        """An `if` goes with all that stood under it, where its test does nothing else."""
        owner = self.body.scan.parents.get(statement)
        if not isinstance(owner, ast.If) or any(isinstance(n, (ast.Call, ast.NamedExpr)) for n in ast.walk(owner.test)):
            return
        if all(inner in self.body.removed for inner in (*owner.body, *owner.orelse)):
            self.body.removed.add(owner)
            self._drop_empty_branches(owner)

    def _steps(self, load: ast.expr, steps: set[ast.stmt]) -> bool:
        """Whether a name is read only to give it its next value."""
        return load in self.body.scan.parents and self.body.scan.statement(load) in steps

    def _is_pure(self, statement: ast.stmt, name: str) -> bool:
        if self.body.is_gone(statement) or self._lasts(statement, name):
            return False
        if isinstance(statement, ast.AugAssign):
            return self.body.splitter.need(statement.value).level is not Level.CALL
        if not isinstance(statement, ast.Assign):
            return False
        targets = {n.id for t in statement.targets for n in ast.walk(t) if isinstance(n, ast.Name)}
        attributes = any(isinstance(n, (ast.Attribute, ast.Subscript)) for t in statement.targets for n in ast.walk(t))
        others = targets - {name}
        if attributes or any(self.body.remaining(t) for t in others):
            return False
        splitter = self.body.splitter
        return splitter.inference.reads_shape(statement.value) or splitter.need(statement.value).level is not Level.CALL

    def _lasts(self, statement: ast.stmt, name: str) -> bool:
        """Whether what a statement does can be seen elsewhere."""
        function = self.body.member.function
        around = function.globals if function is not None else frozenset()
        return name in around or changes_state(statement, {*self.body.scan.bindings} - around)

    # -- then: what is read instead ------------------------------------------------------------------------------

    def sites(self, sites: Sites) -> MethodBody:
        """Write down every change of the body; returns the method that it becomes. Raises Refusal."""
        prelude = self._inputs(sites)
        for output in self.body.outputs:
            self._output(output, sites)
        for slot in self.plan.slots:
            for site in slot.sites:
                if self._is_mine(site) and not self._inside_removed(site):
                    self._slot_site(slot, site, sites)
        self._weight_reads(sites)
        self._count_rounds(sites)
        self._scopes(sites)
        self._alias_names(sites)
        self._inline_layers(sites)
        for statement in self.body.removed:
            if not any(a in self.body.removed for a in self.body.scan.ancestors(statement)):
                sites.add(
                    "reuse" if is_reuse_statement(statement) else "weights", span(self.module, statement), Remove()
                )
        results = self._returns(sites)
        return self._method(prelude, results)

    def _count_rounds(self, sites: Sites) -> None:
        """Loops whose layers TF1 numbered."""
        sites_of = ((slot, site) for slot in self.plan.slots for site in slot.sites if self._is_mine(site))
        loops = [loop for slot, site in sites_of for loop in loops_at(slot, site) if is_counted(slot, loop)]
        for loop in loops + [loop for block in self.blocks for loop in self._counted_around(block)]:
            action = counting(loop, self.module) if isinstance(loop, ast.For) and self._is_mine(loop) else None
            if action is not None:
                sites.add("loops", span(self.module, loop), action)

    def _counted_around(self, block: ast.With) -> Iterator[ast.AST]:
        """The loop whose rounds number a scope that only names things."""
        numbers = (region.number for region in self._regions_of(block))
        yield from (number.rounds.loop for number in numbers if number is not None and number.rounds is not None)

    def _inside_removed(self, node: ast.AST) -> bool:
        return any(a in self.body.removed for a in self.body.scan.ancestors(node))

    def _inputs(self, sites: Sites) -> list[str]:
        prelude = []
        spelled = names_for_all(self.plan, Level.CALL)
        for item in self.body.inputs.values():
            if item.role is Role.CALL and item.is_attribute:
                text = item.identifier
            elif item.name in spelled and item.role in (Role.CTOR, Role.NAME):
                text = spelled[item.name]
            else:
                continue
            if item.name in self.body.scan.bindings and not item.is_attribute:
                if self.body.remaining(item.name):
                    prelude.append(f"{item.name} = {text}")
                continue
            for node in self.body.scan.loads(item.name):
                if not self.body.is_gone(node) and not (item.is_attribute and text == f"self.{item.identifier}"):
                    sites.add("functions", span(self.module, node), Replace(text))
        return prelude

    def _output(self, name: str, sites: Sites) -> None:
        """An attribute that the body sets becomes a local and one more result."""
        local = name.removeprefix("self.")
        if local in self.body.scan.bindings or local in self.body.inputs:
            raise Refusal(
                "TFM404", self.body.member.node, self.module, f"{name} is set here, and {local} means something else"
            )
        for statement in statements(list(self.body.member.body), self.body.scan.opaque):
            for node in ast.walk(statement):
                if (
                    isinstance(node, ast.Attribute)
                    and node in self.body.scan.parents
                    and self.body.splitter.spelling(node) == name
                    and self._owner(node) is statement
                ):
                    sites.add("methods", span(self.module, node), Replace(local))

    def _owner(self, node: ast.AST) -> ast.stmt:
        return self.body.scan.statement(node)

    def _slot_site(self, slot: Slot, site: ast.AST, sites: Sites) -> None:
        target = self.target(slot, site)
        where = span(self.module, site)
        split = self._split_at(slot, site) if slot.kind is Made.WEIGHT else None
        if split is not None:
            assert isinstance(site, ast.Call)
            arguments = [Argument(text=f"{target}.value")]
            given = split.given(site)
            arguments += [Argument(i) for i, e in enumerate(site.args) if any(e is given.get(k) for k in split.kept)]
            arguments += [Argument(k.arg, keyword=k.arg) for k in site.keywords if k.arg in split.kept]
            sites.add("helpers", where, Invoke(ast.unparse(site.func), tuple(arguments)))
        elif slot.kind is Made.WEIGHT:
            assert isinstance(site, ast.expr)
            sites.add("weights", where, Replace(self._weight_text(site, target)))
        elif slot.kind is Made.CELL:
            sites.add("tf_layers", where, Replace(target))
        elif isinstance(site, ast.With):
            self._block_call(slot, site, target, sites)
        elif slot.kind is Made.LAYER:
            assert isinstance(site, ast.Call)
            sites.add("tf_layers", where, invoke_layer(target, slot, site, self.call_text))
        else:
            assert isinstance(site, ast.Call)
            self._instance_call(slot, site, target, sites)

    def call_text(self, expression: ast.expr) -> str:
        """An expression as it reads in `call`."""
        if getattr(expression, "synthetic", False):
            return written(expression)
        spelled = names_for_all(self.plan, Level.CALL)

        def substitute(part: ast.expr) -> str | None:
            name = self.body.splitter.spelling(part)
            item = self.body.inputs.get(name) if name is not None else None
            if item is None or name is None or not isinstance(getattr(part, "ctx", None), ast.Load):
                return None
            if name in self.body.scan.bindings and not item.is_attribute:
                return None
            if item.role is Role.CALL and item.is_attribute:
                return item.identifier
            return spelled.get(name) if item.role in (Role.CTOR, Role.NAME) else None

        return render(self.module, expression, substitute)

    def target(self, slot: Slot, site: ast.AST | None = None) -> str:
        """`self.conv`, or `self.convs[i]` inside the loop."""
        if self.plan.unit.primary.wrapped is not None:
            return "super().call"
        text = f"self.{slot.name}"
        for loop in slot.loops if site is None else loops_at(slot, site):
            assert isinstance(loop, LOOPS)
            text += f"[{index_text(slot, loop, self.module)}]"
        return text

    def _instance_call(self, slot: Slot, site: ast.Call, target: str, sites: Sites) -> None:
        member = self._member_at(slot, site)
        child = self.plans[slot.unit]
        if member is not child.unit.primary:
            target += f".{member.method}"
        wanted, given = self._call_arguments(slot, site), self._given(slot, site)
        if is_map(site):
            map_layer(child, member, wanted, site, target, sites)
            return
        arguments = call_arguments(child, member, wanted, given, site, self._spelled())
        sites.add("calls", span(self.module, site), Invoke(target, arguments))
        extra = child.bodies[member].handed_back
        if extra:
            extend_targets(self.body.scan.statement(site), site, member, extra, self.module, sites)

    def _block_call(self, slot: Slot, site: ast.With, target: str, sites: Sites) -> None:
        child = self.plans[slot.unit]
        member = self._member_at(slot, site)
        if member is not child.unit.primary:
            target += f".{member.method}"
        spelled = {**self._spelled(), **{name: name.removeprefix("self.") for name in self.body.outputs}}
        sites.add("blocks", span(self.module, site), block_call(child, member, target, spelled, self.module))

    def _spelled(self) -> dict[str, str]:
        """How `call` spells the constructor's arguments, and the locals that were weights."""
        spelled = {**names_for_all(self.plan, Level.CALL)}
        for name in self.body.scan.bindings:
            weight = self._weight_of_local(name)
            if weight is not None:
                spelled[name] = self.target(weight) + (".value" if weight.kind is Made.WEIGHT else "")
        return spelled

    def _weight_of_local(self, name: str) -> Slot | None:
        bindings = self.body.scan.bindings[name]
        return self._weight_at(bindings[-1].value) if bindings[-1].statement in self.body.removed else None

    def _weight_reads(self, sites: Sites) -> None:
        for name, bindings in self.body.scan.bindings.items():
            if not any(b.statement in self.body.removed and self._weight_at(b.value) for b in bindings):
                continue
            for node in self.body.scan.loads(name):
                slot = self._one_slot(name, node)
                if slot is not None and not self.body.is_gone(node):
                    target = self.target(slot)
                    text = target if slot.kind is Made.CELL else self._weight_text(node, target)
                    sites.add("weights", span(self.module, node), Replace(text))

    def _weight_text(self, node: ast.expr, text: str) -> str:
        """`self.w` where TensorFlow takes a Keras variable, `self.w.value` elsewhere."""
        parent = self.body.scan.parents.get(node)
        if isinstance(parent, ast.keyword):
            parent = self.body.scan.parents.get(parent)
        if isinstance(parent, ast.BinOp) and isinstance(parent.op, (ast.Add, ast.Sub, ast.Mult)):
            return text
        if isinstance(parent, ast.Call) and node is not parent.func and isinstance(parent.func, ast.Attribute):
            if parent.func.attr in TAKES_VARIABLES:
                return text
        return f"{text}.value"

    def _scopes(self, sites: Sites) -> None:
        scope = self.body.member.scope
        if scope is not None and scope is not self.body.member.node:
            self._check_alias(scope)
            sites.add("scopes", span(self.module, scope), Unwrap())
        elif scope is not None:
            self._check_alias(scope)
        for block, makes in self.blocks.items():
            if not (block in self.body.scan.parents or block in self.body.member.body):
                continue
            self._check_alias(block)
            sites.add("scopes", span(self.module, block), self._name_scope(block, makes))

        for statement in statements(list(self.body.member.body), self.body.scan.opaque):
            if statement in self.arg_scopes:
                sites.add("scopes", span(self.module, statement), Unwrap())

    def _name_scope(self, block: ast.With, makes: bool) -> Unwrap | NameScope:
        spelled = names_for_all(self.plan, Level.CALL)
        return name_scope(block, makes, self.module, spelled, self._regions_of(block))

    def _check_alias(self, block: ast.With) -> None:
        """`as scope` may serve reuse and names of operations, nothing else."""
        alias = block.items[0].optional_vars
        if not isinstance(alias, ast.Name):
            return
        for node in self.body.scan.loads(alias.id):
            certain, binding = self.body.scan.reaching(alias.id, node)
            foreign = certain and binding is not None and binding.statement is not block
            if self.body.is_gone(node) or foreign:
                continue
            parent = self.body.scan.parents.get(node)
            if isinstance(parent, ast.Attribute) and parent.attr == "name" and names_operation(self.module, parent):
                continue
            raise Refusal("TFM205", node, self.module, f"the scope object {alias.id} is used for more than reuse")

    def _inline_layers(self, sites: Sites) -> None:
        """What keeps no state becomes the operation it always was."""
        found: dict[ast.Call, list[Creation]] = {}
        for region in self.body.member.regions:
            for creation in inline_creations(region, self.blocks):
                if self._is_mine(creation.node):
                    found.setdefault(creation.node, []).append(creation)
        for node, creations in found.items():
            if is_step(creations):
                continue
            sites.add("tf_layers", span(self.module, node), operation(creations, self.module, self.call_text))

    def _alias_names(self, sites: Sites) -> None:
        """`name=scope.name` takes the layer's name, or that of the name scope."""
        scopes = [self.body.member.scope, *self.blocks]
        for block in scopes:
            alias = block.items[0].optional_vars if block is not None else None
            if block is None or not isinstance(alias, ast.Name):
                continue
            for node in self.body.scan.loads(alias.id):
                parent = self.body.scan.parents.get(node)
                certain, binding = self.body.scan.reaching(alias.id, node)
                mine = certain and (binding is None or binding.statement is block)
                if mine and isinstance(parent, ast.Attribute) and not self.body.is_gone(node):
                    name = scope_name(block.items[0].context_expr)
                    own = block is self.body.member.scope
                    text = "self.name" if own or name is None else render(self.module, name, lambda _: None)
                    sites.add("scopes", span(self.module, parent), Replace(text))

    def _returns(self, sites: Sites) -> tuple[str, ...]:
        """Hand back what the code around still wants."""
        member = self.body.member
        outputs = tuple(name.removeprefix("self.") for name in self.body.handed_back)
        last = member.node.body[-1]
        if member.shape is Shape.BLOCK and not isinstance(last, ast.Return):
            return tuple(self._result_text(name) for name in block_results(self.body))
        if (
            member.shape is Shape.BLOCK
            and outputs
            and isinstance(last, ast.Return)
            and isinstance(last.value, ast.Tuple)
        ):
            raise Refusal(
                "TFM404",
                last,
                self.module,
                f"returns a tuple here and leaves {', '.join(self.body.outputs)} on the object",
            )
        if not outputs:
            return ()
        returns = [s for s in statements(list(member.body), self.body.scan.opaque) if isinstance(s, ast.Return)]
        top = _top_statements(member, self.arg_scopes | frozenset(self.blocks))
        for name in self.body.handed_back:
            if not any(b.statement in top for b in self.body.scan.bindings[name]):
                raise Refusal("TFM404", member.node, self.module, f"{name} is set under a condition only")
        if not returns:
            return outputs
        for statement in returns:
            if statement not in top:
                raise Refusal(
                    "TFM404", statement, self.module, f"returns before all of {', '.join(self.body.outputs)} are set"
                )
            sites.add("methods", span(self.module, statement), Extend(outputs, alone=statement.value is None))
        return ()

    def _result_text(self, name: str) -> str:
        """What a block hands back under a name: a weight, if only the attribute has it."""
        bindings = self.body.scan.bindings.get(name, [])
        weight = self._weight_of_local(name) if bindings else None
        if weight is None:
            return name
        return self.target(weight) + (".value" if weight.kind is Made.WEIGHT else "")

    def _method(self, prelude: list[str], results: tuple[str, ...]) -> MethodBody:
        member = self.body.member
        parameters = []
        for item in self.plan.call_inputs(member):
            default = "" if item.default is None else f"={render(self.module, item.default, lambda _: None)}"
            parameters.append(f"{item.identifier}{default}")
        primary = member is self.plan.unit.primary
        if not parameters and primary:
            parameters = ["inputs=None"]  # Keras wants a first argument to a call
        return MethodBody(
            span(self.module, member.node), member.method, tuple(parameters), tuple(prelude), results, primary
        )


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


class _Handed(ast.expr):
    """A read that a block call makes; it stands nowhere in the source."""

    def __init__(self, block: ast.With) -> None:
        super().__init__()
        self.block = block


def _top_statements(member: Member, blocks: frozenset[ast.With], body: list[ast.stmt] | None = None) -> list[ast.stmt]:
    """The statements that surely run: those of the body, and of the blocks that go from it or only name things."""
    found: list[ast.stmt] = []
    for statement in member.node.body if body is None else body:
        found.append(statement)
        if isinstance(statement, ast.With) and (statement is member.scope or statement in blocks):
            found.extend(_top_statements(member, blocks, statement.body))
    return found


def call_arguments(
    child: LayerPlan,
    member: Member,
    wanted: list[tuple[str, bool]],
    given: dict[str, ast.expr],
    site: ast.Call,
    spelled: dict[str, str],
) -> tuple[Argument, ...]:
    """The arguments of a layer's call, in the form that the program gave them where Keras allows it."""
    arguments: list[Argument] = []
    positional = True
    for item in child.call_inputs(member):
        if item.name in FILLED_IN and item.name not in given and item.default is not None:
            text = render(member.module, item.default, lambda _: None)
            arguments.append(Argument(text=text, keyword=item.name))
    filled = arguments
    arguments = []
    for name, sure in wanted:
        bare = name.removeprefix("self.")
        if name.startswith("self.") or name not in given:
            positional = positional and sure
            text = received(name, site)
            arguments.append(Argument(text=spelled.get(text, text), keyword=None if positional else bare))
            continue
        expression = given[name]
        by_position = expression in site.args
        positional = positional and sure and by_position and name not in FILLED_IN
        source: int | str = site.args.index(expression) if by_position else name
        arguments.append(Argument(source, keyword=None if positional else bare))
    return tuple(arguments + filled)


def extend_targets(
    statement: ast.stmt, site: ast.Call, member: Member, extra: list[str], module: Module, sites: Sites
) -> None:
    """`y = self.f(x)` takes the attributes that `f` used to set: `y, self.h = f(x)`."""
    extra = [received(name, site) for name in extra]
    result = any(isinstance(n, ast.Return) and n.value is not None for n in ast.walk(member.node))
    values = [n.value for n in ast.walk(member.node) if isinstance(n, ast.Return) and n.value is not None]
    tuples = [isinstance(v, ast.Tuple) for v in values]
    if isinstance(statement, ast.Assign) and statement.value is site and len(statement.targets) == 1:
        tuple_target = isinstance(statement.targets[0], ast.Tuple)
        if result and ((all(tuples) and tuple_target) or (not any(tuples) and not tuple_target)):
            sites.add("methods", span(module, statement), Extend(tuple(extra)))
            return
    if isinstance(statement, ast.Expr) and statement.value is site and not result:
        sites.add("methods", span(module, statement), Extend(tuple(extra), alone=True))
        return
    if isinstance(statement, ast.Expr) and statement.value is site:
        sites.add("methods", span(module, statement), Extend(tuple(extra), alone=True, last=True))
        return
    lower = _last_ones(statement, site)
    if lower is not None and result and all(tuples):
        sites.add("methods", span(module, statement), Extend(tuple(extra)))
        count = len(extra) - ast.literal_eval(lower)
        sites.add("methods", span(module, lower), Replace(f"-{count}"))
        return
    raise Refusal("TFM404", site, module, f"{member.name} sets {', '.join(extra)}, which this call has no place for")


def _last_ones(statement: ast.stmt, site: ast.Call) -> ast.expr | None:
    """The -2 of `a, b = self.f(x)[-2:]`."""
    value = statement.value if isinstance(statement, ast.Assign) and len(statement.targets) == 1 else None
    if not isinstance(statement, ast.Assign) or not isinstance(value, ast.Subscript) or value.value is not site:
        return None
    target, part = statement.targets[0], value.slice
    if not isinstance(target, ast.Tuple) or not isinstance(part, ast.Slice) or part.upper or part.step:
        return None
    known = isinstance(part.lower, ast.UnaryOp) and ast.unparse(part.lower) == f"-{len(target.elts)}"
    return part.lower if known and not any(isinstance(e, ast.Starred) for e in target.elts) else None


def block_results(body: Body) -> list[str]:
    """The names that the code behind a block reads."""
    return [*body.live, *[name.removeprefix("self.") for name in body.outputs]]


def block_call(child: LayerPlan, member: Member, target: str, spelled: dict[str, str], module: Module) -> BlockCall:
    """The statement that takes the place of a block. The class is filled in when all methods are known."""
    body = child.bodies[member]
    arguments: list[str] = []
    positional = True
    for item in child.call_inputs(member):
        text = spelled.get(item.name, item.name)
        positional = positional and item.sure and item.identifier not in FILLED_IN
        arguments.append(text if positional else f"{item.identifier}={text}")
    call = f"{target}({', '.join(arguments)})"
    outputs = [spelled.get(name, name) for name in body.outputs]
    targets = [*body.live, *outputs]
    lines = [f"{', '.join(targets)} = {call}" if targets else call]
    last = member.node.body[-1]
    if isinstance(last, ast.Return):
        lines = [f"return {call}"]
        if body.outputs:
            first = [] if last.value is None else ["result"]
            lines = [f"{', '.join([*first, *outputs])} = {call}", f"return {''.join(first)}".rstrip()]
    assert isinstance(member.node, ast.With)
    if has_segments(member.regions):

        def show(node: ast.expr) -> str:
            return render(module, node, lambda part: spelled.get(part.id) if isinstance(part, ast.Name) else None)

        outer = _segments(member.node, member.regions, module, show)[:-1]
        scopes = ", ".join(f"keras.name_scope({segment})" for segment in outer)
        lines = [f"with {scopes}:", *(f"{indent_of(module)}{line}" for line in lines)]
    return BlockCall(LayerClass(child.class_name, (), ()), tuple(lines), (0, 0, 0, 0))


def name_scope(
    block: ast.With,
    makes: bool,
    module: Module,
    spelled: dict[str, str],
    regions: Sequence[Region],
    kept: bool = False,
) -> Unwrap | NameScope:
    """What remains of a scope block that makes no variable by itself. Raises Refusal.

    kept: whether this is plain code, where the program may still ask for the scope.
    """
    if len(block.items) != 1:
        raise Refusal("TFM205", block, module, "a with statement opens the scope together with something else")
    call = block.items[0].context_expr
    name = scope_name(call)
    if name is None or _reenters(name) or (regions and all(region.name is None for region in regions)):
        return Unwrap()

    def substitute(node: ast.expr) -> str | None:
        return spelled.get(node.id) if isinstance(node, ast.Name) else None

    def show(node: ast.expr) -> str:
        return render(module, node, substitute)

    again = any(region.by_object for region in regions)
    counted = again or _may_be_counted(call)
    text = _counted_name(call, module, regions, show) if counted else show(name)
    if again and kept and isinstance(name, ast.Attribute) and all(len(region.path) == 1 for region in regions):
        text = f"{show(name)}.name"
    if text is None and again:
        raise Refusal("TFM205", block, module, "a scope that was left is entered again by its object")
    segments = None if again or not makes or not has_segments(regions) else _segments(block, regions, module, show)
    if text is None and not makes:
        return Unwrap()
    if text is None:
        raise Refusal(
            "TFM204", block, module, "TF1 gives this scope a name and counts, which is not the same for all calls"
        )
    named = kept and any(region.named for region in regions)
    if makes and (named or any(region.trains for region in regions)):
        # an optimizer names what it adds after the variable scope, or the program itself asks for the name
        beside = f"{tensorflow_alias(module)}.variable_scope({text}, auxiliary_name_scope=False)"
        *outer, inner = [f"keras.name_scope({segment})" for segment in segments or [text]]
        return NameScope(inner, (beside, *outer), named)
    if segments is not None:
        *outer, inner = [f"keras.name_scope({segment})" for segment in segments]
        return NameScope(inner, tuple(outer))
    library = "keras" if makes else render(module, call.func.value, lambda _: None)  # type: ignore[attr-defined]
    return NameScope(f"{library}.name_scope({text})")


def _segments(block: ast.With, regions: Sequence[Region], module: Module, show: Callable[[ast.expr], str]) -> list[str]:
    """The names that a block opens one in another. Raises Refusal."""
    texts = segment_texts(block.items[0].context_expr, regions, Naming(file_quote(module), {}), show)
    if texts is None:
        text = "this scope's name has slashes, and what stands between them cannot be told apart"
        raise Refusal("TFM202", block, module, text)
    return texts


def _may_be_counted(call: ast.expr) -> bool:
    """Whether a scope has a default name, and the name that it is given may be None."""
    given = arguments_of(call, VARIABLE_SCOPE) if isinstance(call, ast.Call) else {}
    name = given.get("name_or_scope")
    return "default_name" in given and not (isinstance(name, ast.Constant) and name.value is not None)


def _counted_name(
    call: ast.expr, module: Module, regions: Sequence[Region], show: Callable[[ast.expr], str]
) -> str | None:
    """The name that such a scope has, as text; None where it is not known or not always the same."""
    naming = Naming(file_quote(module), {})
    numbers = [region.number for region in regions]
    if any(number is not None for number in numbers):
        return scope_text(numbers, call, module, naming, show)
    found = {region.path[-1] for region in regions if region.path}
    last = found.pop() if len(found) == 1 else None
    return naming.literal(str(last.value)) if isinstance(last, Const) else None


def _reenters(name: ast.expr) -> bool:
    return isinstance(name, ast.Call) and ast.unparse(name.func).endswith("get_variable_scope")
