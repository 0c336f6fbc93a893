"""What the symbolic walk knows of a Python value: exactly, by name only, or nothing.

Values are compared structurally. Only objects and lists have identity, as they have in Python.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import TYPE_CHECKING, ClassVar, Union

if TYPE_CHECKING:
    from tfmigrate.program.link import Class, Function, Module
    from tfmigrate.walk.arguments import Arguments
    from tfmigrate.walk.frames import Frame


class Kind(Enum):
    """Whether an unknown value may be a tensor."""

    PYTHON = "python"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Const:
    """A literal: str, int, float, bool, None, bytes or ..."""

    value: object

    def __str__(self) -> str:
        return self.value if isinstance(self.value, str) else repr(self.value)


@dataclass(frozen=True)
class Round:
    """A round of a running loop. run: the same object in all its rounds; first: whether this is the first one."""

    run: object
    first: bool


@dataclass(frozen=True)
class Symbol:
    """A value known by name only. Loop indices are equal when they run over the same thing (`key`).

    round: of what follows from the item that a loop is at, in which round.
    """

    text: str = field(compare=False)
    key: str = ""
    kind: Kind = field(default=Kind.UNKNOWN, compare=False)
    round: Round | None = field(default=None, compare=False)

    def __str__(self) -> str:
        return "{" + self.text + "}"


@dataclass(frozen=True)
class LoopIndex:
    """The target of a loop: `start` is its first value where that is known; `distinct` if no value comes twice.

    first: whether the walk is in the first iteration (True) or in a later one (False). run: see `Round`.
    presumed: whether it is distinct only because TF1 would raise where nothing is reused.
    origin: the text of the first value of a range, where that value is not known.
    """

    text: str = field(compare=False)
    key: str
    distinct: bool = field(compare=False, default=False)
    start: int | None = field(compare=False, default=None)
    first: bool = field(compare=False, default=True)
    values: tuple[object, ...] | None = field(compare=False, default=None)
    run: object = field(compare=False, default=None)
    presumed: bool = field(compare=False, default=False)
    origin: str = field(compare=False, default="")

    @property
    def may_repeat(self) -> bool:
        return self.presumed or not self.distinct

    @property
    def round(self) -> Round:
        return Round(self.run, self.first)

    def __str__(self) -> str:
        return "{" + self.text + "}"


@dataclass(frozen=True)
class Counted(LoopIndex):
    """A number that is `start` in the first round and grows by one. index: what counts the rounds, from `first_index`.

    source: what is counted.
    """

    index: str = field(default="", compare=False)
    first_index: int = field(default=0, compare=False)
    source: object = field(default=None, compare=False)

    def shifted(self, by: int) -> Counted:
        """So many more."""
        assert self.start is not None
        start = self.start + by
        shift = start - self.first_index
        text = self.index if not shift else f"{self.index} {'+' if shift > 0 else '-'} {abs(shift)}"
        return replace(self, text=text, key=f"{self.key}+{by}", start=start)


@dataclass(frozen=True)
class Numbered(Symbol):
    """What stands behind a name that is numbered: nothing behind the first, `_1` behind the next.

    source: what gave the number.
    """

    source: object = field(default=None, compare=False)

    def __str__(self) -> str:
        return f"_{{{self.text}}}"


@dataclass(frozen=True)
class NumberedIndex(LoopIndex):
    """The same, where every round of a loop gives another number."""

    source: object = field(default=None, compare=False)

    def __str__(self) -> str:
        return f"_{{{self.text}}}"


@dataclass(frozen=True)
class Text:
    """A string with symbols in it, `d_h{i}_conv`."""

    parts: tuple[str | Symbol | LoopIndex, ...]

    def __str__(self) -> str:
        return "".join(str(part) for part in self.parts)


@dataclass(frozen=True, eq=False)
class Shapeless:
    """The call that makes a placeholder without a shape."""

    node: ast.Call
    module: Module


@dataclass(frozen=True)
class Tensor:
    """A tensor (or array) of the running graph; label is the name it was last bound to.

    shapeless: the placeholder whose unknown shape it has.
    """

    label: str = field(default="", compare=False)
    shapeless: Shapeless | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Shape:
    """The static shape of a tensor, or a slice of it."""

    label: str
    slice: str = ""


@dataclass(frozen=True)
class Dim:
    """An integer that depends on the shape of a tensor; text is canonical, `x.shape[-1] * 2`."""

    text: str


@dataclass(frozen=True)
class TupleValue:
    items: tuple[Value, ...]


@dataclass(eq=False)
class ListValue:
    """A list; `complete` is False when it may hold more than `items`. tag: what a library knows of where it is from.

    index: of the loop that made the list, one item a round; `items` are then those of its first and of a later round.
    origin: the list that a library gave, if this one holds the same items; by_name: whether it was sorted since.
    growth: how it grows, while a loop fills it. length: of one that is not complete, where that is known all the same.
    made: the activation that made it, and the loops and undecided conditions around it there.
    unsure: whether it may hold less than `items`, too.
    """

    items: list[Value]
    complete: bool = True
    tag: str = ""
    index: LoopIndex | None = None
    origin: ListValue | None = None
    by_name: bool = False
    growth: object = None
    made: tuple[object, tuple[ast.AST, ...], tuple[ast.AST, ...]] | None = None
    length: Value | None = None
    unsure: bool = False

    def of_round(self, first: bool) -> Value | None:
        """What the first or a later round put into it; None if no loop made the list."""
        return self.items[0 if first else 1] if self.index is not None and len(self.items) == 2 else None


@dataclass(eq=False)
class DictValue:
    """A dictionary. key: what a loop that made it put its items under, one a round; `made` are these, by round.

    maybe: keys that may be missing.
    """

    items: dict[object, Value]
    complete: bool = True
    key: Value | None = None
    made: tuple[Value, ...] = ()
    maybe: set[object] = field(default_factory=set)

    def of_round(self, key: Value) -> Value | None:
        """What the round put in that `key` belongs to; None if that is not known."""
        parts = key.items if isinstance(key, TupleValue) else (key,)
        now = round_of(*parts)
        if now is None or key != self.key or len(self.made) <= (not now.first):
            return None
        return self.made[not now.first]

    def fill(self, key: Value, value: Value, once: bool) -> bool:
        """Whether this is what a loop puts into it, round by round. once: whether each round has a key of its own."""
        first = (now := round_of(key)) is not None and now.first
        fresh = first and self.complete and not self.items
        if once and (fresh or (not first and key == self.key and len(self.made) == 1)):
            self.key, self.made, self.complete = key, (*self.made, value), False
            return True
        if not isinstance(key, Const):  # it may take the place of any
            self.key, self.made = None, ()
        return False


@dataclass(eq=False)
class ObjectValue:
    """An instance of a class of the program. born: when it was made; version: how often it was changed since.

    maybe: attributes that it may not have. opened: how often it may have got any attribute, with any value.
    made_by: the call of the class. maker: the activation whose code makes it.
    """

    cls: Class
    attrs: dict[str, Value] = field(default_factory=dict)
    # the state that a library keeps for an object (a layer's path, for example)
    library: object = None
    born: int = 0
    version: int = 0
    maybe: set[object] = field(default_factory=set)
    opened: int = 0
    made_by: ast.Call | None = None
    maker: Frame | None = None

    def symbol(self, name: str) -> Symbol:
        """An attribute that is known by name only, the same until the object is opened again."""
        since = f"~{self.opened}" if self.opened > 1 else ""
        return Symbol(f"self.{name}", f"#{self.born}.{name}{since}")


@dataclass(eq=False)
class FunctionValue:
    """A function of the program with the scope it closes over and the object it is bound to."""

    function: Function
    env: Env | None = None
    bound: ObjectValue | ClassValue | None = None


@dataclass(eq=False)
class LambdaValue:
    node: ast.Lambda
    env: Env


@dataclass(frozen=True)
class ClassValue:
    cls: Class


@dataclass(eq=False)
class Partial:
    """`functools.partial(called, ...)`: something to call, with the first of its arguments."""

    called: Value
    args: Arguments


@dataclass(frozen=True)
class Decision:
    """What picks one of two values: a test of things that have a name, or a choice within one of its sides."""

    test: str
    known: tuple[Value, ...]
    inner: tuple[Decision | None, Decision | None] = (None, None)


@dataclass(eq=False)
class Choice:
    """One of several functions or classes, or of the objects that these make; which one was decided before.

    key: the same for what is picked together. decision: equal where the same test picks; None if it is not known.
    """

    options: tuple[Value, ...]
    decision: Decision | None = None
    key: object = field(default_factory=object)


@dataclass(frozen=True)
class ModuleValue:
    module: Module


@dataclass(frozen=True)
class Library:
    """A symbol of a foreign library under its canonical name, `tf.layers.dense`, `keras.layers.Layer`, `numpy.sqrt`."""

    name: str


@dataclass(frozen=True)
class Method:
    """A method of a value that is not an object of the program: `[].append`, `"".format`, `scope.reuse_variables`."""

    owner: Value
    name: str


@dataclass(eq=False)
class Opaque:
    """A value that only a library understands (a scope, a variable, a list of variables).

    is_true: whether it surely is no None and counts as true.
    """

    is_true: ClassVar[bool] = False


class Named(Opaque):
    """A string of which only that it holds others is known, or not."""

    is_true: ClassVar[bool] = True

    def holds(self, needle: str) -> bool | None:
        """Whether the string has another one in it; None if that is not known."""
        raise NotImplementedError


@dataclass(frozen=True)
class Regularizer:
    """What makes a loss of a variable. key: equal where both are surely the same. sure: False if it may be None.

    operation: how it names the loss, "" where that is not known.
    """

    key: object
    sure: bool = True
    operation: str = field(default="", compare=False)


@dataclass(frozen=True)
class Unknown:
    """code: if it can be called, what it may be, or come from, of libraries by name; None: it may be any code."""

    kind: Kind = field(default=Kind.UNKNOWN, compare=False)
    code: frozenset[str | FunctionValue | LambdaValue] | None = field(default=None, compare=False)


Value = Union[
    Const, Symbol, LoopIndex, Text, Tensor, Shape, Dim, TupleValue, ListValue, DictValue, ObjectValue, FunctionValue,
    LambdaValue, ClassValue, Choice, Partial, ModuleValue, Library, Method, Opaque, Regularizer, Unknown,
]  # fmt: skip

# how the text of a whole number begins of which nothing is known, but that it is one
SOME_NUMBER = "int(?"
# the package, so to say, of generators that make variables when they are asked for their items
GENERATOR = "<generator>"

NONE = Const(None)
UNKNOWN = Unknown()
PYTHON = Unknown(Kind.PYTHON, frozenset())
TENSOR = Tensor()


@dataclass(eq=False, slots=True)
class Env:
    """Names of one function activation, with the scope it is nested in. born: when it began."""

    names: dict[str, Value]
    parent: Env | None
    module: Module
    born: int = 0

    def lookup(self, name: str) -> Value | None:
        env: Env | None = self
        while env is not None:
            if name in env.names:
                return env.names[name]
            env = env.parent
        return None


def is_whole(value: TupleValue | ListValue) -> bool:
    """Whether a sequence has these items and no other ones, in this order."""
    return isinstance(value, TupleValue) or (value.complete and not value.unsure)


def is_tensor(value: Value | None) -> bool:
    """Whether the value is certainly a tensor, or a structure that holds one."""
    if isinstance(value, Tensor):
        return True
    if isinstance(value, Opaque):
        return bool(getattr(value, "is_tensor", False))
    if isinstance(value, (TupleValue, ListValue)):
        return any(is_tensor(item) for item in value.items)
    if isinstance(value, DictValue):
        return any(is_tensor(item) for item in value.items.values())
    return False


def is_python(value: Value | None) -> bool:
    """Whether the value is certainly no tensor and holds none."""
    if isinstance(value, (TupleValue, ListValue)):
        return all(is_python(item) for item in value.items)
    if isinstance(value, DictValue):
        return all(is_python(item) for item in value.items.values())
    if isinstance(value, (Symbol, Unknown)):
        return value.kind is Kind.PYTHON
    if isinstance(value, Method) and isinstance(value.owner, Unknown):
        return value.owner.kind is Kind.PYTHON  # what is read of it may be anything
    return not isinstance(value, (Tensor, Opaque, type(None)))


def code_in(*values: Value) -> frozenset[str | FunctionValue | LambdaValue] | None:
    """What code values may be, or hold; see `Unknown`."""
    found: frozenset[str | FunctionValue | LambdaValue] = frozenset()
    for value in values:
        code = _code(value)
        if code is None:
            return None
        found |= code
    return found


def _code(value: Value) -> frozenset[str | FunctionValue | LambdaValue] | None:
    if isinstance(value, Library):
        return frozenset((value.name,))
    if isinstance(value, LambdaValue) or (isinstance(value, FunctionValue) and value.bound is None):
        return frozenset((value,))
    if isinstance(value, Unknown):
        return value.code
    if isinstance(value, Symbol):
        return None if value.kind is Kind.UNKNOWN else frozenset()
    if isinstance(value, Method):
        return _code(value.owner)
    if isinstance(value, (TupleValue, ListValue)):
        return code_in(*value.items)
    if isinstance(value, DictValue):
        return code_in(*value.items.values())
    own = (FunctionValue, ClassValue, ObjectValue, Choice, Partial, ModuleValue)
    return None if isinstance(value, own) else frozenset()


def is_generator(value: Value) -> bool:
    """Whether a value is a generator that makes variables, or holds one."""
    code = value.code if isinstance(value, Unknown) else None
    return code is not None and any(isinstance(name, str) and name.startswith(GENERATOR) for name in code)


def python_from(*values: Value) -> Value:
    """Something that is no tensor, made of these values: where they hold code, it may be that."""
    return Unknown(Kind.PYTHON, code_in(*values))


def round_of(*values: Value) -> Round | None:
    """The round of a loop that what is made of these values belongs to; a later one where any does."""
    found = [value.round for value in values if isinstance(value, (Symbol, LoopIndex)) and value.round is not None]
    return next((each for each in found if not each.first), found[0] if found else None)


def text_of(value: Value) -> str | None:
    """The string that a value is for certain."""
    return value.value if isinstance(value, Const) and isinstance(value.value, str) else None
