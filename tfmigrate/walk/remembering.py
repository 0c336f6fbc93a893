"""Calls that concern no variable are worked out once: for equal arguments they give equal results.

A call is remembered if the library saw nothing in it that has to do with variables, if it changed nothing that was
there before, and if all that it read is in the key (its arguments, the objects among them by what they hold) or on a
list (the names of modules and classes), so that both can be compared again.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from math import inf

from tfmigrate.program.link import Class, Function, Module
from tfmigrate.walk.arguments import Arguments
from tfmigrate.walk.comparing import PLAIN, Copying, Unkeyed, gather, has_objects, key_of
from tfmigrate.walk.frames import Frame
from tfmigrate.walk.values import (
    Env,
    FunctionValue,
    ObjectValue,
    Tensor,
    Value,
)

# how often a function is tried that never came with the same arguments again
_TRIES = 40

UnresolvedCall = tuple[str, ast.Call, Module]


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
            or type(value) in PLAIN
            or (isinstance(value, FunctionValue) and not isinstance(value.bound, ObjectValue))
        ):
            self.reads.append(Read(holder, name, value))
        else:
            try:
                self.reads.append(Read(holder, name, value, key_of(value)))
            except Unkeyed:
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
                None if callee.bound is None else key_of(callee.bound),
                tuple([_key_of_argument(value, whole) for value, _ in args.positional]),
                tuple([(name, _key_of_argument(value, whole)) for name, (value, _) in args.keywords.items()]),
                args.star,
                args.more,
                around(),
            )
        except (Unkeyed, TypeError):
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
        gather(recording.key, shared)
        for read in reads:
            gather(read.key, shared)
        try:
            copied = Copying(recording.began, shared, self.tick).copy(result)
        except Unkeyed:
            return None
        known = Remembered(copied, recording.began, reads, unresolved, came_by, [])
        (self._of_objects if has_objects(recording.key) else self._calls)[recording.key] = known
        return known


def _hold(reads: list[Read], current: Callable[[Env | Class, str], Value | None]) -> bool:
    """Whether all that was read is still the same."""
    for read in reads:
        value = current(read.holder, read.name)
        if value is not read.value:
            return False
        if read.key is not None and value is not None:
            try:
                if key_of(value) != read.key:
                    return False
            except Unkeyed:
                return False
    return True


def _key_of_argument(value: Value, whole: bool) -> Hashable:
    """A tensor takes the name of its parameter; one that is handed on in `*args` keeps its own."""
    if isinstance(value, Tensor) and not whole:
        return Tensor, value.shapeless
    return key_of(value)


def handed_out(known: Remembered, tick: Callable[[], int]) -> Value:
    """The result of a remembered call, as new as if it were made now."""
    result = known.result
    if type(result) in PLAIN and type(result) is not Tensor:
        return result
    return Copying(known.began, set(), tick).copy(result)
