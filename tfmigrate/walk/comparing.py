"""Values as they are compared with those of another call, and copies of them that are as new."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable
from dataclasses import dataclass, replace

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

# in the key of a symbol, the object of which it is an attribute
_OWNER = re.compile(r"#(\d+)\.")
# what nests deeper is not compared
_DEEP = 8
_NAMED = (Shape, Dim, Library, ClassValue, ModuleValue)
# what is compared as it is
PLAIN: frozenset[type] = frozenset({Const, Symbol, LoopIndex, Text, Tensor, Unknown, *_NAMED})


class Unkeyed(Exception):
    """A value that cannot be compared with another one."""


@dataclass(frozen=True, slots=True, eq=False)
class _Same:
    """A container in a key: only what it holds is compared."""

    value: Value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same)

    def __hash__(self) -> int:
        return 0


def key_of(value: Value, depth: int = 0) -> Hashable:
    """What another value must have in common with this one to be as good in its place. Raises Unkeyed."""
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
        return Text, tuple([part if isinstance(part, str) else key_of(part) for part in value.parts])
    if isinstance(value, _NAMED):
        return type(value), value
    if depth > _DEEP:
        raise Unkeyed
    if isinstance(value, TupleValue):
        return TupleValue, tuple([key_of(item, depth + 1) for item in value.items])
    if isinstance(value, ListValue):
        items = tuple([key_of(item, depth + 1) for item in value.items])
        index = None if value.index is None else key_of(value.index)
        return ListValue, _Same(value), value.complete, value.unsure, value.tag, index, items
    if isinstance(value, DictValue):
        pairs = tuple([(name, key_of(item, depth + 1)) for name, item in value.items.items()])
        by_round = (
            None if value.key is None else key_of(value.key),
            tuple([key_of(item, depth + 1) for item in value.made]),
        )
        return DictValue, _Same(value), value.complete, frozenset(value.maybe), pairs, by_round
    if isinstance(value, FunctionValue):
        return FunctionValue, value.function, value.env, None if value.bound is None else key_of(value.bound, depth + 1)
    if isinstance(value, Method):
        return Method, value.name, key_of(value.owner, depth + 1)
    if isinstance(value, Opaque):
        return value  # whoever asks it something asks the library
    if isinstance(value, ObjectValue) and value.library is None:
        held = tuple([key_of(item, depth + 1) for item in value.attrs.values() if type(item) not in PLAIN])
        return value, value.version, held
    raise Unkeyed


def gather(key: object, shared: set[int]) -> None:
    """The containers that a key tells of."""
    if isinstance(key, _Same):
        shared.add(id(key.value))
    elif isinstance(key, tuple):
        for part in key:
            gather(part, shared)


def has_objects(key: object) -> bool:
    """Whether a key holds only for the objects of one run."""
    return isinstance(key, (ObjectValue, Opaque, Env)) or (isinstance(key, tuple) and any(map(has_objects, key)))


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
        if type(value) in PLAIN:
            return value
        if id(value) in self.known:
            return self.known[id(value)]
        if depth > _DEEP or id(value) in self.shared or _is_of_rounds(value):
            raise Unkeyed
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
        raise Unkeyed

    def _named(self, value: Symbol | LoopIndex) -> Symbol:
        """Of what is made anew it is another one; what belongs to the round of a loop is another one each time."""
        if isinstance(value, LoopIndex) or value.round is not None:
            raise Unkeyed
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
