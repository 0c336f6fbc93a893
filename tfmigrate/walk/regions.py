"""What the symbolic walk of a TF1 program leaves behind: a tree of calls and scope blocks, with what they made."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field

from tfmigrate.program.link import Function, Module
from tfmigrate.program.loss_filters import LossFilter
from tfmigrate.tf1.rows import LayerRow
from tfmigrate.walk.arguments import Arguments
from tfmigrate.walk.defaults import Default
from tfmigrate.walk.frames import Frame
from tfmigrate.walk.numbering import Number, Numbering
from tfmigrate.walk.values import Const, LoopIndex, Numbered, ObjectValue, Opaque, Symbol, Text, Value

# evidence that code reads what others put into collections of the program's own
READS_COLLECTION = "a collection"
Segment = Const | Text
Path = tuple[Segment, ...]
# what makes a variable that no scope shares
PLAIN = "tf.Variable"


def show_path(path: Path) -> str:
    """The path as TF1 writes it, symbols in braces."""
    return "/".join(str(segment) for segment in path)


def path_of(value: Value) -> Path | None:
    """The segments of a scope or variable name; None if it is no string."""
    if isinstance(value, Const) and isinstance(value.value, str):
        return tuple(Const(part) for part in value.value.split("/") if part)
    if isinstance(value, LoopIndex) and value.values and all(isinstance(v, str) for v in value.values):
        value = Text((value,))
    if not isinstance(value, Text):
        return None
    segments: list[list[object]] = [[]]
    for part in value.parts:
        if not isinstance(part, str):
            segments[-1].append(_index(part) if isinstance(part, Symbol) else part)
            continue
        first, *rest = part.split("/")
        segments[-1].append(first)
        segments.extend([piece] for piece in rest)
    result: list[Segment] = []
    for pieces in segments:
        kept = tuple(p for p in pieces if p != "")
        if all(isinstance(p, str) for p in kept):
            result.append(Const("".join(str(p) for p in kept)))
        else:
            result.append(Text(kept))  # type: ignore[arg-type]
    return tuple(segment for segment in result if segment != Const(""))


def _index(symbol: Symbol) -> Symbol | LoopIndex:
    """What a loop comes by stands for its round."""
    now = symbol.round if not isinstance(symbol, Numbered) else None
    return symbol if now is None else LoopIndex(symbol.text, symbol.key, True, None, now.first, None, now.run, True)


def rounds(path: Path) -> tuple[bool, ...]:
    """In which round of each loop a path was made, as far as every round has a name of its own."""
    parts = [part for segment in path if isinstance(segment, Text) for part in segment.parts]
    return tuple(part.first for part in parts if isinstance(part, LoopIndex) and part.distinct)


@dataclass(eq=False)
class Variable(Opaque):
    """A variable of the TF1 program. path is None for one whose name is not known (`tf.Variable`).

    stem: how that name begins, where a number at most comes behind it.
    """

    path: Path | None
    shape: tuple[str, ...] | None = None
    dtype: str = "float32"
    trainable: bool = True
    initializer: str | None = None
    region: Region | None = None
    # what Keras calls it, where that is another name
    keras_name: str | None = None
    # whether a function of contrib or slim made it
    by_contrib: bool = False
    # whether something may make a loss of it, and how that names the loss, "" where that is not known
    regularized: bool = False
    loss_name: str = ""
    # whether the loss has the variable's own name in front of that, whatever name scopes are open
    named_alone: bool = False
    # collections of the program's own that hold it
    collections: frozenset[str] = frozenset()
    stem: str | None = None
    # the blocks around its making that may run in another graph
    graphs: tuple[str, ...] | None = None
    is_tensor = True


@dataclass(eq=False)
class Scope(Opaque):
    """A `VariableScope`. reuse: True, False, "auto" or None where it is not known.

    defaults: the initializer and the regularizer of variables that name none.
    """

    is_true = True

    path: Path
    reuse: object = False
    depth: tuple[int, int] = (0, 0)
    ambiguous: set[str] = field(default_factory=set)
    # what was called in it that cannot be known, and may have made unnamed layers
    disturbed: str = ""
    # of what has no name, the numbers that are given
    numbers: dict[str, Numbering] = field(default_factory=dict)
    defaults: dict[str, Default] = field(default_factory=dict)
    # the activation and the block that opened it, None for the scope of a graph, and when it was left
    opened_by: Frame | None = None
    region: Region | None = None
    left: int | None = None
    # whether the program gives the scope a name where it is the current one
    fetched: bool = False
    # of a scope that reuses, what gives it a name that only a run knows
    asked: ast.expr | None = None


@dataclass(eq=False)
class Normalizer:
    """What normalizes the outputs of a layer (`normalizer_fn`), with what it is given and where its variables are."""

    row: LayerRow
    symbol: str
    given: dict[str, tuple[Value, ast.expr]]
    path: Path


@dataclass(frozen=True)
class InitialValue:
    """What a value is, said by a shape and an initializer of Keras. shape None: a single number.

    arguments: of the initializer, each with its name there, as expressions or text. typed: the expression that says
    the type. statement: the assignment that gave the value a name.
    """

    initializer: str
    shape: ast.expr | None = None
    arguments: tuple[tuple[str, ast.expr | str], ...] = ()
    dtype: str = "float32"
    typed: ast.expr | None = None
    statement: ast.Assign | None = None


@dataclass(eq=False)
class Creation:
    """One request for variables: a `get_variable`, or a call of a layer function (then `row` says which)."""

    node: ast.Call
    region: Region
    args: Arguments
    path: Path
    variables: list[Variable]
    row: LayerRow | None = None
    symbol: str = "tf.get_variable"
    loops: tuple[ast.AST, ...] = ()
    conditions: tuple[ast.AST, ...] = ()
    # whether the name is the automatic one of an unnamed layer
    automatic: bool = False
    normalizer: Normalizer | None = None
    # the names of the layers inside, where a layer function is repeated
    repeated: tuple[str, ...] = ()
    # what each of these gets, where they differ; `args` is what the first gets
    stacked: tuple[Arguments, ...] = ()
    # the blocks of slim's arg_scopes around, those of the callers too
    arg_scopes: tuple[ast.With, ...] = ()
    # what TF1 was told of sharing here: True, False, "auto", or None where it is not known
    reuse: object = False
    # when this was, as the journal counts
    time: int = 0

    # what gave it a number that depends on a loop
    number: Number | None = None
    # the graph that has the variables
    graph: object = None
    # of what concerns RNN cells, where those with variables are made
    cells: tuple[Creation, ...] = ()
    # of what runs cells, the argument that names the scope which is open already
    within: ast.expr | None = None
    # of a variable that starts from a value, what that is
    initial: InitialValue | None = None
    # of such a cell, where it is run
    runs: list[Region] = field(default_factory=list)
    # whether it stands in a branch that no run takes
    untaken: bool = False

    @property
    def is_cell(self) -> bool:
        """Whether this makes an RNN cell; its path and variables are known when that is first run."""
        return self.row is not None and self.row.cell

    @property
    def is_operation(self) -> bool:
        """Whether this is a function of a layer library that keeps no state."""
        return self.row is not None and bool(self.row.operation)

    @property
    def makes_layer(self) -> bool:
        return self.row is not None and not self.row.operation

    @property
    def given(self) -> dict[str, ast.expr]:
        """The arguments of a layer by parameter, those from an arg_scope too."""
        assert self.row is not None
        return {param: expression for param, (_, expression) in given_to(self.row, self.args).items()}

    @property
    def each(self) -> tuple[Arguments, ...]:
        """The arguments of every layer that the call makes."""
        return self.stacked or (self.args,)

    def expressions(self) -> list[ast.expr]:
        """What the layers of the call are given, each once."""
        assert self.row is not None
        found = [expression for args in self.each for _, expression in given_to(self.row, args).values()]
        return list({id(expression): expression for expression in found}.values())


def given_to(row: LayerRow, args: Arguments) -> dict[str, tuple[Value, ast.expr]]:
    """The arguments of a layer by parameter."""
    given = {row.params[i]: pair for i, pair in enumerate(args.positional) if i < len(row.params)}
    given.update(args.keywords)
    return given


@dataclass(eq=False)
class Query:
    """A list of variables that was made at a node: by a collection, a filter or a function that returns one.

    kind: "trainable", "global", "own" for a collection that `get_variable(collections=...)` fills, or "losses", which
    is what the regularizers of these variables give.
    """

    node: ast.expr
    region: Region
    variables: list[Variable]
    kind: str
    complete: bool
    everything: bool
    # whether an optimizer had added variables of its own by then
    slots: bool = False
    # whether these can only stand behind the others
    slots_last: bool = False
    # of a comprehension, what it runs over
    source: list[Variable] | None = None
    # whether that is the collection itself
    whole: bool = False
    # of losses: whether it gives a "list", their "sum", or the "total" with all other losses
    reader: str = "list"
    # whether there may be more to pick from, of code that nobody knows
    more: bool = False
    # of a list that is picked from all losses: by what. of all losses: whether they go into such lists alone
    picked: LossFilter | None = None
    goes_into_picks: bool = False
    # of a call, the function that picks them, and the operation by which that adds them up
    picker: Function | None = None
    adds_by: str = ""
    # the name of the program's own collection
    collection: str = ""
    # the objects that names of the code around it stand for
    objects: dict[str, ObjectValue] = field(default_factory=dict)
    # what must hold for the code to come here
    conditions: tuple[ast.AST, ...] = ()


@dataclass(eq=False, slots=True)
class Region:
    """A call of a function of the program, or a scope block (then `node` is the `with`), or a root (node None).

    path: the scope path at entry of a call, and inside the block of a block.
    loops, conditions: what encloses the node within the function that holds it, outside in.
    """

    frame: Frame
    node: ast.Call | ast.With | None
    parent: Region | None
    path: Path
    loops: tuple[ast.AST, ...] = ()
    conditions: tuple[ast.AST, ...] = ()
    events: list[Region | Creation | Query] = field(default_factory=list)
    evidence: set[str] = field(default_factory=set)
    result: Value | None = None
    # local names and `self.` attributes as they were at entry
    names: dict[str, Value] = field(default_factory=dict)
    # of these attributes, those that are set under a condition alone
    unsure: frozenset[str] = frozenset()
    # of a block, what they were when it first did something to variables
    names_later: dict[str, Value] = field(default_factory=dict)
    # of what makes variables, the local names when it was over
    names_behind: dict[str, Value] = field(default_factory=dict)
    # a block's own name, before it was joined to the path; None for the current scope re-entered
    name: Path | None = None
    # what gave that name a number which depends on a loop
    number: Number | None = None
    # whether a library calls the function, not the program
    by_library: bool = False
    # the graph that it runs in
    graph: object = None
    # the `make_template` whose function this is a call of
    template: Opaque | None = None
    # whether TensorFlow makes variables of its own in here, as for an optimizer
    trains: bool = False
    # of a block, whether the program asks for the name of its scope, or of one inside
    named: bool = False
    # of a block, whether the object of a scope that was left opens it
    by_object: bool = False
    # the scope that is open inside
    scope: Scope | None = None
    # what branches of its code would make that no run takes
    untaken: list[Creation | Region] = field(default_factory=list)
    _makes: bool | None = None

    @property
    def function(self) -> Function | None:
        return self.frame.function

    @property
    def module(self) -> Module:
        return self.frame.module

    @property
    def is_block(self) -> bool:
        return isinstance(self.node, ast.With)

    @property
    def code(self) -> ast.AST | None:
        """The function or block that runs; None for the body of a file."""
        if self.is_block:
            return self.node
        return self.function.node if self.function is not None else None

    @property
    def stays_in_its_scope(self) -> bool:
        """Whether this is a block that opens the current scope once more."""
        return self.is_block and self.name is None and not self.by_object

    def walk(self) -> Iterator[Region | Creation | Query]:
        """Everything that happened inside, in order."""
        open_: list[Iterator[Region | Creation | Query]] = [iter(self.events)]
        while open_:
            for event in open_[-1]:
                yield event
                if isinstance(event, Region):
                    open_.append(iter(event.events))
                    break
            else:
                open_.pop()

    def creations(self) -> Iterator[Creation]:
        """What was made inside; what a branch would make that no run takes is not there."""
        return (event for event in self.walk() if isinstance(event, Creation) and not event.untaken)

    def leave(self) -> None:
        """It is over."""
        if self.makes_variables():
            self.names_behind = dict(self.frame.env.names)

    def makes_variables(self) -> bool:
        """Asked for when it is over; what it made is then known for good."""
        if self._makes is None:
            self._makes = any(
                event.makes_variables()
                if isinstance(event, Region)
                else isinstance(event, Creation) and (bool(event.variables) or event.makes_layer)
                for event in self.events
            )
        return self._makes

    @property
    def call(self) -> Region:
        """The call or root whose code this is: itself, or what is around it past the blocks of the same function."""
        region = self
        while region.is_block and region.parent is not None:
            region = region.parent
        return region

    def caller(self) -> Region | None:
        """The call or root around this region, past the blocks of the same function."""
        return self.parent.call if self.parent is not None else None


def around(region: Region | None) -> Iterator[Region]:
    """A region and all that enclose it, inside out."""
    while region is not None:
        yield region
        region = region.parent


def root_of(region: Region) -> Region:
    """The outermost region around one."""
    while region.parent is not None:
        region = region.parent
    return region


def twins(region: Region) -> list[Region]:
    """What else a call may run that runs one of several functions."""
    pick = region.frame.pick
    if pick is None or region.parent is None:
        return []
    events = (event for event in region.parent.events if isinstance(event, Region) and not event.is_block)
    return [e for e in events if e is not region and e.frame.pick is not None and e.frame.pick.branch is pick.branch]
