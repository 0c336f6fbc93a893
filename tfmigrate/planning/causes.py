"""What keeps a unit from migrating before anything is planned: each problem once, at the line that causes it."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tfmigrate.finding import Finding
from tfmigrate.planning.aliases import Aliases
from tfmigrate.planning.classification import Classification
from tfmigrate.planning.clusters import Clusters
from tfmigrate.planning.far_lambdas import check_far_lambdas
from tfmigrate.planning.helping import asked
from tfmigrate.planning.meanings import Meanings
from tfmigrate.planning.one_owner import OneOwner
from tfmigrate.planning.orphans import orphans
from tfmigrate.planning.ownership import Ownership
from tfmigrate.planning.placing import Places
from tfmigrate.planning.program_wide import ProgramWide
from tfmigrate.planning.references import Mention, References, Stays, misuse
from tfmigrate.planning.scope_objects import ScopeObjects
from tfmigrate.planning.templates import Templates
from tfmigrate.planning.units import Member, Shape, Unit
from tfmigrate.planning.unseen_calls import UnseenCalls
from tfmigrate.planning.weight_requests import UNLIKE, alike
from tfmigrate.program.effects import has_effects
from tfmigrate.program.link import Function, Module, in_order
from tfmigrate.program.standing import functions_around
from tfmigrate.walk.execute import Executor
from tfmigrate.walk.regions import Creation, Region, around, root_of, twins


class Causes:
    """Looks at the walks and at how functions are written and used."""

    def __init__(
        self,
        classes: Classification,
        owners: Ownership,
        clusters: Clusters,
        executor: Executor,
        meanings: Meanings,
        stays: Stays = lambda *_: False,
    ) -> None:
        """stays: whether a node stands in code that stays TF1, with what it calls."""
        self.classes = classes
        self.owners = owners
        self.clusters = clusters
        self.executor = executor
        self.resolve = meanings.resolve
        self.orphans = orphans(classes)
        # code whose own layers stay as they are
        self.left: set[tuple[Function | None, Module]] = set()
        functions = {m.function for m in owners.units if m.function is not None and m.shape is not Shape.BLOCK}
        functions |= classes.helpers | self.orphans | {r.function for r in self._by_library() if r.function is not None}
        self.references = References(meanings, functions, stays)
        self.aliases = Aliases(executor.program, classes, self.references)
        self.templates = Templates(executor.program, classes, clusters, self.references)

    def check(self) -> set[Function]:
        """Refuse all that is to be refused; returns the functions that nothing calls."""
        for alias in self.aliases.found:
            self.clusters.join([self.owners.unit(self.classes.units[f]) for f in in_order(alias.functions)])
        self._join_choices()
        self._check_stars(check_far_lambdas(self.owners, self.clusters, self.executor.program))
        Places(self.classes, self.owners, self.clusters).check()
        self.templates.check()
        self.left |= self.templates.left
        self._check_library_calls()
        self._blame_walks()
        self._check_plain_variables()
        self._check_beside()
        ScopeObjects(self.classes, self.clusters, self.executor.program).check()
        self._check_cells()
        self._check_unseen_calls()
        for member, unit in self.owners.units.items():
            if member.function is not None and member.shape is not Shape.BLOCK:
                self._check_function(member, unit)
        for helper in in_order(self.classes.helpers):
            self._check_helper(helper)
        self._check_choices()
        self._check_rounds()
        OneOwner(self.classes, self.owners, self.clusters).check()
        wide = ProgramWide(self.classes, self.owners, self.clusters, self.executor.program, self.resolve)
        wide.check()
        self.left |= wide.left
        return self.orphans

    def _blame_walks(self) -> None:
        told = {(f.path, f.line, f.column) for f in self.clusters.findings}
        for walk in self.classes.walks:
            for finding, region in walk.scoping.blames:
                units = self._concerned(finding, region)
                if any(finding in template.findings for template in walk.scoping.templates):
                    units |= self.templates.concerned(finding)
                if not units and not self._stands_alone(finding, region):
                    continue
                known = finding not in self.clusters.findings and (finding.path, finding.line, finding.column) in told
                unsure = finding.code == "TFM201" and walk.entry.target in self.orphans
                derived = known or unsure or (finding.code == "TFM201" and _is_starred(region))
                self.clusters.blame(finding, units, shown=not derived)

    def _concerned(self, finding: Finding, region: Region | None) -> set[Unit]:
        """The units that a finding in a region refuses."""
        unit = self.clusters.unit_around(region)
        if unit is not None or region is None:
            return {unit} if unit is not None else set()
        if finding.code.startswith("TFM60"):
            region = root_of(region)
        below = region.is_block or region.parent is None or finding.code in ("TFM205", "TFM206")
        return self.clusters.units_below(region) if below else set()

    def _stands_alone(self, finding: Finding, region: Region | None) -> bool:
        """Whether a finding is worth telling though it refuses no unit: something that makes variables stays TF1."""
        if finding.code.startswith("TFM60") or finding.code == "TFM202":
            return False
        return region is None or not region.is_block or region in self.classes.makers

    def _check_plain_variables(self) -> None:
        """The call of a layer is a scope of names, also for what it makes outside of the scope that it replaces."""
        for walk in self.classes.walks:
            for made in walk.scoping.plain_variables:
                unit = self.clusters.unit_around(made.region)
                if unit is not None and not made.path:  # in a scope it is refused in any case
                    text = "a layer's name would come before that of this tf.Variable"
                    self.clusters.refuse("TFM504", made.node, made.region.module, text, unit)
                elif made.weight is not None and self.classes.member_of(self.classes.code_around(made.region)) is None:
                    text = "this tf.Variable is no weight of the layers that are made beside it"
                    units = self.clusters.units_below(made.region) | ({unit} if unit is not None else set())
                    self.clusters.refuse_all("TFM504", made.node, made.region.module, text, units)

    def _check_beside(self) -> None:
        """What TensorFlow makes by itself is named after the variable scope that is open, and in a layer none is."""
        for walk in self.classes.walks:
            for made in walk.scoping.beside:
                unit = self.clusters.unit_around(made.region)
                if unit is not None:
                    text = f"{made.what} in this layer would have other names"
                    self.clusters.refuse("TFM510", made.node, made.region.module, text, unit)

    def _check_unseen_calls(self) -> None:
        mro = self.executor.classes.mro
        unseen = UnseenCalls(self.classes, self.owners, self.clusters, self.references, mro, self.orphans)
        unseen.check()
        self.orphans = unseen.orphans
        self.left |= unseen.left

    def _check_cells(self) -> None:
        """A layer makes the RNN cells that it runs, and runs those that it makes."""
        code_of = self.classes.code_around
        for walk in self.classes.walks:
            for creation in walk.root.creations():
                for cell in creation.cells if not creation.is_cell else ():
                    units = {self.clusters.unit_around(creation.region), self.clusters.unit_around(cell.region)}
                    if units != {None} and code_of(creation.region) is not code_of(cell.region):
                        text = "this cell is made in other code than that which runs it, and one of them is a layer"
                        for unit in filter(None, units):
                            self.clusters.refuse("TFM501", cell.node, cell.region.module, text, unit)

    def _by_library(self) -> Iterator[Region]:
        """The calls of functions that a library makes."""
        for region in self.classes.regions():
            if region.by_library and region in self.classes.makers and region.function not in self.classes.evident:
                yield region

    def _check_library_calls(self) -> None:
        for region in self._by_library():
            units = self.clusters.units_below(region)
            outer = self.clusters.unit_around(region.parent)
            if outer is not None:
                units.add(outer)
            function = region.function
            assert function is not None
            if function.parent is not None:
                self._refuse_events(region, units)
                continue
            text = f"{function.name} is used as a value here"
            mentions = [m for m in self.references.mentions if m.function is function and m.call is None]
            for mention in mentions:
                self.clusters.refuse_all("TFM302", mention.node, mention.module, text, units)
            if not mentions and region.node is not None and region.parent is not None:
                self.clusters.refuse_all("TFM302", region.node, region.parent.module, text, units)

    def _refuse_events(self, region: Region, units: set[Unit]) -> None:
        """What an inner function makes that a library calls."""
        for event in region.events:
            if isinstance(event, Creation):
                text = "the variable is made in an inner function that a library calls"
                self.clusters.refuse_all("TFM403", event.node, region.module, text, units)
            elif isinstance(event, Region) and event in self.classes.makers:
                if event.is_block:
                    self._refuse_events(event, units)
                elif event.node is not None:
                    text = "variables are made in an inner function that a library calls"
                    self.clusters.refuse_all("TFM403", event.node, region.module, text, units)

    def _check_stars(self, told: set[Region]) -> None:
        """Calls that do not say what they pass. told: those of which more is wrong."""
        for member, unit in self.owners.units.items():
            for region in member.regions if member.shape is not Shape.BLOCK else ():
                spec = region.function.node.args if region.function is not None else None
                if not region.frame.star or region.node is None or region.parent is None or spec is None:
                    continue
                if region in told:
                    continue
                if region.function is None or region.function.node.decorator_list:
                    continue
                if spec.vararg is None and spec.kwarg is None:
                    text = f"this call of {member.name} gets its arguments from *args or **kwargs"
                    self.clusters.refuse("TFM406", region.node, region.parent.module, text, unit)

    def _join_choices(self) -> None:
        """What one call may run migrates together."""
        for region in self.classes.regions():
            if region.frame.pick is not None and not region.is_block:
                members = [self.classes.member_of(each) for each in (region, *twins(region))]
                self.clusters.join([self.owners.unit(member) for member in members if member is not None])

    def _check_rounds(self) -> None:
        """A layer that a round of a loop makes where it calls it is called there alone, by code that runs once."""
        for region in self.classes.regions():
            instance = self.owners.instance_of.get(region)
            if region.node not in self.aliases.each_round or instance is None or region.parent is None:
                continue
            if len(instance.regions) > 1 or self.clusters.unit_around(region.parent) is not None:
                text = "each round of this loop may call another function, and its layer more than once"
                assert region.node is not None
                self.clusters.refuse("TFM302", region.node, region.parent.module, text, instance.unit)

    def _check_choices(self) -> None:
        """One call, one of several functions: all of these become layers, or none does."""
        for region in self.classes.regions():
            pick = region.frame.pick
            if pick is None or region.parent is None or not isinstance(region.node, ast.Call):
                continue
            if region not in self.classes.makers:
                continue
            others = twins(region)
            whole = len(others) + 1 == len(pick.branch.choice.options)
            if not whole or any(self.classes.member_of(each) is None for each in (region, *others)):
                text = "this may be a call of another function, which makes no layer"
                units = self.clusters.units_below(region)
                for unit in units:
                    self.clusters.refuse("TFM302", region.node, region.parent.module, text, unit, derived=True)

    def _check_function(self, member: Member, unit: Unit) -> None:
        function = member.function
        assert function is not None
        if function.parent is not None and unit in self.clusters.causes:
            return
        if self._check_form(function, unit):
            return
        regions = self.classes.calls[function]
        called = self.aliases.calls | self.templates.calls
        found = misuse(self.references, member, regions, self._binds, called, self._is_in_layer)
        for code, node, module, message in found:
            self.clusters.refuse(code, node, module, message, unit)

    def _binds(self, mention: Mention) -> bool:
        return self.aliases.binds(mention) or self.templates.binds(mention)

    def _is_in_layer(self, module: Module, node: ast.AST) -> bool:
        home = next(functions_around(module, node), None)
        return home is not None and module.functions.get(home) in self.classes.units

    def _check_form(self, function: Function, unit: Unit) -> bool:
        """What the form of a function does not allow; whether there is anything."""
        node, module = function.node, function.module
        known = "TFM403" in self.clusters.causes.get(unit, ())
        if (isinstance(node, ast.AsyncFunctionDef) or function.is_generator) and not known:
            self.clusters.refuse(
                "TFM403", node, module, f"{function.name} makes variables in a generator or coroutine", unit
            )
        if node.args.vararg is not None or node.args.kwarg is not None:
            self.clusters.refuse("TFM406", node, module, f"{function.name} takes *args or **kwargs", unit)
        if node.decorator_list:
            decorator = ast.unparse(node.decorator_list[0])
            text = f"{function.name} is decorated with @{decorator}"
            self.clusters.refuse("TFM407", node.decorator_list[0], module, text, unit)
        if function.parent is not None and not known and unit.primary.shape is not Shape.INNER:
            self.clusters.refuse(
                "TFM403", node, module, f"{function.name} is defined inside {function.parent.name}", unit
            )
        known = "TFM403" in self.clusters.causes.get(unit, ())
        return known or bool(node.decorator_list) or node.args.vararg is not None or node.args.kwarg is not None

    def _check_helper(self, helper: Function) -> None:
        split = self.classes.splits.get(helper)
        if has_effects(helper) and helper.parent is None:
            for unit in {self.clusters.unit_around(region) for region in self.classes.calls[helper]} - {None}:
                if split is not None and all(split.is_known_in(module) for module in self._callers(helper)):
                    continue
                text = f"{helper.name} makes a variable and does more at each call"
                self.clusters.refuse("TFM405", helper.node, helper.module, text, unit)
        values = [m for m in self.references.mentions if m.function is helper and m.call is None]
        unlike = [node for node, creations in asked(self.classes, helper).items() if not alike(creations)]
        for region in self.classes.calls[helper]:
            unit = self.clusters.unit_around(region)
            for node in unlike:
                self.clusters.refuse("TFM503", node, helper.module, UNLIKE, unit)
            if unit is None and region in self.classes.makers:
                self._check_plain_use(helper, region)
            elif unit is not None and values:
                text = f"{helper.name} is used as a value here"
                self.clusters.refuse("TFM302", values[0].node, values[0].module, text, unit)

    def _callers(self, helper: Function) -> set[Module]:
        return {region.parent.module for region in self.classes.calls[helper] if region.parent is not None}

    def _check_plain_use(self, helper: Function, region: Region) -> None:
        """A helper that some layer will be handed to is called where there is no layer."""
        units = {self.clusters.unit_around(other) for other in self.classes.calls[helper]} - {None}
        for unit in units:
            if region.node is not None and region.parent is not None:
                text = f"{helper.name} makes variables of layers, but there is no layer here"
                self.clusters.refuse("TFM303", region.node, region.parent.module, text, unit)


def _is_starred(region: Region | None) -> bool:
    """Whether a region runs with arguments that could not be seen."""
    return any(outer.frame.star for outer in around(region))
