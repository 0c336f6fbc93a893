"""The dimensions of a tensor made half-way, where the operations that made it say what they are."""

from __future__ import annotations

import ast
from collections.abc import Container

from tfmigrate.planning.keeping import is_flattening, keeps_last
from tfmigrate.planning.last_dimension import LastDimensions, literal, of_input
from tfmigrate.planning.meanings import Resolve
from tfmigrate.program.dialect import tensorflow_alias
from tfmigrate.program.last_values import Looped, choice_of, loop_before
from tfmigrate.program.link import Module
from tfmigrate.program.scan import Scan, arguments_of, integer, is_changed
from tfmigrate.program.synthetic import synthetic
from tfmigrate.walk.values import Library

_DEPTH = 20


class Inference(LastDimensions):
    """Of tensors behind branches and loops too, and of the other dimensions; written as they are before the call."""

    def __init__(
        self, scan: Scan, module: Module, tensors: Container[str], meaning: Resolve, inputs: Container[str]
    ) -> None:
        super().__init__(scan, module, tensors, meaning, inputs)
        # what the file calls the library
        self.tensorflow = tensorflow_alias(module)
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

    def source(self, node: ast.expr) -> str | None:
        """The input whose last dimension a tensor surely has."""
        found = self._at(node, -1, _DEPTH)
        if not isinstance(found, ast.Subscript) or integer(found.slice) != -1:
            return None
        tensor = self._tensor_of_shape(found.value)
        return tensor.id if isinstance(tensor, ast.Name) and self._is_input(tensor) else None

    def _at(self, node: ast.expr, index: int, depth: int) -> ast.expr | None:
        """One dimension of the tensor that an expression gives."""
        if isinstance(node, ast.Name) and index == -1 and depth and not self.scan.reaching(node.id, node)[0]:
            looped = loop_before(self.scan, node)
            if looped is not None:
                return self._behind_loop(looped, depth - 1)
        last = self.last(node, depth)
        if last is not None and (index == -1 or (last.rank is not None and index == last.rank - 1)):
            return last.dimension
        if depth == 0:
            return None
        if isinstance(node, ast.Name):
            if self._is_input(node):
                return of_input(node, index)
            certain, binding = self.scan.reaching(node.id, node)
            value = binding.value if certain and binding is not None else None
            if value is None:
                return self._kept(node, index, depth) or self._chosen(node, index, depth)
            return self._at(value, index, depth - 1)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.USub, ast.UAdd)):
            return self._at(node.operand, index, depth - 1)
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
        shape = synthetic(ast.Call(synthetic(ast.Attribute(node, "get_shape")), [], []))
        rest = synthetic(ast.Subscript(shape, ast.Slice(literal(1))))
        library = synthetic(ast.parse(self.tensorflow, mode="eval").body)
        made = synthetic(ast.Call(synthetic(ast.Attribute(library, "TensorShape")), [rest], []))
        return synthetic(ast.Call(synthetic(ast.Attribute(made, "num_elements")), [], []))

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

    def _behind_loop(self, looped: Looped, depth: int) -> ast.expr | None:
        """The last dimension of what every round of a loop makes anew: `[x_shape[-1], *sizes][-1]`."""
        last = self.common(looped.values, depth)
        if last is None or last.scan is not self.scan:
            return None
        read = [n for n in ast.walk(last.dimension) if isinstance(n, ast.Name)]
        seen = [self.scan.reaching(n.id, n) for n in read if n in self.scan.parents]
        bound = {binding.statement for _, binding in seen if binding is not None}
        if not all(certain for certain, _ in seen) or len(seen) < len(read):
            return None
        inside = not bound.isdisjoint(ast.walk(looped.loop))
        before = self._at(looped.before, -1, depth)
        if before is not None and not self.has_one_meaning(before):
            before = None
        if not inside:
            if looped.has_rounds or (before is not None and ast.unparse(before) == ast.unparse(last.dimension)):
                return last.dimension
            return None
        sizes = looped.iterated(last.dimension.id) if isinstance(last.dimension, ast.Name) else None
        if isinstance(sizes, (ast.List, ast.Tuple)):
            return sizes.elts[-1] if sizes.elts and not isinstance(sizes.elts[-1], ast.Starred) else None
        if sizes is None or before is None or bound != {looped.loop} or is_changed(self.scan, ast.unparse(sizes)):
            return None
        if not self.has_one_meaning(sizes):
            return None
        every = synthetic(ast.List([before, synthetic(ast.Starred(sizes, ast.Load()))], ast.Load()))
        return synthetic(ast.Subscript(every, literal(-1), ast.Load()))

    def has_one_meaning(self, *parts: ast.expr) -> bool:
        """Whether all that these read has one value in the body, so that they can be worked out together."""
        for node in (node for part in parts for node in ast.walk(part)):
            name = self._scan_name(node)
            bindings = self.scan.bindings.get(name, []) if name else []
            if isinstance(node, ast.Name) and self._is_input(node):
                continue
            if len(bindings) > 1 or (bindings and (name in self.inputs or name.startswith("self."))):
                return False
        return True

    @staticmethod
    def _scan_name(node: ast.AST) -> str:
        """What a scan calls a name, or an attribute that may be one of the object."""
        if isinstance(node, ast.Attribute):
            return f"self.{node.attr}"
        return node.id if isinstance(node, ast.Name) else ""

    def _chosen(self, node: ast.Name, index: int, depth: int) -> ast.expr | None:
        """One dimension of what one branch before this makes, and the other does not: `4 if deep else x_shape[-1]`."""
        way = choice_of(self.scan, node)
        if way is None:
            return None
        sizes = [self._at(value, index, depth - 1) for value in (way.taken, way.left)]
        if sizes[0] is None or sizes[1] is None or isinstance(sizes[0], ast.IfExp):
            return None
        if not self.has_one_meaning(sizes[0], sizes[1], way.test):
            return None
        return synthetic(ast.IfExp(way.test, sizes[0], sizes[1]))

    def _keeps(self, node: ast.Call, index: int) -> bool:
        """Whether a call gives what its first argument is, with this dimension unchanged."""
        value = self.resolve(node.func)
        if not isinstance(value, Library) or not value.name.startswith("tf.") or not node.args:
            return False
        if value.name == "tf.pad":
            paddings = arguments_of(node, ("tensor", "paddings")).get("paddings")
            pairs = self.elements(paddings) if paddings is not None else None
            if pairs is None or not -len(pairs) <= index < len(pairs):
                return False
            return [integer(side) for side in self.elements(pairs[index]) or ()] == [0, 0]
        return index == -1 and keeps_last(value.name, node)

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
        known = [size for size in sizes if size is not None]
        if any(isinstance(size, ast.IfExp) for size in known) or not self.has_one_meaning(*known):
            return None
        total = sizes[0]
        for size in sizes[1:] if along == index else []:
            total = synthetic(ast.BinOp(total, ast.Add(), size)) if total is not None and size is not None else None
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
        return self.reshaped(call) if isinstance(call, ast.Call) else None

    def reads_shape(self, node: ast.expr) -> bool:
        """Whether an expression is the static shape of some local, and no more."""
        return not isinstance(node, ast.Name) and isinstance(self._tensor_of_shape(node), ast.Name)

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
