"""Expressions of a program, evaluated on symbolic values."""

from __future__ import annotations

import ast
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

from tfmigrate.program.link import Class, Module, Program
from tfmigrate.program.texts import unparsed
from tfmigrate.walk import operate
from tfmigrate.walk.arguments import Arguments
from tfmigrate.walk.choices import choice_of, decision_of, pick_of
from tfmigrate.walk.classes import Classes
from tfmigrate.walk.containers import merge_into, store_somewhere
from tfmigrate.walk.effects import NOTHING, Effects
from tfmigrate.walk.frames import Frame
from tfmigrate.walk.items import slice_of, subscript
from tfmigrate.walk.joining import join
from tfmigrate.walk.remembering import Memory
from tfmigrate.walk.semantics import Semantics
from tfmigrate.walk.state import is_filled, is_settled, run_time_state
from tfmigrate.walk.values import (
    PYTHON,
    TENSOR,
    UNKNOWN,
    Choice,
    Const,
    DictValue,
    Env,
    FunctionValue,
    LambdaValue,
    Library,
    ListValue,
    Numbered,
    NumberedIndex,
    ObjectValue,
    Symbol,
    Text,
    TupleValue,
    Unknown,
    Value,
    is_python,
    is_tensor,
    is_whole,
    text_of,
)


class Evaluator(ABC):
    """Evaluates expressions. `execute.Executor` is the whole of it, which adds statements, calls, loops and imports.

    formatting: how many f-strings are under way.
    """

    def __init__(self, program: Program, semantics: Semantics) -> None:
        self.program = program
        self.semantics = semantics
        self.classes = Classes()
        self.frame: Frame
        self.memory = Memory()
        self.effects = Effects(self.memory)
        self.formatting = 0
        self._evaluators: dict[type[ast.expr], Callable[[Any, Env], Value] | None] = {}
        # of parameters, those that may change as they are used
        self.defaults: dict[ast.expr, Value] = {}
        self._constants: dict[ast.Constant, Const] = {}

    @abstractmethod
    def call(self, callee: Value, args: Arguments, node: ast.Call, env: Env) -> Value: ...

    @abstractmethod
    def call_function(self, callee: FunctionValue, args: Arguments, node: ast.Call | None) -> Value: ...

    @abstractmethod
    def call_lambda(self, callee: LambdaValue, args: Arguments) -> Value: ...

    @abstractmethod
    def call_by_library(self, callee: FunctionValue, node: ast.Call) -> None: ...

    @abstractmethod
    def instantiate(self, cls: Class, args: Arguments, node: ast.Call | None) -> Value: ...

    @abstractmethod
    def module_env(self, module: Module) -> Env: ...

    # -- names ---------------------------------------------------------------------------------------------------

    def global_name(self, module: Module, name: str) -> Value | None:
        """What a name of a module is by now."""
        env = self.module_env(module)
        value = env.names.get(name)
        self.memory.read(env, name, value)
        return value

    def class_attribute(self, cls: Class, name: str) -> Value | None:
        """A method or class variable, looked up along the bases that the program defines."""
        value = self.classes.find(cls, name)
        self.memory.read(cls, name, value)
        return value

    def current(self, holder: Env | Class, name: str) -> Value | None:
        """What a name that was noted is by now."""
        return holder.names.get(name) if isinstance(holder, Env) else self.classes.find(holder, name)

    # -- expressions ---------------------------------------------------------------------------------------------

    def evaluate(self, node: ast.expr, env: Env) -> Value:
        """The value of an expression; UNKNOWN where the program does not say."""
        kind = type(node)
        if kind not in self._evaluators:
            self._evaluators[kind] = getattr(self, f"_eval_{kind.__name__}", None)
        method = self._evaluators[kind]
        if method is None:
            for child in ast.iter_child_nodes(node):
                if isinstance(child, ast.expr):
                    self.evaluate(child, env)
            return UNKNOWN
        return method(node, env)

    def _eval_Constant(self, node: ast.Constant, env: Env) -> Value:
        known = self._constants.get(node)
        if known is None:
            known = self._constants[node] = Const(node.value)
        return known

    def _eval_Name(self, node: ast.Name, env: Env) -> Value:
        value = env.lookup(node.id)
        if value is None:
            value = self.global_name(env.module, node.id)
        return Library(f"builtins.{node.id}") if value is None else value

    def _eval_JoinedStr(self, node: ast.JoinedStr, env: Env) -> Value:
        self.formatting += 1
        text = self._formatted(node, env)
        self.formatting -= 1
        return text

    def _formatted(self, node: ast.JoinedStr, env: Env) -> Value:
        pieces: list[Value] = []
        for part in node.values:
            if not isinstance(part, ast.FormattedValue):
                pieces.append(self.evaluate(part, env))
                continue
            spec = Const("") if part.format_spec is None else self.evaluate(part.format_spec, env)
            conversion = None if part.conversion < 0 else chr(part.conversion)
            value = self.evaluate(part.value, env)
            text = text_of(spec)
            pieces.append(value if text is None else operate.formatted(value, text, conversion))
        return operate.concatenate(pieces)

    def _eval_Tuple(self, node: ast.Tuple, env: Env) -> Value:
        items, whole = self._items(node.elts, env)
        return TupleValue(tuple(items)) if whole else ListValue(items, complete=False, unsure=True)

    def _eval_List(self, node: ast.List, env: Env) -> Value:
        items, whole = self._items(node.elts, env)
        made = ListValue(items, not any(isinstance(e, ast.Starred) for e in node.elts), unsure=not whole)
        made.made = self.frame, tuple(self.frame.loops), tuple(self.frame.conditions)
        return made

    def _eval_Set(self, node: ast.Set, env: Env) -> Value:
        return ListValue(self._items(node.elts, env)[0], complete=False)

    def _items(self, nodes: list[ast.expr], env: Env) -> tuple[list[Value], bool]:
        """The items of a display, and whether all of them are known."""
        items, whole = list[Value](), True
        for node in nodes:
            if isinstance(node, ast.Starred):
                value = self.evaluate(node.value, env)
                known = value if isinstance(value, (TupleValue, ListValue)) else ListValue([UNKNOWN], complete=False)
                items.extend(known.items)
                whole = whole and is_whole(known)
            else:
                items.append(self.evaluate(node, env))
        return items, whole

    def _eval_Dict(self, node: ast.Dict, env: Env) -> Value:
        result = DictValue({})
        for key, item in zip(node.keys, node.values, strict=False):
            value = self.evaluate(item, env)
            name = self.evaluate(key, env) if key is not None else UNKNOWN
            if isinstance(name, Const):
                result.items[name.value] = value
            elif key is None and isinstance(value, DictValue):
                merge_into(result, value)
            else:
                store_somewhere(result, value if key is not None else UNKNOWN)
        return result

    def _eval_BinOp(self, node: ast.BinOp, env: Env) -> Value:
        return operate.binary(node.op, self.evaluate(node.left, env), self.evaluate(node.right, env))

    def _eval_UnaryOp(self, node: ast.UnaryOp, env: Env) -> Value:
        value = self.evaluate(node.operand, env)
        if isinstance(node.op, ast.Not):
            known = operate.truth(value)
            return Const(not known) if known is not None else (TENSOR if is_tensor(value) else PYTHON)
        if isinstance(value, Const) and isinstance(value.value, (int, float)) and isinstance(node.op, ast.USub):
            return Const(-value.value)
        return value if is_tensor(value) else (PYTHON if is_python(value) else UNKNOWN)

    def _eval_BoolOp(self, node: ast.BoolOp, env: Env) -> Value:
        result: Value | None = None
        for operand in node.values:
            value = self.evaluate(operand, env) if result is None else self._perhaps(operand, node, env)
            known = operate.truth(value)
            decisive = known is not None and known is isinstance(node.op, ast.Or)
            if decisive or operand is node.values[-1]:
                return value if result is None else join(result, value)
            if known is None:
                result = value if result is None else join(result, value)
        return UNKNOWN

    def _perhaps(self, operand: ast.expr, node: ast.BoolOp, env: Env) -> Value:
        """The value of an operand that is come to only if those before it do not decide."""
        self.frame.conditions.append(node)
        mark = self.effects.begin()
        value = self.evaluate(operand, env)
        self.effects.join([NOTHING, self.effects.take_back(mark)], join)
        self.effects.end()
        self.frame.conditions.pop()
        return value

    def _eval_Compare(self, node: ast.Compare, env: Env) -> Value:
        left = self.evaluate(node.left, env)
        results = []
        for op, comparator in zip(node.ops, node.comparators, strict=False):
            right = self.evaluate(comparator, env)
            results.append(operate.compare(op, left, right))
            left = right
        if any(result == Const(False) for result in results):
            return Const(False)
        return results[0] if len(results) == 1 else (Const(True) if all(r == Const(True) for r in results) else UNKNOWN)

    def _eval_IfExp(self, node: ast.IfExp, env: Env) -> Value:
        known = operate.truth(self.evaluate(node.test, env))
        numbered = self._numbered_name(node, known, env)
        if numbered is not None:
            return numbered
        if known is not None:
            return self.evaluate(node.body if known else node.orelse, env)
        self.frame.conditions.append(node)
        mark, outcomes, values = self.effects.begin(), [], []
        for branch in (node.body, node.orelse):
            values.append(self.evaluate(branch, env))
            outcomes.append(self.effects.take_back(mark))
        self.effects.join(outcomes, join)
        self.effects.end()
        self.frame.conditions.pop()
        return self.choose(values[0], values[1], node.test, env) or join(values[0], values[1])

    def _numbered_name(self, node: ast.IfExp, known: bool | None, env: Env) -> Value | None:
        """`f"conv_{i}" if i else "conv"`: one name with what is behind it, in all rounds of a loop."""
        bare = node.orelse.value if isinstance(node.orelse, ast.Constant) else None
        format_ = isinstance(node.body, ast.Call) and isinstance(node.body.func, ast.Attribute)
        if isinstance(node.body, ast.Call):
            format_ = format_ and isinstance(node.body.func.value, ast.Constant)  # type: ignore[attr-defined]
        if not isinstance(bare, str) or not (format_ or isinstance(node.body, (ast.JoinedStr, ast.BinOp))):
            return None
        text = self.evaluate(node.body, env)
        if not isinstance(text, Text) or len(text.parts) != 2 or text.parts[0] != f"{bare}_":
            return None
        part = text.parts[1]
        assert not isinstance(part, str)
        if part.round is None:
            return Text((bare, Numbered(part.text, f"{part.key} if {unparsed(node.test)}"))) if known is None else None
        key, now = f"{part.key} if {unparsed(node.test)}", part.round
        return Text((bare, NumberedIndex(part.text, key, True, None, now.first, None, now.run)))

    def choose(self, one: Value, other: Value, test: ast.expr | None, env: Env) -> Choice | None:
        """What is known of a function that is `one` if the test holds and else `other`.

        In a loop it may be the one now and the other in the next round.
        """
        if any(frame.loops for frame in self.frame.outward()):
            return None
        choice = choice_of(one, other, None)
        if choice is None or test is None:
            return choice
        decision = decision_of(test, lambda name: self._meant(name, env), self._is_settled)
        return choice_of(one, other, decision)

    def note_decision(self, node: ast.If, env: Env) -> None:
        """Have the activation know what an undecided `if` asks, where another one that asks the same will decide alike.

        In a loop the next round may decide otherwise.
        """
        if any(frame.loops for frame in self.frame.outward()):
            return
        decision = decision_of(node.test, lambda name: self._meant(name, env), self._is_settled)
        if decision is None or any(isinstance(v, Symbol) and v.round is not None for v in decision.known):
            return
        if run_time_state(node.test, self.frame, self.program) is None:
            self.frame.decided[node] = decision

    def _meant(self, name: str, env: Env) -> Value | None:
        value = env.lookup(name)
        return self.module_env(env.module).names.get(name) if value is None else value

    def _is_settled(self, obj: ObjectValue, name: str) -> bool:
        """Whether an object has for good what it has under a name."""
        making = any(f.obj is obj and f.function and f.function.name == "__init__" for f in self.frame.outward())
        return not making and is_settled(name, self.program) and not is_filled(name, self.program)

    def _eval_Lambda(self, node: ast.Lambda, env: Env) -> Value:
        return LambdaValue(node, env)

    def _eval_NamedExpr(self, node: ast.NamedExpr, env: Env) -> Value:
        value = self.evaluate(node.value, env)
        env.names[node.target.id] = value
        return value

    def _eval_Starred(self, node: ast.Starred, env: Env) -> Value:
        return self.evaluate(node.value, env)

    def _eval_Subscript(self, node: ast.Subscript, env: Env) -> Value:
        owner = self.evaluate(node.value, env)
        if isinstance(node.slice, ast.Slice):
            parts = (node.slice.lower, node.slice.upper, node.slice.step)
            bounds = [None if part is None else self.evaluate(part, env) for part in parts]
            value = slice_of(owner, bounds, unparsed(node.slice))
        else:
            index = self.evaluate(node.slice, env)
            value = pick_of(owner, self._named(index, node.slice, env)) or subscript(owner, index)
        if isinstance(owner, ListValue) and not owner.tag:
            self.semantics.lined_up(self, node, [owner], in_row=True)
        elif isinstance(owner, ListValue):
            self.semantics.comprehended(
                self, node, owner, value if isinstance(value, ListValue) else ListValue([value])
            )
        return value

    def _named(self, value: Value, node: ast.expr, env: Env) -> Value:
        """What an argument is that nothing is known of, as long as its name stands for it."""
        function = self.frame.function
        if not isinstance(value, Unknown) or not isinstance(node, ast.Name) or function is None:
            return value
        if env is not self.frame.env or node.id not in function.params or node.id in function.assigned:
            return value
        return Symbol(node.id, f"#{env.born}.{node.id}", value.kind)
