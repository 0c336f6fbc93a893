"""`encode = tf.make_template("encoder", net, size=3)`: the object that is called already becomes the layer."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from tfmigrate.finding import Finding
from tfmigrate.planning.aliases import foreign, home_of, is_known_elsewhere
from tfmigrate.planning.callables import object_call
from tfmigrate.planning.classification import Classification
from tfmigrate.planning.clusters import Clusters
from tfmigrate.planning.layering import LayerPlan, Refusal
from tfmigrate.planning.references import Mention, References
from tfmigrate.planning.requests import file_quote
from tfmigrate.planning.units import Member, Unit
from tfmigrate.program.link import Function, Module, Program
from tfmigrate.program.render import source
from tfmigrate.program.scan import arguments_of, names_in
from tfmigrate.program.standing import ancestors, bound_around, changes_later, in_lambda
from tfmigrate.sites import Argument, Invoke, Sites
from tfmigrate.spans import span
from tfmigrate.walk.objects import Template
from tfmigrate.walk.regions import Path, Region, around
from tfmigrate.walk.values import Const

_PARAMS = ("name_", "func_")


@dataclass(eq=False)
class Making:
    """One call of `make_template`: the templates that it makes, and what these run."""

    node: ast.Call
    module: Module
    templates: list[Template] = field(default_factory=list)
    regions: list[Region] = field(default_factory=list)

    @property
    def calls(self) -> dict[ast.Call, Module]:
        return {node: module for template in self.templates for node, module in template.calls.items()}

    @property
    def function(self) -> ast.expr | None:
        return arguments_of(self.node, _PARAMS).get("func_")

    @property
    def inner(self) -> ast.Call | None:
        """The call that is all that a lambda does."""
        function = self.function
        body = function.body if isinstance(function, ast.Lambda) else None
        return body if isinstance(body, ast.Call) else None

    @property
    def named(self) -> ast.expr | None:
        """Where the function is named that the templates run."""
        if isinstance(self.function, ast.Lambda):
            return self.inner.func if self.inner is not None else None
        return self.function


class Templates:
    """All templates of a program: which of them become layers, and what changes with them."""

    def __init__(self, program: Program, classes: Classification, clusters: Clusters, references: References) -> None:
        self.program = program
        self.classes = classes
        self.clusters = clusters
        self.references = references
        self.makings: dict[ast.Call, Making] = {}
        by_template: dict[Template, Making] = {}
        for template in (template for walk in classes.walks for template in walk.scoping.templates):
            making = self.makings.setdefault(template.node, Making(template.node, template.module))
            making.templates.append(template)
            by_template[template] = making
        for region in classes.regions():
            if isinstance(region.template, Template):
                by_template[region.template].regions.append(region)
        # code that is no layer, and makes layers of a library in the scope of a template that stays
        self.left: set[tuple[Function | None, Module]] = set()
        self._shared = {template for walk in classes.walks for template in _sharing(walk.scoping.templates)}
        self._named = {id(making.named) for making in self.makings.values() if making.named is making.function}
        self.calls = {call for making in self.makings.values() for call in making.calls}

    def binds(self, mention: Mention) -> bool:
        """Whether a mention is that of the function which a template runs."""
        return id(mention.node) in self._named

    def concerned(self, finding: Finding) -> set[Unit]:
        """The units that stay for something that was found about a template."""
        found = (m for m in self.makings.values() if any(finding in t.findings for t in m.templates))
        return {unit for making in found for unit in self._units(making)}

    def check(self) -> None:
        """Refuse what cannot become a layer."""
        for making in self.makings.values():
            units, plain = self._units(making), self.clusters.plain_layers_below(making.regions)
            why = self._why_not(making) if units or plain else None
            if why is not None:
                self.clusters.refuse_all("TFM505", making.node, making.module, why, units)
                self.left |= plain
        for member in self.classes.units.values():
            self._check_member(member)

    def _check_member(self, member: Member) -> None:
        regions = [region for region in member.regions if region.template is not None]
        if regions and not member.templated:
            for making in self.makings.values():
                if not set(making.regions).isdisjoint(regions):
                    text = f"{member.name} is called in this template and without one"
                    self.clusters.refuse_all("TFM505", making.node, making.module, text, self._units(making))

    def _units(self, making: Making) -> set[Unit]:
        """The layers that a template would run, and those in whose code it stands."""
        regions = [*making.regions, *(template.region for template in making.templates)]
        around_it = {self.clusters.unit_around(region) for region in regions}
        inside = (self.clusters.units_below(region) for region in making.regions)
        return {unit for unit in around_it if unit is not None}.union(*inside)

    def _why_not(self, making: Making) -> str | None:
        homes = [*(region.parent for region in making.regions), *(template.region for template in making.templates)]
        if any(self.clusters.unit_around(home) is not None for home in homes):
            return "this template is made or called in code that becomes a layer itself"
        functions = {region.function for region in making.regions}
        member = self.classes.units.get(next(iter(functions))) if len(functions) == 1 else None  # type: ignore[arg-type]
        if member is None or not member.templated:
            return "what this template runs is no function that becomes a layer as a whole"
        if any(outer.by_library for region in making.regions for outer in around(region)):
            return "a library calls this template, at its own time"
        if isinstance(making.function, ast.Lambda):
            if making.inner is None or any(region.node is not making.inner for region in making.regions):
                return "the lambda of this template does more than to call a function"
            if changes_later(making.module, making.function, _statement(making)):
                return "what the lambda of this template reads changes later"
        if any(in_lambda(module, call) for call, module in making.calls.items()):
            return "this template is called in a lambda"
        if not self._is_in_sight(making):
            return "this template is handed on, or not all of its calls can be followed"
        paths = [template.scope.path for template in making.templates if template.scope is not None]
        if self._shared & set(making.templates):
            return "two templates share one scope"
        if any(not isinstance(path[-1], Const) for path in paths) or len({str(path[-1]) for path in paths}) > 1:
            return "TF1 gives this template a name, which is not known or not always the same"
        return None

    def _is_in_sight(self, making: Making) -> bool:
        """Whether the template has one name, under which it is called and nothing else."""
        statement = _statement(making)
        if not isinstance(statement, ast.Assign) or statement.value is not making.node or len(statement.targets) > 1:
            return False
        target, calls = statement.targets[0], making.calls
        uses: Iterable[tuple[Module, ast.expr]]
        if isinstance(target, ast.Name):
            home = home_of(making.module, statement)
            if home is None or target.id in foreign(home):
                return False
            if home is making.module.tree and is_known_elsewhere(
                target.id, making.module, self.program, self.references
            ):
                return False
            names = (node for node in ast.walk(home) if isinstance(node, ast.Name) and node.id == target.id)
            uses = [(making.module, node) for node in names]
        elif isinstance(target, ast.Attribute):
            uses = list(self._attributes(target.attr))
            if target.attr in self.classes.unresolved:
                return False
        else:
            return False
        return all(node is target or _callee_of(module, node) in calls for module, node in uses)

    def _attributes(self, name: str) -> Iterator[tuple[Module, ast.expr]]:
        for module in self.program.modules.values():
            for node in module.of_kind(ast.Attribute):
                if node.attr == name and not self.references.is_of_file(module, node):
                    yield module, node

    # -- writing -------------------------------------------------------------------------------------------------

    def sites(self, plan: LayerPlan, sites: dict[Module, Sites]) -> None:
        """Write down the making and the calls of the templates that run a function. Raises Refusal."""
        member = plan.unit.primary
        for making in self.makings.values():
            mine = [region for region in making.regions if region in member.regions]
            if not mine:
                continue
            here = sites.setdefault(making.module, Sites())
            here.add("calls", span(making.module, making.node), self._made(plan, making, mine))
            if making.inner is not None:
                self._check_lambda(plan, making, making.inner)
                continue
            for region in mine:
                site = object_call(plan, region)
                assert region.parent is not None
                known = sites.setdefault(region.parent.module, Sites())
                if site is not None and site not in known.items and not _is_as_before(region.node, site.action):
                    known.items.append(site)

    def _made(self, plan: LayerPlan, making: Making, regions: list[Region]) -> Invoke:
        frame, arguments, positional = regions[0].frame, [], True
        for name in frame.ahead:
            if name in plan.primary.inputs and plan.primary.inputs[name] in plan.call_inputs(plan.unit.primary):
                text = f"{name} is given to the template, and the layer takes it at the call"
                raise Refusal("TFM505", making.node, making.module, text)
        for item in plan.ctor():
            expression = frame.given.get(item.name)
            inner = making.inner
            if item.name in frame.ahead:
                expression = frame.ahead[item.name]
            elif expression is not None and inner is None and not isinstance(expression, ast.Constant):
                text = f"{item.name} is given at the calls of this template, and the layer is made with it"
                raise Refusal("TFM505", making.node, making.module, text)
            if expression is None:
                positional = False
                continue
            if inner is not None and bound_around(making.module, expression) & names_in(expression):
                text = f"{item.name} is given at the calls of this template, and the layer is made with it"
                raise Refusal("TFM505", making.node, making.module, text)
            positional = positional and inner is not None and expression in inner.args
            text = source(making.module, expression) if inner is not None or item.name in frame.ahead else ""
            text = text or ast.unparse(expression)
            arguments.append(Argument(text=text, keyword=None if positional else item.identifier))
        arguments.append(Argument(text=self._name(making), keyword="name"))
        return Invoke(self._class(plan, making), tuple(arguments))

    @staticmethod
    def _name(making: Making) -> str:
        """The name of the layer: as it was, or with the number that TF1 gives it."""
        scope, given = making.templates[0].scope, arguments_of(making.node, _PARAMS)["name_"]
        assert scope is not None
        last = str(scope.path[-1])
        if isinstance(given, ast.Constant) and given.value == last:
            return source(making.module, given)
        quote = file_quote(making.module)
        return f"{quote}{last}{quote}"

    @staticmethod
    def _class(plan: LayerPlan, making: Making) -> str:
        node, function = making.named, plan.unit.primary
        if isinstance(node, ast.Attribute):
            return f"{source(making.module, node.value)}.{plan.class_name}"
        if isinstance(node, ast.Name):
            return plan.class_name if node.id == function.name else node.id
        raise Refusal("TFM505", making.node, making.module, "the function of this template has no name here")

    @staticmethod
    def _check_lambda(plan: LayerPlan, making: Making, inner: ast.Call) -> None:
        """The layer must take what the lambda takes, in the same order."""
        function, member = making.function, plan.unit.primary
        assert isinstance(function, ast.Lambda) and member.function is not None
        spec = function.args
        names = [arg.arg for arg in spec.args]
        given = arguments_of(inner, tuple(member.function.params))
        wanted = plan.call_inputs(member)
        taken = [given.get(item.name) for item in wanted]
        plain = not (spec.posonlyargs or spec.kwonlyargs or spec.vararg or spec.kwarg or spec.defaults)
        direct = [argument.id if isinstance(argument, ast.Name) else None for argument in taken]
        calls = all(len(call.args) == len(names) and not call.keywords for call in making.calls)
        if not plain or not calls or direct != names or not all(item.sure for item in wanted):
            text = "the lambda of this template takes other arguments than the layer"
            raise Refusal("TFM505", making.node, making.module, text)


def _sharing(templates: list[Template]) -> Iterator[Template]:
    """The templates of a walk that run in the scope of another one."""
    by_path: dict[tuple[int, Path], list[Template]] = {}
    for template in templates:
        if template.scope is not None:
            by_path.setdefault((id(template.graph), template.scope.path), []).append(template)
    yield from (template for group in by_path.values() if len(group) > 1 for template in group)


def _statement(making: Making) -> ast.stmt:
    return next(outer for outer in ancestors(making.module, making.node) if isinstance(outer, ast.stmt))


def _callee_of(module: Module, node: ast.expr) -> ast.AST | None:
    """The call whose callee a node is."""
    call = next(ancestors(module, node), None)
    return call if isinstance(call, ast.Call) and call.func is node else None


def _is_as_before(node: ast.AST | None, action: object) -> bool:
    """Whether a call would only be written anew."""
    assert isinstance(node, ast.Call) and isinstance(action, Invoke)
    before = [(None, i) for i in range(len(node.args))] + [(k.arg, k.arg) for k in node.keywords]
    return [(argument.keyword, argument.source) for argument in action.arguments] == before
