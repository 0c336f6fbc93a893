"""The last dimension of a tensor made half-way, where the operations that made it say what it is."""

from __future__ import annotations

import ast
from collections.abc import Callable, Container
from dataclasses import dataclass

from tfmigrate.program.aliases import library_name
from tfmigrate.program.dialect import tensorflow_alias
from tfmigrate.program.last_values import last_values
from tfmigrate.program.link import Module
from tfmigrate.program.scan import Scan, arguments_of, is_none
from tfmigrate.tf1 import symbols
from tfmigrate.tf1.layers import GET_VARIABLE, LAYERS
from tfmigrate.walk.values import FunctionValue, Library, Value

_KEEPS = {
    "relu", "elu", "selu", "tanh", "sigmoid", "softplus", "leaky_relu", "relu6", "dropout", "identity", "softmax",
    "bias_add",
    "lrn", "local_response_normalization", "stop_gradient", "exp", "square", "abs", "nn.relu", "max_pool", "avg_pool",
}  # fmt: skip
_LAYERS_THAT_KEEP = {
    "tf.layers.batch_normalization", "tf.layers.dropout", "tf.layers.average_pooling2d", "tf.layers.max_pooling2d"
}  # fmt: skip
# what says the last dimension of the outputs, and the rank of these; None: that of the inputs
_SIZES: dict[str, tuple[str, int | None]] = {
    "tf.layers.dense": ("units", None),
    "tf.layers.conv1d": ("filters", 3),
    "tf.layers.conv2d": ("filters", 4),
    "tf.layers.conv2d_transpose": ("filters", 4),
    "tf.contrib.layers.fully_connected": ("num_outputs", None),
}
_FLATTENS = {"tf.layers.flatten", "tf.contrib.layers.flatten"}
_DEPTH = 12


@dataclass(frozen=True)
class Last:
    """dimension: the expression of the last dimension; rank: how many there are, None if that is not known."""

    dimension: ast.expr
    rank: int | None


class Inference:
    """Follows a body's locals back to the operations that gave them their shape."""

    def __init__(
        self, scan: Scan, module: Module, tensors: Container[str], resolve: Callable[[ast.expr], Value | None]
    ) -> None:
        self.scan = scan
        # what the file calls the library
        self.tensorflow = tensorflow_alias(module)
        # whether calls of contrib may get arguments that they do not show
        self.has_arg_scopes = "arg_scope" in module.text
        self.tensors = tensors
        self.resolve = resolve
        self.found: set[str] = set()

    def dimension(self, node: ast.expr) -> ast.expr | None:
        """What `h.get_shape()[1]` (or `[-1]`, `.value`, `int(...)`) is, for a tensor `h` made in the body."""
        if isinstance(node, ast.Attribute) and node.attr == "value":
            return self.dimension(node.value)
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id == "int"
            and len(node.args) == 1
        ):
            return self.dimension(node.args[0])
        if not isinstance(node, ast.Subscript):
            return None
        index = integer(node.slice)
        tensor = self._tensor_of_shape(node.value)
        found = self._at(tensor, index, _DEPTH) if tensor is not None and index is not None else None
        if found is None or (isinstance(tensor, ast.Name) and self._is_input(tensor)):
            return None
        assert index is not None
        self.note(node.value, index)
        return found

    def _at(self, node: ast.expr, index: int, depth: int) -> ast.expr | None:
        """One dimension of the tensor that an expression gives."""
        last = self.last(node, depth)
        if last is not None and (index == -1 or (last.rank is not None and index == last.rank - 1)):
            return last.dimension
        if depth == 0:
            return None
        if isinstance(node, ast.Name):
            if self._is_input(node):
                return _made(
                    ast.Subscript(_made(ast.Call(_made(ast.Attribute(node, "get_shape")), [], [])), _number(index))
                )
            certain, binding = self.scan.reaching(node.id, node)
            value = binding.value if certain and binding is not None else None
            if value is None:
                return self._kept(node, index, depth)
            return self._at(value, index, depth - 1)
        if not isinstance(node, ast.Call):
            return None
        if index in (1, -1) and node.args and is_flattening(self.resolve(node.func)):
            return self._all_but_first(node.args[0])
        if self._keeps(node, index):
            return self._at(node.args[0], index, depth - 1)
        return self._joined(node, index, depth)

    def _all_but_first(self, node: ast.expr) -> ast.expr | None:
        """How many numbers an image of this batch holds; only of an input, whose shape is known before the call."""
        if not isinstance(node, ast.Name) or not self._is_input(node):
            return None
        shape = _made(ast.Call(_made(ast.Attribute(node, "get_shape")), [], []))
        rest = _made(ast.Subscript(shape, ast.Slice(_number(1))))
        library = _made(ast.parse(self.tensorflow, mode="eval").body)
        made = _made(ast.Call(_made(ast.Attribute(library, "TensorShape")), [rest], []))
        return _made(ast.Call(_made(ast.Attribute(made, "num_elements")), [], []))

    def _kept(self, node: ast.Name, index: int, depth: int) -> ast.expr | None:
        """One dimension of an input that branches before this pad or rectify, or not."""
        bindings = self.scan.bindings.get(node.id, [])
        if not any(isinstance(outer, (ast.For, ast.AsyncFor, ast.While)) for outer in self.scan.ancestors(node)):
            bindings = [binding for binding in bindings if binding.statement.lineno < node.lineno]
        values = [binding.value for binding in bindings]
        calls = [value for value in values if isinstance(value, ast.Call) and self._keeps(value, index)]
        taken = [call.args[0] for call in calls]
        if not taken or len(calls) < len(values) or any(getattr(arg, "id", "") != node.id for arg in taken):
            return None
        first = min(taken, key=lambda arg: (arg.lineno, arg.col_offset))
        return self._at(first, index, depth - 1) if isinstance(first, ast.Name) and self._is_input(first) else None

    def _keeps(self, node: ast.Call, index: int) -> bool:
        """Whether a call gives what its first argument is, with this dimension unchanged."""
        value = self.resolve(node.func)
        if not isinstance(value, Library) or not value.name.startswith("tf.") or not node.args:
            return False
        if value.name == "tf.pad":
            paddings = arguments_of(node, ("tensor", "paddings")).get("paddings")
            pairs = self._elements(paddings) if paddings is not None else None
            if pairs is None or not -len(pairs) <= index < len(pairs):
                return False
            return [integer(side) for side in self._elements(pairs[index]) or ()] == [0, 0]
        return index == -1 and _keeps_last(value.name, node)

    def _joined(self, node: ast.Call, index: int, depth: int) -> ast.expr | None:
        """One dimension of `tf.concat(values, axis)`."""
        given = arguments_of(node, ("values", "axis"))
        values, axis = given.get("values"), given.get("axis")
        if self.resolve(node.func) != Library("tf.concat") or not isinstance(values, (ast.List, ast.Tuple)):
            return None
        along = integer(axis) if axis is not None else None
        if along is None or not values.elts or (along < 0) != (index < 0):
            return None
        sizes = [self._at(value, index, depth - 1) for value in values.elts]
        total = sizes[0]
        for size in sizes[1:] if along == index else []:
            total = _made(ast.BinOp(total, ast.Add(), size)) if total is not None and size is not None else None
        return total

    def _is_input(self, node: ast.Name) -> bool:
        return node.id in self.tensors and self.scan.reaching(node.id, node) == (True, None)

    def note(self, shape: ast.expr, index: int) -> None:
        """Remember that this dimension is written in another way than the program does."""
        tensor = self._tensor_of_shape(shape)
        if isinstance(tensor, ast.Name):
            self.found.add(f"{tensor.id.strip('_')}.shape[{index}]")

    def sizes(self, node: ast.expr) -> list[ast.expr] | None:
        """The dimensions in `h.get_shape().as_list()`, where a reshape in the body made `h` and says what they are."""
        tensor = self._tensor_of_shape(node) if not isinstance(node, ast.Name) else None
        if not isinstance(tensor, ast.Name):
            return None
        certain, binding = self.scan.reaching(tensor.id, tensor)
        call = binding.value if certain and binding is not None else None
        return self._reshaped(call) if isinstance(call, ast.Call) else None

    def reads_shape(self, node: ast.expr) -> bool:
        """Whether an expression is the static shape of some local, and no more."""
        return not isinstance(node, ast.Name) and isinstance(self._tensor_of_shape(node), ast.Name)

    def _reshaped(self, call: ast.Call) -> list[ast.expr] | None:
        if self.resolve(call.func) != Library("tf.reshape") or len(call.args) != 2:
            return None
        return self._elements(call.args[1])

    def _tensor_of_shape(self, node: ast.expr) -> ast.expr | None:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and not node.args:
            if node.func.attr == "as_list":
                return self._tensor_of_shape(node.func.value)
            return node.func.value if node.func.attr == "get_shape" else None
        if isinstance(node, ast.Attribute) and node.attr == "shape":
            return node.value
        if isinstance(node, ast.Name):
            certain, binding = self.scan.reaching(node.id, node)
            if certain and binding is not None and binding.value is not None:
                return self._tensor_of_shape(binding.value)
        return None

    def last(self, node: ast.expr, depth: int) -> Last | None:
        """The last dimension of the tensor that an expression gives."""
        if depth == 0:
            return None
        if isinstance(node, ast.Name):
            certain, binding = self.scan.reaching(node.id, node)
            if not certain:
                return self._one_of(node, depth)
            value = binding.value if binding is not None else None
            return self.last(value, depth - 1) if value is not None else None
        if isinstance(node, ast.BinOp):
            return self._sum(node, depth)
        if isinstance(node, ast.Call):
            return self._call(node, depth)
        return None

    def _sum(self, node: ast.BinOp, depth: int) -> Last | None:
        """A bias or a number on one side leaves the shape of the other."""
        left, right = self.last(node.left, depth - 1), self.last(node.right, depth - 1)
        if left is not None and (self._is_narrow(node.right, left) or _same(left, right)):
            return left
        return right if right is not None and self._is_narrow(node.left, right) else None

    def _is_narrow(self, node: ast.expr, other: Last) -> bool:
        if isinstance(node, ast.Constant):
            return True
        shape = self._variable_shape(node)
        return shape is not None and len(shape) == 1 and ast.unparse(shape[0]) == ast.unparse(other.dimension)

    def _call(self, node: ast.Call, depth: int) -> Last | None:
        value = self.resolve(node.func)
        if not isinstance(value, Library) or not value.name.startswith("tf.") or not node.args:
            return None
        if value.name in _SIZES:
            return self._of_layer(value.name, node, depth)
        name = value.name.rsplit(".", 1)[-1]
        if name in ("matmul", "conv2d", "conv1d") and len(node.args) > 1:
            transposed = any(k.arg in ("transpose_a", "transpose_b", "data_format") for k in node.keywords)
            shape = self._variable_shape(node.args[1])
            rank = {"matmul": 2, "conv2d": 4, "conv1d": 3}[name]
            if shape is None or transposed or len(shape) != rank:
                return None
            return Last(shape[-1], rank)
        sizes = self._reshaped(node)
        if sizes and integer(sizes[-1]) != -1:
            return Last(sizes[-1], len(sizes))
        if _keeps_last(value.name, node):
            return self.last(node.args[0], depth - 1)
        return None

    def _of_layer(self, name: str, node: ast.Call, depth: int) -> Last | None:
        """What a layer of a library gives: as many numbers as it has units, if its activation leaves them alone."""
        says, rank = _SIZES[name]
        given = arguments_of(node, LAYERS[name].params)
        activation = given.get("activation", given.get("activation_fn", ast.Constant(None)))
        value = self.resolve(activation)
        plain = is_none(activation) or (isinstance(value, Library) and value.name.rsplit(".", 1)[-1] in _KEEPS)
        starred = any(k.arg is None for k in node.keywords) or any(isinstance(a, ast.Starred) for a in node.args)
        hidden = self.has_arg_scopes and name.startswith("tf.contrib.")
        if says not in given or "data_format" in given or starred or hidden or not plain:
            return None
        inputs = self.last(node.args[0], depth - 1) if rank is None else None
        return Last(given[says], rank if inputs is None else inputs.rank)

    def _one_of(self, node: ast.Name, depth: int) -> Last | None:
        """What a name is behind branches and loops whose ways all end in the same last dimension."""
        found = [
            self.last(value, depth - 1) if value is not None else None
            for value in last_values(self.scan, node.id, node)
        ]
        first = found[0] if found else None
        return first if first is not None and all(self._is_the_same(first, other) for other in found) else None

    def _is_the_same(self, one: Last, other: Last | None) -> bool:
        """Whether two dimensions read alike, and the names in them have one value at both places."""
        if other is None or one.rank != other.rank or not _same(one, other):
            return False
        for here, there in zip(ast.walk(one.dimension), ast.walk(other.dimension)):
            if isinstance(here, ast.Name) and here is not there:
                known = self.scan.reaching(here.id, here)
                if not known[0] or known != self.scan.reaching(here.id, there):
                    return False
            if isinstance(here, ast.Attribute) and f"self.{here.attr}" in self.scan.bindings:
                return False
        return True

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
        return self._elements(shape) if shape is not None else None

    def _elements(self, shape: ast.expr) -> list[ast.expr] | None:
        if isinstance(shape, (ast.List, ast.Tuple)):
            return list(shape.elts)
        return None


def is_flattening(value: Value | None) -> bool:
    """Whether a function gives all numbers of each image in one row: the library's own, or one that only calls it."""
    if isinstance(value, Library):
        return value.name in _FLATTENS
    body = value.function.node.body if isinstance(value, FunctionValue) else []
    last = body[-1].value if len(body) == 1 and isinstance(body[-1], ast.Return) else None
    if not isinstance(value, FunctionValue) or not isinstance(last, ast.Call) or len(last.args) != 1 or last.keywords:
        return False
    taken = last.args[0]
    known = value.function.params[:1] == [getattr(taken, "id", None)] and not value.function.node.decorator_list
    return known and symbols.canonical(library_name(value.function.module, last.func) or "") in _FLATTENS


def _keeps_last(name: str, call: ast.Call) -> bool:
    """Whether an operation leaves the last dimension as it is; of images that is not their channels everywhere."""
    formatted = any(k.arg == "data_format" for k in call.keywords)
    if name in _LAYERS_THAT_KEEP:
        return not formatted and not any(k.arg == "axis" for k in call.keywords)
    return name.rsplit(".", 1)[-1] in _KEEPS and "layers" not in name and not formatted


def _same(left: Last | None, right: Last | None) -> bool:
    return left is not None and right is not None and ast.unparse(left.dimension) == ast.unparse(right.dimension)


def _made(node: ast.expr) -> ast.expr:
    """An expression that stands nowhere in the source."""
    node.synthetic = True  # type: ignore[attr-defined]
    return node


def _number(value: int) -> ast.expr:
    return _made(ast.Constant(value) if value >= 0 else ast.UnaryOp(ast.USub(), ast.Constant(-value)))


def integer(node: ast.expr) -> int | None:
    try:
        value = ast.literal_eval(node)
    except (ValueError, SyntaxError):
        return None
    return value if isinstance(value, int) else None
