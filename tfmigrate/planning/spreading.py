"""Where values get to from some places of a program, by the names that hold them on the way.

TensorFlow 1 never mixes precisions by itself, so what is not made of such values alone is cast on the way, in the open.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache

from tfmigrate.program.link import Function, Module
from tfmigrate.program.standing import ancestors, functions_around

# a name of a function's own; what files and objects hold goes by its name alone
Key = tuple[Function | None, str]

# what these give is no longer of the precision of what they are given
_COMPARISONS = ("equal", "not_equal", "less", "less_equal", "greater", "greater_equal", "is_nan")
_WHOLE = ("to_int32", "to_int64", "shape", "shape_n", "size", "rank", "argmax", "argmin", "get_shape", "as_list")
_PYTHONS = ("run", "eval", "len", "range", "isinstance", "hasattr", "print", "str", "repr", "format", "info")
_APART = frozenset(["to_float", *_COMPARISONS, *_WHOLE, *_PYTHONS])
_CASTS = frozenset(["cast", "saturate_cast", "astype"])
_NEUTRAL = frozenset(["shape", "name", "op", "graph", "ndim", "device"])
_FILLS = frozenset(["append", "appendleft", "extend", "insert", "add", "update", "setdefault", "put"])
_OPENS = frozenset(["variable_scope", "arg_scope"])
# nodes that hand values on, or name what they are handed on to
_TOLD = (
    *(ast.Assign, ast.AugAssign, ast.AnnAssign, ast.NamedExpr, ast.For, ast.AsyncFor, ast.comprehension, ast.withitem),
    *(ast.Return, ast.Yield, ast.YieldFrom, ast.Call, ast.FunctionDef, ast.AsyncFunctionDef, ast.Name, ast.Attribute),
)


class Spread:
    """marks: the places that values spread from, with their files. functions, modules: the code that runs."""

    def __init__(self, marks: Mapping[ast.expr, Module], functions: set[Function], modules: list[Module]) -> None:
        self.by_name: dict[str, list[Function]] = {}
        for function in functions:
            own = function.cls.name if function.cls is not None and function.name == "__init__" else function.name
            self.by_name.setdefault(own, []).append(function)
        for module in modules:
            for taken in (alias for node in module.of_kind(ast.ImportFrom) for alias in node.names if alias.asname):
                self.by_name.setdefault(taken.asname or "", []).extend(self.by_name.get(taken.name, ()))
        self._code = [
            (node, home) for module in modules for node, home in _code_of(module) if home is None or home in functions
        ]
        self.marks = {mark: module for mark, module in marks.items() if not self._is_dead(mark, module)}
        # what is called by one of these names may be anything
        self.set: set[Key] = set()
        for node, home in self._code:
            if isinstance(node, (ast.Name, ast.Attribute)) and not isinstance(node.ctx, ast.Load):
                self.set.add(_key(node.id, home) if isinstance(node, ast.Name) else (None, node.attr))
        self.held: set[Key] = set()
        self.results: set[str] = set()
        # whether nobody can say where they get to
        self.everywhere = any(_floatx(mark, module) for mark, module in self.marks.items())
        self._known: dict[ast.AST, bool] = {}
        handing = [(node, home) for node, home in self._code if not isinstance(node, (ast.Name, ast.Attribute))]
        before = -1
        while self.marks and not self.everywhere and before < len(self.held) + len(self.results):
            before = len(self.held) + len(self.results)
            self._known.clear()
            for node, home in handing:
                self._step(node, home)
        self._known.clear()

    def first(self) -> tuple[ast.expr, Module]:
        """The first place that values spread from."""
        return min(self.marks.items(), key=lambda item: (str(item[1].path), item[0].lineno, item[0].col_offset))

    def reaches(self, node: ast.AST, module: Module) -> bool:
        """Whether such values get into some code, as parameters or by what it reads."""
        if not self.marks or self.everywhere:
            return self.everywhere
        function = module.functions.get(node) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) else None
        if function is not None and any((function, param) in self.held for param in function.params):
            return True
        parts = (part for part in ast.walk(node) if isinstance(part, (ast.Name, ast.Attribute, ast.Constant)))
        return any(self._is_one(part, _home(module, part)) for part in parts)

    # -- what is one of these values -----------------------------------------------------------------------------

    def _is_one(self, node: ast.AST, home: Function | None) -> bool:
        if node not in self._known:
            self._known[node] = False  # until the parts of it are known
            self._known[node] = self._find(node, home)
        return self._known[node]

    def _find(self, node: ast.AST, home: Function | None) -> bool:
        if node in self.marks:
            return True
        if isinstance(node, ast.Name):
            return _key(node.id, home) in self.held or node.id in self.results
        if isinstance(node, ast.Attribute):
            if node.attr in _NEUTRAL:
                return False
            return (None, node.attr) in self.held or node.attr in self.results or self._is_one(node.value, home)
        if isinstance(node, ast.Compare):
            return False
        if isinstance(node, ast.Call):
            name = _last(node.func)
            if name in _APART:
                return False
            if name in _CASTS:
                kinds = [*node.args[0 if name == "astype" else 1 :], *(keyword.value for keyword in node.keywords)]
                return any(self._is_one(kind, home) for kind in kinds)
            if name in self.by_name or name in self.results:
                return name in self.results
        return any(self._is_one(part, home) for part in ast.iter_child_nodes(node))

    # -- where they get to ---------------------------------------------------------------------------------------

    def _step(self, node: ast.AST, home: Function | None) -> None:
        if isinstance(node, (ast.Assign, ast.AugAssign, ast.AnnAssign, ast.NamedExpr)):
            if node.value is not None and self._is_one(node.value, home):
                for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                    self._hold(target, home)
        elif isinstance(node, (ast.For, ast.AsyncFor, ast.comprehension)):
            if self._is_one(node.iter, home):
                self._hold(node.target, home)
        elif isinstance(node, ast.withitem):
            if self._is_one(node.context_expr, home):
                self._hold(node.optional_vars, home)
                opens = isinstance(node.context_expr, ast.Call) and _last(node.context_expr.func) in _OPENS
                self.everywhere = self.everywhere or opens
        elif isinstance(node, (ast.Return, ast.Yield, ast.YieldFrom)):
            if node.value is not None and home is not None and self._is_one(node.value, home):
                self.results.add(home.name)
        elif isinstance(node, ast.Call):
            self._pass_on(node, home)
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and home is not None:
            for param in home.params:
                default = home.default(param)
                if default is not None and self._is_one(default, home):
                    self.held.add((home, param))

    def _hold(self, target: ast.AST | None, home: Function | None) -> None:
        if isinstance(target, ast.Name):
            self.held.add(_key(target.id, home))
        elif isinstance(target, ast.Attribute):
            self.held.add((None, target.attr))
        elif isinstance(target, (ast.Subscript, ast.Starred)):
            self._hold(target.value, home)
        elif isinstance(target, (ast.Tuple, ast.List)):
            for part in target.elts:
                self._hold(part, home)

    def _pass_on(self, call: ast.Call, home: Function | None) -> None:
        values = [*call.args, *(keyword.value for keyword in call.keywords)]
        ones = [value for value in values if self._is_one(value, home)]
        owner = call.func.value if isinstance(call.func, ast.Attribute) else None
        if not ones and (owner is None or not self._is_one(owner, home)):
            return
        name = _last(call.func)
        # what is given along with them may be called with them
        for value in values:
            for function in self.by_name.get(_last(value), ()):
                self.held.update((function, param) for param in function.params)
        if not ones:
            return
        if name in _FILLS and owner is not None:
            self._hold(owner, home)
        if name in ("add_to_collection", "add_to_collections"):
            self.results.update(["get_collection", "get_collection_ref"])
        for function in self.by_name.get(name, ()):
            self._bind(call, function, home)
        if name == "setattr" or (name not in self.by_name and self._is_unknown(call.func, home)):
            self.everywhere = True

    def _is_unknown(self, callee: ast.expr, home: Function | None) -> bool:
        """Whether a call may run a function of the program that its name does not tell."""
        if isinstance(callee, ast.Name):
            function, name = _key(callee.id, home)
            return (function is not None and name in function.params) or (function, name) in self.set
        return not isinstance(callee, ast.Attribute) or (None, callee.attr) in self.set

    def _bind(self, call: ast.Call, function: Function, home: Function | None) -> None:
        params = [param for param in function.params if param != function.self_name]
        if any(isinstance(value, ast.Starred) for value in call.args) or any(k.arg is None for k in call.keywords):
            self.held.update((function, param) for param in params)
        for place, value in enumerate(call.args):
            if self._is_one(value, home):
                self.held.update((function, param) for param in params[place : place + 1] or params[-1:])
        for keyword in call.keywords:
            if self._is_one(keyword.value, home):
                self.held.update((function, param) for param in params if param == keyword.arg or keyword.arg is None)

    # -- what is never so ----------------------------------------------------------------------------------------

    def _is_dead(self, mark: ast.expr, module: Module) -> bool:
        """Whether a place is in the branch of a flag that is off by default and that no call switches on."""
        inner: ast.AST = mark
        for outer in ancestors(module, mark):
            if isinstance(outer, (ast.If, ast.IfExp)) and isinstance(outer.test, ast.Name):
                body = outer.body if isinstance(outer.body, list) else [outer.body]
                if inner in body and self._is_off(outer.test.id, _home(module, outer)):
                    return True
            inner = outer
        return False

    def _is_off(self, name: str, function: Function | None) -> bool:
        if function is None or name not in function.params or name in function.assigned:
            return False
        default = function.default(name)
        if not isinstance(default, ast.Constant) or default.value:
            return False
        place = [param for param in function.params if param != function.self_name].index(name)
        called = {node.func for node, _ in self._code if isinstance(node, ast.Call)}
        for node, _ in self._code:
            if isinstance(node, (ast.Name, ast.Attribute)) and _last(node) == function.name:
                if isinstance(node.ctx, ast.Load) and node not in called:
                    return False
            elif isinstance(node, ast.Call) and _last(node.func) == function.name:
                given = [k.value for k in node.keywords if k.arg in (name, None)] + node.args[place : place + 1]
                starred = any(isinstance(value, ast.Starred) for value in node.args)
                if starred or any(not isinstance(value, ast.Constant) or value.value for value in given):
                    return False
        return function.name != "__init__"


def _home(module: Module, node: ast.AST) -> Function | None:
    """The function whose code a node is in."""
    around = (module.functions.get(outer) for outer in functions_around(module, node))
    return next((function for function in around if function is not None), None)


@lru_cache(maxsize=1_000)
def _code_of(module: Module) -> list[tuple[ast.AST, Function | None]]:
    """The nodes of a file, each with the function that runs it; a function's own node is with what is in it."""
    found: list[tuple[ast.AST, Function | None]] = []
    waiting: list[tuple[ast.AST, Function | None]] = [(module.tree, None)]
    while waiting:
        node, home = waiting.pop()
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            home = module.functions.get(node, home)
        if isinstance(node, _TOLD):
            found.append((node, home))
        waiting.extend((child, home) for child in ast.iter_child_nodes(node))
    return found


def _key(name: str, home: Function | None) -> Key:
    function = home
    while function is not None:
        if (name in function.params or name in function.assigned) and name not in function.globals:
            return function, name
        function = function.parent
    return None, name


def _floatx(mark: ast.expr, module: Module) -> bool:
    """Whether a place changes what everything is computed in."""
    around: Iterator[ast.AST] = iter([mark, *ancestors(module, mark)])
    calls: Iterable[ast.Call] = (node for node in around if isinstance(node, ast.Call))
    return _last(mark) == "set_floatx" or any(_last(call.func) == "set_floatx" for call in calls)


def _last(node: ast.AST) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
