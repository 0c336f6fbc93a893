"""Loops: a first and a later round, or item by item."""

from __future__ import annotations

import ast
import builtins
from dataclasses import dataclass

from tfmigrate.program.link import Program
from tfmigrate.program.rounds import grown_lists, stop_of
from tfmigrate.program.scan import mentioned
from tfmigrate.walk import operate
from tfmigrate.walk.assigning import assign
from tfmigrate.walk.calls import Calls
from tfmigrate.walk.comprehensions import comprehend
from tfmigrate.walk.effects import Outcome
from tfmigrate.walk.growing import begin_round, growing, grown
from tfmigrate.walk.joining import join
from tfmigrate.walk.numbering import rounds_of
from tfmigrate.walk.semantics import Semantics
from tfmigrate.walk.statements import Flow
from tfmigrate.walk.targets import concrete_items, loop_key, loop_target, numbered_items
from tfmigrate.walk.values import (
    PYTHON,
    UNKNOWN,
    ClassValue,
    Const,
    DictValue,
    Env,
    FunctionValue,
    ListValue,
    LoopIndex,
    ModuleValue,
    ObjectValue,
    Opaque,
    Round,
    Symbol,
    Value,
    is_generator,
    is_python,
)

# calls in the first round of a loop from which on a second round is worth avoiding
_LONG_ROUND = 10
_IDENTIFIED = (ObjectValue, FunctionValue, ClassValue, ModuleValue, ListValue, DictValue, Opaque)


@dataclass(frozen=True)
class _LoopStart:
    """How things stood when a loop began."""

    names: dict[str, Value]
    frames: int
    activity: int


class Loops(Calls):
    """Loops and comprehensions."""

    def __init__(self, program: Program, semantics: Semantics) -> None:
        super().__init__(program, semantics)
        self._seedless: dict[ast.stmt, bool] = {}

    def _run_For(self, node: ast.For, env: Env) -> Flow:
        iterable = self.evaluate(node.iter, env)
        if is_generator(iterable):
            self.semantics.handed_over(self, iterable, node.iter)
        self.semantics.lined_up(self, node, [iterable])
        concrete = concrete_items(iterable) or numbered_items(self, node.iter, env)
        if concrete is not None:
            self.left.append([])
            for item in concrete:
                assign(self, node.target, item, env)
                flow = self.block(node.body, env)
                if flow in (Flow.RETURN, Flow.RAISE, Flow.BREAK):
                    self.left.pop()
                    return Flow.NEXT if flow is Flow.BREAK else flow
            self.left.pop()
            self.semantics.gone_through(self, node, iterable, env)
            return self.block(node.orelse, env)
        self.frame.loops.append(node)
        self.left.append([])
        mark, first_round = self.effects.begin(), None
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
            assign(self, node.target, loop_target(self, node.iter, iterable, node.target, env, now), env)
            if first and grown_lists(node):
                lists = growing(node, env.module, loop_key(node, iterable, env), env, now)
            for grower in lists if not first else []:
                begin_round(grower, now)
            before = dict(env.names)
            returned = self.block(node.body, env)
            for name, value in before.items():
                if not first and not isinstance(env.names[name], LoopIndex):
                    env.names[name] = join(value, env.names[name])
            first_round, mark = self._after_round(first_round, mark)
        for grower in lists:
            grown(grower, times)
        self._leave_loop(env)
        self.frame.loops.pop()
        self._leave_last(node, env)
        self.block(node.orelse, env)
        return Flow.RAISE if returned is Flow.RAISE else Flow.NEXT

    def _leave_last(self, node: ast.For, env: Env) -> None:
        """What the target of a loop is behind it: that of the last round."""
        stop = stop_of(node)
        if (
            stop is None
            or not isinstance(node.target, ast.Name)
            or any(isinstance(n, ast.Call) for n in ast.walk(stop))
        ):
            return
        last = operate.binary(ast.Sub(), self.evaluate(stop, env), Const(1))
        if isinstance(last, (Const, Symbol)):
            env.names[node.target.id] = last

    _run_AsyncFor = _run_For  # noqa: N815

    def _run_While(self, node: ast.While, env: Env) -> Flow:
        test = operate.truth(self.evaluate(node.test, env))
        if test is False:
            return self.block(node.orelse, env)
        self.frame.loops.append(node)
        self.left.append([])
        mark, first_round = self.effects.begin(), None
        whole = mark
        start = self._start(env)
        for first in (True, False):
            if not first and self._is_idle(node, start):
                self._forget_rounds(start, env)
                break
            before = dict(env.names)
            self.block(node.body, env)
            for name, value in before.items():
                env.names[name] = join(value, env.names[name])
            first_round, mark = self._after_round(first_round, mark)
        if test is None:
            self.effects.perhaps(whole)  # there may have been no round
        self._leave_loop(env)
        self.frame.loops.pop()
        return Flow.NEXT

    def _after_round(self, first_round: Outcome | None, mark: int) -> tuple[Outcome, int]:
        """What the first round did, and where what the next one does begins."""
        if first_round is None:
            return self.effects.since(mark), self.effects.mark()
        self.effects.join_rounds(first_round, mark)
        return first_round, mark

    def _leave_loop(self, env: Env) -> None:
        """The last round may be one that was left early."""
        for names in self.left.pop():
            for name, value in names.items():
                now = env.names.get(name)
                if now is not None and now is not value and not isinstance(now, LoopIndex):
                    env.names[name] = join(now, value)
        self.effects.end()

    def _eval_ListComp(self, node: ast.ListComp, env: Env) -> Value:
        return comprehend(self, node, env)

    _eval_SetComp = _eval_GeneratorExp = _eval_DictComp = _eval_ListComp  # noqa: N815

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
