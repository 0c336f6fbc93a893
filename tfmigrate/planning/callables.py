"""Callable classes: the object that a program already has becomes the layer."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from tfmigrate.planning import names
from tfmigrate.planning.body_sites import write_body
from tfmigrate.planning.bodywork import Bodywork
from tfmigrate.planning.calling import call_arguments
from tfmigrate.planning.classification import Classification
from tfmigrate.planning.compose import Composer
from tfmigrate.planning.constructors import Constructor
from tfmigrate.planning.layering import LayerPlan, Refusal
from tfmigrate.planning.segments import scope_name
from tfmigrate.planning.units import Instance, Member, Shape, Unit
from tfmigrate.planning.wrapping import wrapping_site
from tfmigrate.program.link import Class, Function, Module
from tfmigrate.program.render import source
from tfmigrate.program.scan import arguments_of
from tfmigrate.sites import CallableLayer, Invoke, Remove, Replace, Site, Sites
from tfmigrate.spans import span
from tfmigrate.walk.exclusive import exclusive
from tfmigrate.walk.execute import Executor
from tfmigrate.walk.regions import Region, root_of
from tfmigrate.walk.values import Library, is_tensor

_PLAIN = (ast.Name, ast.Constant)


def check_callable(unit: Unit, classes: Classification, executor: Executor) -> None:
    """Whether the class may become a layer where it stands. Raises Refusal."""
    member = unit.primary
    cls = member.cls
    assert cls is not None and member.function is not None
    if member.function.name != "__call__" or len(unit.members) > 1:
        raise Refusal("TFM404", member.node, member.module, f"{cls.name} makes variables outside of __call__")
    if any(base != Library("builtins.object") for base in executor.classes.bases.get(cls, [])) or cls.node.keywords:
        raise Refusal("TFM404", cls.node, member.module, f"{cls.name} has a base class of its own")
    if any(cls in (getattr(b, "cls", None) for b in bases) for bases in executor.classes.bases.values()):
        raise Refusal("TFM404", cls.node, member.module, f"{cls.name} has subclasses")
    for _function, other in classes.units.items():
        if other is not member and other.cls is cls:
            raise Refusal(
                "TFM404", other.node, other.module, f"{other.name} makes variables of its own, beside __call__"
            )
    _check_objects(unit)
    for region in member.regions:
        home = classes.member_of(classes.home(region))
        if home is not None and (home.shape is not Shape.METHOD or not is_own_object(region)):
            text = f"an object of {cls.name} is called inside another layer"
            raise Refusal("TFM404", member.node, member.module, text)


def is_own_object(region: Region) -> bool:
    """Whether the object that is called is an attribute of that on which the calling method runs."""
    func = region.node.func if isinstance(region.node, ast.Call) else None
    function = region.parent.function if region.parent is not None else None
    if not isinstance(func, ast.Attribute) or not isinstance(func.value, ast.Name):
        return False
    return function is not None and func.value.id == function.self_name


def objects_called(unit: Unit, classes: Classification) -> frozenset[ast.AST]:
    """The calls of objects that are layers themselves in the code of a unit."""
    found: set[ast.AST] = set()
    for region in (region for member in unit.members for region in member.regions):
        for event in region.walk():
            member = classes.member_of(event) if isinstance(event, Region) and not event.is_block else None
            if member is not None and member.shape is Shape.CALLABLE and isinstance(event, Region):
                if classes.member_of(classes.home(event)) in unit.members and event.node is not None:
                    found.add(event.node)
    return frozenset(found)


def _check_objects(unit: Unit) -> None:
    """One object, one path; in one graph of one run of the program, one path, one object."""
    member = unit.primary
    firsts = [(instance.regions[0], instance.path) for instance in unit.instances]
    found = {(id(r.frame.obj), (id(root_of(r)), id(r.graph), path)) for r, path in firsts}
    if len({obj for obj, _ in found}) != len(found) and not all(instance.own_name for instance in _parted(unit)):
        message = f"one object of {member.cls.name if member.cls else ''} is called under several scopes"
        raise Refusal("TFM305", member.node, member.module, message)
    for i, instance in enumerate(unit.instances):
        for other in unit.instances[:i]:
            if other.path == instance.path and not _apart(other, instance):
                raise Refusal("TFM303", member.node, member.module, "two objects share one scope")


def _parted(unit: Unit) -> Iterator[Instance]:
    """The layers of a unit that are one object of the program together with others."""
    of_object: dict[int, list[Instance]] = {}
    for instance in unit.instances:
        of_object.setdefault(id(instance.regions[0].frame.obj), []).append(instance)
    return (instance for instances in of_object.values() if len(instances) > 1 for instance in instances)


def _apart(one: Instance, other: Instance) -> bool:
    """Whether two layers are those of one object, or no graph of any run has both."""
    first, second = one.regions[0], other.regions[0]
    if first.frame.obj is second.frame.obj or root_of(first) is not root_of(second) or first.graph is not second.graph:
        return True
    return all(exclusive(a, b) for a in one.regions for b in other.regions)


def callable_site(
    plan: LayerPlan,
    composer: Composer,
    work: Bodywork,
    sites: Sites,
    constructor: Constructor,
    all_sites: dict[Module, Sites],
) -> None:
    """Write down the class, and what its constructor is given. Raises Refusal."""
    member = plan.unit.primary
    cls = member.cls
    assert cls is not None
    class_sites = all_sites.setdefault(cls.module, Sites())
    if member.wrapped is not None:
        if constructor.taken:
            text = f"{constructor.taken[0].item.name} is an argument of __call__, and the layer is made with the object"
            raise Refusal("TFM401", plan.slots[0].site(), cls.module, text)
        wrapping_site(plan, composer, work, sites, class_sites, constructor.program)
        constructor.sites(all_sites)
        return
    _free_names(plan, cls)
    head = composer.callable_head()
    super_call, named = _super_call(plan, cls)
    call = write_body(work, sites)
    stored = [f"{composer.indent}{line}" for line in constructor.stored()]
    layer = CallableLayer(
        super_call, (*stored, *head.init), tuple(head.build), call, parameters=constructor.parameters()
    )
    constructor.sites(all_sites)
    class_sites.add("callable_classes", span(member.module, cls.node), layer)
    if named is not None and named.attribute == "name":
        named.drop(class_sites, member.module)


def _free_names(plan: LayerPlan, cls: Class) -> None:
    """Slots may not take the name of an attribute or method that the class has; nor may the class use Keras' names."""
    parts = [n for n in ast.walk(cls.node) if isinstance(n, ast.Attribute) and not _is_of_a_module(n, cls.module)]
    taken = {part.attr for part in parts} | set(cls.methods)
    taken |= set(plan.attributes.values())
    self_name = plan.unit.primary.function.self_name if plan.unit.primary.function is not None else "self"
    for node in ast.walk(cls.node):
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and isinstance(node.value, ast.Name):
            gone = plan.primary.is_gone(node)
            if node.value.id == self_name and node.attr in names.RESERVED and node.attr != "name" and not gone:
                raise Refusal("TFM404", node, cls.module, f"a Keras layer has a meaning for self.{node.attr}")
    for name in cls.methods:
        if name in names.RESERVED:
            raise Refusal("TFM404", cls.methods[name].node, cls.module, f"a Keras layer has a meaning for {name}")
    for slot in plan.slots:
        slot.name = names.attribute(slot.name, taken)
        taken.add(slot.name)


def _is_of_a_module(part: ast.Attribute, module: Module) -> bool:
    """Whether an attribute is something of an imported file or package."""
    aliases = (alias for node in module.of_kind(ast.Import) for alias in node.names)
    return isinstance(part.value, ast.Name) and part.value.id in {alias.asname or alias.name for alias in aliases}


@dataclass(frozen=True)
class _Setting:
    """`self.name = name`, alone or as one part of `self.size, self.name = size, name`."""

    statement: ast.Assign
    attribute: str
    value: ast.expr
    place: int | None = None

    def drop(self, sites: Sites, module: Module) -> None:
        """Take it out."""
        if self.place is None:
            sites.add("callable_classes", span(module, self.statement), Remove())
            return
        for side in (self.statement.targets[0], self.statement.value):
            assert isinstance(side, ast.Tuple)
            rest = [source(module, part) for i, part in enumerate(side.elts) if i != self.place]
            sites.add("functions", span(module, side), Replace(", ".join(rest)))


def _settings(init: Function, name: str) -> Iterator[_Setting]:
    """The statements of a constructor that set an attribute."""
    for statement in init.node.body:
        if not isinstance(statement, ast.Assign):
            continue
        for target in statement.targets:
            if isinstance(target, ast.Attribute) and target.attr == name:
                yield _Setting(statement, name, statement.value)
            parts = target.elts if isinstance(target, ast.Tuple) else []
            for place, part in enumerate(parts):
                if isinstance(part, ast.Attribute) and part.attr == name:
                    values = statement.value.elts if isinstance(statement.value, ast.Tuple) else []
                    starred = any(isinstance(item, ast.Starred) for item in (*parts, *values))
                    whole = len(values) == len(parts) > 1 and not starred
                    yield _Setting(statement, name, values[place] if whole else part, place)


def _super_call(plan: LayerPlan, cls: Class) -> tuple[str, _Setting | None]:
    """`super().__init__(name=...)`, and what sets the attribute that the name comes from."""
    member = plan.unit.primary
    name = scope_name(member.scope.items[0].context_expr) if member.scope is not None else None
    if member.scope is None or (plan.name_input is not None and not plan.name_input.startswith("self.")):
        _check_own_name(member, cls)
        return f"super().__init__(name={plan.default_name if member.scope is None else 'name'})", None
    if isinstance(name, ast.Constant):
        return f"super().__init__(name={source(cls.module, name)})", None
    init = cls.methods.get("__init__")
    if init is None or not isinstance(name, ast.Attribute):
        text = "the scope's name is not a literal, an argument, or an attribute set in __init__"
        raise Refusal("TFM201", member.scope, cls.module, text)
    found = list(_settings(init, name.attr))
    if len(found) != 1 or len(found[0].statement.targets) != 1 or not isinstance(found[0].value, _PLAIN):
        raise Refusal("TFM201", member.scope, cls.module, f"self.{name.attr} is not simply an argument of __init__")
    text = f"super().__init__(name={source(cls.module, found[0].value)})"
    return text, found[0]


def _check_own_name(member: Member, cls: Class) -> None:
    """The layer's name is not what the class keeps as its own. Raises Refusal."""
    for node in ast.walk(cls.node):
        if isinstance(node, ast.Attribute) and node.attr == "name" and isinstance(node.ctx, ast.Store):
            if isinstance(node.value, ast.Name) and member.function and node.value.id == member.function.self_name:
                raise Refusal("TFM404", node, cls.module, "a Keras layer has a meaning for self.name")


def object_call(plan: LayerPlan, region: Region, own_name: str = "") -> Site | None:
    """The call of the object, or of what takes its place, without what only served reuse."""
    node = region.node
    member = plan.unit.primary
    assert isinstance(node, ast.Call) and member.function is not None and region.parent is not None
    given = arguments_of(node, tuple(member.function.params))
    wanted = []
    for item in plan.call_inputs(member):
        values = [plan.primary.value(item.name, r) for r in member.regions if r.node is node]
        if item.name in given:
            wanted.append((item.name, bool(values) and all(is_tensor(v) for v in values)))
    module = region.parent.module
    arguments = call_arguments(plan, member, wanted, given, node, {})
    return Site("calls", span(module, node), Invoke(own_name or source(module, node.func), arguments))
