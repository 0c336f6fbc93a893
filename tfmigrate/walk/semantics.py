"""What the evaluator asks a library about: calls, attributes, blocks, and what becomes of values."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from tfmigrate.walk.arguments import Arguments
from tfmigrate.walk.frames import Frame
from tfmigrate.walk.remembering import Past, Remembered
from tfmigrate.walk.values import Library, ListValue, ObjectValue, Value

if TYPE_CHECKING:
    from tfmigrate.walk.evaluate import Evaluator


class Semantics(Protocol):
    """What a library means; TF1 and Keras each implement it. activity grows with all that concerns variables.

    exact: whether loops over objects with their numbers are walked item by item, too.
    standing: equal before and after a call that neither did anything to variables nor asked for any.
    folded: let go of what is inside of such a call, the last event, but for the calls that somebody may ask for.
    again: such a call comes once more; frame: its activation, if somebody may ask for it.
    """

    exact: bool

    @property
    def activity(self) -> int: ...

    def canonical(self, name: str) -> Library: ...

    def attribute(self, ev: Evaluator, owner: Value, name: str, node: ast.Attribute) -> Value | None: ...

    def call(self, ev: Evaluator, callee: Value, args: Arguments, node: ast.Call) -> Value: ...

    def call_object(self, ev: Evaluator, obj: ObjectValue, args: Arguments, node: ast.Call) -> Value | None: ...

    def enter_block(self, ev: Evaluator, context: Value, node: ast.With, expression: ast.expr) -> Value: ...

    def leave_block(self, ev: Evaluator, context: Value, node: ast.With) -> None: ...

    def enter_frame(self, ev: Evaluator, frame: Frame) -> None: ...

    def leave_frame(self, ev: Evaluator, frame: Frame, result: Value) -> None: ...

    def either(self, one: Value, other: Value) -> Value | None: ...

    def standing(self) -> object: ...

    def folded(self, before: int, is_asked_for: Callable[[Frame], bool]) -> list[Past]: ...

    def events_so_far(self) -> int: ...

    def again(self, ev: Evaluator, known: Remembered, frame: Frame | None) -> None: ...

    def escaped(self, ev: Evaluator, value: Value, node: ast.Call) -> None: ...

    def unresolved(self, ev: Evaluator, name: str, node: ast.Call, args: Arguments | None = None) -> Value: ...

    def is_outside(self, value: Value) -> bool: ...

    def unseen(self, ev: Evaluator, callee: Value, args: Arguments, node: ast.Call) -> None: ...

    def comprehended(self, ev: Evaluator, node: ast.expr, source: Value, result: ListValue) -> None: ...

    def one_of(self, items: list[Value]) -> Value | None: ...

    def lined_up(self, ev: Evaluator, node: ast.expr, values: list[Value]) -> None: ...
