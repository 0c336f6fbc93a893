"""Calls that concern no variable are worked out once: for equal arguments they give equal results.

A call is remembered if the library saw nothing in it that has to do with variables, if it changed nothing that was
there before, and if all that it read is in the key (its arguments, the objects among them by what they hold) or on a
list (the names of modules and classes), so that both can be compared again.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field, replace
from math import inf

from tfmigrate.program.link import Class, Function, Module
from tfmigrate.walk.arguments import Arguments
from tfmigrate.walk.frames import Frame
from tfmigrate.walk.values import (
    ClassValue,
    Const,
    DictValue,
    Dim,
    Env,
    FunctionValue,
    Library,
    ListValue,
    LoopIndex,
    Method,
    ModuleValue,
    ObjectValue,
    Opaque,
    Shape,
    Symbol,
    Tensor,
    Text,
    TupleValue,
    Unknown,
    Value,
)

# how often a function is tried that never came with the same arguments again
_TRIES = 40
# in the key of a symbol, the object of which it is an attribute
_OWNER = re.compile(r"#(\d+)\.")
# what nests deeper is not compared
_DEEP = 8
_NAMED = (Shape, Dim, Library, ClassValue, ModuleValue)
_PLAIN: frozenset[type] = frozenset({Const, Symbol, LoopIndex, Text, Tensor, Unknown, *_NAMED})

UnresolvedCall = tuple[str, ast.Call, Module]


class _Unkeyed(Exception):
    """A value that cannot be compared with another one."""


@dataclass(frozen=True, slots=True)
class Read:
    """What a name of a module, or an attribute of a class, was when it was read. key: of a value that may change."""

    holder: Env | Class
    name: str
    value: Value | None
    key: Hashable = None


@dataclass(eq=False, slots=True)
class Past:
    """A call inside of a remembered one that somebody may ask for, without its body."""

    frame: Frame
    loops: tuple[ast.AST, ...]
    conditions: tuple[ast.AST, ...]
    inner: list[Past]


@dataclass(eq=False, slots=True)
class Remembered:
    """One call. began: what was made earlier was there before. past: the call, if it may be asked for, or nothing."""

    result: Value
    began: int
    reads: list[Read]
    unresolved: list[UnresolvedCall]
    came_by: list[Function | Module]
    past: list[Past]


@dataclass(eq=False, slots=True)
class Recording:
    """A call under way, and how far the lists were when it began."""

    key: Hashable
    began: int
    oldest: float
    reads: int
    unresolved: int
    came_by: int
    standing: object
    events: int


@dataclass(eq=False)
class Memory:
    """What one executor remembers. clock: grows whenever something is made that may change later."""

    clock: int = 1
    # when the oldest thing was made that was changed, or that a result hung on in a way that nothing notes
    oldest: float = inf
    open: int = 0
    reads: list[Read] = field(default_factory=list)
    unresolved: list[UnresolvedCall] = field(default_factory=list)
    came_by: list[Function | Module] = field(default_factory=list)
    _calls: dict[Hashable, Remembered] = field(default_factory=dict)
    _of_objects: dict[Hashable, Remembered] = field(default_factory=dict)
    _tries: Counter[Function] = field(default_factory=Counter)

    def forget(self) -> None:
        """Modules run anew: nothing holds any longer."""
        self._calls.clear()
        self._of_objects.clear()

    def restart(self) -> None:
        """The program is entered at another place, with other objects."""
        self._of_objects.clear()
        self._close()

    def _close(self) -> None:
        self.oldest, self.open = inf, 0
        self.reads.clear()
        self.unresolved.clear()
        self.came_by.clear()

    # -- what a call hangs on ------------------------------------------------------------------------------------

    def tick(self) -> int:
        """Something is made that may change; when that was."""
        self.clock += 1
        return self.clock

    def unsettle(self, born: float = 0) -> None:
        """Something that was made then changes, or is used in a way that nothing notes."""
        if born < self.oldest:
            self.oldest = born

    def read(self, holder: Env | Class, name: str, value: Value | None) -> None:
        """A name was read that later runs may find to be something else."""
        if not self.open:
            return
        if (
            value is None
            or type(value) in _PLAIN
            or (isinstance(value, FunctionValue) and not isinstance(value.bound, ObjectValue))
        ):
            self.reads.append(Read(holder, name, value))
        else:
            try:
                self.reads.append(Read(holder, name, value, _key(value)))
            except _Unkeyed:
                self.unsettle()

    # -- remembering ---------------------------------------------------------------------------------------------

    def key(self, callee: FunctionValue, args: Arguments, around: Callable[[], Hashable]) -> Hashable | None:
        """What another call must have in common with this one to give the same; None where that cannot be said.

        around: whether loops and conditions are around the call, on which hangs what is known of a list.
        """
        function = callee.function
        if callee.env is not None or self._tries[function] > _TRIES:
            return None
        spec = function.node.args
        whole = spec.vararg is not None or spec.kwarg is not None
        try:
            return (
                function,
                None if callee.bound is None else _key(callee.bound),
                tuple([_key_of_argument(value, whole) for value, _ in args.positional]),
                tuple([(name, _key_of_argument(value, whole)) for name, (value, _) in args.keywords.items()]),
                args.star,
                args.more,
                around(),
            )
        except (_Unkeyed, TypeError):
            return None

    def find(self, key: Hashable, current: Callable[[Env | Class, str], Value | None]) -> Remembered | None:
        """What is remembered of such a call. current: what a name is now."""
        known = self._calls.get(key) or self._of_objects.get(key)
        if known is None or not _hold(known.reads, current):
            return None
        self._tries[key[0]] = -_TRIES  # type: ignore[index]
        if self.open:
            self.reads += known.reads
            self.unresolved += known.unresolved
            self.came_by += known.came_by
        return known

    def begin(self, key: Hashable, standing: object, events: int) -> Recording:
        recording = Recording(
            key, self.tick(), self.oldest, len(self.reads), len(self.unresolved), len(self.came_by), standing, events
        )
        self.oldest = inf
        self.open += 1
        return recording

    def end(
        self,
        recording: Recording,
        result: Value,
        key: Hashable | None,
        standing: object,
        current: Callable[[Env | Class, str], Value | None],
    ) -> Remembered | None:
        """The call is over; what is remembered of it, if it can be. key: of the same arguments now."""
        # what a name was when it was read first: the call itself may have changed what that holds
        first: dict[tuple[Env | Class, str], Read] = {}
        for read in self.reads[recording.reads :]:
            first.setdefault((read.holder, read.name), read)
        reads = list(first.values())
        unresolved = list(dict.fromkeys(self.unresolved[recording.unresolved :]))
        came_by = list(dict.fromkeys(self.came_by[recording.came_by :]))
        # whoever called this needs each of them once
        self.reads[recording.reads :] = reads
        self.unresolved[recording.unresolved :] = unresolved
        self.came_by[recording.came_by :] = came_by
        alone = self.oldest >= recording.began
        self.oldest = min(self.oldest, recording.oldest)
        self.open -= 1
        if not self.open:
            self._close()
        self._tries[recording.key[0]] += 1  # type: ignore[index]
        if not alone or standing != recording.standing or key != recording.key or not _hold(reads, current):
            return None
        shared: set[int] = set()
        _gather(recording.key, shared)
        for read in reads:
            _gather(read.key, shared)
        try:
            copied = Copying(recording.began, shared, self.tick).copy(result)
        except _Unkeyed:
            return None
        known = Remembered(copied, recording.began, reads, unresolved, came_by, [])
        (self._of_objects if _has_objects(recording.key) else self._calls)[recording.key] = known
        return known


def _hold(reads: list[Read], current: Callable[[Env | Class, str], Value | None]) -> bool:
    """Whether all that was read is still the same."""
    for read in reads:
        value = current(read.holder, read.name)
        if value is not read.value:
            return False
        if read.key is not None and value is not None:
            try:
                if _key(value) != read.key:
                    return False
            except _Unkeyed:
                return False
    return True


@dataclass(frozen=True, slots=True, eq=False)
class _Same:
    """A container in a key: only what it holds is compared."""

    value: Value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same)

    def __hash__(self) -> int:
        return 0


def _key_of_argument(value: Value, whole: bool) -> Hashable:
    """A tensor takes the name of its parameter; one that is handed on in `*args` keeps its own."""
    if isinstance(value, Tensor) and not whole:
        return Tensor, value.shapeless
    return _key(value)


def _key(value: Value, depth: int = 0) -> Hashable:
    if isinstance(value, Const):
        return Const, type(value.value), repr(value.value) if isinstance(value.value, float) else value.value
    if isinstance(value, Tensor):
        return Tensor, value.label, value.shapeless
    if isinstance(value, Symbol):
        return Symbol, value.text, value.key, value.kind, value.round
    if isinstance(value, Unknown):
        return Unknown, value.kind, value.code
    if isinstance(value, LoopIndex):
        known = (value.distinct, value.start, value.first, value.values, value.run, value.presumed)
        return LoopIndex, value.text, value.key, known
    if isinstance(value, Text):
        return Text, tuple([part if isinstance(part, str) else _key(part) for part in value.parts])
    if isinstance(value, _NAMED):
        return type(value), value
    if depth > _DEEP:
        raise _Unkeyed
    if isinstance(value, TupleValue):
        return TupleValue, tuple([_key(item, depth + 1) for item in value.items])
    if isinstance(value, ListValue):
        items = tuple([_key(item, depth + 1) for item in value.items])
        index = None if value.index is None else _key(value.index)
        return ListValue, _Same(value), value.complete, value.unsure, value.tag, index, items
    if isinstance(value, DictValue):
        pairs = tuple([(name, _key(item, depth + 1)) for name, item in value.items.items()])
        by_round = None if value.key is None else _key(value.key), tuple([_key(item, depth + 1) for item in value.made])
        return DictValue, _Same(value), value.complete, frozenset(value.maybe), pairs, by_round
    if isinstance(value, FunctionValue):
        return FunctionValue, value.function, value.env, None if value.bound is None else _key(value.bound, depth + 1)
    if isinstance(value, Method):
        return Method, value.name, _key(value.owner, depth + 1)
    if isinstance(value, Opaque):
        return value  # whoever asks it something asks the library
    if isinstance(value, ObjectValue) and value.library is None:
        held = tuple([_key(item, depth + 1) for item in value.attrs.values() if type(item) not in _PLAIN])
        return value, value.version, held
    raise _Unkeyed


def _gather(key: object, shared: set[int]) -> None:
    """The containers that a key tells of."""
    if isinstance(key, _Same):
        shared.add(id(key.value))
    elif isinstance(key, tuple):
        for part in key:
            _gather(part, shared)


def _has_objects(key: object) -> bool:
    return isinstance(key, (ObjectValue, Opaque, Env)) or (isinstance(key, tuple) and any(map(_has_objects, key)))


def _is_of_rounds(value: Value) -> bool:
    """Whether a loop made a container, one item a round."""
    by_index = isinstance(value, ListValue) and value.index is not None
    return by_index or (isinstance(value, DictValue) and value.key is not None)


class Copying:
    """Results that are handed out again must be as new as if they were made anew.

    began: when the call began; objects made before are what they are. shared: containers that were there before.
    """

    def __init__(self, began: int, shared: set[int], tick: Callable[[], int]) -> None:
        self.began = began
        self.shared = shared
        self.tick = tick
        self.known: dict[int, Value] = {}
        # when what the call made is made anew
        self.births: dict[int, int] = {}

    def copy(self, value: Value, depth: int = 0) -> Value:
        if isinstance(value, Tensor):
            return Tensor(value.label, value.shapeless)
        if isinstance(value, (Symbol, LoopIndex)):
            return self._named(value)
        if isinstance(value, Text):
            parts = (part if isinstance(part, str) else self._named(part) for part in value.parts)
            return replace(value, parts=tuple(parts))
        if type(value) in _PLAIN:
            return value
        if id(value) in self.known:
            return self.known[id(value)]
        if depth > _DEEP or id(value) in self.shared or _is_of_rounds(value):
            raise _Unkeyed
        if isinstance(value, TupleValue):
            return TupleValue(tuple([self.copy(item, depth + 1) for item in value.items]))
        if isinstance(value, ListValue):
            made = self.known[id(value)] = ListValue([], value.complete, value.tag, value.index, unsure=value.unsure)
            made.items.extend([self.copy(item, depth + 1) for item in value.items])
            return made
        if isinstance(value, DictValue):
            held = self.known[id(value)] = DictValue({}, value.complete, maybe=set(value.maybe))
            held.items.update({name: self.copy(item, depth + 1) for name, item in value.items.items()})
            return held
        if isinstance(value, FunctionValue) and value.env is None:
            bound = value.bound
            return value if bound is None else FunctionValue(value.function, None, self._bound(bound, depth))
        if isinstance(value, Method):
            return Method(self.copy(value.owner, depth + 1), value.name)
        if isinstance(value, ObjectValue) and value.library is None:
            return self._object(value, depth)
        raise _Unkeyed

    def _named(self, value: Symbol | LoopIndex) -> Symbol:
        """Of what is made anew it is another one; what belongs to the round of a loop is another one each time."""
        if isinstance(value, LoopIndex) or value.round is not None:
            raise _Unkeyed
        key = _OWNER.sub(lambda found: f"#{self._born(int(found[1]))}.", value.key)
        return value if key == value.key else replace(value, key=key)

    def _born(self, born: int) -> int:
        """When something is made that was made then."""
        if born >= self.began and born not in self.births:
            self.births[born] = self.tick()
        return self.births.get(born, born)

    def _bound(self, bound: ObjectValue | ClassValue, depth: int) -> ObjectValue | ClassValue:
        return bound if isinstance(bound, ClassValue) else self._object(bound, depth)

    def _object(self, obj: ObjectValue, depth: int) -> ObjectValue:
        if obj.born < self.began:
            return obj
        known = self.known.get(id(obj))
        if isinstance(known, ObjectValue):
            return known
        born = self._born(obj.born)
        made = self.known[id(obj)] = ObjectValue(obj.cls, born=born, maybe=set(obj.maybe), opened=obj.opened)
        made.attrs.update({name: self.copy(item, depth + 1) for name, item in obj.attrs.items()})
        return made


def handed_out(known: Remembered, tick: Callable[[], int]) -> Value:
    """The result of a remembered call, as new as if it were made now."""
    result = known.result
    if type(result) in _PLAIN and type(result) is not Tensor:
        return result
    return Copying(known.began, set(), tick).copy(result)
