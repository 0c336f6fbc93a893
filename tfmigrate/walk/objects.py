"""What TensorFlow 1 hands out and the walk has to know again: graphs, scopes before they are entered, templates."""

from __future__ import annotations

import ast
from collections import Counter
from dataclasses import dataclass, field

from tfmigrate.finding import Finding
from tfmigrate.program.link import Module
from tfmigrate.walk.arguments import Arguments
from tfmigrate.walk.clashes import Name
from tfmigrate.walk.defaults import Default
from tfmigrate.walk.numbering import Number
from tfmigrate.walk.regions import (
    Path,
    Region,
    Scope,
    Variable,
)
from tfmigrate.walk.values import (
    FunctionValue,
    LambdaValue,
    Opaque,
    Value,
)


@dataclass(eq=False)
class Graph(Opaque):
    """A `tf.Graph`: every graph has variables of its own."""

    store: dict[Path, Variable] = field(default_factory=dict)
    variables: list[Variable] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    wrong: set[Path] = field(default_factory=set)
    # whether code that nobody knows may have made variables and losses in it
    more: bool = False
    # whether that is not the library's own, and may give them any names
    unseen: bool = False
    scope: Scope = field(default_factory=lambda: Scope(()))
    # those of the store as names to compare with others
    names: list[tuple[Name, Variable]] = field(default_factory=list)


@dataclass(eq=False)
class GraphScope(Opaque):
    """`graph.as_default()`."""

    graph: Graph


@dataclass(eq=False)
class OpenScope(Opaque):
    """The result of `variable_scope(...)`, before it is entered. undecided: its reuse depends on run-time state.

    defaults: the initializer and the regularizer of the variables inside that name none.
    """

    name: Path
    reuse: object
    node: ast.Call
    module: Module
    blames: list[Finding]
    reentered: Scope | None = None
    moved: bool = False
    undecided: bool = False
    # what gave the name a number that depends on a loop
    number: Number | None = None
    # of a scope that reuses, what gives it a name that only a run knows
    asked: ast.expr | None = None
    defaults: dict[str, Default] = field(default_factory=dict)


@dataclass(eq=False)
class CreatorScope(Opaque):
    """`variable_creator_scope(...)`: another function makes the variables inside."""

    node: ast.Call
    module: Module


@dataclass(eq=False)
class Foreign(Opaque):
    """An object of a layer library that is not covered."""


class Gone(Opaque):
    """What a call returns that TensorFlow 2 has under no name."""


@dataclass(eq=False)
class Template(Opaque):
    """The result of `make_template`. args: what it gives ahead of every call. region: the code that makes it.

    scope: what its first call opened, in which graph. calls: where it is called. findings: why it stays.
    """

    name: Value
    called: FunctionValue | LambdaValue
    args: Arguments
    node: ast.Call
    module: Module
    region: Region | None
    scope: Scope | None = None
    graph: Graph | None = None
    calls: dict[ast.Call, Module] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)


class VariableOp(Opaque):
    """`variable.op`."""

    def __init__(self, variable: Variable) -> None:
        self.variable = variable


@dataclass(eq=False)
class OneOf(Opaque):
    """One of several variables: `v` in `for g, v in optimizer.compute_gradients(loss)`."""

    variables: tuple[Variable, ...]
    is_tensor = True


@dataclass(eq=False)
class OpOfOne(Opaque):
    """Its `op`."""

    one: OneOf
