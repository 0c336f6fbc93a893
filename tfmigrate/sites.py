"""Where a file changes: positions and what stands there afterwards. The plan makes sites, transforms carry them out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Union

# line, column, end line, end column; lines from 1, columns in characters from 0
Span = tuple[int, int, int, int]
# of what concerns the file as a whole
FILE: Span = (0, 0, 0, 0)


@dataclass(frozen=True)
class Replace:
    """An expression becomes this text."""

    text: str


@dataclass(frozen=True)
class Remove:
    """A statement goes. comments: not those above it."""

    comments: bool = False


@dataclass(frozen=True)
class Argument:
    """An argument of a rewritten call: an original one (position or keyword) or text; keyword None is positional."""

    source: int | str | None = None
    text: str | None = None
    keyword: str | None = None


@dataclass(frozen=True)
class Invoke:
    """A call of a function becomes a call of `callee`. around: a function that is applied to the result."""

    callee: str
    arguments: tuple[Argument, ...]
    around: str = ""


@dataclass(frozen=True)
class Wrap:
    """`owner.attribute` becomes `callee(owner)`."""

    callee: str


@dataclass(frozen=True)
class Before:
    """Lines of code that go in front of a statement, or behind it."""

    lines: tuple[str, ...]
    behind: bool = False


@dataclass(frozen=True)
class Unwrap:
    """A `with` goes, its body stays."""


@dataclass(frozen=True)
class NameScope:
    """A `with` only names things from now on: `text` is its new context. beside: others in front of it, of which the
    program still knows the first by the name that it gave the scope if that is `known`."""

    text: str
    beside: tuple[str, ...] = ()
    known: bool = False


@dataclass(frozen=True)
class CountRounds:
    """A loop counts its rounds: its target, and whether it now runs over the pairs of `enumerate`."""

    target: str
    enumerated: bool


@dataclass(frozen=True)
class SetArgument:
    """A call gets a keyword argument, in the place of the one of that name if it has one."""

    keyword: str
    text: str


@dataclass(frozen=True)
class GiveArguments:
    """A call gets more keyword arguments: their names and what they are."""

    arguments: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Unnamed:
    """A `with` no longer binds a name. item: which one of its contexts."""

    item: int


@dataclass(frozen=True)
class KeepElse:
    """Of an `if` only what stands under its `else` stays. test: the condition for that."""

    test: str


@dataclass(frozen=True)
class RestUnder:
    """A statement becomes a `with` around all that follows it in its block. head: the context, with its `as`."""

    head: str


@dataclass(frozen=True)
class GatherRest:
    """The block of a `with` in which a statement becomes one around the rest."""


@dataclass(frozen=True)
class Extend:
    """A `return` or the targets of an assignment get more members.

    alone: there was nothing to return before. last: what is returned before is of no use.
    """

    texts: tuple[str, ...]
    alone: bool = False
    last: bool = False


@dataclass(frozen=True)
class MethodBody:
    """One method of a layer class, made from the function or block at `span`.

    parameters: behind `self`. prelude: statements put first. results: names that a block hands back. skip: how many
    statements of it stay where they are.
    """

    span: Span
    name: str
    parameters: tuple[str, ...]
    prelude: tuple[str, ...] = ()
    results: tuple[str, ...] = ()
    docstring: bool = False
    skip: int = 0


@dataclass(frozen=True)
class LayerClass:
    """A layer class: `head` is the text of `__init__` and `build`, the methods follow.

    beside: the function that it is made from, if that stays behind it for code that stays TF1.
    """

    name: str
    head: tuple[str, ...]
    methods: tuple[MethodBody, ...]
    base: str = "keras.layers.Layer"
    beside: Span | None = None


@dataclass(frozen=True)
class Moved:
    """A function goes from here; its body has become a method elsewhere."""


@dataclass(frozen=True)
class TakeLayer:
    """A function gets one more parameter in front. dropped: those that it has no use for any more."""

    parameter: str
    dropped: tuple[str, ...] = ()


@dataclass(frozen=True)
class HandLayer:
    """A call of a function that takes a layer gets one more argument in front."""

    argument: str


@dataclass(frozen=True)
class BlockCall:
    """A `with` block becomes a call; its body has become a layer, which goes before the statement at `anchor`.

    head: how many of its statements stay in front of the call.
    """

    layer: LayerClass
    statements: tuple[str, ...]
    anchor: Span
    head: int = 0


@dataclass(frozen=True)
class Lifted:
    """A function inside a function goes; its body has become a layer, which goes before the statement at `anchor`."""

    layer: LayerClass
    anchor: Span


@dataclass(frozen=True)
class MovedOut:
    """A function inside a function becomes one of the module, before the statement at `anchor`."""

    anchor: Span


@dataclass(frozen=True)
class Imports:
    """Imports of the file.

    keras: whether it is used now. tensorflow: whether it becomes compat.v1. renames: (module as written, old, new).
    kept: old names that code here uses beside the new ones.
    lines: names kept though nothing uses them. handed_on: names that other files take from this one. added: new import
    lines. disable_v2: the statement that switches the behaviour of TensorFlow 2 off, where this file may be the first
    to need that.
    """

    keras: bool = False
    tensorflow: bool = True
    renames: tuple[tuple[str, str, str], ...] = ()
    kept: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()
    handed_on: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    # code that the file needs behind its imports
    prologue: str = ""
    # modules of Python that this code needs
    python: tuple[str, ...] = ()
    disable_v2: str | None = None


@dataclass(frozen=True)
class CallableLayer:
    """A class with `__call__` becomes a layer class in place.

    super_call: the first statement of `__init__`. init: statements behind its own. build: the whole method, or nothing.
    parameters: what `__init__` takes in addition.
    """

    super_call: str
    init: tuple[str, ...]
    build: tuple[str, ...]
    call: MethodBody
    base: str = "keras.layers.Layer"
    parameters: tuple[str, ...] = ()


Action = Union[
    Replace,
    Wrap,
    Remove,
    Invoke,
    Before,
    Unwrap,
    NameScope,
    CountRounds,
    SetArgument,
    GiveArguments,
    Unnamed,
    KeepElse,
    RestUnder,
    GatherRest,
    Extend,
    LayerClass,
    Moved,
    TakeLayer,
    HandLayer,
    BlockCall,
    Lifted,
    MovedOut,
    Imports,
    CallableLayer,
]


@dataclass(frozen=True)
class Site:
    """One place that changes: which transform does it, where, and what."""

    transform: str
    span: Span
    action: Action


@dataclass
class Sites:
    """All sites of one file."""

    items: list[Site] = field(default_factory=list)

    def add(self, transform: str, span: Span, action: Action) -> None:
        self.items.append(Site(transform, span, action))
