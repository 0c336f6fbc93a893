"""Clusters: what migrates together or not at all, and what keeps a cluster from migrating."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from tfmigrate.execute import Executor
from tfmigrate.finding import CODES, Finding, Severity
from tfmigrate.link import Function, Module
from tfmigrate.references import References, Resolve, misuse
from tfmigrate.regions import Region
from tfmigrate.units import Classification, Instance, Ownership, Shape, Unit


class Clusters:
    """Units joined by use, with the findings that refuse them."""

    def __init__(self, classes: Classification, owners: Ownership) -> None:
        self.classes = classes
        self.owners = owners
        self.parent: dict[Unit, Unit] = {}
        self.refused: dict[Unit, set[str]] = {}
        self.findings: set[Finding] = set()
        for unit in owners.units.values():
            self.parent.setdefault(unit, unit)
        self._join_by_use()
        self._join_by_blocks()
        self._join_by_helpers()

    # -- joining -------------------------------------------------------------------------------------------------

    def find(self, unit: Unit) -> Unit:
        while self.parent[unit] is not unit:
            unit = self.parent[unit]
        return unit

    def join(self, units: Iterable[Unit]) -> None:
        first: Unit | None = None
        for unit in units:
            if first is None:
                first = self.find(unit)
            elif self.find(unit) is not first:
                self.parent[self.find(unit)] = first

    def _join_by_use(self) -> None:
        for instance in self.owners.instances():
            if isinstance(instance.owner, Instance):
                self.join([instance.owner.unit, instance.unit])

    def _join_by_blocks(self) -> None:
        """What stands in one scope block of a plain function keeps that block, or loses it, together."""
        for block, regions in self.classes.blocks.items():
            if block in self.classes.units:
                continue
            inside = [self.owners.instance_of[e].unit for r in regions for e in r.walk() if e in self.owners.instance_of]
            self.join(inside)

    def _join_by_helpers(self) -> None:
        users: dict[Function, list[Unit]] = {}
        for function in self.classes.helpers:
            for region in self.classes.calls[function]:
                unit = self.unit_around(region)
                if unit is not None:
                    users.setdefault(function, []).append(unit)
        for units in users.values():
            self.join(units)

    def unit_around(self, region: Region | None) -> Unit | None:
        """The innermost unit whose code a region belongs to."""
        while region is not None:
            member = self.classes.member_of(region)
            if member is not None:
                return self.owners.unit(member)
            region = region.parent
        return None

    # -- refusing ------------------------------------------------------------------------------------------------

    def refuse(self, code: str, node: ast.AST, module: Module, message: str, unit: Unit | None) -> None:
        """Refuse the cluster of a unit, with the reason at a node."""
        finding = Finding(
            str(module.path), getattr(node, "lineno", 1), _column(module, node), code, message
        )
        self.findings.add(finding)
        if unit is not None and CODES[code].severity is not Severity.REVIEW:
            self.refused.setdefault(self.find(unit), set()).add(code)

    def is_refused(self, unit: Unit) -> bool:
        return self.find(unit) in self.refused

    def codes(self, unit: Unit) -> tuple[str, ...]:
        return tuple(sorted(self.refused.get(self.find(unit), ())))

    def blame_walks(self) -> None:
        """What the walks found refuses the unit it stands in."""
        for walk in self.classes.walks:
            for finding, region in walk.scoping.blamed.items():
                self.findings.add(finding)
                unit = self.unit_around(region)
                if unit is not None and CODES[finding.code].severity is not Severity.REVIEW:
                    self.refused.setdefault(self.find(unit), set()).add(finding.code)
                elif unit is None and region is not None:
                    self._blame_below(region, finding)

    def _blame_below(self, region: Region, finding: Finding) -> None:
        """A finding in plain code concerns the units that its scope block holds."""
        if finding.code.startswith("TFM60"):
            while region.parent is not None:
                region = region.parent
        if region.is_block or region.parent is None:
            for event in region.walk():
                if event in self.owners.instance_of:
                    unit = self.owners.instance_of[event].unit  # type: ignore[index]
                    self.refused.setdefault(self.find(unit), set()).add(finding.code)

    def check_functions(self, executor: Executor, resolve: Resolve) -> None:
        """Refuse what the form of a function, or the way it is used, does not allow."""
        functions = {m.function for m in self.owners.units if m.function is not None and m.shape is not Shape.BLOCK}
        references = References(executor.program, functions | self.classes.helpers, resolve)
        unresolved: dict[str, tuple[Module, ast.Call]] = {}
        for walk in self.classes.walks:
            unresolved.update(walk.scoping.unresolved_calls)
        for member, unit in self.owners.units.items():
            function = member.function
            if function is None or member.shape is Shape.BLOCK:
                continue
            self._check_form(function, unit)
            for code, node, module, message in misuse(references, member, self.classes.calls[function]):
                self.refuse(code, node, module, message, unit)
            if function.name in unresolved and function.cls is not None:
                module, call = unresolved[function.name]
                self.refuse("TFM307", call, module, f"this may call {function.qualname}, on an object that cannot be followed", unit)
        for helper in self.classes.helpers:
            self._check_helper(helper, references)

    def _check_helper(self, helper: Function, references: References) -> None:
        values = [m for m in references.mentions if m.function is helper and m.call is None]
        for region in self.classes.calls[helper]:
            unit = self.unit_around(region)
            if values:
                self.refuse("TFM302", values[0].node, values[0].module, f"{helper.name} is used as a value here", unit)
            if _has_effects(helper):
                message = f"{helper.name} makes a variable and does more at each call"
                self.refuse("TFM405", helper.node, helper.module, message, unit)

    def _check_form(self, function: Function, unit: Unit) -> None:
        node, module = function.node, function.module
        if isinstance(node, ast.AsyncFunctionDef) or any(isinstance(n, (ast.Yield, ast.YieldFrom)) for n in ast.walk(node)):
            self.refuse("TFM403", node, module, f"{function.name} makes variables in a generator or coroutine", unit)
        if node.args.vararg is not None or node.args.kwarg is not None:
            self.refuse("TFM406", node, module, f"{function.name} takes *args or **kwargs", unit)
        if node.decorator_list:
            decorator = ast.unparse(node.decorator_list[0])
            self.refuse("TFM407", node.decorator_list[0], module, f"{function.name} is decorated with @{decorator}", unit)
        if function.parent is not None:
            self.refuse("TFM403", node, module, f"{function.name} is defined inside {function.parent.name}", unit)

    def check_owners(self) -> None:
        """A variable that two instances reach has no single owner."""
        for walk in self.classes.walks:
            reached: dict[object, tuple[Instance | None, Region]] = {}
            for creation in walk.root.creations():
                instance = self._instance_around(creation.region)
                for variable in creation.variables:
                    first = reached.setdefault(variable, (instance, creation.region))
                    if first[0] is not instance:
                        self._no_owner(first[0], instance, creation.region, creation.node)

    def _no_owner(self, first: Instance | None, second: Instance | None, region: Region, node: ast.AST) -> None:
        message = "these variables are shared with code that no layer or object of the program holds together with this"
        code = "TFM306" if first is not None and second is not None and first.owner is second.owner else "TFM303"
        if code == "TFM306":
            message = "two functions share variables here and cannot become one layer"
        for instance in (first, second):
            if instance is not None:
                self.refuse(code, node, region.module, message, instance.unit)

    def _instance_around(self, region: Region | None) -> Instance | None:
        while region is not None:
            if region in self.owners.instance_of:
                return self.owners.instance_of[region]
            region = region.parent
        return None


def _column(module: Module, node: ast.AST) -> int:
    return getattr(node, "col_offset", 0)


def _has_effects(helper: Function) -> bool:
    """Whether a helper does more than compute arguments, make the variable and return it."""
    for statement in ast.walk(helper.node):
        if isinstance(statement, (ast.For, ast.While, ast.Try, ast.Global, ast.AugAssign, ast.FunctionDef)) and statement is not helper.node:
            return True
        if isinstance(statement, ast.Expr) and not isinstance(statement.value, ast.Constant):
            return True
        if isinstance(statement, ast.Return) and not _returns_variable(statement.value, helper):
            return True
    return False


def _returns_variable(value: ast.expr | None, helper: Function) -> bool:
    if isinstance(value, ast.Name):
        return not any(
            isinstance(n, ast.Assign) and isinstance(n.targets[0], ast.Name) and n.targets[0].id == value.id and not isinstance(n.value, ast.Call)
            for n in ast.walk(helper.node)
        )
    return isinstance(value, ast.Call)
