"""What keeps a unit from migrating before anything is planned: each problem once, at the line that causes it."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tfmigrate.finding import Finding
from tfmigrate.planning.aliases import Aliases
from tfmigrate.planning.clusters import Clusters
from tfmigrate.planning.eagerness import eager_switch
from tfmigrate.planning.helping import asked
from tfmigrate.planning.leftovers import library_values
from tfmigrate.planning.meanings import Meanings
from tfmigrate.planning.orphans import orphans
from tfmigrate.planning.overriding import called_by_bases
from tfmigrate.planning.owning import Owners
from tfmigrate.planning.placing import Places
from tfmigrate.planning.precision import Precisions
from tfmigrate.planning.references import Mention, References, Stays, misuse
from tfmigrate.planning.statements import asserts_reuse
from tfmigrate.planning.templates import Templates
from tfmigrate.planning.units import Classification, Holder, Member, Ownership, Shape, Unit
from tfmigrate.planning.weight_requests import UNLIKE, alike
from tfmigrate.program.effects import has_effects
from tfmigrate.program.link import Function, Module, in_order
from tfmigrate.program.spelled import tensor_names
from tfmigrate.program.standing import ancestors, functions_around
from tfmigrate.walk.execute import Executor
from tfmigrate.walk.regions import Creation, Region, around, root_of, twins
from tfmigrate.walk.roots import Walk
from tfmigrate.walk.values import Const


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
        self._check_stars()
        Places(self.classes, self.owners, self.clusters).check()
        self.templates.check()
        self._check_library_calls()
        self._blame_walks()
        self._check_plain_variables()
        self._check_kept_scopes()
        self._check_scope_names()
        self._check_reentries()
        self._check_reuse_reads()
        self._check_unresolved()
        self._check_overriding()
        self._check_what_is_cut()
        self._check_cells()
        self._check_orphans()
        for member, unit in self.owners.units.items():
            if member.function is not None and member.shape is not Shape.BLOCK:
                self._check_function(member, unit)
        for helper in in_order(self.classes.helpers):
            self._check_helper(helper)
        self._check_choices()
        self._check_rounds()
        Owners(self.classes, self.owners, self.clusters).check()
        self._check_precision()
        self._check_eager()
        self._check_spelled()
        self._check_library_values()
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

    def _check_kept_scopes(self) -> None:
        """Scopes that are bound to an attribute: what asks for more than their names would miss them."""
        for walk in self.classes.walks:
            for scope, node, module, region in walk.scoping.kept:
                unit = self.clusters.unit_around(region if node not in self.classes.units else scope.region)
                again = [entry.region for entry in walk.scoping.reentries if entry.scope is scope]
                goes = unit is not None and all(self.clusters.unit_around(inner) is unit for inner in again)
                if (unit is None or goes) and self._are_reads_known(node, unit is None):
                    continue
                units = {unit} if unit is not None else self.clusters.units_below(region)
                for each in units.union(*map(self.clusters.units_below, again)):
                    self.clusters.refuse("TFM205", node, module, "the scope object is kept for later", each)

    def _are_reads_known(self, block: ast.With, names: bool) -> bool:
        """Whether a scope that is bound to an attribute is entered again alone, wherever that may be read.

        names: whether it may also be asked for its name.
        """
        target = block.items[0].optional_vars
        if len(block.items) != 1 or not isinstance(target, ast.Attribute):
            return False
        entered = {entry.node for walk in self.classes.walks for entry in walk.scoping.reentries}
        for module in self.executor.program.modules.values():
            for node in module.of_kind(ast.Attribute):
                if node.attr == target.attr and isinstance(node.ctx, ast.Load):
                    outer = next(ancestors(module, node), None)
                    named = names and isinstance(outer, ast.Attribute) and outer.attr == "name"
                    if not named and not (isinstance(outer, ast.Call) and outer in entered and node in outer.args):
                        return False
        return True

    def _check_reentries(self) -> None:
        """A scope that its object opens is one that its name opens, or has nothing new to name."""
        for walk in self.classes.walks:
            for entry in walk.scoping.reentries:
                region = entry.region
                outer = self.clusters.unit_around(region.parent)
                if entry.away and (outer is not None or any(_is_made_in(c, region) for c in region.creations())):
                    text = "a scope that was left is entered again by its object, below another scope"
                elif not entry.away and not isinstance(region.path[-1], Const):
                    text = "a scope that was left is entered again by its object, and its name is no literal"
                else:
                    continue
                units = self.clusters.units_below(region) | ({outer} if outer is not None else set())
                self.clusters.refuse_all("TFM205", entry.node, region.module, text, units)

    def _check_scope_names(self) -> None:
        """Code that becomes a layer runs in no scope whose name it could ask for."""
        for walk in self.classes.walks:
            for read in walk.scoping.scope_name_reads:
                unit = self.clusters.unit_around(read.region)
                if unit is not None:
                    text = "the name of the current scope is read; layers leave it empty"
                    self.clusters.refuse("TFM205", read.node, read.region.module, text, unit)

    def _check_reuse_reads(self) -> None:
        """A decision by `scope.reuse` that is no choice of reuse would see another value."""
        for walk in self.classes.walks:
            for read in walk.scoping.reuse_reads:
                unit = self.clusters.unit_around(read.region)
                units = {unit} if unit is not None else self.clusters.units_below(read.region)
                if units and not _serves_reuse(read.region.module, read.node):
                    text = "whether the scope is reused decides more than the reuse of variables"
                    for each in units:
                        self.clusters.refuse("TFM206", read.node, read.region.module, text, each)

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
        for region in (region for walk in self.classes.walks for region in walk.regions()):
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
                self.clusters.refuse_all(
                    "TFM403",
                    event.node,
                    region.module,
                    "the variable is made in an inner function that a library calls",
                    units,
                )
            elif event.__class__ is Region and event in self.classes.makers:
                assert isinstance(event, Region)
                if event.is_block:
                    self._refuse_events(event, units)
                elif event.node is not None:
                    text = "variables are made in an inner function that a library calls"
                    self.clusters.refuse_all("TFM403", event.node, region.module, text, units)

    def _check_stars(self) -> None:
        """Calls that do not say what they pass."""
        for member, unit in self.owners.units.items():
            for region in member.regions if member.shape is not Shape.BLOCK else ():
                spec = region.function.node.args if region.function is not None else None
                if not region.frame.star or region.node is None or region.parent is None or spec is None:
                    continue
                if region.function is None or region.function.node.decorator_list:
                    continue
                if spec.vararg is None and spec.kwarg is None:
                    text = f"this call of {member.name} gets its arguments from *args or **kwargs"
                    self.clusters.refuse("TFM406", region.node, region.parent.module, text, unit)

    def _join_choices(self) -> None:
        """What one call may run migrates together."""
        for region in (region for walk in self.classes.walks for region in walk.regions()):
            if region.frame.pick is not None and not region.is_block:
                members = [self.classes.member_of(each) for each in (region, *twins(region))]
                self.clusters.join([self.owners.unit(member) for member in members if member is not None])

    def _check_rounds(self) -> None:
        """A layer that a round of a loop makes where it calls it is called there alone, by code that runs once."""
        for region in (region for walk in self.classes.walks for region in walk.regions()):
            instance = self.owners.instance_of.get(region)
            if region.node not in self.aliases.each_round or instance is None or region.parent is None:
                continue
            if len(instance.regions) > 1 or self.clusters.unit_around(region.parent) is not None:
                text = "each round of this loop may call another function, and its layer more than once"
                assert region.node is not None
                self.clusters.refuse("TFM302", region.node, region.parent.module, text, instance.unit)

    def _check_choices(self) -> None:
        """One call, one of several functions: all of these become layers, or none does."""
        for region in (region for walk in self.classes.walks for region in walk.regions()):
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

    def _check_precision(self) -> None:
        """Values of another precision, where they may get into a layer."""
        precisions = Precisions(self.resolve)
        for walk in self.classes.walks:
            units = {u for u in self.clusters.units_below(walk.root) if "TFM506" not in self.clusters.causes.get(u, ())}
            code = set(self._plain_layers(walk))
            spread = precisions.spread(walk.functions(), walk.modules()) if units or code else None
            if spread is None or not spread.marks:
                continue
            node, module = spread.first()
            units = {u for u in units if any(spread.reaches(m.node, m.module) for m in u.members)}
            code = {(f, home) for f, home in code if spread.reaches(f.node if f is not None else home.tree, home)}
            text = "what is computed here in another precision than float32 may get into layers"
            finding = Finding(str(module.path), node.lineno, node.col_offset, "TFM506", text)
            self.clusters.blame(finding, units, shown=bool(units or code))
            self.left |= code

    def _check_eager(self) -> None:
        """TF1 executed eagerly shares nothing by name."""
        for walk in self.classes.walks:
            switch = eager_switch({region.module for region in walk.regions()})
            units = self.clusters.units_below(walk.root)
            if switch is not None and units:
                text = "this program executes eagerly, where TF1 makes another variable at every call"
                self.clusters.refuse_all("TFM208", *switch, text, units)

    def _check_spelled(self) -> None:
        """Names of tensors in the program's text that mean something inside a unit."""
        told = {(f.path, f.line) for f in self.clusters.findings if f.code == "TFM602"}
        scopes: dict[str, set[Unit]] = {}
        for region, instance in self.owners.instance_of.items():
            for creation in region.creations():
                for variable in creation.variables:
                    if variable.path:
                        scopes.setdefault(str(variable.path[0]), set()).add(instance.unit)
        for module in self.executor.program.modules.values() if scopes else ():
            for node, name in tensor_names(module):
                units = scopes.get(name.split("/")[0], set())
                if units and (str(module.path), node.lineno) not in told:
                    self.clusters.refuse_all(
                        "TFM602", node, module, f"{node.value!r} finds a tensor by its TF1 name", units
                    )

    def _check_library_values(self) -> None:
        """What would call a layer function under another name, in the files near the one that names it."""
        program = self.executor.program
        values = [(module, *value) for module in program.modules.values() for value in library_values(module)]
        plain = {code for walk in self.classes.walks for code in self._plain_layers(walk)} if values else set()
        for module, node, name in values:
            near = {other for other in program.modules.values() if other is module or module in program.imports(other)}
            units = {unit for member, unit in self.owners.units.items() if member.module in near}
            code = {each for each in plain if each[1] in near}
            self.clusters.refuse_all("TFM302", node, module, f"{name} is used as a value here", units)
            self.left |= code

    def _check_plain_use(self, helper: Function, region: Region) -> None:
        """A helper that some layer will be handed to is called where there is no layer."""
        units = {self.clusters.unit_around(other) for other in self.classes.calls[helper]} - {None}
        for unit in units:
            if region.node is not None and region.parent is not None:
                text = f"{helper.name} makes variables of layers, but there is no layer here"
                self.clusters.refuse("TFM303", region.node, region.parent.module, text, unit)

    def _plain_layers(self, walk: Walk) -> Iterator[tuple[Function | None, Module]]:
        """The code that is no layer and makes layers of a library."""
        yield from self._plain_below(walk.root)

    def _plain_below(self, region: Region) -> Iterator[tuple[Function | None, Module]]:
        for each in (region, *(event for event in region.walk() if isinstance(event, Region))):
            if any(isinstance(e, Creation) and e.makes_layer for e in each.events):
                if self.clusters.unit_around(each) is None:
                    yield each.function, each.module

    def _check_what_is_cut(self) -> None:
        """What a program that could not be followed to its end calls once more may share the layers of plain code."""
        cut = next((walk.entry for walk in self.classes.walks if walk.cut), None)
        if cut is None:
            return
        plain = (code for walk in self.classes.walks for code in self._plain_layers(walk))
        self.left |= {(function, module) for function, module in plain if function is not None}
        # told already, where the walk ends
        text = "the program calls too much from here to be followed"
        finding = Finding(str(cut.module.path), cut.line, 0, "TFM307", text)
        self.clusters.blame(finding, self._made_by_functions(), shown=False)

    def _made_by_functions(self) -> set[Unit]:
        """The units whose instances plain functions make, anew at each of their calls."""
        return {unit for unit, holder in self._held() if holder.region.function is not None}

    def _held(self) -> Iterator[tuple[Unit, Holder]]:
        """The units whose instances plain code holds."""
        for instance in self.owners.instance_of.values():
            if isinstance(instance.owner, Holder):
                yield instance.unit, instance.owner

    def _check_unresolved(self) -> None:
        """Calls on objects that cannot be followed, of a name that some method here has."""
        methods: dict[str, list[Function]] = {}
        for function, regions in self.classes.calls.items():
            # what makes placeholders or trains is entered once per graph, whoever calls it
            root = function in self.classes.evident
            if function.cls is not None and not root and any(region in self.classes.makers for region in regions):
                methods.setdefault(function.name, []).append(function)
        calls: dict[ast.Call, tuple[Module, dict[Function, None]]] = {}
        for walk in self.classes.walks:
            for name, found in walk.scoping.unresolved_calls.items():
                for call, module in found.items():
                    for function in methods.get(name, ()):
                        if not may_take(function, call):
                            continue
                        calls.setdefault(call, (module, {}))[1][function] = None
        plain = {code for walk in self.classes.walks for code in self._plain_layers(walk)} if calls else set()
        for call, (module, functions) in calls.items():
            names = " or ".join(function.qualname for function in functions)
            units = {unit for function in functions for unit in self.clusters.units_of(function)}
            if units:
                self.clusters.refuse_all(
                    "TFM307", call, module, f"this may call {names}, on an object that cannot be followed", units
                )
                self.orphans -= set(functions)
            mine = {code for code in plain if code[0] in functions}
            if mine and not units:
                text = f"this may call {names}, on an object that cannot be followed"
                self.clusters.refuse_all("TFM307", call, module, text, ())
            self.left |= mine

    def _check_overriding(self) -> None:
        """Methods that nothing was seen to call but a base class's code, on an object of the base."""
        for walk in self.classes.walks:
            for region, call, module in called_by_bases(walk, self.executor.classes.mro, self.classes.evident):
                inside = {region, *(event for event in region.walk() if isinstance(event, Region))}
                function, plain = region.function, set(self._plain_below(region))
                if function is None:
                    continue
                units = {unit for unit, holder in self._held() if holder.region in inside}
                units |= self.clusters.units_of(function)
                if units or plain:
                    text = f"this may call {function.qualname}, on an object that cannot be followed"
                    self.clusters.refuse_all("TFM307", call, module, text, units)
                self.left |= plain

    def _check_orphans(self) -> None:
        for function in in_order(self.orphans):
            self.left |= {code for region in self.classes.calls[function] for code in self._plain_below(region)}
            units = self.clusters.units_of(function)
            values = [m for m in self.references.mentions if m.function is function and m.call is None]
            for mention in values:
                self.clusters.refuse_all(
                    "TFM302", mention.node, mention.module, f"{function.name} is used as a value here", units
                )
            if values or self._is_decorated(function, units):
                continue
            text = f"nothing in the program calls {function.qualname}, so who shares its variables cannot be known"
            self.clusters.refuse_all("TFM301", function.node, function.module, text, units)

    def _is_decorated(self, function: Function, units: set[Unit]) -> bool:
        decorators = [d for d in function.node.decorator_list if ast.unparse(d) not in ("staticmethod", "classmethod")]
        if decorators:
            text = f"{function.name} is decorated with @{ast.unparse(decorators[0])}"
            self.clusters.refuse_all("TFM407", decorators[0], function.module, text, units)
        return bool(decorators)


def _is_made_in(creation: Creation, region: Region) -> bool:
    """Whether a request inside of a region makes a variable, and does not only find it."""
    return any(region in around(variable.region) for variable in creation.variables)


def _is_starred(region: Region | None) -> bool:
    """Whether a region runs with arguments that could not be seen."""
    return any(outer.frame.star for outer in around(region))


def may_take(function: Function, call: ast.Call) -> bool:
    """Whether a call could be one of this method, by what it gives."""
    spec = function.node.args
    named = {k.arg for k in call.keywords}
    starred = None in named or any(isinstance(a, ast.Starred) for a in call.args)
    if starred or getattr(call.func, "id", "") == "getattr" or spec.vararg is not None or spec.kwarg is not None:
        return True
    given = len(call.args) + len(named)
    optional = len(spec.defaults) + sum(default is not None for default in spec.kw_defaults)
    return len(function.params) - optional <= given <= len(function.params) and named <= set(function.params)


def _serves_reuse(module: Module, node: ast.AST) -> bool:
    """Whether a read of `scope.reuse` is an argument `reuse=`, or of a name that is only passed as one; or asserted."""
    for outer in ancestors(module, node):
        if isinstance(outer, ast.Assert):
            return asserts_reuse(outer)
        if isinstance(outer, ast.keyword) and outer.arg == "reuse":
            return True
        if isinstance(outer, ast.Assign) and len(outer.targets) == 1 and isinstance(outer.targets[0], ast.Name):
            return _only_reuse(module, outer, outer.targets[0].id)
        if isinstance(outer, ast.stmt):
            return False
    return False


def _only_reuse(module: Module, statement: ast.Assign, name: str) -> bool:
    scope = next((a for a in ancestors(module, statement) if isinstance(a, (ast.FunctionDef, ast.Module))), module.tree)
    loads = [n for n in ast.walk(scope) if isinstance(n, ast.Name) and n.id == name and isinstance(n.ctx, ast.Load)]
    around = [list(ancestors(module, load)) for load in loads]
    return all(
        statement in outer or any(isinstance(a, ast.keyword) and a.arg == "reuse" for a in outer) for outer in around
    )
