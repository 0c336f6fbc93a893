"""Functions that run: each call in an activation of its own, within limits, and once only where it gives the same."""

from __future__ import annotations

import ast
from collections import Counter
from functools import reduce

from tfmigrate.program.aliases import library_name
from tfmigrate.program.link import Function, Program
from tfmigrate.program.running import runs
from tfmigrate.walk.arguments import Arguments
from tfmigrate.walk.choices import Pick
from tfmigrate.walk.frames import Frame
from tfmigrate.walk.joining import join
from tfmigrate.walk.parameters import bind_parameters
from tfmigrate.walk.remembering import Remembered, handed_out
from tfmigrate.walk.semantics import Semantics
from tfmigrate.walk.shapes import is_shape_helper
from tfmigrate.walk.statements import Statements
from tfmigrate.walk.values import (
    GENERATOR,
    NONE,
    UNKNOWN,
    Choice,
    Env,
    FunctionValue,
    LambdaValue,
    Method,
    ObjectValue,
    Shape,
    Tensor,
    Unknown,
    Value,
)

MAX_FRAMES = 10_000
MAX_DEPTH = 40
_MANY_CALLS = 200
# calls by a library of one function that was given to it
_MANY_LOANS = 5


class TooLarge(Exception):
    """The walk was cut short: the program calls too much to be followed."""


class Functions(Statements):
    """Runs functions of the program.

    visited: all that ran. frames, depth: how many calls were followed so far, and how many are under way.
    seeds: the names by which a call may reach a variable; a loop without any need not be walked a second time.
    calls, lent: how often a function was called, and how often by a library. limit: of the frames.
    pick: of the next call, which option of a choice it is.
    """

    def __init__(self, program: Program, semantics: Semantics) -> None:
        super().__init__(program, semantics)
        self.visited: set[Function] = set()
        self.frames = 0
        self.depth = 0
        self.seeds: frozenset[str] | None = None
        self.calls: Counter[Function] = Counter()
        self.lent: Counter[Function] = Counter()
        self.limit = MAX_FRAMES
        self.pick: Pick | None = None

    def call_function(
        self, callee: FunctionValue, args: Arguments, node: ast.Call | None, *, by_library: bool = False
    ) -> Value:
        # an entry's own calls have parameters for arguments
        alike = self.depth and node is not None and self.pick is None
        key = self.memory.key(callee, args, self.frame.around) if alike else None
        if key is None or by_library:
            return self._call_now(callee, args, node, by_library)
        known = self.memory.find(key, self.current)
        if known is not None:
            return self._call_again(known, callee, args, node)
        recording = self.memory.begin(key, self.semantics.standing(), self.semantics.events_so_far())
        result = self._call_now(callee, args, node, by_library)
        now, standing = self.memory.key(callee, args, self.frame.around), self.semantics.standing()
        known = self.memory.end(recording, result, now, standing, self.current)
        if standing == recording.standing:
            past = self.semantics.folded(recording.events, self._is_asked_for)
            if known is not None:
                known.past = past
        return result

    def _call_again(self, known: Remembered, callee: FunctionValue, args: Arguments, node: ast.Call | None) -> Value:
        """A call whose result is known comes by as it did the first time."""
        result = handed_out(known, self.memory.tick)
        self.semantics.again(self, known, self._activation(callee, args, node, False) if known.past else None)
        return result

    def _is_asked_for(self, frame: Frame) -> bool:
        """Whether a call that concerned no variable matters: others of the function may concern some, or it trains."""
        if frame.function is None:
            return False
        called = (FunctionValue, LambdaValue, Method, Choice)
        given = any(isinstance(value, called) for value in frame.args.values())
        return given or not self._is_seedless(frame.function) or runs(frame.function.node)

    def _activation(self, callee: FunctionValue, args: Arguments, node: ast.Call | None, by_library: bool) -> Frame:
        function = callee.function
        env = Env({}, callee.env, function.module, self.memory.tick())
        obj = callee.bound if isinstance(callee.bound, ObjectValue) else None
        frame = Frame(function, function.module, node, self.frame, env, obj=obj, by_library=by_library, pick=self.pick)
        self.pick = None
        bind_parameters(self, callee, args, frame)
        return frame

    def _call_now(self, callee: FunctionValue, args: Arguments, node: ast.Call | None, by_library: bool) -> Value:
        function = callee.function
        seedless = self._is_seedless(function)
        # of an object that a library keeps something for, every call counts
        kept = isinstance(callee.bound, ObjectValue) and callee.bound.library is not None
        if self._recursion(function) > (0 if seedless else 1) or (seedless and not kept and self._is_worn(function)):
            return UNKNOWN
        if self.depth >= MAX_DEPTH:
            raise TooLarge
        self.frames += 1
        if self.frames > self.limit:
            raise TooLarge
        if callee.env is not None:
            self.memory.unsettle(callee.env.born)
        frame = self._activation(callee, args, node, by_library)
        self.visited.add(function)
        self.memory.came_by.append(function)
        self.frame, outer = frame, self.frame
        self.depth += 1
        self.semantics.enter_frame(self, frame)
        try:
            self.block(function.node.body, frame.env)
            if frame.left is not None:
                self.effects.perhaps(frame.left)
                self.effects.end()
            result = self._result(frame)
            if frame.args and is_shape_helper(callee):
                tensor = frame.args[function.params[0]]
                result = Shape(tensor.label) if isinstance(tensor, Tensor) else result
            self.semantics.leave_frame(self, frame, result)
        finally:
            self.frame = outer
            self.depth -= 1
        return result

    def call_by_library(self, callee: FunctionValue, node: ast.Call) -> None:
        """A library calls a function that it was given, with arguments of its own."""
        self.lent[callee.function] += 1
        if self.lent[callee.function] > _MANY_LOANS:
            self.memory.unsettle()
            return
        if self.seeds is None or callee.function.name in self.seeds or callee.function.parent is not None:
            self.call_function(callee, Arguments(), node, by_library=True)

    def _is_seedless(self, function: Function) -> bool:
        """Whether a function does not reach a variable by any name."""
        name = function.cls.name if function.cls is not None and function.name == "__init__" else function.name
        return self.seeds is not None and name not in self.seeds and function.parent is None

    def _is_worn(self, function: Function) -> bool:
        """Whether a function that changes no object was called so often that one more call tells nothing."""
        self.calls[function] += 1
        worn = self.calls[function] > _MANY_CALLS and not function.stores
        if worn:
            self.memory.unsettle()
        return worn

    def _recursion(self, function: Function) -> int:
        count, frame = 0, getattr(self, "frame", None)
        outermost = None
        while frame is not None:
            if frame.function is function:
                count, outermost = count + 1, frame
            frame = frame.parent
        if outermost is not None:
            self.memory.unsettle(outermost.env.born)  # what comes of it hangs on what is under way
        return count

    def _result(self, frame: Frame) -> Value:
        if frame.function is not None and frame.function.is_generator:
            if self.semantics.makes_variables():
                return Unknown(code=frozenset((f"{GENERATOR}.{frame.function.name}",)))
            return UNKNOWN if _holds_open(frame.function) else Unknown(code=frozenset())
        if not frame.returns:
            return NONE
        return reduce(join, frame.returns)


def _holds_open(function: Function) -> bool:
    """Whether a generator yields inside a block that is none of TensorFlow's."""
    for block in (node for node in function.nodes if isinstance(node, ast.With)):
        heads = [item.context_expr for item in block.items]
        called = [head.func if isinstance(head, ast.Call) else head for head in heads]
        yields = any(isinstance(node, (ast.Yield, ast.YieldFrom)) for node in ast.walk(block))
        if yields and not all(library_name(function.module, each) for each in called):
            return True
    return False
