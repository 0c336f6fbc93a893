"""Arrays of numpy in double precision that become tensors: without a type, numpy makes no others."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from enum import Enum
from functools import lru_cache

from tfmigrate.program.aliases import library_name
from tfmigrate.program.link import Module
from tfmigrate.program.standing import ancestors
from tfmigrate.tf1.layers import ALIASES, LAYERS


class Kind(Enum):
    """What an expression is, as far as its file shows. NUMBER: one of Python's, which TensorFlow makes float32."""

    DOUBLE = "double"
    WHOLE = "whole"
    NUMBER = "number"
    OTHER = "other"


# they take over the type of what they are first given
_TAKE_OVER = frozenset(
    f"tf.{name}"
    for name in (
        "constant", "convert_to_tensor", "Variable", "identity", "stack", "concat", "reshape", "gather", "tile",
        "nn.embedding_lookup", "expand_dims", "squeeze", "transpose", "placeholder_with_default", "random_shuffle",
        "data.Dataset.from_tensor_slices", "data.Dataset.from_tensors", "train.slice_input_producer",
        "train.input_producer", "estimator.inputs.numpy_input_fn",
    )
)  # fmt: skip
# behind the value
_TYPE_AT = {"tf.constant": 1, "tf.convert_to_tensor": 1}
_FILLED = frozenset(["ones", "zeros", "eye", "identity", "linspace", "logspace", "empty", "hanning", "hamming"])
_COUNTED = frozenset(["arange", "indices", "tri"])
_COPIED = frozenset(["array", "asarray", "ascontiguousarray", "full", "matrix"])
# of `numpy.random`: how many arguments stand before the size
_DRAWN = {
    "rand": 0, "randn": 0, "random": 0, "random_sample": 0, "sample": 0, "ranf": 0, "uniform": 2, "normal": 2,
    "standard_normal": 0, "beta": 2, "gamma": 2, "exponential": 1, "laplace": 2,
}  # fmt: skip
_WHOLE_RESULTS = frozenset(
    ["argmax", "argmin", "argsort", "shape", "nonzero", "searchsorted", "size", "ndim", "tolist"]
)
_TYPES_OF_DOUBLES = frozenset(["float64", "double", "float_", "float"])
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


def arrays(module: Module) -> Iterator[ast.expr]:
    """The names of functions of TensorFlow that make tensors of such arrays, and types that are asked of them."""
    kinds = _kinds(module)
    for call in module.of_kind(ast.Call) if kinds.numpy else ():
        name = library_name(module, call.func)
        name = ALIASES.get(name, name)
        if not name.startswith("tf."):
            continue
        written = [*call.args, *(keyword.value for keyword in call.keywords)]
        if any(_is_type_of(value, kinds) for value in written):
            yield call.func
        elif name in _TAKE_OVER or name in LAYERS:
            first = _first(call)
            if first is not None and not _is_typed(call, name) and kinds.holds(first):
                yield call.func


def _is_type_of(value: ast.expr, kinds: _Kinds) -> bool:
    return isinstance(value, ast.Attribute) and value.attr == "dtype" and kinds.of(value.value) is Kind.DOUBLE


def _first(call: ast.Call) -> ast.expr | None:
    values = [*call.args, *(k.value for k in call.keywords if k.arg not in ("name", "axis", "shape"))]
    return values[0] if values else None


def _is_typed(call: ast.Call, name: str) -> bool:
    place = _TYPE_AT.get(name)
    return any(k.arg in ("dtype", None) for k in call.keywords) or (place is not None and len(call.args) > place)


@lru_cache(maxsize=1_000)
def _kinds(module: Module) -> _Kinds:
    return _Kinds(module)


class _Kinds:
    """What the expressions of one file are. numpy: its names for numpy."""

    def __init__(self, module: Module) -> None:
        self.module = module
        aliases = [alias for node in module.of_kind(ast.Import) for alias in node.names]
        self.numpy = {alias.asname or alias.name for alias in aliases if alias.name == "numpy"}
        self._stores: dict[tuple[ast.AST | None, str], list[ast.expr | None]] = {}
        self._known: dict[ast.expr, Kind] = {}
        for assign in module.of_kind(ast.Assign) if self.numpy else ():
            for target in assign.targets:
                self._store(target, assign.value)

    def holds(self, node: ast.expr, around: frozenset[ast.expr] = frozenset()) -> bool:
        """Whether it is such an array, or has one in it. around: what it is in."""
        value = self._stored(node) if isinstance(node, ast.Name) else None
        whole = value if isinstance(value, (ast.Tuple, ast.List, ast.Dict)) else node
        if whole in around:
            return False
        if isinstance(whole, (ast.Tuple, ast.List)):
            return any(self.holds(item, around | {whole}) for item in whole.elts)
        if isinstance(whole, ast.Dict):
            return any(self.holds(item, around | {whole}) for item in whole.values)
        return self.of(node) is Kind.DOUBLE

    def of(self, node: ast.expr) -> Kind:
        if node not in self._known:
            self._known[node] = Kind.OTHER  # until it is known
            self._known[node] = self._find(node)
        return self._known[node]

    def _store(self, target: ast.expr, value: ast.expr | None) -> None:
        if isinstance(target, (ast.Tuple, ast.List)):
            items = value.elts if isinstance(value, (ast.Tuple, ast.List)) else []
            whole = len(items) == len(target.elts)
            for place, part in enumerate(target.elts):
                self._store(part, items[place] if whole else None)
        elif isinstance(target, ast.Name):
            self._stores.setdefault((self._home(target), target.id), []).append(value)
        elif isinstance(target, ast.Attribute):
            self._stores.setdefault((None, f".{target.attr}"), []).append(value)

    def _home(self, node: ast.AST) -> ast.AST | None:
        return next((outer for outer in ancestors(self.module, node) if isinstance(outer, _FUNCTIONS)), None)

    def _stored(self, node: ast.Name | ast.Attribute) -> ast.expr | None:
        """What a name stands for, if it is given a value once."""
        if isinstance(node, ast.Attribute):
            values = self._stores.get((None, f".{node.attr}"), [])
            return values[0] if len(values) == 1 else None
        home = self._home(node)
        for place in (home, None):
            values = self._stores.get((place, node.id), [])
            if values:
                return values[0] if len(values) == 1 else None
            if isinstance(place, _FUNCTIONS) and any(
                arg.arg == node.id for arg in ast.walk(place.args) if isinstance(arg, ast.arg)
            ):
                return None
        return None

    def _find(self, node: ast.expr) -> Kind:
        if isinstance(node, ast.Constant):
            return Kind.NUMBER if isinstance(node.value, (int, float)) else Kind.OTHER
        if isinstance(node, ast.UnaryOp):
            return self.of(node.operand)
        if isinstance(node, ast.BinOp):
            return self._combined(node)
        if isinstance(node, ast.Subscript):
            return self.of(node.value)
        if isinstance(node, (ast.Name, ast.Attribute)):
            if isinstance(node, ast.Attribute) and node.attr in ("T", "flat", "real"):
                return self.of(node.value)
            value = self._stored(node)
            return Kind.OTHER if value is None else self.of(value)
        return self._result(node) if isinstance(node, ast.Call) else Kind.OTHER

    def _combined(self, node: ast.BinOp) -> Kind:
        sides = {self.of(node.left), self.of(node.right)}
        if Kind.OTHER in sides or sides == {Kind.NUMBER}:
            return Kind.NUMBER if sides == {Kind.NUMBER} else Kind.OTHER
        floats = any(isinstance(s, ast.Constant) and isinstance(s.value, float) for s in (node.left, node.right))
        return Kind.DOUBLE if Kind.DOUBLE in sides or floats or isinstance(node.op, ast.Div) else Kind.WHOLE

    def _result(self, call: ast.Call) -> Kind:
        typed = next((k.value for k in call.keywords if k.arg == "dtype"), None)
        path = _path(call.func)
        if path is None or path[0] not in self.numpy:
            return self._of_method(call, typed)
        name = path[-1]
        if typed is not None:
            return Kind.DOUBLE if self._is_double(typed) else Kind.OTHER
        if path[1:-1] == ["random"]:
            return self._drawn(call, name)
        if (
            len(path) != 2
            or any(isinstance(arg, ast.Starred) for arg in call.args)
            or any(map(self._is_any_type, call.args))
        ):
            return Kind.OTHER
        if name in _FILLED:
            return Kind.DOUBLE
        if name in _COUNTED:
            return Kind.DOUBLE if any(_has_fractions(arg) for arg in call.args) else Kind.WHOLE
        if name in _COPIED and call.args:
            value = call.args[-1] if name == "full" else call.args[0]
            value = (self._stored(value) or value) if isinstance(value, (ast.Name, ast.Attribute)) else value
            if isinstance(value, (ast.List, ast.Tuple, ast.Constant)):
                return _of_numbers(value)
            return self.of(value) if self.of(value) is not Kind.NUMBER else Kind.OTHER
        if name in _WHOLE_RESULTS:
            return Kind.OTHER
        kinds = [self._of_all(arg) for arg in call.args]
        return Kind.DOUBLE if Kind.DOUBLE in kinds and Kind.OTHER not in kinds[:1] else Kind.OTHER

    def _of_all(self, node: ast.expr) -> Kind:
        if isinstance(node, (ast.Tuple, ast.List)):
            kinds = [self.of(item) for item in node.elts]
            return Kind.DOUBLE if Kind.DOUBLE in kinds else Kind.NUMBER
        return self.of(node)

    def _of_method(self, call: ast.Call, typed: ast.expr | None) -> Kind:
        if not isinstance(call.func, ast.Attribute):
            return Kind.OTHER
        owner, name = self.of(call.func.value), call.func.attr
        if owner not in (Kind.DOUBLE, Kind.WHOLE) or name in _WHOLE_RESULTS:
            return Kind.OTHER
        if name == "astype":
            kind = call.args[0] if call.args else typed
            return Kind.DOUBLE if kind is not None and self._is_double(kind) else Kind.OTHER
        return Kind.OTHER if typed is not None else owner

    def _drawn(self, call: ast.Call, name: str) -> Kind:
        before = _DRAWN.get(name)
        if before is None:
            return Kind.OTHER
        sized = len(call.args) > before or any(k.arg == "size" for k in call.keywords)
        return Kind.DOUBLE if sized else Kind.NUMBER

    def _is_any_type(self, node: ast.expr) -> bool:
        """Whether an argument says which type to make."""
        path = _path(node)
        text = node.value if isinstance(node, ast.Constant) else path[-1] if path else None
        return isinstance(text, str) and any(
            text.startswith(kind) for kind in ("float", "int", "uint", "bool", "dtype")
        )

    def _is_double(self, node: ast.expr) -> bool:
        path = _path(node)
        text = node.value if isinstance(node, ast.Constant) else path[-1] if path else None
        return text in _TYPES_OF_DOUBLES


def _path(node: ast.expr) -> list[str] | None:
    if isinstance(node, ast.Name):
        return [node.id]
    if isinstance(node, ast.Attribute):
        owner = _path(node.value)
        return None if owner is None else [*owner, node.attr]
    return None


def _has_fractions(node: ast.expr) -> bool:
    return any(isinstance(part, ast.Constant) and isinstance(part.value, float) for part in ast.walk(node))


def _of_numbers(node: ast.expr) -> Kind:
    """What numpy makes of numbers that are written out."""
    leaves = [
        part for part in ast.walk(node) if isinstance(part, ast.expr) and not isinstance(part, (ast.List, ast.Tuple))
    ]
    numbers = [leaf.value for leaf in leaves if isinstance(leaf, ast.Constant)]
    rest = [leaf for leaf in leaves if not isinstance(leaf, (ast.Constant, ast.UnaryOp))]
    if rest or not all(isinstance(number, (int, float)) for number in numbers):
        return Kind.DOUBLE if any(isinstance(number, float) for number in numbers) else Kind.OTHER
    return Kind.DOUBLE if any(isinstance(number, float) for number in numbers) else Kind.WHOLE
