"""What becomes layer classes, the bodies and the instances of each, and what holds them."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from enum import Enum

from tfmigrate.planning import names
from tfmigrate.program.link import Class, Function, FunctionNode, Module
from tfmigrate.walk.regions import Path, Region


class Shape(Enum):
    """How a piece of code becomes a class."""

    FUNCTION = "function"
    METHOD = "method"
    INNER = "inner function"
    CALLABLE = "callable class"
    BLOCK = "block"

    @property
    def has_object(self) -> bool:
        """Whether its code may know the object of a class, which the layer that it becomes does not."""
        return self in (Shape.METHOD, Shape.INNER, Shape.BLOCK)


@dataclass(eq=False)
class Member:
    """One body that runs on the variables of a unit; it becomes a method of the class, the first one `call`.

    function: the function that is the body or, of a block, that holds it (None at module level).
    scope: the `with` that opens the unit's own scope; None for a function that opens none.
    wrapped: the one call of a library layer that a function is about; then the class derives from that layer.
    head: how many statements of a block stay in front of the layer that the rest becomes.
    prefix: the parameter with which all names begin that a function without a scope gives; it names the layer.
    templated: whether it runs in `tf.make_template` alone, which gives it its scope.
    """

    shape: Shape
    function: Function | None
    module: Module
    node: FunctionNode | ast.With
    scope: ast.With | None
    regions: list[Region] = field(default_factory=list)
    method: str = "call"
    wrapped: ast.Call | None = None
    head: int = 0
    prefix: str | None = None
    templated: bool = False

    @property
    def adds_segment(self) -> bool:
        """Whether its layer puts a segment into paths that TF1's names do not have."""
        return self.scope is None and self.wrapped is None and not self.templated

    @property
    def own_segment(self) -> str:
        """That segment, where nothing in the program names it."""
        known = names.identifier(self.cls.name) if self.shape is Shape.CALLABLE and self.cls is not None else self.name
        return known.strip("_")

    @property
    def is_object(self) -> bool:
        """Whether the program has an object of its own that becomes the layer."""
        return self.shape is Shape.CALLABLE or self.templated

    @property
    def body(self) -> list[ast.stmt]:
        return self.node.body[self.head :]

    @property
    def name(self) -> str:
        """The name the user knows it by."""
        if isinstance(self.node, ast.With):
            return self.function.name if self.function is not None else "block"
        return self.node.name

    @property
    def cls(self) -> Class | None:
        return self.function.cls if self.function is not None and self.shape is not Shape.BLOCK else None

    def __repr__(self) -> str:
        return f"<{self.shape.value} {self.function or self.module}:{self.node.lineno}>"


@dataclass(eq=False)
class Unit:
    """What becomes one layer class."""

    members: list[Member]
    instances: list[Instance] = field(default_factory=list)

    @property
    def primary(self) -> Member:
        return self.members[0]

    def __repr__(self) -> str:
        return f"<unit {self.primary!r}>"


@dataclass(eq=False)
class Instance:
    """One layer object: all the regions that reach one scope path below one owner.

    owner: the instance that holds it, or the plain call (or the object) whose code does.
    own_name: of a layer that takes the place of an object together with others, what it is called.
    """

    unit: Unit
    path: Path
    owner: Instance | Holder
    regions: list[Region] = field(default_factory=list)
    children: list[Instance] = field(default_factory=list)
    own_name: str = ""

    @property
    def base(self) -> Path:
        """The path below which its variables are, which a name that only begins theirs does not lengthen."""
        return self.path if self.unit.primary.prefix is None else self.path[:-1]

    def sites(self) -> list[ast.AST]:
        """The calls (or blocks) that reach it, in the order of the walk."""
        return list(dict.fromkeys(site_of(region) for region in self.regions))


@dataclass(eq=False)
class Holder:
    """A plain function's activation, or an object whose methods hold instances as attributes.

    homes: the activations in which it makes library layers itself. runs: those that run RNN cells which it makes.
    """

    region: Region
    obj: object | None
    children: list[Instance] = field(default_factory=list)
    homes: list[Region] = field(default_factory=list)
    runs: list[Region] = field(default_factory=list)


def site_of(region: Region) -> ast.AST:
    """The node in the caller's code where a region is entered."""
    assert region.node is not None
    return region.node
