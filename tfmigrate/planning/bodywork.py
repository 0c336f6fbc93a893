"""One body on its way into a layer: what stands where in it, and how it spells what the layer holds."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from tfmigrate.planning.classification import Classification
from tfmigrate.planning.compose import names_for_all
from tfmigrate.planning.layering import Body, LayerPlan, Role
from tfmigrate.planning.looping import index_text, loops_at
from tfmigrate.planning.making import Naming
from tfmigrate.planning.mapping import given_at
from tfmigrate.planning.requests import naming_in
from tfmigrate.planning.slots import Made, Slot
from tfmigrate.planning.split import Level
from tfmigrate.planning.splitting import Split
from tfmigrate.planning.units import Member
from tfmigrate.program.link import Module
from tfmigrate.program.render import render, written
from tfmigrate.program.rounds import LOOPS
from tfmigrate.program.synthetic import is_synthetic
from tfmigrate.walk.regions import Region
from tfmigrate.walk.values import is_tensor


@dataclass
class Bodywork:
    """One body of one class."""

    plan: LayerPlan
    body: Body
    plans: dict[object, LayerPlan]
    naming: Naming
    # the scope blocks that only name things, and whether they hold layers
    blocks: dict[ast.With, bool]
    arg_scopes: frozenset[ast.With] = frozenset()
    # the statements that only get what an arg_scope enters again
    sources: frozenset[ast.stmt] = frozenset()

    @property
    def module(self) -> Module:
        return self.body.module

    def is_mine(self, site: ast.AST) -> bool:
        """Whether a node stands in this body, and not in what leaves it as a layer of its own."""
        return self.body.scan.holds(site)

    def regions_of(self, block: ast.With) -> list[Region]:
        """What the walk saw of a block in this body."""
        inside = (event for region in self.body.member.regions for event in region.walk())
        return [event for event in inside if isinstance(event, Region) and event.node is block]

    def member_at(self, slot: Slot, site: ast.AST) -> Member:
        """The member of the layer that a site calls."""
        child = self.plans[slot.unit]
        for instance in child.unit.instances:
            for region in instance.regions:
                if region.node is slot.alike.get(site, site):
                    return next(m for m in child.unit.members if region in m.regions)
        return child.unit.primary

    def given(self, slot: Slot, site: ast.Call) -> dict[str, ast.expr]:
        """The arguments of a call of a layer by parameter."""
        return given_at(site, self.member_at(slot, site))

    def wanted_at(self, slot: Slot, site: ast.Call) -> list[tuple[str, bool]]:
        """The arguments that the call of a layer takes: (input, may be positional)."""
        child = self.plans[slot.unit]
        member = self.member_at(slot, site)
        given = self.given(slot, site)
        result = []
        for item in child.call_inputs(member):
            regions = [r for r in member.regions if r.node is slot.alike.get(site, site)]
            values = [child.bodies[member].value(item.name, r) for r in regions]
            sure = bool(values) and all(is_tensor(v) for v in values) and self._is_tensor(given.get(item.name))
            if item.name in given or item.is_given:
                result.append((item.name, sure))
        return result

    def _is_tensor(self, expression: ast.expr | None) -> bool:
        """Whether no call of this body gives something else than a tensor that it hands on like this."""
        if not isinstance(expression, ast.Name) or expression.id not in self.body.inputs:
            return True
        return all(is_tensor(self.body.value(expression.id, region)) for region in self.body.member.regions)

    @staticmethod
    def split_at(slot: Slot, site: ast.AST) -> Split | None:
        """The helper that does more at this call, if there is one."""
        split = next((use.split for use in slot.uses if use.node is site), None)
        return None if split is None or not isinstance(site, ast.Call) or split.is_idle(site) else split

    def weight_at(self, node: ast.AST | None) -> Slot | None:
        """The weight or cell whose attribute is read instead of a request."""
        read = (Made.WEIGHT, Made.CELL)
        found = next((s for s in self.plan.slots if s.kind in read and node in s.sites), None)
        return found if found is None or node is None or self.split_at(found, node) is None else None

    def one_slot(self, name: str, node: ast.expr) -> Slot | None:
        """The weight or cell that a local surely is where it is read."""
        certain, binding = self.body.scan.reaching(name, node)
        if not certain or binding is None:
            return None
        slot = self.weight_at(binding.value)
        if slot is not None and slot.loops and not set(slot.loops) <= set(self.body.scan.ancestors(node)):
            return None
        return slot

    def weight_of_local(self, name: str) -> Slot | None:
        """The weight or cell that a local was which has gone."""
        bindings = self.body.scan.bindings[name]
        return self.weight_at(bindings[-1].value) if bindings[-1].statement in self.body.removed else None

    def spelled(self) -> dict[str, str]:
        """How `call` spells the constructor's arguments, and the locals that were weights."""
        spelled = {**names_for_all(self.plan, Level.CALL)}
        for name in self.body.scan.bindings:
            weight = self.weight_of_local(name)
            if weight is not None:
                spelled[name] = self.target(weight) + (".value" if weight.kind is Made.WEIGHT else "")
        return spelled

    def target(self, slot: Slot, site: ast.AST | None = None) -> str:
        """`self.conv`, or `self.convs[i]` inside the loop."""
        if self.plan.unit.primary.wrapped is not None:
            return "super().call"
        text = f"self.{slot.name}"
        for loop in slot.loops if site is None else loops_at(slot, site):
            assert isinstance(loop, LOOPS)
            text += f"[{index_text(slot, loop, self.module)}]"
        return text

    def call_text(self, expression: ast.expr) -> str:
        """An expression as it reads in `call`."""
        if is_synthetic(expression):
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


def bodywork_of(plan: LayerPlan, body: Body, plans: dict[object, LayerPlan], classes: Classification) -> Bodywork:
    """What is to do with one body of a class."""
    naming, blocks = naming_in(body.module), _name_blocks(body.member, classes)
    sources = frozenset(classes.arg_scope_sources.values())
    return Bodywork(plan, body, plans, naming, blocks, frozenset(classes.arg_scopes), sources)


def _name_blocks(member: Member, classes: Classification) -> dict[ast.With, bool]:
    """The scope blocks of a member that only name things, and whether they hold layers."""
    blocks: dict[ast.With, bool] = {}
    for block, regions in classes.blocks.items():
        if block in classes.units or block is member.scope:
            continue
        if any(_holder_region(region, classes) in member.regions for region in regions):
            blocks[block] = any(region in classes.makers for region in regions)
    return blocks


def _holder_region(region: Region, classes: Classification) -> Region:
    outer = region.parent
    while outer is not None and outer.is_block and classes.member_of(outer) is None and outer.parent is not None:
        outer = outer.parent
    return outer if outer is not None else region
