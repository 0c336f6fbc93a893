"""Helpers that make a variable and do more at each call: the making leaves them, what is left takes the variable.

def weight(name, shape, decay):                    def weight(w, decay):
    w = tf.get_variable(name, shape)                   tf.add_to_collection("losses", decay * tf.nn.l2_loss(w))
    tf.add_to_collection(                              return w
        "losses", decay * tf.nn.l2_loss(w))
    return w
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Callable, Container, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from tfmigrate.planning.making import Inlined, is_atom
from tfmigrate.program.aliases import library_name, means_the_same
from tfmigrate.program.link import Function, Module
from tfmigrate.program.render import render
from tfmigrate.program.scan import COMPREHENSIONS, arguments_of
from tfmigrate.tf1 import symbols
from tfmigrate.tf1.layers import GET_VARIABLE, WEIGHT_ARGUMENTS
from tfmigrate.walk.regions import Creation, Region

_NUMERIC = ("numpy", "math")


@dataclass(frozen=True, eq=False)
class Split:
    """A helper in its two parts. variable: what it calls what it makes, by the call `making` in `statement`.

    locals: what stands before that call, by name.
    """

    function: Function
    variable: str
    making: ast.Call
    statement: ast.stmt
    locals: dict[str, ast.Assign]

    @cached_property
    def rest(self) -> list[ast.stmt]:
        """What is left of the body, beside what only served the making."""
        body = self.function.node.body
        later = body[body.index(self.statement) + 1 :]
        kept: list[ast.stmt] = []
        wanted = set(_loads(later))
        for name, statement in reversed(self.locals.items()):
            if name in wanted:
                kept.insert(0, statement)
                wanted |= set(_loads([statement.value]))
        return [*kept, *later]

    @cached_property
    def gone(self) -> list[ast.stmt]:
        """The statements that leave the helper."""
        return [s for s in (*self.locals.values(), self.statement) if s not in self.rest]

    @cached_property
    def kept(self) -> list[str]:
        """The parameters that what is left reads."""
        read = set(_loads(self.rest))
        return [name for name in self.function.params if name in read]

    def given(self, call: ast.Call) -> dict[str, ast.expr]:
        """The arguments of a call of the helper by parameter."""
        return arguments_of(call, self.function.params)

    def inlined(self, expression: ast.expr, call: ast.Call) -> Inlined:
        """An expression of the helper as the caller can write it."""
        given = self.given(call)
        read = [given[name] for name in dict.fromkeys(self._read(expression)) if name in given]
        return Inlined(tuple(read), lambda text: self._text(expression, given, text))

    def origin(self, expression: ast.expr, call: ast.Call) -> ast.expr:
        """The expression that a name of the helper stands for."""
        while isinstance(expression, ast.Name) and expression.id in self.locals:
            expression = self.locals[expression.id].value
        given = self.given(call)
        return given.get(expression.id, expression) if isinstance(expression, ast.Name) else expression

    @property
    def is_helper_call(self) -> bool:
        """Whether another helper makes the variable."""
        return library_name(self.function.module, self.making.func) != "tf.get_variable"

    def _read(self, expression: ast.expr) -> Iterator[str]:
        for name in _loads([expression]):
            yield from self._read(self.locals[name].value) if name in self.locals else [name]

    def _text(self, expression: ast.expr, given: dict[str, ast.expr], text: Callable[[ast.expr], str]) -> str:
        free = {expression, *_arguments(expression)}

        def substitute(part: ast.expr) -> str | None:
            if not isinstance(part, ast.Name):
                return None
            if part.id in self.locals:
                inner = self.locals[part.id].value
                shown = self._text(inner, given, text)
                return shown if part in free or is_atom(inner) else f"({shown})"
            if part.id in given:
                shown = text(given[part.id])
                return shown if part in free or is_atom(given[part.id]) else f"({shown})"
            default = self.function.default(part.id) if part.id in self.function.params else None
            return render(self.function.module, default, lambda _: None) if default is not None else None

        return render(self.function.module, expression, substitute)

    def is_known_in(self, module: Module) -> bool:
        """Whether what the making names means the same in a caller's file."""
        home = self.function.module
        if module is home:
            return True
        parts = [self.making, *(statement.value for statement in self.locals.values())]
        own = {*self.function.params, *self.locals}
        roots = [n for part in parts for n in ast.walk(part) if isinstance(n, ast.Name) and n.id not in own]
        return not self.is_helper_call and all(means_the_same(name, home, module) for name in roots)

    def is_idle(self, call: ast.Call) -> bool:
        """Whether what is left would do nothing with these arguments and give the variable back."""
        given = self.given(call)
        for statement in self.rest:
            if isinstance(statement, ast.Return):
                return isinstance(statement.value, ast.Name) and statement.value.id == self.variable
            silent = isinstance(statement, ast.If) and not statement.orelse and self._fails(statement.test, given)
            comment = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
            if not silent and not comment and statement not in self.locals.values():
                return False
        return False

    def _fails(self, test: ast.expr, given: dict[str, ast.expr]) -> bool:
        """Whether a condition on one argument does not hold, by its literal."""
        if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And):
            return any(self._fails(part, given) for part in test.values)
        names = set(_loads([test]))
        if len(names) != 1 or not names <= set(self.function.params) or not isinstance(test, (ast.Name, ast.Compare)):
            return False
        name = names.pop()
        if self._is_changed(name):
            return False
        value = given.get(name) or self.function.default(name)
        if not isinstance(value, ast.Constant) or not isinstance(value.value, (bool, int, float, type(None))):
            return False
        if isinstance(test, ast.Name):
            return not value.value
        other = test.comparators[0]
        if not isinstance(test.left, ast.Name) or len(test.ops) != 1 or not isinstance(other, ast.Constant):
            return False
        if isinstance(test.ops[0], (ast.IsNot, ast.NotEq)):
            return value.value is None and other.value is None
        return isinstance(test.ops[0], ast.Gt) and other.value == 0 and value.value == 0

    def _is_changed(self, name: str) -> bool:
        names = (node for node in self.function.nodes if isinstance(node, ast.Name) and node.id == name)
        return any(not isinstance(node.ctx, ast.Load) for node in names)


def split_of(function: Function, regions: Sequence[Region], pure: Container[Function]) -> Split | None:
    """The parts of a helper that makes one variable, in a statement of its own; None if it cannot be taken apart.

    regions: its runs. pure: helpers that do nothing else, which it may call for the variable.
    """
    node = function.node
    spec = node.args
    if function.parent is not None or node.decorator_list or spec.vararg or spec.kwarg or function.is_generator:
        return None
    making = _making(regions, pure)
    found = next((s for s in node.body if isinstance(s, ast.Assign) and s.value is making), None)
    if found is None or len(found.targets) != 1 or not isinstance(found.targets[0], ast.Name):
        return None
    assert isinstance(making, ast.Call)
    locals_: dict[str, ast.Assign] = {}
    known: set[str] = set()
    for statement in node.body[: node.body.index(found)]:
        if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
            continue
        target = statement.targets[0] if isinstance(statement, ast.Assign) and len(statement.targets) == 1 else None
        if not isinstance(statement, ast.Assign) or not isinstance(target, ast.Name) or target.id in locals_:
            return None
        known.update(_loads([statement.value]))
        if target.id in known:
            return None  # read before it is set
        locals_[target.id] = statement
    split = Split(function, found.targets[0].id, making, found, locals_)
    stored = [n.id for n in function.nodes if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Load)]
    own = [split.variable, *locals_]
    if any(stored.count(name) != 1 or name in function.params for name in own):
        return None
    read = set(split._read(making)) | {n for s in locals_.values() for n in split._read(s.value)}
    if any(stored.count(name) for name in read):
        return None  # a parameter that changes on the way
    parts = [*making.args, *(k.value for k in making.keywords), *(s.value for s in locals_.values())]
    return split if _is_plain_call(making) and all(_is_early(part, function) for part in parts) else None


def _making(regions: Sequence[Region], pure: Container[Function]) -> ast.AST | None:
    """The one call by which every run makes its variable."""
    nodes: set[ast.AST | None] = set()
    for region in regions:
        for event in region.events:
            if isinstance(event, Region) and event.function not in pure:
                continue
            if isinstance(event, (Creation, Region)):
                nodes.add(None if event.loops or event.conditions else event.node)
    return nodes.pop() if len(nodes) == 1 else None


def _is_plain_call(node: ast.Call) -> bool:
    if any(isinstance(argument, ast.Starred) for argument in node.args) or any(k.arg is None for k in node.keywords):
        return False
    names = [*GET_VARIABLE[: len(node.args)], *(k.arg for k in node.keywords)]
    return not ast.unparse(node.func).endswith("get_variable") or set(names) <= WEIGHT_ARGUMENTS


def _is_early(expression: ast.expr, function: Function) -> bool:
    """Whether an expression can be evaluated by the caller, before any call of the network."""
    for node in ast.walk(expression):
        if isinstance(node, (ast.Lambda, *COMPREHENSIONS, ast.NamedExpr)):
            return False
        if isinstance(node, ast.Call) and not _is_early_call(node, function):
            return False
    return True


def _is_early_call(node: ast.Call, function: Function) -> bool:
    known = library_name(function.module, node.func)
    if known:
        return bool(symbols.PYTHON_RESULTS.search(known)) and "Session" not in known
    if isinstance(node.func, ast.Name):
        home = {f.name for f in function.module.functions.values()}
        return node.func.id in dir(builtins) and node.func.id not in home
    root = node.func
    while isinstance(root, ast.Attribute):
        root = root.value
    imports = [a for i in function.module.of_kind(ast.Import) for a in i.names]
    numeric = {a.asname or a.name for a in imports if a.name in _NUMERIC}
    return isinstance(root, ast.Name) and root.id in numeric and ".random" not in ast.unparse(node.func)


def _arguments(expression: ast.expr) -> Iterator[ast.expr]:
    """The parts that commas set apart."""
    for node in ast.walk(expression):
        if isinstance(node, ast.Call):
            yield from (*node.args, *(k.value for k in node.keywords))
        elif isinstance(node, (ast.List, ast.Tuple)):
            yield from node.elts


def _loads(nodes: Sequence[ast.AST]) -> Iterator[str]:
    for outer in nodes:
        for node in ast.walk(outer):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
                yield node.id
            elif isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
                yield node.target.id
