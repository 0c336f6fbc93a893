"""Plans one layer class: its arguments, what it makes and when, and what its body reads afterwards."""

from __future__ import annotations

import ast
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum

from tfmigrate.planning import names
from tfmigrate.planning.prefixes import segment_of
from tfmigrate.planning.slots import Made, Slot
from tfmigrate.planning.split import Level, Need, Splitter
from tfmigrate.planning.units import Instance, Member, Shape, Unit
from tfmigrate.program.inner import read_around
from tfmigrate.program.link import Module
from tfmigrate.program.scan import Scan
from tfmigrate.program.standing import ancestors
from tfmigrate.walk.arguments import Arguments
from tfmigrate.walk.objects import Template
from tfmigrate.walk.regions import Path, Region, path_of, rounds, show_path
from tfmigrate.walk.values import Const, FunctionValue, Library, Value, is_python, is_tensor, same


class Role(Enum):
    """What becomes of an input of a body."""

    NAME = "name"
    CTOR = "constructor"
    CALL = "call"
    DROPPED = "dropped"


@dataclass(eq=False)
class Input:
    """A parameter of a body, an attribute of `self` that it reads (`self.x`), or a local from around a block.

    around: whether an inner function reads it from the function that it is defined in.
    alias: what an attribute is called where a local has its name already.
    """

    name: str
    default: ast.expr | None = None
    role: Role = Role.DROPPED
    tensor: bool = False
    sure: bool = False
    around: bool = False
    alias: str = ""

    @property
    def is_given(self) -> bool:
        """Whether the code that calls the body has it under the same name, and passes no argument for it."""
        return self.around or self.is_attribute

    @property
    def identifier(self) -> str:
        return self.alias or self.name.removeprefix("self.")

    @property
    def is_attribute(self) -> bool:
        return self.name.startswith("self.")


class Refusal(Exception):
    """A unit cannot become a layer."""

    def __init__(self, code: str, node: ast.AST, module: Module, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.node = node
        self.module = module


@dataclass(eq=False)
class Body:
    """A member with all that was found out about its code."""

    member: Member
    scan: Scan
    inputs: dict[str, Input]
    splitter: Splitter
    outputs: list[str] = field(default_factory=list)
    # of what goes, statements whose comments are about what follows
    explained: set[ast.stmt] = field(default_factory=set)
    # of the outputs, what nothing else reads: they need not be handed back
    unread: set[str] = field(default_factory=set)
    gone: set[ast.AST] = field(default_factory=set)
    removed: set[ast.stmt] = field(default_factory=set)
    # what a block that leaves this body takes in at its call
    handed_on: dict[str, list[ast.expr]] = field(default_factory=dict)
    # the locals of a block that the code behind it reads
    live: list[str] = field(default_factory=list)
    # attributes that objects keep as their constructors set them
    fixed: Callable[[str], bool] = lambda _: False
    # those that only constructors set, however often
    settled: Callable[[str], bool] = lambda _: False
    # what only remembers that the object was called, with the statements that set it
    flags: Mapping[str, frozenset[ast.stmt]] = field(default_factory=dict)
    # reads of a scope object that ask for its name, which the layer says in its own way
    scope_names: set[ast.AST] = field(default_factory=set)

    @property
    def module(self) -> Module:
        return self.member.module

    @property
    def handed_back(self) -> list[str]:
        """The attributes that the code around gets back as results."""
        return [name for name in self.outputs if name not in self.unread]

    def is_gone(self, node: ast.AST) -> bool:
        """Whether a node stands in something that the migration takes out of this body."""
        if node in self.gone or node in self.removed:
            return True
        return any(a in self.gone or a in self.removed for a in self.scan.ancestors(node))

    def remaining(self, name: str) -> list[ast.expr]:
        """The reads of a name that stay in the body."""
        left = [node for node in self.scan.loads(name) if node not in self.scope_names and not self.is_gone(node)]
        return left + self.handed_on.get(name, [])

    def hand_on(self, name: str, site: ast.expr) -> None:
        """A call of another layer reads an attribute of the object here."""
        if name.startswith("self.") and name in self.scan.bindings and self.member.shape is not Shape.CALLABLE:
            raise Refusal("TFM404", site, self.module, f"{name} is set here, and read by what is called here")
        if name.startswith("self.") and name not in self.scan.bindings:
            self.learn(name)
            self.handed_on.setdefault(name, []).append(site)

    def learn(self, name: str) -> Input:
        """An attribute that only a layer inside reads is an input all the same."""
        if name not in self.inputs:
            own = name.removeprefix("self.")
            alias = names.unique(f"own_{own}", self.inputs) if own in self.inputs else ""
            item = self.inputs[name] = Input(name, alias=alias)
            _find_tensors(self.member, {name: item})
            self.splitter.inputs.add(name)
            if item.tensor:
                self.splitter.tensors.add(name)
        return self.inputs[name]

    def value(self, name: str, region: Region) -> Value | None:
        """What an input is in one region."""
        item = self.inputs.get(name)
        if name.startswith("self.") or self.member.shape is Shape.BLOCK or (item is not None and item.around):
            names = region.names_later if self.member.head else region.names
            if name in names:
                return names[name]
            env = region.frame.env.parent
            return env.lookup(name) if env is not None and not name.startswith("self.") else None
        return region.frame.args.get(name)


@dataclass(eq=False)
class LayerPlan:
    """Everything that is decided about one class."""

    unit: Unit
    class_name: str
    bodies: dict[Member, Body]
    slots: list[Slot]
    default_name: str | None = None
    name_input: str | None = None
    attributes: dict[str, str] = field(default_factory=dict)
    needs: dict[Slot, Need] = field(default_factory=dict)
    base: str = "keras.layers.Layer"
    # whether a call must not be tried out
    once: bool = False
    # the calls by another name than the function's own
    renamed_calls: Container[ast.AST] = frozenset()
    # functions that this code gives other names, with what they become
    chosen: dict[str, str] = field(default_factory=dict)

    def other_name(self, site: ast.AST) -> str | None:
        """The name by which a call knows the function, where that is not its own."""
        if not isinstance(site, ast.Call) or site not in self.renamed_calls:
            return None
        if isinstance(site.func, ast.Subscript):
            known = site.func.value
            name = known.attr if isinstance(known, ast.Attribute) else getattr(known, "id", None)
            return name and names.singular(name.lower())
        return site.func.attr if isinstance(site.func, ast.Attribute) else getattr(site.func, "id", None)

    @property
    def primary(self) -> Body:
        return self.bodies[self.unit.primary]

    def ctor(self) -> list[Input]:
        """The constructor's arguments in order: those without a default first."""
        chosen = [i for i in self.primary.inputs.values() if i.role is Role.CTOR]
        return [i for i in chosen if i.default is None] + [i for i in chosen if i.default is not None]

    def call_inputs(self, member: Member) -> list[Input]:
        chosen = [i for i in self.bodies[member].inputs.values() if i.role is Role.CALL]
        return [i for i in chosen if i.default is None] + [i for i in chosen if i.default is not None]


def names_for(plan: LayerPlan, level: Level) -> dict[str, str]:
    """How the constructor's arguments are spelled in `__init__` (INIT) and in `build` or `call` (else)."""
    result = dict(plan.chosen)
    for item in plan.ctor():
        result[item.name] = item.identifier if level is Level.INIT else f"self.{plan.attributes[item.name]}"
    if plan.name_input is not None:
        result[plan.name_input] = "self.name"
    return result


def make_body(
    member: Member,
    opaque: frozenset[ast.AST],
    resolve: Callable[[Module, ast.expr], Value | None],
    locals_around: set[str],
) -> Body:
    """Look at a member's code. opaque: blocks in it that leave it. locals_around: names that a block may take in."""
    function = member.function
    self_name = function.object_name if function is not None else None
    scan = Scan(member.body, self_name, opaque)
    inputs = _inputs(member, scan, locals_around)
    _find_tensors(member, inputs)
    splitter = Splitter(
        scan,
        member.module,
        set(inputs),
        {i.name for i in inputs.values() if i.tensor},
        lambda expression: resolve(member.module, expression),
    )
    body = Body(member, scan, inputs, splitter)
    body.outputs = _outputs(body)
    return body


def _inputs(member: Member, scan: Scan, locals_around: set[str]) -> dict[str, Input]:
    inputs: dict[str, Input] = {}
    function = member.function
    if member.shape is not Shape.BLOCK and function is not None:
        args = function.node.args
        positional = [*args.posonlyargs, *args.args]
        defaults: dict[str, ast.expr] = {a.arg: d for a, d in zip(reversed(positional), reversed(args.defaults))}
        defaults.update({a.arg: d for a, d in zip(args.kwonlyargs, args.kw_defaults) if d is not None})
        for name in function.params:
            inputs[name] = Input(name, defaults.get(name))
        if member.shape is Shape.INNER:  # also what only a block reads that leaves the body
            inputs.update((name, Input(name, around=True)) for name in sorted(read_around(function)))
    else:
        alias = member.node.items[0].optional_vars if isinstance(member.node, ast.With) else None
        own = alias.id if isinstance(alias, ast.Name) else ""
        for name in dict.fromkeys([*scan.reads, *scan.bindings]):
            if name in locals_around and name != own and not name.startswith("self."):
                # what a statement of the block surely binds before does not come from outside, whatever binds it then
                if any(scan.reaching(name, node)[1] is None for node in scan.wanted(name)):
                    inputs[name] = Input(name)
    if member.shape.has_object:
        for name, nodes in scan.reads.items():
            if name.startswith("self.") and any(
                scan.reaching(name, node) != (True, _last(scan, name)) for node in nodes
            ):
                inputs[name] = Input(name)
    return inputs


def _last(scan: Scan, name: str) -> object:
    bindings = scan.bindings.get(name)
    return bindings[-1] if bindings else object()


def _find_tensors(member: Member, inputs: dict[str, Input]) -> None:
    body = Body(member, Scan([]), inputs, None)  # type: ignore[arg-type]
    for item in inputs.values():
        values = [body.value(item.name, region) for region in member.regions]
        item.tensor = any(is_tensor(value) for value in values)
        item.sure = bool(values) and all(is_tensor(value) for value in values)


def _outputs(body: Body) -> list[str]:
    """What the code around the body still wants: attributes that a method or block sets."""
    if body.member.shape is Shape.CALLABLE:
        return []
    return [name for name in body.scan.bindings if name.startswith("self.")]


def agree(values: list[Value | None], expressions: list[ast.expr | None], frames: set[int]) -> bool:
    """Whether all sharing calls give the same: by value where it is known, else by the same text in one activation."""
    known = [value for value in values if value is not None]
    if len(known) == len(values) and all(same(known[0], value) for value in known[1:]):
        return True
    if len(frames) > 1 or any(is_tensor(v) or isinstance(v, Const) for v in values):
        return False
    texts = {ast.unparse(e) if e is not None else None for e in expressions}
    return len(texts) == 1 and None not in texts


def assign_roles(plan: LayerPlan) -> None:
    """Decide for every input whether it goes to the constructor or to the call. Raises Refusal."""
    body = plan.primary
    wanted: set[str] = set()
    shapes: set[str] = set()
    for need in plan.needs.values():
        wanted |= need.inputs
        shapes |= need.shapes
    for item in body.inputs.values():
        item.role = _role(plan, body, item, wanted, shapes)
    for _member, other in plan.bodies.items():
        if other is body:
            continue
        for item in other.inputs.values():
            item.role = _secondary_role(plan, other, item)


def _role(plan: LayerPlan, body: Body, item: Input, wanted: set[str], shapes: set[str]) -> Role:
    if item.name == plan.name_input:
        return Role.NAME
    if item.identifier == "name" and is_unread(body, item.name):
        return Role.DROPPED
    used = body.remaining(item.name)
    if item.name in wanted:
        _check_agreement(plan, body, item)
        return Role.CTOR
    if item.name in shapes:
        return Role.CALL
    if not used and (item.around or body.scan.loads(item.name) or _is_read(body.member, item.name)):
        return Role.DROPPED
    if body.member.shape is Shape.CALLABLE and not item.is_attribute:
        return Role.CALL  # the object is made before anybody calls it
    values = [body.value(item.name, region) for instance in plan.unit.instances for region in instance.regions]
    if any(is_tensor(value) for value in values):
        return Role.CALL
    if any(_is_given_at_call(item, region) for instance in plan.unit.instances for region in instance.regions):
        return Role.CALL
    if all(is_python(value) for value in values) and _agrees(plan, body, item, _calls(plan, body)):
        return Role.CTOR
    return Role.CALL


def _is_given_at_call(item: Input, region: Region) -> bool:
    """Whether the program gives an argument to a template, which is the layer that was made before."""
    template = region.template
    named = isinstance(template, Template) and isinstance(template.called, FunctionValue)
    return named and item.name in region.frame.given


def is_unread(body: Body, name: str) -> bool:
    """Whether the code of a body, blocks that leave it too, never reads one of its arguments."""
    return not body.scan.loads(name) and not _is_read(body.member, name)


def _is_read(member: Member, name: str) -> bool:
    """Whether the code of a member reads a name, in blocks that leave it too."""
    names = (n for statement in member.body for n in ast.walk(statement) if isinstance(n, ast.Name))
    return any(n.id == name and isinstance(n.ctx, ast.Load) for n in names)


def _agrees(plan: LayerPlan, body: Body, item: Input, groups: Iterable[list[Region]]) -> bool:
    for regions in groups:
        if item.is_attribute and len({id(r.frame.obj) for r in regions}) == 1:
            made = not any(_is_in_making(r) for r in regions)
            if body.fixed(item.identifier) or (made and body.settled(item.identifier)):
                continue
        expressions = [r.frame.given.get(item.name) if body.member.shape is not Shape.BLOCK else None for r in regions]
        frames = {id(r.frame.parent) for r in regions}
        if not agree([body.value(item.name, r) for r in regions], expressions, frames):
            return False
    return True


def _is_in_making(region: Region) -> bool:
    """Whether the constructor of the object makes this call of its method."""
    frame = region.frame.parent
    while frame is not None:
        if frame.function is not None and frame.function.name == "__init__" and frame.obj is region.frame.obj:
            return True
        frame = frame.parent
    return False


def _calls(plan: LayerPlan, body: Body) -> Iterator[list[Region]]:
    for instance in plan.unit.instances:
        yield [r for r in instance.regions if r in body.member.regions]


def _sharing(plan: LayerPlan, body: Body) -> Iterator[list[Region]]:
    """The calls that reach one layer and give it what it is made with.

    A layer that another one makes for each round of a loop is one of many: each round has its own. Of calls at one
    place of that layer's code one is enough, since they get what the layer was made with.
    """
    for instance in plan.unit.instances:
        regions = [r for r in instance.regions if r in body.member.regions]
        groups: dict[tuple[bool, ...], dict[ast.AST | None, Region]] = {}
        for region in regions:
            creation = next(region.creations(), None)
            path = creation.path[: len(instance.path)] if creation is not None else ()
            groups.setdefault(rounds(path), {}).setdefault(region.node, region)
        if isinstance(instance.owner, Instance):
            yield from (list(group.values()) for group in groups.values())
        else:
            yield regions


def _check_agreement(plan: LayerPlan, body: Body, item: Input) -> None:
    if not _agrees(plan, body, item, _sharing(plan, body)):
        node: ast.AST = body.member.node
        for region in body.member.regions[1:]:
            node = region.node or node
        module = body.member.regions[-1].parent.module if body.member.regions[-1].parent is not None else body.module
        raise Refusal(
            "TFM304", node, module,
            f"the calls that share {body.member.name} disagree on {item.identifier}, which its variables depend on",
        )  # fmt: skip


def _secondary_role(plan: LayerPlan, body: Body, item: Input) -> Role:
    if not body.remaining(item.name):
        return Role.DROPPED
    own = plan.primary.inputs.get(item.name)
    if item.is_attribute and own is not None and own.role is Role.CTOR:
        return Role.CTOR
    if item.is_attribute:
        values = [body.value(item.name, region) for region in body.member.regions]
        if all(is_python(value) for value in values):
            if own is None:
                plan.primary.inputs[item.name] = Input(item.name, None, Role.CTOR)
            else:
                own.role = Role.CTOR
            return Role.CTOR
    return Role.CALL


def given_for(slot: Slot) -> Arguments | None:
    """The arguments of the request that fills a slot, as the walk saw them."""
    return slot.first.creation.args if slot.first.creation is not None else None


def attribute_names(plan: LayerPlan) -> None:
    """Give every stored argument and every slot its attribute."""
    taken: set[str] = set()
    if plan.unit.primary.wrapped is not None:  # the library's class has attributes of its own
        taken |= {
            param
            for slot in plan.slots
            if slot.first.creation and slot.first.creation.row
            for param in _keras_names(slot)
        }
    for item in plan.ctor():
        plan.attributes[item.name] = names.attribute(item.identifier, taken)
        taken.add(plan.attributes[item.name])
    taken |= {member.method for member in plan.unit.members}
    for slot in plan.slots:
        fallback = slot.unit.primary.name.strip("_") if slot.unit is not None else "layer"
        text, symbolic = names.path_identifier(_own_part(plan, slot), fallback)
        symbolic = symbolic or slot.bare_path != slot.path
        if slot.kind is Made.CELL:
            text = label(slot).removeprefix("self.") or names.path_identifier(slot.path[-1:], fallback)[0]
        name = names.plural(text) if symbolic and slot.loops else text
        slot.name = names.attribute(name, taken)
        taken.add(slot.name)


def _own_part(plan: LayerPlan, slot: Slot) -> Path:
    """The path of a slot without what the layer's own name puts in front of all of them."""
    prefix = plan.unit.primary.prefix
    own = segment_of(prefix, plan.unit.primary.regions[0]) if prefix is not None else ()
    text, whole = show_path(own), show_path(slot.path)
    if not own or slot.loops or not all(isinstance(s, Const) for s in (*own, *slot.path)):
        return slot.bare_path
    return path_of(Const(whole.removeprefix(text))) or slot.path


def label(slot: Slot) -> str:
    """The name that the program gives a cell where it makes it."""
    node, module = slot.site(), slot.first.region.module
    statement = next((a for a in ancestors(module, node) if isinstance(a, ast.stmt)), None)
    if isinstance(statement, ast.Assign) and statement.value is node and len(statement.targets) == 1:
        target = statement.targets[0]
        function = slot.first.region.function
        if isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name) and function is not None:
            return f"self.{target.attr}" if target.value.id == function.object_name else ""
        return target.id if isinstance(target, ast.Name) else ""
    return ""


def _keras_names(slot: Slot) -> list[str]:
    row = slot.first.creation.row if slot.first.creation is not None else None
    return [row.keras_name(param) for param in row.params] if row is not None else []


def is_constant_text(value: Value | None) -> str | None:
    return value.value if isinstance(value, Const) and isinstance(value.value, str) else None


__all__ = [
    "Body", "FunctionValue", "Input", "LayerPlan", "Library", "Made", "Refusal", "Role", "agree", "assign_roles",
    "attribute_names", "given_for", "is_constant_text", "make_body", "names_for",
]  # fmt: skip
