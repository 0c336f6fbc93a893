"""Code that is called and that the program does not show: where a scope is open, it may make variables in it."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import lru_cache

from tfmigrate.finding import Finding
from tfmigrate.program.aliases import library_name
from tfmigrate.program.link import Module
from tfmigrate.program.patching import patch_of
from tfmigrate.program.texts import unparsed
from tfmigrate.tf1 import symbols
from tfmigrate.tf1.cells import KNOWN
from tfmigrate.tf1.layers import LAYERS
from tfmigrate.tf1.outside import BLOCKS, CALLERS, OF_CONTAINERS, OF_PLAIN_OBJECTS, WITHOUT_SCOPE, may_make_variables
from tfmigrate.walk.arguments import Arguments
from tfmigrate.walk.containers import flat
from tfmigrate.walk.evaluate import Evaluator
from tfmigrate.walk.journal import Journal
from tfmigrate.walk.objects import Graph
from tfmigrate.walk.regions import Path, Scope, Variable, show_path
from tfmigrate.walk.values import (
    ClassValue,
    FunctionValue,
    LambdaValue,
    Library,
    ListValue,
    Method,
    ObjectValue,
    Partial,
    Symbol,
    Tensor,
    TupleValue,
    Unknown,
    Value,
    code_in,
    is_python,
    is_tensor,
    text_of,
)

# the variables of graphs, with their names
_Named = dict[Graph, list[tuple[str, Variable]]]

_SCOPES = frozenset({"tf.get_variable", "tf.variable_scope", *symbols.MAKERS})
_MAKERS = frozenset({*_SCOPES, *LAYERS, *KNOWN})


_ARITHMETIC = frozenset(
    {"abs", "float", "int", "len", "list", "max", "min", "pow", "range", "str", "sum", "tuple", "zip"}
)


@dataclass(frozen=True, eq=False)
class Block:
    """An open `with`. unseen: whether it may be a scope, and cannot be known. graph: that it enters.

    name: that of the graph it enters, if it is not known which.
    """

    expression: ast.expr
    module: Module
    unseen: bool
    graph: Graph | None
    name: str | None


class Unseen(Journal):
    """Calls and blocks of which the program does not say what they run.

    entered: where such code runs in which scope, or gets it; told: the names that it gets.
    """

    def __init__(self) -> None:
        super().__init__()
        self.entered: list[tuple[Graph, Path, Finding]] = []
        self.told: list[tuple[Graph, str, ast.expr, Module]] = []

    def finish(self) -> None:
        graphs = {*(entered[0] for entered in self.entered), *(told[0] for told in self.told)}
        known = {graph: [(show_path(v.path), v) for v in graph.variables if v.path is not None] for graph in graphs}
        self._check_entered(known)
        self._check_told(known)
        super().finish()

    def outside(self, ev: Evaluator, name: str, node: ast.Call, args: Arguments) -> None:
        """Code that the program does not show is called: in the scope that is open, it may make what it likes."""
        self._hand_out(ev, args, node)
        if self.scope.path or self.scope.reuse:
            what = "covered" if name.startswith(("tf.", "keras.")) else "in the program"
            self._blame_scope(ev, node, f"{name} is not {what}, and may make variables in this scope")
        else:
            self._disturb(name, args)

    def _blame_scope(self, ev: Evaluator, node: ast.expr, text: str) -> None:
        self.graph.more = self.graph.unseen = True
        self.entered.append((self.graph, self.scope.path, self.blame("TFM509", node, ev, text)))

    def _check_entered(self, known: _Named) -> None:
        """The program is over: what others made under the same names is shared with code that cannot be known."""
        for graph, path, finding in self.entered:
            inside = f"{show_path(path)}/" if path else ""
            self.blames.extend((finding, variable.region) for variable in _below(known[graph], inside))

    def _check_told(self, known: _Named) -> None:
        """Code outside of the program is told the name of a scope: it may look for the variables by that name."""
        for graph, name, node, module in self.told:
            inside = f"{name.strip('/')}/"
            text = f"code outside of the program may find variables by their TF1 names, {inside}..."
            for variable in _below(known[graph], inside):
                self._blame_at("TFM602", node, module, text, variable.region)

    def _hand_out(self, ev: Evaluator, args: Arguments, node: ast.Call) -> None:
        """It may call the methods of the objects that it gets."""
        for value in args.values():
            items = list(flat(value))
            for scope in (item for item in items if isinstance(item, Scope) and item.path):
                text = "code outside of the program gets this scope, and may enter it at any time"
                self.entered.append((self.graph, scope.path, self.blame("TFM205", node, ev, text)))
            for name in filter(None, map(text_of, items)):
                self.consulted += 1
                self.told.append((self.graph, name, node, ev.frame.module))
            for item in (item for item in items if isinstance(item, (ObjectValue, ClassValue))):
                self.consulted += 1
                self.handed_out.setdefault(item.cls, (node, ev.frame.module))

    def _disturb(self, name: str, args: Arguments) -> None:
        """What takes tensors may be a network, with layers that have no names."""
        if any(map(is_tensor, args.values())):
            self.consulted += 1
            self.graph.more = self.graph.unseen = True
            self.scope.disturbed = self.scope.disturbed or name

    def is_outside(self, value: Value) -> bool:
        """Whether something of a library may make variables, and is not in the program."""
        return isinstance(value, Library) and may_make_variables(value.name)

    def check_patch(self, ev: Evaluator, name: str) -> None:
        """The program itself may have put something else in the place of a function of the library."""
        patch = patch_of(ev.program, name)
        if patch is not None:
            node, module = patch[1], patch[0]
            self._blame_at("TFM509", node, module, f"something else is put in the place of {name} here", self.region)

    def unseen(self, ev: Evaluator, callee: Value, args: Arguments, node: ast.Call) -> None:
        """Something is called of which the program does not say what it is: in an open scope, it may make variables."""
        method = node.func.attr if isinstance(node.func, ast.Attribute) else None
        names = code_in(callee)
        if names is None and method is not None:
            # most methods of what nobody knows are those of numbers, sessions and files
            given = [value for value in args.values() if not is_python(value)]
            acts = bool(given) and method not in OF_PLAIN_OBJECTS
        else:
            acts = _is_unseen(callee) and method not in OF_CONTAINERS
        if not acts:
            return
        self._hand_out(ev, args, node)
        self.consulted += 1
        if self.scope.path or self.scope.reuse:
            text = f"what {unparsed(node.func)} calls cannot be known, and may make variables in this scope"
            self._blame_scope(ev, node, text)
        else:
            self._disturb(unparsed(node.func), args)

    def handed_over(self, ev: Evaluator, value: Value | None, node: ast.expr, in_scope: bool = False) -> None:
        """A library calls what it is given; what the program shows of that is followed.

        in_scope: whether it opens a scope of its own for that.
        """
        if value is None or not _is_unseen(value):
            return
        self.consulted += 1
        if in_scope or self.scope.path or self.scope.reuse:
            text = "what is called for this cannot be known, and may make variables in this scope"
            self._blame_scope(ev, node, text)


def _below(named: list[tuple[str, Variable]], prefix: str) -> list[Variable]:
    """The variables whose names begin like that."""
    return [variable for name, variable in named if name.startswith(prefix)]


def _is_unseen(value: Value) -> bool:
    """Whether to call a value may run code that is not in the program and may make variables.

    Functions of layers are refused wherever they are values.
    """
    if isinstance(value, (TupleValue, ListValue)):
        return any(map(_is_unseen, value.items))
    if isinstance(value, Partial):
        return _is_unseen(value.called)
    if not isinstance(value, (Library, Unknown, Symbol, Method)):
        return False
    code = code_in(value)
    return code is None or not all(map(_is_harmless, code))


def _is_harmless(code: str | FunctionValue | LambdaValue) -> bool:
    if isinstance(code, str):
        return not (may_make_variables(code) or is_foreign_class(code) or code in _SCOPES)
    if isinstance(code, LambdaValue):
        return _only_computes(code.env.module, code.node)
    return _only_computes(code.function.module, code.function.node)


@lru_cache(maxsize=1024)
def _only_computes(module: Module, code: ast.AST) -> bool:
    """Whether a function calls nothing but what computes."""
    return all(_calls_what_computes(module, node) for node in ast.walk(code) if isinstance(node, ast.Call))


def _calls_what_computes(module: Module, call: ast.Call) -> bool:
    name = library_name(module, call.func)
    if name:
        return not (may_make_variables(name) or makes_variables(name) or name in CALLERS)
    if isinstance(call.func, ast.Attribute):
        of_numpy = isinstance(call.func.value, ast.Name) and call.func.value.id in ("np", "numpy", "math")
        return of_numpy or call.func.attr in OF_PLAIN_OBJECTS
    return isinstance(call.func, ast.Name) and call.func.id in _ARITHMETIC


@lru_cache(maxsize=20_000)
def makes_variables(name: str) -> bool:
    """Whether a function of a library makes variables, or opens scopes."""
    return name in _MAKERS or is_foreign(name)


@lru_cache(maxsize=20_000)
def is_foreign(name: str) -> bool:
    """Whether a function belongs to a layer library that is not covered."""
    return bool(symbols.FOREIGN_LAYERS.match(name)) and not symbols.HARMLESS.search(name)


@lru_cache(maxsize=20_000)
def is_foreign_class(name: str) -> bool:
    """Whether a name is that of a class of such a library, whose objects make variables when they are called."""
    return is_foreign(name) and name.rpartition(".")[2][:1].isupper()


def is_unseen_block(ev: Evaluator, context: Value, expression: ast.expr) -> bool:
    """Whether a block is entered with something that is not in the program, and may be a scope."""
    if isinstance(context, ObjectValue):
        base = ev.classes.outside_base(context.cls)
        return ev.class_attribute(context.cls, "__enter__") is None and base is not None and may_make_variables(base)
    called = expression.func if isinstance(expression, ast.Call) else expression
    if isinstance(called, ast.Attribute) and called.attr in WITHOUT_SCOPE:
        return False
    if isinstance(context, Tensor):
        return library_name(ev.frame.module, called) not in BLOCKS
    return isinstance(context, (Unknown, Symbol, Method, Library)) and _is_unseen(context)


def name_of_graph(ev: Evaluator, expression: ast.expr) -> str | None:
    """What stands for the graph that a block enters, if anything says that it enters one."""
    graph: ast.expr | None = None
    if isinstance(expression, ast.Call) and library_name(ev.frame.module, expression.func) in symbols.SESSION:
        graph = next((keyword.value for keyword in expression.keywords if keyword.arg == "graph"), None)
    elif isinstance(expression, ast.Call) and isinstance(expression.func, ast.Attribute):
        owner = expression.func.value  # a call gives the current graph
        graph = owner if expression.func.attr == "as_default" and not _is_session(owner) else None
    elif _is_session(expression):
        graph = expression
    if not isinstance(graph, (ast.Name, ast.Attribute)):
        return None
    value = ev.evaluate(graph, ev.frame.env)
    obj = id(ev.frame.obj) if ev.frame.obj is not None and isinstance(graph, ast.Attribute) else ""
    return value.key if isinstance(value, Symbol) else f"{unparsed(graph)}#{obj}"


def _is_session(node: ast.expr) -> bool:
    return isinstance(node, (ast.Name, ast.Attribute)) and "sess" in unparsed(node).rpartition(".")[2].lower()
