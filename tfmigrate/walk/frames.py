"""Activations: a function that runs, what it was given, and what encloses the statement that runs now."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field

from tfmigrate.program.link import Function, Module
from tfmigrate.walk.choices import Pick
from tfmigrate.walk.values import Decision, Env, ListValue, ObjectValue, Round, Value


@dataclass(eq=False, slots=True)
class Frame:
    """One activation of a function (or of a module's body, then function is None).

    given: the expressions of the arguments at the call, absent where the default holds.
    loops, conditions: those that enclose the statement that runs now.
    star: whether some arguments could not be seen. by_library: whether a library makes the call, and not the program.
    pick: of a call that runs one of several functions, which one this is.
    ahead: the arguments that a `functools.partial` gives, which are not among the `given`.
    left: how much was noted of effects when some runs returned from it, and the walk went on.
    decided: what each undecided `if` asks that is the same for the whole run.
    """

    function: Function | None
    module: Module
    call: ast.Call | None
    parent: Frame | None
    env: Env
    args: dict[str, Value] = field(default_factory=dict)
    given: dict[str, ast.expr] = field(default_factory=dict)
    obj: ObjectValue | None = None
    loops: list[ast.AST] = field(default_factory=list)
    conditions: list[ast.AST] = field(default_factory=list)
    returns: list[Value] = field(default_factory=list)
    star: bool = False
    by_library: bool = False
    pick: Pick | None = None
    # of the running loops, the round and what they run over
    rounds: dict[ast.AST, tuple[Round, Value]] = field(default_factory=dict)
    ahead: dict[str, ast.expr] = field(default_factory=dict)
    left: int | None = None
    decided: dict[ast.AST, Decision] = field(default_factory=dict)

    def outward(self) -> Iterator[Frame]:
        """This activation and those around it, inside out."""
        frame: Frame | None = self
        while frame is not None:
            yield frame
            frame = frame.parent

    def around(self) -> tuple[bool, bool]:
        """Whether loops and whether undecided conditions enclose the running statement, here or in a caller."""
        frames = [*self.outward()]
        return any(frame.loops for frame in frames), any(frame.conditions for frame in frames)

    def is_undecided_for(self, value: ListValue) -> bool:
        """Whether an undecided condition that began after a list was made runs now, here or in a caller."""
        maker, _, conditions = value.made or (None, (), ())
        for frame in self.outward():
            if frame is maker:
                return tuple(frame.conditions) != conditions
            if frame.conditions or frame.left is not None:
                return True
        return False

    def is_repeated_for(self, value: ListValue) -> bool:
        """Whether a loop or an undecided condition that began after a list was made runs now, here or in a caller."""
        maker, loops, conditions = value.made or (None, (), ())
        for frame in self.outward():
            if frame is maker:
                return (tuple(frame.loops), tuple(frame.conditions)) != (loops, conditions)
            if frame.loops or frame.conditions or frame.left is not None:
                return True
        return False
