"""The last dimension of a tensor, which the operations that made it say, those in functions of the program too."""

from __future__ import annotations

import ast
from collections.abc import Container, Iterable
from dataclasses import dataclass

from tfmigrate.planning.cell_outputs import output_of, part_of
from tfmigrate.planning.keeping import ELEMENTWISE, KEEPS, SIZES, keeps_last
from tfmigrate.planning.meanings import Resolve
from tfmigrate.program.last_values import last_values, unpacked
from tfmigrate.program.link import Function, Module
from tfmigrate.program.scan import Scan, arguments_of, integer, is_none, scan_code
from tfmigrate.program.synthetic import synthetic
from tfmigrate.tf1.layers import GET_VARIABLE, LAYERS
from tfmigrate.walk.signatures import returned
from tfmigrate.walk.values import FunctionValue, Library, Value


@dataclass(frozen=True)
class Last:
    """dimension: the expression of the last dimension, in the names of `scan`; rank: how many there are, if known."""

    dimension: ast.expr
    rank: int | None
    scan: Scan


class LastDimensions:
    """Follows a body's locals back to the operations that gave them their last dimension."""

    def __init__(
        self, scan: Scan, module: Module, tensors: Container[str], meaning: Resolve, inputs: Container[str]
    ) -> None:
        self.scan = scan
        # what the code is given, which hides what the file has under these names
        self.inputs = inputs
        self.module = module
        self.meaning = meaning
        # whether calls of contrib may get arguments that they do not show
        self.has_arg_scopes = "arg_scope" in module.text
        self.tensors = tensors

    def resolve(self, node: ast.expr) -> Value | None:
        """What an expression means at the top of the file; None if it is about what the code is given."""
        root = node
        while isinstance(root, ast.Attribute):
            root = root.value
        hidden = isinstance(root, ast.Name) and root.id in self.inputs
        return None if hidden else self.meaning(self.module, node)

    def last(self, node: ast.expr, depth: int) -> Last | None:
        """The last dimension of the tensor that an expression gives."""
        if depth == 0:
            return None
        if isinstance(node, ast.Name):
            certain, binding = self.scan.reaching(node.id, node)
            if not certain:
                return self._one_of(node, depth)
            if binding is None:
                return self._given(node, depth)
            value = binding.value or unpacked(binding.statement, node.id)
            return self.last(value, depth - 1) if value is not None else None
        if isinstance(node, ast.BinOp) and not isinstance(node.op, ast.MatMult):
            return self._sum(node.left, node.right, depth)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.USub, ast.UAdd)):
            return self.last(node.operand, depth - 1)
        if isinstance(node, ast.Call):
            return self._call(node, depth)
        if isinstance(node, ast.Subscript):
            return self._part(node, depth)
        return None

    def _part(self, node: ast.Subscript, depth: int) -> Last | None:
        """Of one of several results, or of a part of a tensor that has all of its last dimension."""
        place = integer(node.slice)
        if place is not None and isinstance(node.value, ast.Call):
            value = self.resolve(node.value.func)
            if isinstance(value, FunctionValue):
                return self._of_function(value, node.value, depth, place)
        of_cells = output_of(node, self)
        if of_cells is not None:
            return Last(*of_cells, self.scan)
        if not isinstance(node.slice, ast.Tuple):
            return None
        whole = self.last(node.value, depth - 1)
        taken = node.slice.elts
        if whole is None or whole.rank is None or len(taken) >= whole.rank:
            return None
        plain = all(isinstance(item, ast.Slice) or integer(item) is not None for item in taken)
        single = sum(not isinstance(item, ast.Slice) for item in taken)
        return Last(whole.dimension, whole.rank - single, whole.scan) if plain else None

    def _given(self, node: ast.Name, depth: int) -> Last | None:
        """The last dimension of what the code is given."""
        return Last(of_input(node, -1), None, self.scan) if node.id in self.tensors else None

    def _sum(self, one: ast.expr, other: ast.expr, depth: int) -> Last | None:
        """A bias or a number on one side leaves the shape of the other."""
        left, right = self.last(one, depth - 1), self.last(other, depth - 1)
        for known, beside in ((left, right), (right, left)):
            # only as many, or one, can stand beside what is more than one
            if known is not None and (integer(known.dimension) or 0) > 1:
                same_rank = beside is not None and beside.rank == known.rank
                return known if same_rank else Last(known.dimension, None, known.scan)
        if left is not None and (self._is_narrow(other, left) or _same(left, right)):
            return left
        return right if right is not None and self._is_narrow(one, right) else None

    def _is_narrow(self, node: ast.expr, other: Last) -> bool:
        if self._is_number(node):
            return True
        shape = self._variable_shape(node)
        if shape is None or len(shape) != 1 or other.scan is not self.scan:
            return False
        return ast.unparse(shape[0]) == ast.unparse(other.dimension)

    def _is_number(self, node: ast.expr) -> bool:
        return isinstance(node, ast.Constant)

    def _call(self, node: ast.Call, depth: int) -> Last | None:
        value = self.resolve(node.func)
        if isinstance(value, FunctionValue):
            return self._of_function(value, node, depth)
        if isinstance(value, Library) and value.name in ELEMENTWISE and len(node.args) == 2:
            return self._sum(node.args[0], node.args[1], depth)
        if not isinstance(value, Library) or not value.name.startswith("tf.") or not node.args:
            return None
        if value.name in SIZES:
            return self._of_layer(value.name, node, depth)
        name = value.name.rsplit(".", 1)[-1]
        if name in ("matmul", "conv2d", "conv1d") and len(node.args) > 1:
            transposed = any(k.arg in ("transpose_a", "transpose_b", "data_format") for k in node.keywords)
            shape = self._variable_shape(node.args[1])
            rank = {"matmul": 2, "conv2d": 4, "conv1d": 3}[name]
            if shape is None or transposed or len(shape) != rank:
                return None
            return Last(shape[-1], rank, self.scan)
        sizes = self.reshaped(node)
        if sizes and integer(sizes[-1]) != -1:
            return Last(sizes[-1], len(sizes), self.scan)
        if keeps_last(value.name, node):
            return self.last(node.args[0], depth - 1)
        return None

    def _of_layer(self, name: str, node: ast.Call, depth: int) -> Last | None:
        """What a layer of a library gives: as many numbers as it has units, if its activation leaves them alone."""
        says, rank = SIZES[name]
        given = arguments_of(node, LAYERS[name].params)
        activation = given.get("activation", given.get("activation_fn", ast.Constant(None)))
        value = self.resolve(activation)
        plain = is_none(activation) or (isinstance(value, Library) and value.name.rsplit(".", 1)[-1] in KEEPS)
        starred = any(k.arg is None for k in node.keywords) or any(isinstance(a, ast.Starred) for a in node.args)
        hidden = self.has_arg_scopes and name.startswith("tf.contrib.")
        if says not in given or "data_format" in given or starred or hidden or not plain:
            return None
        inputs = self.last(node.args[0], depth - 1) if rank is None else None
        return Last(given[says], rank if inputs is None else inputs.rank, self.scan)

    def _of_function(self, value: FunctionValue, node: ast.Call, depth: int, place: int | None = None) -> Last | None:
        """What a function of the program gives, if all its ends give the same."""
        function = value.function
        starred = any(k.arg is None for k in node.keywords) or any(isinstance(a, ast.Starred) for a in node.args)
        hidden = starred or value.bound is not None or function.parent is not None or function.node.decorator_list
        if hidden or (isinstance(node.func, ast.Name) and node.func.id in self.scan.bindings):
            return None
        return _Called(self, function, arguments_of(node, function.params)).result(depth - 1, place)

    def _one_of(self, node: ast.Name, depth: int) -> Last | None:
        """What a name is behind branches and loops whose ways all end in the same last dimension."""
        return self.common(last_values(self.scan, node.id, node), depth)

    def common(self, values: Iterable[ast.expr | None], depth: int) -> Last | None:
        """The last dimension that all these tensors have, of which a run takes one."""
        found = [
            self.last(value, depth - 1) if value is not None else None
            for value in values
            if value is None or not self._never(value)
        ]
        first = found[0] if found else None
        return first if first is not None and all(_is_the_same(first, other) for other in found) else None

    def _never(self, value: ast.expr) -> bool:
        """Whether no run comes by a value."""
        return False

    def reshaped(self, call: ast.Call) -> list[ast.expr] | None:
        """The dimensions that a reshape says."""
        if self.resolve(call.func) != Library("tf.reshape") or len(call.args) != 2:
            return None
        return self.elements(call.args[1])

    def _variable_shape(self, node: ast.expr) -> list[ast.expr] | None:
        """The dimensions that a variable was asked for with."""
        if isinstance(node, ast.Name):
            certain, binding = self.scan.reaching(node.id, node)
            return (
                self._variable_shape(binding.value)
                if certain and binding is not None and binding.value is not None
                else None
            )
        if not isinstance(node, ast.Call) or self.resolve(node.func) != Library("tf.get_variable"):
            return None
        given = arguments_of(node, GET_VARIABLE)
        shape = given.get("shape")
        return self.elements(shape) if shape is not None else None

    @staticmethod
    def elements(shape: ast.expr) -> list[ast.expr] | None:
        """The parts of a shape that is written down."""
        if isinstance(shape, (ast.List, ast.Tuple)):
            return list(shape.elts)
        return None


class _Called(LastDimensions):
    """The code of one of the program's functions, as one call of it runs."""

    def __init__(self, caller: LastDimensions, function: Function, given: dict[str, ast.expr]) -> None:
        super().__init__(scan_code(function), function.module, (), caller.meaning, function.params)
        self.caller = caller
        self.function = function
        self.given = given

    def result(self, depth: int, place: int | None = None) -> Last | None:
        """The last dimension of what it returns, or of one of its results, in the caller's names."""
        values = returned(self.function)
        if place is not None:
            values = [part_of(value, place) for value in values]
        last = self.common(values, depth)
        if last is None or last.scan is not self.scan:
            return last
        dimension = self._for_caller(last.dimension)
        return None if dimension is None else Last(dimension, last.rank, self.caller.scan)

    def resolve(self, node: ast.expr) -> Value | None:
        if isinstance(node, ast.Name) and node.id in self.function.params:
            argument = self._argument(node)
            return self.caller.resolve(argument) if argument is not None else None
        return super().resolve(node)

    def _given(self, node: ast.Name, depth: int) -> Last | None:
        argument = self.given.get(node.id)
        return self.caller.last(argument, depth - 1) if argument is not None else None

    def _never(self, value: ast.expr) -> bool:
        """A call of an activation that this call gives as None."""
        called = value.func if isinstance(value, ast.Call) else None
        argument = self._argument(called) if isinstance(called, ast.Name) else None
        return argument is not None and is_none(argument)

    def _is_number(self, node: ast.expr) -> bool:
        argument = self._argument(node) if isinstance(node, ast.Name) else None
        return super()._is_number(node if argument is None else argument)

    def _for_caller(self, node: ast.expr) -> ast.expr | None:
        """A dimension in the caller's names: an argument, or a number."""
        if isinstance(node, ast.Constant):
            return synthetic(ast.Constant(node.value))
        if not isinstance(node, ast.Name):
            return None
        certain, binding = self.scan.reaching(node.id, node)
        if binding is None:
            return self._argument(node)
        return self._for_caller(binding.value) if certain and binding.value is not None else None

    def _argument(self, node: ast.Name) -> ast.expr | None:
        """What a parameter is given that the function leaves as it is; of defaults only what is written down."""
        if node.id in self.scan.bindings or node.id not in self.function.params:
            return None
        default = self.function.default(node.id)
        written = synthetic(ast.Constant(default.value)) if isinstance(default, ast.Constant) else None
        return self.given.get(node.id, written)


def _same(left: Last | None, right: Last | None) -> bool:
    if left is None or right is None or left.scan is not right.scan:
        return False
    return ast.unparse(left.dimension) == ast.unparse(right.dimension)


def _is_the_same(one: Last, other: Last | None) -> bool:
    """Whether two dimensions read alike, and the names in them have one value at both places."""
    if other is None or one.rank != other.rank or not _same(one, other):
        return False
    for here, there in zip(ast.walk(one.dimension), ast.walk(other.dimension)):
        if isinstance(here, ast.Name) and here is not there:
            known = one.scan.reaching(here.id, here)
            if not known[0] or known != one.scan.reaching(here.id, there):
                return False
        if isinstance(here, ast.Attribute) and f"self.{here.attr}" in one.scan.bindings:
            return False
    return True


def of_input(node: ast.Name, index: int) -> ast.expr:
    """One dimension of what the code is given: `x.get_shape()[-1]`."""
    shape = synthetic(ast.Call(synthetic(ast.Attribute(node, "get_shape")), [], []))
    return synthetic(ast.Subscript(shape, literal(index)))


def literal(value: int) -> ast.expr:
    """A whole number, written down."""
    return synthetic(ast.Constant(value) if value >= 0 else ast.UnaryOp(ast.USub(), ast.Constant(-value)))
