"""What statements change in objects, dictionaries, classes and modules: noted, so that branches can be joined.

Names of a function are joined by whoever runs its blocks. What else changes in a branch that may not be taken is taken
back before the other one runs, and is what either left behind afterwards.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from tfmigrate.walk.joining import join, same
from tfmigrate.walk.remembering import Memory
from tfmigrate.walk.values import Const, DictValue, Env, ObjectValue, Symbol, Text, Unknown, Value

# an object or a dictionary, which may do without an item
Owner = ObjectValue | DictValue
Table = dict[Any, Value] | Env
_PLAIN = (Const, Text, Symbol, Unknown)


@dataclass(frozen=True, slots=True)
class _Write:
    """Something that was stored. old: what was there before; maybe: whether it was perhaps not there."""

    table: Table
    key: object
    owner: Owner | None
    old: Value | None
    maybe: bool

    @property
    def slot(self) -> tuple[int, object]:
        return id(self.table), self.key


@dataclass(slots=True)
class Outcome:
    """What a stretch of the program left behind: each place with what was there before, and what is there now."""

    before: dict[tuple[int, object], _Write]
    now: dict[tuple[int, object], Value | None]


NOTHING = Outcome({}, {})


class Effects:
    """Stores for a walk, and notes what it stores while something is undecided."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._log: list[_Write] = []
        self._open = 0

    def put(self, table: Table, key: object, value: Value | None, owner: Owner | None = None) -> None:
        """Store a value; None removes what is there."""
        kept = isinstance(owner, ObjectValue) and owner.library is not None  # by a library, which knows when it was
        if self._open and not kept:
            maybe = owner is not None and key in owner.maybe
            self._log.append(_Write(table, key, owner, _names(table).get(key), maybe))
        self._store(table, key, value, owner, maybe=False)

    def _store(self, table: Table, key: object, value: Value | None, owner: Owner | None, *, maybe: bool) -> None:
        names = _names(table)
        if value is None:
            names.pop(key, None)
        else:
            names[key] = value
        if owner is not None:
            (owner.maybe.add if maybe and value is not None else owner.maybe.discard)(key)
        if owner is None or isinstance(owner, ObjectValue):
            self.changed(owner)

    def changed(self, owner: ObjectValue | None) -> None:
        """Calls that know of an object, or of a class or module, are not what they were."""
        if owner is not None:
            owner.version += 1
        self._memory.unsettle(0 if owner is None else owner.born)

    def begin(self) -> int:
        """From here on everything is noted, until `end`."""
        self._open += 1
        return len(self._log)

    def end(self) -> None:
        self._open -= 1
        if not self._open:
            self._log.clear()

    @property
    def is_undecided(self) -> bool:
        """Whether what is stored now may be taken back, or may not be what is there behind a loop."""
        return self._open > 0

    def mark(self) -> int:
        return len(self._log)

    def since(self, mark: int) -> Outcome:
        """What was stored since then."""
        outcome = Outcome({}, {})
        for write in self._log[mark:]:
            outcome.before.setdefault(write.slot, write)
            outcome.now[write.slot] = _names(write.table).get(write.key)
        return outcome

    def take_back(self, mark: int) -> Outcome:
        """What was stored since then, which is now as it was before."""
        outcome = self.since(mark)
        for write in outcome.before.values():
            self._store(write.table, write.key, write.old, write.owner, maybe=write.maybe)
        del self._log[mark:]
        return outcome

    def join(self, outcomes: Sequence[Outcome], either: Callable[[Value, Value], Value]) -> None:
        """One of several outcomes is what happened, all of which were taken back."""
        before = {slot: write for outcome in outcomes for slot, write in outcome.before.items()}
        for slot, write in before.items():
            results = [outcome.now.get(slot) if slot in outcome.now else write.old for outcome in outcomes]
            value, present = None, [result for result in results if result is not None]
            for result in present:
                value = result if value is None or value is result else either(value, result)
            self.put(write.table, write.key, value, write.owner)
            maybe = value is not None and (write.maybe or len(present) < len(results))
            if maybe and write.owner is not None:
                write.owner.maybe.add(write.key)

    def perhaps(self, mark: int) -> None:
        """Plain values that were stored since then are not known: some runs did not come there."""
        for write in self.since(mark).before.values():
            now = _names(write.table).get(write.key)
            if differ(write.old, now):
                self.put(write.table, write.key, join(write.old, now), write.owner)

    def join_rounds(self, first: Outcome, mark: int) -> None:
        """Plain values that differ from one round of a loop to the next are not known behind it."""
        later = self.since(mark)
        for slot, write in later.before.items():
            one, other = first.now.get(slot, write.old), later.now[slot]
            if differ(one, other):
                self.put(write.table, write.key, join(one, other), write.owner)


def differ(one: Value | None, other: Value | None) -> bool:
    """Whether these are plain values, and not surely the same one."""
    return isinstance(one, _PLAIN) and isinstance(other, _PLAIN) and not same(one, other)


def _names(table: Table) -> dict[Any, Value]:
    return table.names if isinstance(table, Env) else table
