"""Statements of a program, run on symbolic values. Undecided conditions run both ways."""

from __future__ import annotations

import ast
from collections.abc import Callable
from enum import Enum
from typing import Any

from tfmigrate.program.link import Program
from tfmigrate.walk import operate
from tfmigrate.walk.arguments import Arguments
from tfmigrate.walk.assigning import assign, delete
from tfmigrate.walk.containers import blur
from tfmigrate.walk.effects import NOTHING, differ
from tfmigrate.walk.evaluate import Evaluator
from tfmigrate.walk.joining import join
from tfmigrate.walk.semantics import Semantics
from tfmigrate.walk.values import (
    NONE,
    UNKNOWN,
    Env,
    FunctionValue,
    Library,
    ListValue,
    ObjectValue,
    TupleValue,
    Value,
    is_whole,
)


class Flow(Enum):
    """How a block ends."""

    NEXT = 0
    RETURN = 1
    BREAK = 2
    RAISE = 3
    CONTINUE = 4


class Statements(Evaluator):
    """Runs blocks and their plain statements. What it has no method for does nothing.

    left: of the running loops, the names as they were where a round was left early.
    """

    def __init__(self, program: Program, semantics: Semantics) -> None:
        super().__init__(program, semantics)
        self._runners: dict[type[ast.stmt], Callable[[Any, Env], Flow | None] | None] = {}
        self.left: list[list[dict[str, Value]]] = []

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
            assign(self, target, value, env)

    def _run_AnnAssign(self, node: ast.AnnAssign, env: Env) -> None:
        if node.value is not None:
            assign(self, node.target, self.evaluate(node.value, env), env)

    def _run_AugAssign(self, node: ast.AugAssign, env: Env) -> None:
        left = self.evaluate(node.target, env)
        right = self.evaluate(node.value, env)
        if isinstance(left, ListValue) and not isinstance(node.op, (ast.Add, ast.Mult)):
            blur(left, *(right.items if isinstance(right, ListValue) else [UNKNOWN]))  # a set
            return
        if isinstance(left, ListValue) and isinstance(right, (ListValue, TupleValue)):
            unsure = isinstance(right, ListValue) and right.unsure
            left.items.extend(right.items)
            left.length = None
            left.unsure = left.unsure or unsure or not left.complete or self.frame.is_undecided_for(left)
            left.complete = left.complete and is_whole(right) and not self.frame.is_repeated_for(left)
            return
        assign(self, node.target, operate.binary(node.op, left, right), env)

    def _run_Return(self, node: ast.Return, env: Env) -> Flow:
        self.frame.returns.append(NONE if node.value is None else self.evaluate(node.value, env))
        return Flow.RETURN

    def _run_Raise(self, node: ast.Raise, env: Env) -> Flow:
        return Flow.RAISE

    def _run_Break(self, node: ast.Break, env: Env) -> Flow:
        self._note_names(env)
        return Flow.BREAK

    def _run_Continue(self, node: ast.Continue, env: Env) -> Flow:
        self._note_names(env)
        return Flow.CONTINUE

    def _note_names(self, env: Env) -> None:
        if self.left:
            self.left[-1].append(dict(env.names))

    def _run_Delete(self, node: ast.Delete, env: Env) -> None:
        for target in node.targets:
            delete(self, target, env)

    def _run_Assert(self, node: ast.Assert, env: Env) -> None:
        self.evaluate(node.test, env)

    def _run_If(self, node: ast.If, env: Env) -> Flow:
        known = operate.truth(self.evaluate(node.test, env))
        if known is not None:
            return self.block(node.body if known else node.orelse, env)
        self.note_decision(node, env)
        return self.both(node, node.body, node.orelse, env)

    def both(self, node: ast.AST, body: list[ast.stmt], orelse: list[ast.stmt], env: Env) -> Flow:
        """Run two blocks of which one will be taken, and join what they leave behind."""
        before = dict(env.names)
        self.frame.conditions.append(node)
        mark = self.effects.begin()
        branches = self.semantics.begin_branches(self)
        first = self.block(body, env)
        self.semantics.next_branch(branches, first.name)
        after_first = env.names
        env.names = dict(before)
        one = self.effects.take_back(mark)
        second = self.block(orelse, env)
        self.semantics.end_branches(branches, second.name)
        after_second = dict(env.names)
        other = self.effects.take_back(mark)
        env.names = after_second
        happened = [outcome for outcome, flow in ((one, first), (other, second)) if flow is not Flow.RAISE]
        self.effects.join(happened, lambda a, b: self._either(a, b, node, env))
        self.effects.end()
        self.frame.conditions.pop()
        if first is not Flow.NEXT and second is not Flow.NEXT:
            if first is second:
                return first
            return Flow.CONTINUE if {first, second} & {Flow.BREAK, Flow.CONTINUE} else Flow.RETURN
        if first is Flow.NEXT and second is Flow.NEXT:
            names = env.names
            for name in [*after_first, *(name for name in names if name not in after_first)]:
                here, there = after_first.get(name), names.get(name)
                names[name] = self._either(here, there, node, env) if here is not there or here is None else here
        elif first is Flow.NEXT:
            env.names = after_first
        if Flow.RETURN in (first, second) and self.frame.left is None:
            self.frame.left = self.effects.begin()
        return Flow.NEXT

    def _join_names(self, before: dict[str, Value], node: ast.Try, env: Env) -> None:
        """Names that a handler has bound may be what they were before as well."""
        for name, value in list(env.names.items()):
            other = before.get(name)
            if other is None or other is value:
                continue
            # two names of one thing, in two versions of a library
            renamed = isinstance(other, Library) and isinstance(value, Library)
            if not renamed or self.semantics.is_outside(other):
                env.names[name] = self._either(other, value, node, env)

    def _either(self, one: Value | None, other: Value | None, node: ast.AST, env: Env) -> Value:
        known: Value | None = None
        if one is not None and other is not None:
            known = self.semantics.either(one, other)
            test = node.test if isinstance(node, ast.If) else None
            known = self.choose(one, other, test, env) if known is None else known
        return known if known is not None else join(one, other)

    def _run_Try(self, node: ast.Try, env: Env) -> Flow:
        self.frame.conditions.append(node)
        start, whole, goes_on = dict(env.names), self.effects.begin(), False
        flow = self.block(node.body, env)
        for handler in node.handlers:
            before = dict(env.names)
            mark = self.effects.begin()
            handled = self.block(handler.body, env)
            outcome = self.effects.take_back(mark)
            if handled is not Flow.RAISE:
                self.effects.join([NOTHING, outcome], join)
            self.effects.end()
            goes_on = goes_on or handled is Flow.NEXT
            if handled is not Flow.NEXT:
                env.names = before
            elif flow is Flow.NEXT:
                self._join_names(before, node, env)
        if goes_on:  # and the body broke off somewhere
            self.effects.perhaps(whole)
            _join_plain(env, start)
        self.effects.end()
        self.frame.conditions.pop()
        if flow is Flow.NEXT:
            flow = self.block(node.orelse, env)
        self.block(node.finalbody, env)
        return flow

    def _run_With(self, node: ast.With, env: Env) -> Flow:
        contexts = []
        for item in node.items:
            context = self.evaluate(item.context_expr, env)
            inner = self.semantics.enter_block(self, context, node, item.context_expr)
            entered = self._own_block(context, "__enter__")
            inner = inner if entered is None else entered
            contexts.append(context)
            if item.optional_vars is not None:
                assign(self, item.optional_vars, inner, env)
        flow = self.block(node.body, env)
        for context in reversed(contexts):
            self._own_block(context, "__exit__")
            self.semantics.leave_block(self, context, node)
        return flow

    def _own_block(self, context: Value, name: str) -> Value | None:
        """What an object of the program does as a block is entered or left."""
        if not isinstance(context, ObjectValue):
            return None
        method = self.class_attribute(context.cls, name)
        if not isinstance(method, FunctionValue):
            return None
        args = Arguments([(NONE, ast.Constant(None))] * 3 if name == "__exit__" else [])
        return self.call_function(FunctionValue(method.function, method.env, context), args, None)


def _join_plain(env: Env, others: dict[str, Value]) -> None:
    """Plain values that are others in some runs are not known."""
    for name, value in env.names.items():
        other = others.get(name)
        if differ(other, value):
            env.names[name] = join(other, value)
