"""What is decided about one layer class: its bodies, what they take in, and what becomes of that."""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Container, Mapping
from dataclasses import dataclass, field
from enum import Enum

from tfmigrate.planning import names
from tfmigrate.planning.slots import Slot
from tfmigrate.planning.split import Level, Need, Splitter
from tfmigrate.planning.units import Member, Shape, Unit
from tfmigrate.program.link import Module
from tfmigrate.program.scan import Scan
from tfmigrate.walk.regions import Region
from tfmigrate.walk.values import Value, is_tensor


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
    absent: whether an object that is made with it may not have the attribute, and then never reads it.
    """

    name: str
    default: ast.expr | None = None
    role: Role = Role.DROPPED
    tensor: bool = False
    sure: bool = False
    around: bool = False
    alias: str = ""
    absent: bool = False

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


def attribute_input(name: str, inputs: Collection[str], scan: Scan) -> Input:
    """An attribute of the object that a body reads: `self.size`, under another name where `size` is something else."""
    own = name.removeprefix("self.")
    taken = _bound_otherwise(own, scan)
    if own not in inputs and not taken:
        return Input(name)
    bound = {n.id for statement in scan.body for n in ast.walk(statement) if isinstance(n, ast.Name)}
    return Input(name, alias=names.unique(f"own_{own}", bound.union(inputs)))


def _bound_otherwise(own: str, scan: Scan) -> bool:
    """Whether a local name stands for something else than the attribute of that name."""
    for statement in scan.body:
        for node in ast.walk(statement):
            if isinstance(node, ast.arg) and node.arg == own:
                return True
            if isinstance(node, ast.Name) and node.id == own and not isinstance(node.ctx, ast.Load):
                outer = scan.parents.get(node)
                value = outer.value if isinstance(outer, ast.Assign) and len(outer.targets) == 1 else None
                if not isinstance(value, ast.Attribute) or ast.unparse(value) != f"{scan.self_name}.{own}":
                    return True
    return False


class Refusal(Exception):
    """A unit cannot become a layer."""

    def __init__(self, code: str, node: ast.AST, module: Module, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.node = node
        self.module = module


class Handed(ast.expr):
    """A read that a block call makes; it stands nowhere in the source."""

    def __init__(self, block: ast.With) -> None:
        super().__init__()
        self.block = block


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
    # those of which some name a container that is filled as the program runs
    filled: Callable[[str], bool] = lambda _: True
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

    def never_reads(self, name: str) -> bool:
        """Whether the code, blocks that leave it too, never reads one of its arguments."""
        return not self.scan.loads(name) and not self.reads(name)

    def reads(self, name: str) -> bool:
        """Whether the code reads a name, in blocks that leave it too."""
        nodes = (n for statement in self.member.body for n in ast.walk(statement) if isinstance(n, ast.Name))
        return any(node.id == name and isinstance(node.ctx, ast.Load) for node in nodes)

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
            item = self.inputs[name] = attribute_input(name, self.inputs, self.scan)
            find_tensors(self.member, {name: item})
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
    # the calls of objects that are layers themselves, and that this layer is made with
    objects: frozenset[ast.AST] = frozenset()
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


def find_tensors(member: Member, inputs: dict[str, Input]) -> None:
    """Note which of the inputs are tensors in the calls that were seen."""
    body = Body(member, Scan([]), inputs, None)  # type: ignore[arg-type]
    for item in inputs.values():
        values = [body.value(item.name, region) for region in member.regions]
        item.tensor = any(is_tensor(value) for value in values)
        item.sure = bool(values) and all(is_tensor(value) for value in values)
