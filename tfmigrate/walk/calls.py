"""Calls: of functions of the program, of classes and objects, and of what Python and libraries bring."""

from __future__ import annotations

import ast

from tfmigrate.program.link import Class
from tfmigrate.walk.arguments import Arguments
from tfmigrate.walk.attributes import SuperValue, attribute
from tfmigrate.walk.choices import Branch, Pick, outcome
from tfmigrate.walk.containers import shallow_copy, shuffled
from tfmigrate.walk.functions import Functions
from tfmigrate.walk.joining import join
from tfmigrate.walk.opening import opened
from tfmigrate.walk.python_functions import CALLED, PARTIAL, python_function
from tfmigrate.walk.python_methods import python_method
from tfmigrate.walk.values import (
    TENSOR,
    UNKNOWN,
    Choice,
    ClassValue,
    DictValue,
    Env,
    FunctionValue,
    LambdaValue,
    Library,
    ListValue,
    Method,
    ObjectValue,
    Opaque,
    Partial,
    TupleValue,
    Unknown,
    Value,
    code_in,
    is_generator,
    is_tensor,
    is_whole,
)


class Calls(Functions):
    """Calls of any value."""

    def _eval_Attribute(self, node: ast.Attribute, env: Env) -> Value:
        return attribute(self, self.evaluate(node.value, env), node.attr, node)

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
                known = value if isinstance(value, (TupleValue, ListValue)) else ListValue([], complete=False)
                unsure = args.more or (isinstance(known, ListValue) and known.unsure)
                args.positional.extend((_displaced(v, unsure), item.value) for v in known.items)
                args.star, args.more = True, args.more or not is_whole(known)
            else:
                args.positional.append((_displaced(self.evaluate(item, env), args.more), item))
        for keyword in node.keywords:
            value = self.evaluate(keyword.value, env)
            if keyword.arg is not None:
                args.keywords[keyword.arg] = (value, keyword.value)
                continue
            if isinstance(value, DictValue):
                sure = ((k, v) for k, v in value.items.items() if k not in value.maybe)
                args.keywords.update((str(k), (v, keyword.value)) for k, v in sure)
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
            return self.semantics.call(self, Method(callee, "__call__"), args, node)
        if isinstance(callee, Partial):
            return self.call(callee.called, args.behind(callee.args), node, env)
        if callee == PARTIAL and args.positional and isinstance(args.positional[0][0], CALLED):
            return Partial(
                args.positional[0][0], Arguments(args.positional[1:], args.keywords, args.star, more=args.more)
            )
        if isinstance(callee, Library) and callee.name in ("random.shuffle", "numpy.random.shuffle"):
            return shuffled(args)
        if callee == Library("copy.copy") and args.positional:
            made = shallow_copy(args.positional[0][0])
            if made is not None:
                return made
        if isinstance(callee, Library) and callee.name.startswith("builtins."):
            for value in filter(is_generator, args.values()):
                self.semantics.handed_over(self, value, node)
            known = python_function(self, callee.name[9:], args, node, env)
            if known is not None:
                return known
        if isinstance(callee, Method):
            known = python_method(callee, args, self.frame, self.effects)
            if known is not None:
                return known
        for value in args.values():
            if isinstance(value, (FunctionValue, LambdaValue, Method)) or _holds_function(value):
                self.semantics.escaped(self, value, node)
        if isinstance(callee, (Library, Method, Opaque)):
            return self.semantics.call(self, callee, args, node)
        self.semantics.unseen(self, callee, args, node)
        if isinstance(node.func, ast.Attribute):
            return self.semantics.unresolved(self, node.func.attr, node, args)
        return Unknown(code=code_in(callee, *args.values()))

    def _call_one_of(self, callee: Choice, args: Arguments, node: ast.Call, env: Env) -> Value:
        branch, results = Branch(callee), []
        self.frame.conditions.append(node)
        mark, outcomes = self.effects.begin(), []
        for index, option in enumerate(callee.options):
            self.pick = Pick(branch, index)
            results.append(self.call(option, args, node, env))
            self.pick = None
            outcomes.append(self.effects.take_back(mark))
        self.effects.join(outcomes, join)
        self.effects.end()
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
        new = self.class_attribute(cls, "__new__")
        if isinstance(new, FunctionValue):
            self.call_function(FunctionValue(new.function, new.env, ClassValue(cls)), args, node)
            return UNKNOWN
        obj = ObjectValue(cls, born=self.memory.tick(), made_by=node, maker=self.frame)
        init = self.class_attribute(cls, "__init__")
        if isinstance(init, FunctionValue):
            self.call_function(FunctionValue(init.function, init.env, obj), args, node)
        elif node is not None:
            self.semantics.call(self, Method(SuperValue(obj, cls), "__init__"), args, node)
            self._make_up(obj, args)
        return obj

    def _make_up(self, obj: ObjectValue, args: Arguments) -> None:
        """A constructor that nobody wrote (`NamedTuple`, `dataclass`) may keep its arguments as attributes."""
        if not [*args.values()] or not (obj.cls.node.decorator_list or self.classes.has_foreign_base(obj.cls)):
            return
        if args.positional or args.star:
            opened(self.effects, obj)
        for name, (value, _) in args.keywords.items():
            self.effects.put(obj.attrs, name, value, obj)


def _displaced(value: Value, unsure: bool) -> Value:
    """What is given where this argument may stand, if others may stand there."""
    if not unsure:
        return value
    return TENSOR if is_tensor(value) else UNKNOWN


def _holds_function(value: Value) -> bool:
    if isinstance(value, (TupleValue, ListValue)):
        return any(isinstance(item, (FunctionValue, LambdaValue)) for item in value.items)
    if isinstance(value, DictValue):
        return any(isinstance(item, (FunctionValue, LambdaValue)) for item in value.items.values())
    return False
