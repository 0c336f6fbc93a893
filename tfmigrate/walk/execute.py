"""Statements, calls and imports of a program, run on symbolic values."""

from __future__ import annotations

import ast
import builtins
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any

from tfmigrate.program.link import Class, Function, Module, Program
from tfmigrate.program.rounds import grown_lists
from tfmigrate.program.running import runs
from tfmigrate.program.scan import mentioned
from tfmigrate.program.texts import unparsed
from tfmigrate.walk import operate
from tfmigrate.walk.arguments import Arguments
from tfmigrate.walk.evaluate import Evaluator, loop_key, round_index
from tfmigrate.walk.frames import Frame
from tfmigrate.walk.growing import begin_round, growing, grown
from tfmigrate.walk.numbering import rounds_of
from tfmigrate.walk.remembering import Remembered, handed_out
from tfmigrate.walk.semantics import Semantics
from tfmigrate.walk.shapes import is_shape_helper
from tfmigrate.walk.values import (
    NONE,
    PYTHON,
    TENSOR,
    UNKNOWN,
    Choice,
    ClassValue,
    Const,
    DictValue,
    Env,
    FunctionValue,
    Kind,
    LambdaValue,
    Library,
    ListValue,
    LoopIndex,
    Method,
    ModuleValue,
    ObjectValue,
    Opaque,
    Partial,
    Round,
    Shape,
    Symbol,
    Tensor,
    Text,
    TupleValue,
    Value,
    is_python,
    is_tensor,
    join,
)

MAX_FRAMES = 10_000
MAX_DEPTH = 40
_UNROLL = 64
# calls in the first round of a loop from which on a second round is worth avoiding
_LONG_ROUND = 10
_MANY_CALLS = 200
# calls by a library of one function that was given to it
_MANY_LOANS = 5
_IDENTIFIED = (ObjectValue, FunctionValue, ClassValue, ModuleValue, ListValue, DictValue, Opaque)


class Flow(Enum):
    """How a block ends."""

    NEXT = 0
    RETURN = 1
    BREAK = 2
    RAISE = 3


@dataclass(frozen=True)
class _LoopStart:
    """How things stood when a loop began."""

    names: dict[str, Value]
    frames: int
    activity: int


class TooLarge(Exception):
    """The walk was cut short: the program calls too much to be followed."""


class Executor(Evaluator):
    """Runs functions and module bodies. Undecided conditions run both ways; loops run a first and a later time."""

    def __init__(self, program: Program, semantics: Semantics) -> None:
        super().__init__(program, semantics)
        self.envs: dict[Module, Env] = {}
        self.visited: set[Function] = set()
        self.main: Module | None = None
        self.frames = 0
        self.depth = 0
        # the names by which a loop may reach a variable; a loop without any need not be walked a second time
        self.seeds: frozenset[str] | None = None
        self.calls: Counter[Function] = Counter()
        self.lent: Counter[Function] = Counter()
        self.limit = MAX_FRAMES
        self._runners: dict[type[ast.stmt], Callable[[Any, Env], Flow | None] | None] = {}
        self._seedless: dict[ast.stmt, bool] = {}

    # -- modules -------------------------------------------------------------------------------------------------

    def module_env(self, module: Module) -> Env:
        """The global names of a module; its body runs at the first use, as at the first import, packages first."""
        if module in self.envs:
            return self.envs[module]
        package = self.program.modules.get(module.name.rpartition(".")[0])
        if package is not None and package.is_package and package not in self.envs and module is not self.main:
            self.module_env(package)
            if module in self.envs:
                return self.envs[module]
        self.memory.forget()
        self.memory.unsettle()
        env = self.envs[module] = Env({}, None, module)
        name = "__main__" if module is self.main else module.name
        env.names["__name__"] = Const(name)
        env.names["__file__"] = PYTHON
        outer = getattr(self, "frame", None)
        frame = Frame(None, module, None, outer, env)
        self.frame = frame
        done = False
        try:
            self.semantics.enter_frame(self, frame)
            self.block(module.tree.body, env)
            self.semantics.leave_frame(self, frame, NONE)
            done = True
        finally:
            if outer is not None:
                self.frame = outer
            self.memory.forget()
            if not done:
                del self.envs[module]
        return env

    def forget(self) -> None:
        """Start afresh: the next use of a module runs its body again."""
        self.envs.clear()
        self.bases.clear()
        self.class_names.clear()
        self.memory.forget()
        self.frames = 0

    # -- functions -----------------------------------------------------------------------------------------------

    def call_function(
        self, callee: FunctionValue, args: Arguments, node: ast.Call | None, *, by_library: bool = False
    ) -> Value:
        # an entry's own calls have parameters for arguments
        alike = self.depth and node is not None and self._pick is None
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
        frame = Frame(function, function.module, node, self.frame, env, obj=obj, by_library=by_library, pick=self._pick)
        self._pick = None
        self._bind(function, callee, args, frame)
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

    @staticmethod
    def _result(frame: Frame) -> Value:
        if frame.function is not None and frame.function.is_generator:
            return UNKNOWN
        if not frame.returns:
            return NONE
        result = frame.returns[0]
        for value in frame.returns[1:]:
            result = join(result, value)
        return result

    def _bind(self, function: Function, callee: FunctionValue, args: Arguments, frame: Frame) -> None:
        spec = function.node.args
        names = frame.env.names
        positional = [arg.arg for arg in (*spec.posonlyargs, *spec.args)]
        bound = callee.bound
        if bound is None and function.self_name is not None and args.positional:
            first = args.positional[0][0]
            if isinstance(first, ObjectValue):
                bound, frame.obj = first, first
                ahead = frozenset(key - 1 if isinstance(key, int) else key for key in args.ahead)
                args = Arguments(args.positional[1:], args.keywords, args.star, ahead)
        if function.cls is not None and not function.is_static and positional:
            names[positional.pop(0)] = bound if bound is not None else UNKNOWN
        for name, default in zip(reversed(positional), reversed(spec.defaults), strict=False):
            names[name] = self._default(name, default, frame)
        for arg, keyword_default in zip(spec.kwonlyargs, spec.kw_defaults, strict=False):
            if keyword_default is not None:
                names[arg.arg] = self._default(arg.arg, keyword_default, frame)
        for i, (name, (value, expression)) in enumerate(zip(positional, args.positional, strict=False)):
            names[name] = _labelled(value, name)
            (frame.ahead if i in args.ahead else frame.given)[name] = expression
        known = {*positional, *(arg.arg for arg in spec.kwonlyargs)}
        extra: dict[object, Value] = {}
        for name, (value, expression) in args.keywords.items():
            if name in known:
                names[name] = _labelled(value, name)
                (frame.ahead if name in args.ahead else frame.given)[name] = expression
            else:
                extra[name] = value
        if spec.vararg is not None:
            names[spec.vararg.arg] = TupleValue(tuple(v for v, _ in args.positional[len(positional) :]))
        if spec.kwarg is not None:
            names[spec.kwarg.arg] = DictValue(dict(extra.items()), not args.star)
        for name in known:
            if name not in names or (args.star and name not in frame.given and name not in frame.ahead):
                names[name] = UNKNOWN if args.star else Symbol(name, f"{id(function)}.{name}")
        frame.args = {name: names[name] for name in known}
        frame.star = args.star

    def _default(self, name: str, default: ast.expr, frame: Frame) -> Value:
        """The default of a parameter. Who enters a program from outside may give another one of that kind."""
        env = frame.env.parent or self.module_env(frame.module)
        self.frame, outer = frame, self.frame  # it stands in the file of the function, not of the caller
        value = self.evaluate(default, env)
        self.frame = outer
        entered = frame.call is None and frame.parent is not None and frame.parent.parent is None
        if not entered or not isinstance(value, Const):
            return value
        key = f"{id(frame.function)}.{name}"
        if isinstance(value.value, str):
            return Text((Symbol(name, key),))
        return Symbol(name, key, Kind.UNKNOWN if value.value is None else Kind.PYTHON)

    # -- statements ----------------------------------------------------------------------------------------------

    def block(self, body: list[ast.stmt], env: Env) -> Flow:
        """Run statements one after the other."""
        for statement in body:
            flow = self.statement(statement, env)
            if flow is not Flow.NEXT:
                return flow
        return Flow.NEXT

    def statement(self, node: ast.stmt, env: Env) -> Flow:
        kind = type(node)
        if kind not in self._runners:
            self._runners[kind] = getattr(self, f"_run_{kind.__name__}", None)
        method = self._runners[kind]
        return (method(node, env) if method is not None else None) or Flow.NEXT

    def _run_Expr(self, node: ast.Expr, env: Env) -> None:
        self.evaluate(node.value, env)

    def _run_Assign(self, node: ast.Assign, env: Env) -> None:
        value = self.evaluate(node.value, env)
        for target in node.targets:
            self.assign(target, value, env)

    def _run_AnnAssign(self, node: ast.AnnAssign, env: Env) -> None:
        if node.value is not None:
            self.assign(node.target, self.evaluate(node.value, env), env)

    def _run_AugAssign(self, node: ast.AugAssign, env: Env) -> None:
        left = self.evaluate(node.target, env)
        right = self.evaluate(node.value, env)
        if isinstance(left, ListValue) and isinstance(right, (ListValue, TupleValue)):
            left.items.extend(right.items)
            left.length = None
            left.complete = left.complete and not self.frame.is_repeated_for(left)
            return
        self.assign(node.target, operate.binary(node.op, left, right), env)

    def assign(self, target: ast.expr, value: Value, env: Env) -> None:
        """Bind a value to a name, an attribute or a pattern of names."""
        if isinstance(target, ast.Name):
            owner = self._owner(target.id, env)
            owner.names[target.id] = _labelled(value, target.id)
        elif isinstance(target, (ast.Tuple, ast.List)):
            for i, item in enumerate(target.elts):
                self.assign(item.value if isinstance(item, ast.Starred) else item, element(value, i), env)
        elif isinstance(target, ast.Attribute):
            obj = self.evaluate(target.value, env)
            if isinstance(obj, ObjectValue):
                known = obj.attrs.get(target.attr)
                undecided = bool(self.frame.conditions) and known is not None
                if undecided:
                    value = (known and self.choose(known, value, None, env)) or join(known, value)
                obj.attrs[target.attr] = value if undecided else _labelled(value, target.attr)
                obj.version += 1
                self.memory.unsettle(obj.born)
            elif isinstance(obj, ModuleValue):
                self.memory.unsettle()
                self.module_env(obj.module).names[target.attr] = value
        elif isinstance(target, ast.Subscript):
            container, key = self.evaluate(target.value, env), self.evaluate(target.slice, env)
            if isinstance(container, DictValue) and isinstance(key, Const):
                container.items[key.value] = value
            elif isinstance(container, (DictValue, ListValue)):
                container.complete = False

    def _owner(self, name: str, env: Env) -> Env:
        function = self.frame.function
        if function is None or name not in function.globals:
            return env
        self.memory.unsettle()
        return self.module_env(env.module)

    def _run_Return(self, node: ast.Return, env: Env) -> Flow:
        self.frame.returns.append(NONE if node.value is None else self.evaluate(node.value, env))
        return Flow.RETURN

    def _run_Raise(self, node: ast.Raise, env: Env) -> Flow:
        return Flow.RAISE

    def _run_Break(self, node: ast.Break, env: Env) -> Flow:
        return Flow.BREAK

    _run_Continue = _run_Break  # noqa: N815

    def _run_Assert(self, node: ast.Assert, env: Env) -> None:
        self.evaluate(node.test, env)

    def _run_If(self, node: ast.If, env: Env) -> Flow:
        known = operate.truth(self.evaluate(node.test, env))
        if known is not None:
            return self.block(node.body if known else node.orelse, env)
        return self.both(node, node.body, node.orelse, env)

    def both(self, node: ast.AST, body: list[ast.stmt], orelse: list[ast.stmt], env: Env) -> Flow:
        """Run two blocks of which one will be taken, and join what they leave behind."""
        before = dict(env.names)
        self.frame.conditions.append(node)
        first = self.block(body, env)
        after_first = env.names
        env.names = dict(before)
        second = self.block(orelse, env)
        self.frame.conditions.pop()
        if first is not Flow.NEXT and second is not Flow.NEXT:
            return first if first is second else Flow.RETURN
        if first is Flow.NEXT and second is Flow.NEXT:
            names = env.names
            for name in [*after_first, *(name for name in names if name not in after_first)]:
                one, other = after_first.get(name), names.get(name)
                names[name] = self._either(one, other, node, env) if one is not other or one is None else one
        elif first is Flow.NEXT:
            env.names = after_first
        return Flow.NEXT

    def _either(self, one: Value | None, other: Value | None, node: ast.AST, env: Env) -> Value:
        known: Value | None = None
        if one is not None and other is not None:
            known = self.semantics.either(one, other)
            test = node.test if isinstance(node, ast.If) else None
            known = self.choose(one, other, test, env) if known is None else known
        return known if known is not None else join(one, other)

    def _run_Try(self, node: ast.Try, env: Env) -> Flow:
        self.frame.conditions.append(node)
        flow = self.block(node.body, env)
        for handler in node.handlers:
            before = dict(env.names)
            if self.block(handler.body, env) is not Flow.NEXT:
                env.names = before
        self.frame.conditions.pop()
        if flow is Flow.NEXT:
            flow = self.block(node.orelse, env)
        self.block(node.finalbody, env)
        return flow

    def _run_With(self, node: ast.With, env: Env) -> Flow:
        contexts = []
        for item in node.items:
            context = self.evaluate(item.context_expr, env)
            inner = self.semantics.enter_block(self, context, node)
            contexts.append(context)
            if item.optional_vars is not None:
                self.assign(item.optional_vars, inner, env)
        flow = self.block(node.body, env)
        for context in reversed(contexts):
            self.semantics.leave_block(self, context, node)
        return flow

    # -- loops ---------------------------------------------------------------------------------------------------

    def _run_For(self, node: ast.For, env: Env) -> Flow:
        iterable = self.evaluate(node.iter, env)
        concrete = self._concrete(iterable) or self._numbered(node.iter, env)
        if concrete is not None:
            for item in concrete:
                self.assign(node.target, item, env)
                flow = self.block(node.body, env)
                if flow in (Flow.RETURN, Flow.RAISE):
                    return flow
            return self.block(node.orelse, env)
        self.frame.loops.append(node)
        returned = Flow.NEXT
        start = self._start(env)
        run = object()
        lists: list[ListValue] = []
        times = rounds_of(self, node, env) if grown_lists(node) else PYTHON
        for first in (True, False):
            if not first and self._is_idle(node, start):
                self._forget_rounds(start, env)
                break
            now = Round(run, first)
            self.frame.rounds[node] = now, iterable
            self.assign(node.target, self.loop_target(node.iter, iterable, node.target, env, now), env)
            if first and grown_lists(node):
                lists = growing(node, env.module, loop_key(node, iterable, env), env, now)
            for grower in lists if not first else []:
                begin_round(grower, now)
            before = dict(env.names)
            returned = self.block(node.body, env)
            for name, value in before.items():
                if not first and not isinstance(env.names[name], LoopIndex):
                    env.names[name] = join(value, env.names[name])
        for grower in lists:
            grown(grower, times)
        self.frame.loops.pop()
        self.block(node.orelse, env)
        return Flow.RAISE if returned is Flow.RAISE else Flow.NEXT

    _run_AsyncFor = _run_For  # noqa: N815

    def _start(self, env: Env) -> _LoopStart:
        return _LoopStart(dict(env.names), self.frames, self.semantics.activity)

    def _is_idle(self, node: ast.For | ast.While, start: _LoopStart) -> bool:
        """Whether the first round of a loop took long and did nothing to variables, so that a later one will not."""
        if self.seeds is None or self.frames - start.frames < _LONG_ROUND or self.semantics.activity != start.activity:
            return False
        if node not in self._seedless:
            self._seedless[node] = not any(name in self.seeds for name in mentioned(node)) and not self._calls_locals(
                node
            )
        return self._seedless[node]

    def _calls_locals(self, node: ast.stmt) -> bool:
        """Whether something is called by a name that this function gives to a value."""
        names = self.module_env(self.frame.module).names
        called = {n.func.id for n in ast.walk(node) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)}
        return self.frame.function is not None and any(n not in names and not hasattr(builtins, n) for n in called)

    @staticmethod
    def _forget_rounds(start: _LoopStart, env: Env) -> None:
        """After one round only: what the loop changed is known by its kind, no more."""
        for name, value in env.names.items():
            if value is not start.names.get(name) and not isinstance(value, _IDENTIFIED):
                env.names[name] = join(join(start.names.get(name), value), PYTHON if is_python(value) else UNKNOWN)

    @staticmethod
    def _concrete(iterable: Value) -> list[Value] | None:
        """The items of a loop that is walked item by item: over objects, functions or variables."""
        if isinstance(iterable, ListValue) and not iterable.complete:
            return None
        if not isinstance(iterable, (ListValue, TupleValue)) or not iterable.items:
            return None
        items = list(iterable.items)
        own = (ObjectValue, FunctionValue, ClassValue, Partial, Opaque)
        return items if all(isinstance(item, own) or _names_function(item) for item in items) else None

    def _numbered(self, node: ast.expr, env: Env) -> list[Value] | None:
        """The items of `enumerate(objects)`."""
        if not self.semantics.exact or not isinstance(node, ast.Call) or len(node.args) != 1 or node.keywords:
            return None
        if not isinstance(node.func, ast.Name) or node.func.id != "enumerate":
            return None
        items = self._concrete(self.evaluate(node.args[0], env))
        return None if items is None else [TupleValue((Const(i), item)) for i, item in enumerate(items)]

    def loop_target(self, node: ast.expr, iterable: Value, target: ast.expr, env: Env, now: Round) -> Value:
        """What the loop variable is in the first or in a later iteration."""
        name = target.id if isinstance(target, ast.Name) else unparsed(target)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args:
            if node.func.id in ("range", "xrange"):
                return self._range_index(node, name, env, now)
            if node.func.id == "enumerate" and isinstance(target, ast.Tuple) and len(target.elts) == 2:
                index_name = unparsed(target.elts[0])
                start = self.evaluate(node.args[1], env) if len(node.args) > 1 else Const(0)
                known = start.value if isinstance(start, Const) and isinstance(start.value, int) else None
                sequence = self.evaluate(node.args[0], env)
                key = f"enumerate({operate.show(sequence)}, {known})"
                index = LoopIndex(index_name, key, True, known, now.first, run=now.run)
                return TupleValue((index, self._item(node.args[0], sequence, unparsed(target.elts[1]), now)))
            if node.func.id == "zip" and isinstance(target, ast.Tuple) and len(target.elts) == len(node.args):
                items = (
                    self._item(a, self.evaluate(a, env), unparsed(t), now)
                    for a, t in zip(node.args, target.elts, strict=False)
                )
                return TupleValue(tuple(items))
            if node.func.id in ("reversed", "sorted", "list", "tuple", "set"):
                value = self.loop_target(node.args[0], self.evaluate(node.args[0], env), target, env, now)
                return value if node.func.id in ("list", "tuple") else _reordered(value)
        return self._item(node, iterable, name, now)

    def _range_index(self, node: ast.Call, name: str, env: Env, now: Round) -> LoopIndex:
        bounds = [self.evaluate(arg, env) for arg in node.args]
        start = bounds[0] if len(bounds) > 1 else Const(0)
        stop = bounds[1] if len(bounds) > 1 else bounds[0]
        known = start.value if isinstance(start, Const) and isinstance(start.value, int) else None
        step = bounds[2] if len(bounds) > 2 else Const(1)
        positive = isinstance(step, Const) and isinstance(step.value, int) and step.value > 0
        values: tuple[object, ...] | None = None
        if known is not None and isinstance(stop, Const) and isinstance(stop.value, int) and isinstance(step, Const):
            counted = step.value if isinstance(step.value, int) else 0
            values = tuple(range(known, stop.value, counted)) if counted and stop.value - known < _UNROLL else None
        key = f"range({operate.show(start)}, {operate.show(stop)}, {operate.show(step)})"
        origin = start.text if positive and isinstance(start, Symbol) else ""
        first = known if positive else None
        return LoopIndex(name, key, True, first, now.first, values, now.run, origin=origin)

    @staticmethod
    def _item(node: ast.expr, sequence: Value, name: str, now: Round) -> Value:
        made = sequence.of_round(now.first) if isinstance(sequence, ListValue) else None
        if made is not None:
            return made
        if isinstance(sequence, (ListValue, TupleValue)) and sequence.items:
            items = list(sequence.items)
            complete = sequence.complete if isinstance(sequence, ListValue) else True
            if complete and all(isinstance(i, Const) and isinstance(i.value, (str, int)) for i in items):
                values = tuple(i.value for i in items if isinstance(i, Const))
                distinct = len(set(values)) == len(values)
                return LoopIndex(name, operate.show(sequence), distinct, None, now.first, values, now.run)
            value = items[0]
            for item in items[1:]:
                value = join(value, item)
            return value
        if isinstance(sequence, Symbol):
            later = sequence.round is not None and not sequence.round.first
            return Symbol(name, f"item of {sequence.key}", sequence.kind, sequence.round if later else now)
        return TENSOR if is_tensor(sequence) else UNKNOWN

    def _run_While(self, node: ast.While, env: Env) -> Flow:
        test = operate.truth(self.evaluate(node.test, env))
        if test is False:
            return self.block(node.orelse, env)
        self.frame.loops.append(node)
        start = self._start(env)
        for first in (True, False):
            if not first and self._is_idle(node, start):
                self._forget_rounds(start, env)
                break
            before = dict(env.names)
            self.block(node.body, env)
            for name, value in before.items():
                env.names[name] = join(value, env.names[name])
        self.frame.loops.pop()
        return Flow.NEXT

    def comprehend(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp, env: Env) -> Value:
        results: list[Value] = []
        inner = Env({}, env, env.module)
        source = self.evaluate(node.generators[0].iter, env)
        complete = self._generate(node, node.generators, source, inner, results)
        if isinstance(node, ast.DictComp):
            return _dictionary(node, results, complete)
        result = ListValue(results, complete)
        if len(node.generators) == 1 and not node.generators[0].ifs and not complete:
            result.index = round_index(node.generators[0].target, inner)
        self.semantics.comprehended(self, node, source, result)
        return result

    def _generate(
        self, node: ast.expr, generators: list[ast.comprehension], iterable: Value, env: Env, results: list[Value]
    ) -> bool:
        generator, *rest = generators
        concrete = self._concrete(iterable)
        if isinstance(iterable, (ListValue, TupleValue)) and not iterable.items:
            return isinstance(iterable, TupleValue) or iterable.complete
        complete = concrete is not None
        if concrete is None:
            self.frame.loops.append(node)
            run = object()
            rounds = [
                self.loop_target(generator.iter, iterable, generator.target, env, Round(run, first))
                for first in (True, False)
            ]
        else:
            rounds = concrete
        for item in rounds:
            self.assign(generator.target, item, env)
            answers = [operate.truth(self.evaluate(test, env)) for test in generator.ifs]
            if False in answers:
                continue
            complete = complete and None not in answers
            if rest:
                complete = self._generate(node, rest, self.evaluate(rest[0].iter, env), env, results) and complete
            else:
                results.append(self._element(node, env))
        if concrete is None:
            self.frame.loops.pop()
        return complete

    def _element(self, node: ast.expr, env: Env) -> Value:
        if isinstance(node, ast.DictComp):
            return TupleValue((self.evaluate(node.key, env), self.evaluate(node.value, env)))
        assert isinstance(node, (ast.ListComp, ast.SetComp, ast.GeneratorExp))
        return self.evaluate(node.elt, env)

    # -- definitions and imports ---------------------------------------------------------------------------------

    def _run_FunctionDef(self, node: ast.FunctionDef, env: Env) -> None:
        function = env.module.functions[node]
        value: Value = FunctionValue(function, None if env is self.envs.get(env.module) else env)
        for decorator in reversed(node.decorator_list):
            value = self._decorated(value, decorator, env)
        env.names[node.name] = value

    _run_AsyncFunctionDef = _run_FunctionDef  # noqa: N815

    def _decorated(self, value: Value, decorator: ast.expr, env: Env) -> Value:
        if unparsed(decorator) in ("property", "staticmethod", "classmethod") or not isinstance(
            decorator, (ast.Name, ast.Attribute)
        ):
            return value
        callee = self.evaluate(decorator, env)
        if not isinstance(callee, FunctionValue):
            return value
        result = self.call_function(callee, Arguments([(value, decorator)]), None)
        return result if isinstance(result, (FunctionValue, ObjectValue)) else value

    def _run_ClassDef(self, node: ast.ClassDef, env: Env) -> None:
        cls: Class = env.module.classes[node]
        self.memory.unsettle()
        self.bases[cls] = [self.evaluate(base, env) for base in node.bases]
        body = Env({}, env, env.module)
        self.block(node.body, body)
        for value in body.names.values():
            if isinstance(value, FunctionValue) and value.env is body:
                value.env = None if env is self.envs.get(env.module) else env
        self.class_names[cls] = body.names
        env.names[node.name] = ClassValue(cls)

    def _run_Import(self, node: ast.Import, env: Env) -> None:
        for alias in node.names:
            target = self._import(alias.name, env.module)
            if alias.asname is not None:
                env.names[alias.asname] = target
            else:
                root = alias.name.split(".")[0]
                env.names[root] = self._import(root, env.module)

    def _import(self, name: str, importer: Module) -> Value:
        module = self.program.find(name, importer)
        return ModuleValue(module) if module is not None else self.semantics.canonical(name)

    def _run_ImportFrom(self, node: ast.ImportFrom, env: Env) -> None:
        if node.level:
            module = self.program.relative(env.module, node.level, node.module)
        else:
            module = self.program.find(node.module or "", env.module)
        for alias in node.names:
            if alias.name == "*":
                self.memory.unsettle()
                if module is not None and module is not env.module:
                    public = {k: v for k, v in self.module_env(module).names.items() if not k.startswith("_")}
                    env.names.update(public)
                continue
            env.names[alias.asname or alias.name] = self._imported_name(node, module, alias.name, env)

    def _imported_name(self, node: ast.ImportFrom, module: Module | None, name: str, env: Env) -> Value:
        if module is None:
            if node.level:
                return UNKNOWN
            inside = self.program.find(f"{node.module}.{name}", env.module)
            if inside is not None:
                return ModuleValue(inside)
            return self.semantics.canonical(f"{node.module}.{name}")
        submodule = self.program.modules.get(f"{module.name}.{name}")
        if module is env.module:
            return ModuleValue(submodule) if submodule is not None else UNKNOWN
        value = self.global_name(module, name)
        if value is None and submodule is not None:
            return ModuleValue(submodule)
        return UNKNOWN if value is None else value


def _names_function(item: Value) -> bool:
    """Whether an item is a function or class with its key, as a dictionary gives it."""
    if not isinstance(item, TupleValue) or len(item.items) != 2 or not isinstance(item.items[0], Const):
        return False
    return isinstance(item.items[1], (FunctionValue, ClassValue, Partial))


def element(value: Value, index: int) -> Value:
    """The item at `index` of a value that is unpacked."""
    if isinstance(value, (TupleValue, ListValue)):
        if index < len(value.items):
            return value.items[index]
        return value.items[0] if value.items else UNKNOWN
    from tfmigrate.walk.evaluate import subscript

    return subscript(value, Const(index))


def _dictionary(node: ast.DictComp, pairs: list[Value], complete: bool) -> DictValue:
    """What a comprehension makes: pairs are those of a first and of a later round, where it is not complete."""
    keys, items = zip(*(pair.items for pair in pairs if isinstance(pair, TupleValue))) if pairs else ((), ())
    if complete or len(pairs) != 2 or len(node.generators) != 1 or node.generators[0].ifs:
        return DictValue({}, complete=False)
    return DictValue({}, False, keys[0], items)


def _labelled(value: Value, name: str) -> Value:
    if isinstance(value, Tensor):
        return Tensor(name.strip("_"), value.shapeless)
    return value


def _reordered(value: Value) -> Value:
    """The target of a loop over the same items in another order: which one is the first is not known."""
    if isinstance(value, LoopIndex):
        return LoopIndex(value.text, value.key, value.distinct, None, value.first, value.values, value.run)
    if isinstance(value, TupleValue):
        return TupleValue(tuple(_reordered(item) for item in value.items))
    return value


def is_library(value: Value, *names: str) -> bool:
    """Whether the value is one of these library symbols."""
    return isinstance(value, Library) and value.name in names
