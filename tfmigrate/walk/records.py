"""What the walk notes beside the tree of regions: reads of names, switches of reuse, savers, and where each was."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field

from tfmigrate.program.link import Module
from tfmigrate.walk.regions import Creation, Path, Query, Region, Scope, Variable
from tfmigrate.walk.values import ObjectValue, Value


@dataclass(eq=False)
class Lookup:
    """A `get_variable` in a scope that reuses and has a name that only a run knows.

    variables: those that it may mean. scope: the expression that names the scope. name: the variable's own.
    """

    node: ast.Call
    region: Region
    variables: list[Variable]
    scope: ast.expr
    name: ast.expr
    # the objects that names of the code around it stand for
    objects: dict[str, ObjectValue] = field(default_factory=dict)
    # what must hold for the code to come here
    conditions: tuple[ast.AST, ...] = ()


@dataclass(eq=False)
class NameRead:
    """A read of `variable.name`."""

    node: ast.Attribute
    region: Region
    variable: Variable


@dataclass(eq=False)
class Lineup:
    """Lists of variables that are gone through side by side, or one that is gone through in its order.

    Each list is told by the question that gave it, and whether it was sorted by name since. in_row: whether the places
    of the variables surely count.
    """

    node: ast.AST
    region: Region
    lists: list[tuple[Query, bool]]
    in_row: bool = False


@dataclass(eq=False)
class ReuseRead:
    """A read of `scope.reuse`."""

    node: ast.Attribute
    region: Region


@dataclass(eq=False)
class Reentry:
    """A block that enters a scope which was left by its object. away: whether under another scope than the first."""

    scope: Scope
    node: ast.Call
    region: Region
    away: bool


@dataclass(eq=False)
class ScopeNameRead:
    """A read of `tf.get_variable_scope().name`."""

    node: ast.Attribute
    region: Region


@dataclass(eq=False)
class Clash:
    """A request that TF1 raises at. made: whether the variable was there; region: what asks for it."""

    code: str
    node: ast.AST
    module: Module
    text: str
    variable: Variable
    made: bool
    region: Region


@dataclass(eq=False)
class ReuseSwitch:
    """A call of `scope.reuse_variables()`. sure: whether every run that comes here switches reuse on. time: when."""

    node: ast.Call
    region: Region
    scope: Scope
    sure: bool
    time: int


@dataclass(eq=False)
class ScopeCall:
    """A call of `variable_scope`. given: what it is told. outer: the `reuse` of the scope around."""

    node: ast.Call
    region: Region
    given: dict[str, Value]
    outer: object


@dataclass(eq=False)
class PlainVariable:
    """A `tf.Variable(...)` that runs in the scope `path`. reuse: what that scope says of sharing.

    weight: the request that it is, if it is a weight like those of `get_variable` beside it. place: before which event
    of its region it ran. variable: what it makes.
    """

    node: ast.Call
    region: Region
    path: Path
    reuse: object
    trainable: bool
    variable: Variable
    place: int = 0
    weight: Creation | None = None


@dataclass(eq=False)
class MadeBeside:
    """A call for which TensorFlow makes variables of its own. what: these, in words."""

    node: ast.Call
    region: Region
    what: str


@dataclass(eq=False)
class Saving:
    """A `tf.train.Saver(...)`. variables: None where it was given no list. plain: whether layers make all there is.

    objects: those that names of the code around it stand for.
    """

    node: ast.Call
    region: Region
    variables: list[Variable] | None
    kind: str
    plain: bool
    objects: dict[str, ObjectValue]
    # what must hold for the code to come here
    conditions: tuple[ast.AST, ...] = ()
