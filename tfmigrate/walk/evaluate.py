"""Expressions of a program, evaluated on symbolic values."""

from __future__ import annotations

import ast
import re
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tfmigrate.program.link import Class, Module, Program
from tfmigrate.program.texts import unparsed
from tfmigrate.walk import operate
from tfmigrate.walk.arguments import Arguments
from tfmigrate.walk.choices import Branch, Pick, choice_of, decision_of, outcome, pick_of
from tfmigrate.walk.frames import Frame
from tfmigrate.walk.growing import length_in, note_append
from tfmigrate.walk.remembering import Memory
from tfmigrate.walk.semantics import Semantics
from tfmigrate.walk.state import is_filled, is_settled
from tfmigrate.walk.values import (
    NONE,
    PYTHON,
    TENSOR,
    UNKNOWN,
    Choice,
    ClassValue,
    Const,
    DictValue,
    Dim,
    Env,
    FunctionValue,
    Kind,
    LambdaValue,
    Library,
    ListValue,
    LoopIndex,
    Method,
    ModuleValue,
    Numbered,
    NumberedIndex,
    ObjectValue,
    Opaque,
    Partial,
    Shape,
    Symbol,
    Tensor,
    Text,
    TupleValue,
    Unknown,
    Value,
    is_python,
    is_tensor,
    join,
    round_of,
)

PARTIAL = Library("functools.partial")
# what the walk can run
_CALLED = (FunctionValue, ClassValue, ObjectValue, Partial)


@dataclass(eq=False)
class SuperValue(Opaque):
    """`super()` inside a method of `cls` on `obj`."""

    obj: ObjectValue
    cls: Class


class Evaluator(ABC):
    """Evaluates expressions. Statements, calls and imports are added by `execute.Executor`."""

    def __init__(self, program: Program, semantics: Semantics) -> None:
        self.program = program
        self.semantics = semantics
        self.bases: dict[Class, list[Value]] = {}
        self.class_names: dict[Class, dict[str, Value]] = {}
        self.frame: Frame
        self.memory = Memory()
        self._evaluators: dict[type[ast.expr], Callable[[Any, Env], Value] | None] = {}
        self._constants: dict[ast.Constant, Const] = {}
        # of the next call
        self._pick: Pick | None = None
        # how many f-strings are under way
        self._formatting = 0

    @abstractmethod
    def call_function(self, callee: FunctionValue, args: Arguments, node: ast.Call | None) -> Value: ...

    @abstractmethod
    def call_by_library(self, callee: FunctionValue, node: ast.Call) -> None: ...

    @abstractmethod
    def module_env(self, module: Module) -> Env: ...

    @abstractmethod
    def comprehend(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp, env: Env) -> Value: ...

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

    def global_name(self, module: Module, name: str) -> Value | None:
        """What a name of a module is by now."""
        env = self.module_env(module)
        value = env.names.get(name)
        self.memory.read(env, name, value)
        return value

    def current(self, holder: Env | Class, name: str) -> Value | None:
        """What a name that was noted is by now."""
        return holder.names.get(name) if isinstance(holder, Env) else self._of_class(holder, name)

    def _eval_JoinedStr(self, node: ast.JoinedStr, env: Env) -> Value:
        self._formatting += 1
        text = self._formatted(node, env)
        self._formatting -= 1
        return text

    def _formatted(self, node: ast.JoinedStr, env: Env) -> Value:
        pieces: list[Value] = []
        for part in node.values:
            pieces.append(self.evaluate(part.value if isinstance(part, ast.FormattedValue) else part, env))
        return operate.concatenate(pieces)

    def _eval_Tuple(self, node: ast.Tuple, env: Env) -> Value:
        return TupleValue(tuple(self._items(node.elts, env)))

    def _eval_List(self, node: ast.List, env: Env) -> Value:
        made = ListValue(self._items(node.elts, env), not any(isinstance(e, ast.Starred) for e in node.elts))
        made.made = self.frame, tuple(self.frame.loops), tuple(self.frame.conditions)
        return made

    def _eval_Set(self, node: ast.Set, env: Env) -> Value:
        return ListValue(self._items(node.elts, env), complete=False)

    def _items(self, nodes: list[ast.expr], env: Env) -> list[Value]:
        items: list[Value] = []
        for node in nodes:
            if isinstance(node, ast.Starred):
                value = self.evaluate(node.value, env)
                items.extend(value.items if isinstance(value, (TupleValue, ListValue)) else [UNKNOWN])
            else:
                items.append(self.evaluate(node, env))
        return items

    def _eval_Dict(self, node: ast.Dict, env: Env) -> Value:
        result = DictValue({})
        for key, item in zip(node.keys, node.values, strict=False):
            value = self.evaluate(item, env)
            name = self.evaluate(key, env) if key is not None else UNKNOWN
            if isinstance(name, Const):
                result.items[name.value] = value
            else:
                result.complete = False
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
            value = self.evaluate(operand, env)
            known = operate.truth(value)
            decisive = known is not None and known is isinstance(node.op, ast.Or)
            if decisive or operand is node.values[-1]:
                return value if result is None else join(result, value)
            if known is None:
                result = value if result is None else join(result, value)
        return UNKNOWN

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
        one, other = self.evaluate(node.body, env), self.evaluate(node.orelse, env)
        self.frame.conditions.pop()
        return self.choose(one, other, node.test, env) or join(one, other)

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

    def _eval_ListComp(self, node: ast.ListComp, env: Env) -> Value:
        return self.comprehend(node, env)

    _eval_SetComp = _eval_GeneratorExp = _eval_DictComp = _eval_ListComp  # noqa: N815

    def _eval_Subscript(self, node: ast.Subscript, env: Env) -> Value:
        owner = self.evaluate(node.value, env)
        if isinstance(node.slice, ast.Slice):
            bounds = [None if b is None else self.evaluate(b, env) for b in (node.slice.lower, node.slice.upper)]
            value = _slice(owner, bounds[0], bounds[1], unparsed(node.slice))
        else:
            index = self.evaluate(node.slice, env)
            value = pick_of(owner, self._named(index, node.slice, env)) or subscript(owner, index)
        if isinstance(owner, ListValue) and owner.tag:
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

    # -- attributes and calls ------------------------------------------------------------------------------------

    def _eval_Attribute(self, node: ast.Attribute, env: Env) -> Value:
        return self.attribute(self.evaluate(node.value, env), node.attr, node)

    def attribute(self, owner: Value, name: str, node: ast.Attribute) -> Value:
        """`owner.name`."""
        if isinstance(owner, Choice):
            return outcome(owner, [self.attribute(option, name, node) for option in owner.options])
        special = self.semantics.attribute(self, owner, name, node)
        if special is not None:
            return special
        if isinstance(owner, Library):
            return self.semantics.canonical(f"{owner.name}.{name}")
        if isinstance(owner, ModuleValue):
            return self._module_attribute(owner.module, name)
        if isinstance(owner, ObjectValue):
            return self._object_attribute(owner, name)
        if isinstance(owner, ClassValue):
            found = self.class_attribute(owner.cls, name)
            return UNKNOWN if found is None else found
        if isinstance(owner, SuperValue):
            return self._super_attribute(owner, name)
        if isinstance(owner, Shape) or (isinstance(owner, Tensor) and name in ("shape", "get_shape", "ndim")):
            return Shape(owner.label) if name == "shape" and isinstance(owner, Tensor) else Method(owner, name)
        if isinstance(owner, Dim):
            return owner if name == "value" else UNKNOWN
        if isinstance(owner, Symbol):
            if name == "value" and _SIZE.search(owner.text):
                return owner  # one dimension, whatever the library of the day calls it
            text = f"{owner.text}.{name}"
            return Symbol(text, f"{owner.key}.{name}", owner.kind, owner.round)
        if isinstance(owner, Unknown) and owner.kind is Kind.PYTHON:
            return PYTHON
        return Method(owner, name)

    def _module_attribute(self, module: Module, name: str) -> Value:
        value = self.global_name(module, name)
        if value is None:
            submodule = self.program.modules.get(f"{module.name}.{name}")
            return ModuleValue(submodule) if submodule is not None else UNKNOWN
        return value

    def _object_attribute(self, obj: ObjectValue, name: str) -> Value:
        if name in obj.attrs:
            return obj.attrs[name]
        found = self.class_attribute(obj.cls, name)
        if isinstance(found, FunctionValue):
            return self.bind(found, obj)
        if found is not None:
            return found
        return Method(obj, name) if self.has_foreign_base(obj.cls) else Symbol(f"self.{name}", f"#{obj.born}.{name}")

    def bind(self, found: FunctionValue, obj: ObjectValue) -> Value:
        """The method on the object; a property is called at once."""
        decorators = {unparsed(d) for d in found.function.node.decorator_list}
        if "staticmethod" in decorators:
            return found
        bound = FunctionValue(found.function, found.env, obj)
        if "property" in decorators:
            return self.call_function(bound, Arguments(), None)
        return bound

    def class_attribute(self, cls: Class, name: str) -> Value | None:
        """A method or class variable, looked up along the bases that the program defines."""
        value = self._of_class(cls, name)
        self.memory.read(cls, name, value)
        return value

    def _of_class(self, cls: Class, name: str) -> Value | None:
        for owner in self.mro(cls):
            value = self.class_names.get(owner, {}).get(name)
            if value is not None:
                return value
        return None

    def mro(self, cls: Class) -> list[Class]:
        """The classes of the program in the order of lookup (depth first, each once)."""
        order = [cls]
        for base in self.bases.get(cls, []):
            if isinstance(base, ClassValue):
                order.extend(c for c in self.mro(base.cls) if c not in order)
        return order

    def has_foreign_base(self, cls: Class) -> bool:
        """Whether some base class is not `object` and not of the program."""
        for owner in self.mro(cls):
            for base in self.bases.get(owner, []):
                if not isinstance(base, ClassValue) and base != Library("builtins.object"):
                    return True
        return False

    def _super_attribute(self, owner: SuperValue, name: str) -> Value:
        order = self.mro(owner.obj.cls)
        for cls in order[order.index(owner.cls) + 1 :] if owner.cls in order else []:
            value = self.class_names.get(cls, {}).get(name)
            if isinstance(value, FunctionValue):
                self.memory.read(cls, name, self._of_class(cls, name))
                return FunctionValue(value.function, value.env, owner.obj)
        return Method(owner, name)

    def _eval_Call(self, node: ast.Call, env: Env) -> Value:
        callee = self.evaluate(node.func, env)
        args = self.arguments(node, env)
        return self.call(callee, args, node, env)

    def arguments(self, node: ast.Call, env: Env) -> Arguments:
        """The evaluated arguments of a call."""
        args = Arguments()
        for item in node.args:
            if isinstance(item, ast.Starred):
                value = self.evaluate(item.value, env)
                if isinstance(value, (TupleValue, ListValue)):
                    args.positional.extend((v, item.value) for v in value.items)
                args.star = True
            else:
                args.positional.append((self.evaluate(item, env), item))
        for keyword in node.keywords:
            value = self.evaluate(keyword.value, env)
            if keyword.arg is not None:
                args.keywords[keyword.arg] = (value, keyword.value)
                continue
            if isinstance(value, DictValue):
                args.keywords.update((str(k), (v, keyword.value)) for k, v in value.items.items())
            args.star = args.star or not (isinstance(value, DictValue) and value.complete and not value.items)
        return args

    def call(self, callee: Value, args: Arguments, node: ast.Call, env: Env) -> Value:
        """The result of calling a value."""
        if isinstance(callee, Choice):
            return self._call_one_of(callee, args, node, env)
        if isinstance(callee, FunctionValue):
            return self.call_function(callee, args, node)
        if isinstance(callee, LambdaValue):
            return self.call_lambda(callee, args)
        if isinstance(callee, ClassValue):
            return self.instantiate(callee.cls, args, node)
        if isinstance(callee, ObjectValue):
            special = self.semantics.call_object(self, callee, args, node)
            if special is not None:
                return special
            method = self.class_attribute(callee.cls, "__call__")
            if isinstance(method, FunctionValue):
                return self.call_function(FunctionValue(method.function, method.env, callee), args, node)
            return UNKNOWN
        if isinstance(callee, Partial):
            return self.call(callee.called, args.behind(callee.args), node, env)
        if callee == PARTIAL and args.positional and isinstance(args.positional[0][0], _CALLED):
            return Partial(args.positional[0][0], Arguments(args.positional[1:], args.keywords, args.star))
        if isinstance(callee, Library) and callee.name.startswith("builtins."):
            known = self._builtin(callee.name[9:], args, node, env)
            if known is not None:
                return known
        if isinstance(callee, Method):
            known = self._value_method(callee, args)
            if known is not None:
                return known
        for value in args.values():
            if isinstance(value, (FunctionValue, LambdaValue, Method)) or _holds_function(value):
                self.semantics.escaped(self, value, node)
        if isinstance(callee, (Library, Method, Opaque)):
            return self.semantics.call(self, callee, args, node)
        if isinstance(node.func, ast.Attribute):
            self.semantics.unresolved(self, node.func.attr, node, args)
        return UNKNOWN

    def _call_one_of(self, callee: Choice, args: Arguments, node: ast.Call, env: Env) -> Value:
        branch, results = Branch(callee), []
        self.frame.conditions.append(node)
        for index, option in enumerate(callee.options):
            self._pick = Pick(branch, index)
            results.append(self.call(option, args, node, env))
            self._pick = None
        self.frame.conditions.pop()
        return outcome(callee, results)

    def call_lambda(self, callee: LambdaValue, args: Arguments) -> Value:
        self.memory.unsettle(callee.env.born)
        names = [arg.arg for arg in callee.node.args.args]
        env = Env({}, callee.env, callee.env.module)
        for name, default in zip(reversed(names), reversed(callee.node.args.defaults), strict=False):
            env.names[name] = self.evaluate(default, callee.env)
        env.names.update(zip(names, (value for value, _ in args.positional), strict=False))
        env.names.update((name, value) for name, (value, _) in args.keywords.items())
        for name in names:
            env.names.setdefault(name, UNKNOWN)
        return self.evaluate(callee.node.body, env)

    def instantiate(self, cls: Class, args: Arguments, node: ast.Call | None) -> Value:
        """A new object of the class, its `__init__` run."""
        obj = ObjectValue(cls, born=self.memory.tick())
        init = self.class_attribute(cls, "__init__")
        if isinstance(init, FunctionValue):
            self.call_function(FunctionValue(init.function, init.env, obj), args, node)
        elif node is not None:
            self.semantics.call(self, Method(SuperValue(obj, cls), "__init__"), args, node)
        return obj

    def _append_index(self, owner: ListValue) -> LoopIndex | None:
        """The index of the loop that fills a list, while it appends one item a round."""
        loop = self.frame.loops[-1] if self.frame.loops and not self.frame.conditions else None
        index = round_index(loop.target, self.frame.env) if isinstance(loop, ast.For) else None
        if index is None or index.first == bool(owner.items):
            return None
        return index if not owner.items or owner.index == index else None

    def _value_method(self, callee: Method, args: Arguments) -> Value | None:
        owner, name = callee.owner, callee.name
        if isinstance(owner, (Tensor, Shape)):
            return _shape_method(owner, name)
        first = args.get(0, "")
        if name == "append" and isinstance(owner, ListValue) and first is not None:
            owner.index = self._append_index(owner)
            note_append(owner, not self.frame.is_repeated_for(owner))
            owner.items.append(first)
            owner.complete = owner.complete and not self.frame.is_repeated_for(owner)
            return NONE
        if name == "extend" and isinstance(owner, ListValue):
            if isinstance(first, (ListValue, TupleValue)):
                owner.items.extend(first.items)
            owner.complete, owner.length = False, None
            return NONE
        if name in ("pop", "insert", "remove", "clear") and isinstance(owner, ListValue):
            owner.length = None
        if name == "format" and isinstance(owner, Const) and isinstance(owner.value, str):
            named = {key: value for key, (value, _) in args.keywords.items()}
            return operate.brace_format(owner.value, [value for value, _ in args.positional], named)
        if isinstance(owner, (Const, Text)) and name in ("startswith", "endswith"):
            return _text_method(owner, name, first)
        if isinstance(owner, Const):
            return _const_method(owner.value, name, args)
        if isinstance(owner, DictValue):
            return _dict_method(owner, name, args)
        return None

    def _builtin(self, name: str, args: Arguments, node: ast.Call, env: Env) -> Value | None:
        first = args.get(0, "")
        if name == "super" and self.frame.function is not None and self.frame.obj is not None:
            cls = self.frame.function.cls
            return SuperValue(self.frame.obj, cls) if cls is not None else UNKNOWN
        if name in ("int", "float", "abs", "round") and isinstance(first, (Dim, LoopIndex, Symbol)):
            return first
        if name == "str" and first is not None:
            return operate.concatenate([first])
        if name == "len":
            length = length_of_value(first)
            unknown = self._formatting and self.semantics.exact and length == PYTHON
            return Symbol("len(?)", f"len at {id(node)}", Kind.PYTHON) if unknown else length
        if name in ("list", "tuple", "sorted", "reversed") and isinstance(first, (ListValue, TupleValue)):
            if name == "tuple":
                return TupleValue(tuple(first.items))
            if not isinstance(first, ListValue):
                return ListValue(list(first.items))
            by_name = name == "sorted" or first.by_name
            return ListValue(list(first.items), first.complete, origin=first.origin or first, by_name=by_name)
        if name in ("zip", "map") and len(args.positional) > 1:
            self.semantics.lined_up(self, node, [value for value, _ in args.positional])
        if name == "dict" and not args.positional and not args.star:
            return DictValue({key: value for key, (value, _) in args.keywords.items()})
        if name in ("int", "float", "bool", "abs", "min", "max") and args.positional:
            return _fold(name, [value for value, _ in args.positional])
        if name in ("getattr", "hasattr") and len(args.positional) >= 2:
            return self._get_attribute(name, args, node)
        if name == "map" and first is not None and isinstance(first, (LambdaValue, Opaque, *_CALLED)):
            return self._map(first, args, node, env)
        if name in (
            "print",
            "isinstance",
            "range",
            "zip",
            "enumerate",
            "id",
            "open",
            "type",
            "sum",
            "any",
            "all",
            "vars",
            "dir",
        ):
            return TENSOR if name == "sum" and any(is_tensor(v) for v in args.values()) else PYTHON
        return None

    def _map(self, function: Value, args: Arguments, node: ast.Call, env: Env) -> Value:
        sequence = args.get(1, "")
        if not isinstance(sequence, (ListValue, TupleValue)):
            sequence = ListValue(
                [sequence if is_tensor(sequence) and sequence is not None else UNKNOWN], complete=False
            )
        results = []
        complete = sequence.complete if isinstance(sequence, ListValue) else True
        if not complete:
            self.frame.loops.append(node)
        for item in sequence.items if complete else sequence.items * 2:
            results.append(self.call(function, Arguments([(item, node.args[-1])]), node, env))
        if not complete:
            self.frame.loops.pop()
        return ListValue(results, complete)

    def _get_attribute(self, name: str, args: Arguments, node: ast.Call) -> Value:
        owner, attr = args.positional[0][0], args.positional[1][0]
        if isinstance(owner, ObjectValue) and isinstance(attr, Const) and isinstance(attr.value, str):
            known = attr.value in owner.attrs or self.class_attribute(owner.cls, attr.value) is not None
            if name == "hasattr":
                return Const(known)
            if known:
                return self._object_attribute(owner, attr.value)
        if name == "hasattr":
            return PYTHON
        if isinstance(owner, ObjectValue):
            for method in dict.fromkeys(name for cls in self.mro(owner.cls) for name in cls.methods):
                self.semantics.unresolved(self, method, node)
        return UNKNOWN


def round_index(target: ast.expr, env: Env) -> LoopIndex | None:
    """The index of a loop whose target is one or begins with one (`for i, x in enumerate(...)`)."""
    first = target.elts[0] if isinstance(target, ast.Tuple) and target.elts else target
    value = env.names.get(first.id) if isinstance(first, ast.Name) else None
    return value if isinstance(value, LoopIndex) else None


def loop_key(loop: ast.For, over: Value, env: Env) -> str:
    """What a running loop runs over, as text that is the same where it is surely the same."""
    index = round_index(loop.target, env)
    if index is not None:
        return index.key
    if isinstance(over, Symbol):
        return over.key
    return f"{unparsed(loop.iter)}: {operate.show(over)}"


def _of_same_round(owner: ListValue, index: LoopIndex) -> Value | None:
    """The item that the round made to which the index belongs; counted from where the loop starts."""
    position: Value | None = owner.index
    if owner.index is not None and owner.index.start is not None and index.start is None:
        # in another order: the last one first
        return owner.of_round(not index.first) if owner.index == index else None
    if owner.index is not None and owner.index.start:
        position = operate.binary(ast.Sub(), owner.index, Const(owner.index.start))
    elif owner.index is not None and owner.index.origin:
        position = operate.from_zero(owner.index)
    return owner.of_round(index.first) if position == index else None


def subscript(owner: Value, index: Value) -> Value:
    """`owner[index]`."""
    made = _of_same_round(owner, index) if isinstance(owner, ListValue) and isinstance(index, LoopIndex) else None
    if made is not None:
        return made
    if isinstance(owner, (TupleValue, ListValue)) and isinstance(index, Const) and isinstance(index.value, int):
        complete = not isinstance(owner, ListValue) or owner.complete
        if complete and -len(owner.items) <= index.value < len(owner.items):
            return owner.items[index.value]
    if isinstance(owner, (TupleValue, ListValue)) and owner.items:
        value = owner.items[0]
        for item in owner.items[1:]:
            value = join(value, item)
        return value
    if isinstance(owner, DictValue) and owner.key is not None:
        of_round = owner.of_round(index)
        return UNKNOWN if of_round is None else of_round
    if isinstance(owner, DictValue) and isinstance(index, Const):
        return owner.items.get(index.value, UNKNOWN)
    if isinstance(owner, Shape):
        return Dim(f"{owner.label}.shape{owner.slice}[{operate.show(index)}]")
    if isinstance(owner, Symbol):
        text, key = (f"{name}[{operate.show(index)}]" for name in (owner.text, owner.key))
        return Symbol(text, key, owner.kind, round_of(owner, index))
    if is_tensor(owner):
        return TENSOR
    return PYTHON if is_python(owner) else UNKNOWN


def _slice(owner: Value, lower: Value | None, upper: Value | None, text: str) -> Value:
    bounds = [b.value if isinstance(b, Const) else b for b in (lower, upper)]
    numbers = [b for b in bounds if b is None or isinstance(b, int)]
    if isinstance(owner, (TupleValue, ListValue)) and len(numbers) == len(bounds):
        items = owner.items[slice(*numbers)]
        return TupleValue(tuple(items)) if isinstance(owner, TupleValue) else ListValue(list(items), owner.complete)
    if isinstance(owner, Shape):
        return Shape(owner.label, f"{owner.slice}[{text}]")
    if is_tensor(owner):
        return TENSOR
    return PYTHON if is_python(owner) else UNKNOWN


def _shape_method(owner: Tensor | Shape, name: str) -> Value:
    if name == "get_shape" and isinstance(owner, Tensor):
        return Shape(owner.label)
    if isinstance(owner, Shape):
        if name in ("as_list", "with_rank"):
            return owner
        return PYTHON
    return TENSOR


def _text_method(owner: Const | Text, name: str, needle: Value | None) -> Value:
    if not isinstance(needle, Const) or not isinstance(needle.value, str):
        return PYTHON
    if isinstance(owner, Const):
        return Const(getattr(str(owner.value), name)(needle.value))
    edge = owner.parts[0 if name == "startswith" else -1]
    if isinstance(edge, str) and len(edge) >= len(needle.value):
        return Const(getattr(edge, name)(needle.value))
    if isinstance(edge, str) and not (
        needle.value.startswith(edge) if name == "startswith" else needle.value.endswith(edge)
    ):
        return Const(False)
    return PYTHON


# a size of what is known by name only
_SIZE = re.compile(r"\.shape\[[^\]]*\]$")
_PURE = {"lower", "upper", "strip", "split", "replace", "join", "rstrip", "lstrip", "title", "get", "keys"}


def _const_method(owner: object, name: str, args: Arguments) -> Value:
    plain = [value.value for value, _ in args.positional if isinstance(value, Const)]
    if isinstance(owner, str) and name == "join" and len(args.positional) == 1:
        sequence = args.positional[0][0]
        if isinstance(sequence, (ListValue, TupleValue)):
            pieces: list[Value] = []
            for item in sequence.items:
                pieces.extend([Const(owner), item] if pieces else [item])
            return operate.concatenate(pieces)
    if isinstance(owner, str) and name in _PURE and len(plain) == len(args.positional) and not args.keywords:
        try:
            result = getattr(owner, name, lambda *_: None)(*plain)
        except (TypeError, ValueError):  # "".join(None) on a path that no run takes
            return PYTHON
        if isinstance(result, list):
            return ListValue([Const(item) for item in result])
        return Const(result)
    return PYTHON


def _dict_method(owner: DictValue, name: str, args: Arguments) -> Value | None:
    key = args.get(0, "")
    if name in ("get", "pop") and isinstance(key, Const):
        default = args.get(1, "default")
        if key.value in owner.items:
            return owner.items[key.value]
        return (NONE if default is None else default) if owner.complete else UNKNOWN
    if name == "items" and owner.complete:
        return ListValue([TupleValue((Const(k), v)) for k, v in owner.items.items()])
    if name == "values":
        return ListValue(list(owner.items.values()), owner.complete)
    if name == "keys":
        return ListValue([Const(k) for k in owner.items], owner.complete)
    return None


def length_of_value(value: Value | None) -> Value:
    """`len(value)`."""
    if isinstance(value, ListValue) and (value.growth is not None or (value.length is not None and not value.complete)):
        return length_in(value.growth) or value.length or PYTHON
    if isinstance(value, TupleValue) or (isinstance(value, ListValue) and value.complete):
        return Const(len(value.items))
    if isinstance(value, Symbol):
        return Symbol(f"len({value.text})", f"len({value.key})", Kind.PYTHON, value.round)
    if isinstance(value, Shape):
        return Dim(f"len({value.label}.shape{value.slice})")
    return PYTHON


_FOLDS: dict[str, Callable[..., object]] = {
    "int": int, "float": float, "bool": bool, "abs": abs, "min": min, "max": max,
}  # fmt: skip


def _fold(name: str, values: list[Value]) -> Value:
    plain = [value.value for value in values if isinstance(value, Const)]
    if len(plain) == len(values):
        try:
            return Const(_FOLDS[name](*plain))
        except (TypeError, ValueError):
            return PYTHON
    if any(is_tensor(value) for value in values):
        return TENSOR
    return PYTHON


def _holds_function(value: Value) -> bool:
    if isinstance(value, (TupleValue, ListValue)):
        return any(isinstance(item, (FunctionValue, LambdaValue)) for item in value.items)
    if isinstance(value, DictValue):
        return any(isinstance(item, (FunctionValue, LambdaValue)) for item in value.items.values())
    return False
