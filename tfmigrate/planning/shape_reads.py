"""Where a body reads the static shape of what it is given, and the names that it reads."""

from __future__ import annotations

import ast

from tfmigrate.planning.inference import Inference
from tfmigrate.planning.meanings import Resolve
from tfmigrate.program.link import Module
from tfmigrate.program.scan import COMPREHENSIONS, Binding, Scan
from tfmigrate.walk.shapes import is_shape_helper


class ShapeReads:
    """In one body. `tensors` are the inputs that are tensors; `meaning` says what a global name means."""

    def __init__(
        self,
        scan: Scan,
        module: Module,
        inputs: set[str],
        tensors: set[str],
        meaning: Resolve,
    ) -> None:
        self.scan = scan
        self.module = module
        self.inputs = inputs
        self.tensors = tensors
        self.inference = Inference(scan, module, self.tensors, meaning, inputs)
        self.resolve = self.inference.resolve

    def shape_of(self, node: ast.expr) -> str | None:
        """The input tensor whose whole static shape this expression is; None if it is something else."""
        if isinstance(node, ast.Call) and not node.keywords:
            if isinstance(node.func, ast.Attribute) and not node.args:
                if node.func.attr == "as_list":
                    return self.shape_of(node.func.value)
                if node.func.attr == "get_shape":
                    return self.tensor_input(node.func.value)
            if len(node.args) == 1 and is_shape_helper(self.resolve(node.func)):
                return self.tensor_input(node.args[0])
            if isinstance(node.func, ast.Name) and node.func.id in ("list", "tuple") and len(node.args) == 1:
                return self.shape_of(node.args[0])
        if isinstance(node, ast.Attribute) and node.attr in ("shape", "dims"):
            return self.tensor_input(node.value) if node.attr == "shape" else self.shape_of(node.value)
        if isinstance(node, ast.Name):
            certain, binding = self._reaching(node)
            if (
                certain
                and binding is not None
                and binding.value is not None
                and isinstance(binding.statement, ast.Assign)
            ):
                return self.shape_of(binding.value)
        return None

    def tensor_input(self, node: ast.expr) -> str | None:
        """The name of the input tensor that an expression is, unchanged since the body began."""
        name = self.spelling(node)
        if name is None or name not in self.inputs or name not in self.tensors:
            return None
        certain, binding = self.scan.reaching(name, node)
        return name if certain and binding is None else None

    def is_dim(self, node: ast.expr) -> bool:
        """Whether the expression is one dimension of such a shape."""
        if isinstance(node, ast.Subscript) and self.inference.dimension(node) is not None:
            return True
        if isinstance(node, ast.Subscript):
            return self.shape_of(node.value) is not None and not isinstance(node.slice, ast.Slice)
        if isinstance(node, ast.Attribute) and node.attr == "value":
            return self.is_dim(node.value)
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id == "int"
            and len(node.args) == 1
        ):
            return self.is_dim(node.args[0])
        if isinstance(node, ast.Name):
            certain, binding = self._reaching(node)
            if not certain or binding is None:
                return False
            if binding.value is None and isinstance(binding.statement, ast.Assign):
                return self.shape_of(binding.statement.value) is not None  # `n, d = x.shape`
            return binding.value is not None and self.is_dim(binding.value)
        return False

    def _reaching(self, node: ast.Name) -> tuple[bool, Binding | None]:
        return (False, None) if self.is_own(node) else self.scan.reaching(node.id, node)

    def spelling(self, node: ast.expr) -> str | None:
        """`x`, or `self.x` for an attribute of the object."""
        if isinstance(node, ast.Name):
            return node.id
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and self.scan.self_name is not None:
            if node.value.id == self.scan.self_name:
                return f"self.{node.attr}"
        return None

    def is_own(self, node: ast.Name) -> bool:
        """Whether a name is bound by a comprehension or lambda around it."""
        for outer in self.scan.ancestors(node):
            if isinstance(outer, ast.stmt):
                return False
            if isinstance(outer, COMPREHENSIONS):
                if any(
                    isinstance(n, ast.Name) and n.id == node.id for g in outer.generators for n in ast.walk(g.target)
                ):
                    return True
            if isinstance(outer, ast.Lambda) and any(a.arg == node.id for a in outer.args.args):
                return True
        return False
