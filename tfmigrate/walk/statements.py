"""Statements of a program, run on symbolic values. Undecided conditions run both ways."""

from __future__ import annotations

import ast
from collections.abc import Callable
from enum import Enum
from typing import Any

from tfmigrate.program.link import Program
from tfmigrate.walk import operate
from tfmigrate.walk.assigning import assign
from tfmigrate.walk.evaluate import Evaluator
from tfmigrate.walk.semantics import Semantics
from tfmigrate.walk.values import NONE, Env, ListValue, TupleValue, Value, join


class Flow(Enum):
    """How a block ends."""

    NEXT = 0
    RETURN = 1
    BREAK = 2
    RAISE = 3


class Statements(Evaluator):
    """Runs blocks and their plain statements. What it has no method for does nothing."""

    def __init__(self, program: Program, semantics: Semantics) -> None:
        super().__init__(program, semantics)
        self._runners: dict[type[ast.stmt], Callable[[Any, Env], Flow | None] | None] = {}

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
        if isinstance(left, ListValue) and isinstance(right, (ListValue, TupleValue)):
            left.items.extend(right.items)
            left.length = None
            left.complete = left.complete and not self.frame.is_repeated_for(left)
            return
        assign(self, node.target, operate.binary(node.op, left, right), env)

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
                assign(self, item.optional_vars, inner, env)
        flow = self.block(node.body, env)
        for context in reversed(contexts):
            self.semantics.leave_block(self, context, node)
        return flow
