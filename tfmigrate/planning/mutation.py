"""What a body changes by storing into it or calling what does: it is another value there than before the call."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator

from tfmigrate.program.aliases import library_names
from tfmigrate.program.link import Module
from tfmigrate.program.scan import CHANGING, Scan
from tfmigrate.walk.values import FunctionValue, Library, Value

# methods of arrays that change them
_OF_ARRAYS = {"fill", "itemset", "put", "resize", "setfield", "partition"}


class Mutation:
    """Of the values that the names of one body stand for. resolve: what an expression means at the top of the file."""

    def __init__(self, scan: Scan, module: Module, resolve: Callable[[ast.expr], Value | None]) -> None:
        self.scan = scan
        self.module = module
        self.resolve = resolve

    def changes(self, name: str, at: ast.AST | None = None) -> bool:
        """Whether the body stores into what stands behind a name, or calls what does. at: only what comes before."""
        return any(at is None or self._comes_before(load, at) for load in self._loads(name, {name}))

    def _loads(self, name: str, seen: set[str]) -> Iterator[ast.AST]:
        """The reads of a name through which the value changes, also under another name."""
        for load in self.scan.loads(name):
            node: ast.AST = load
            parent = self.scan.parents.get(node)
            while isinstance(parent, (ast.Attribute, ast.Subscript)) and parent.value is node:
                if not isinstance(parent.ctx, ast.Load):
                    yield load
                    break
                node, parent = parent, self.scan.parents.get(parent)
            if isinstance(parent, ast.Call) and parent.func is node:
                changes = isinstance(node, ast.Attribute) and node.attr in CHANGING | _OF_ARRAYS
                if changes and isinstance(node, ast.Attribute) and not self._on_module(node):
                    yield load
            elif isinstance(parent, ast.Call) and node in parent.args and self._changes_its_arguments(parent):
                yield load
            elif isinstance(parent, ast.Assign) and parent.value is node:
                for target in (t.id for t in parent.targets if isinstance(t, ast.Name) and t.id not in seen):
                    yield from self._loads(target, {*seen, target})

    def _changes_its_arguments(self, call: ast.Call) -> bool:
        value = self.resolve(call.func)
        if isinstance(value, Library):  # `np.fill_diagonal(a, 1)`: what else would it be called for
            thrown_away = isinstance(self.scan.parents.get(call), ast.Expr)
            return thrown_away and value.name.startswith(("numpy.", "random."))
        if not isinstance(value, FunctionValue):
            return False
        params = set(value.function.params)
        return any(
            (isinstance(node, ast.Subscript) and not isinstance(node.ctx, ast.Load) and _root_of(node) in params)
            or (isinstance(node, ast.Attribute) and not isinstance(node.ctx, ast.Load) and _root_of(node) in params)
            or (isinstance(node, ast.Attribute) and node.attr in CHANGING and _root_of(node) in params)
            for node in value.function.nodes
        )

    def _comes_before(self, node: ast.AST, other: ast.AST) -> bool:
        """In the text, or in the next round of a loop around both."""
        places = [(getattr(n, "lineno", 0), getattr(n, "col_offset", 0)) for n in (node, other)]
        loops = (outer for outer in self.scan.ancestors(node) if isinstance(outer, (ast.For, ast.While)))
        around = set(self.scan.ancestors(other))
        return places[0] < places[1] or any(loop in around for loop in loops)

    def _on_module(self, method: ast.Attribute) -> bool:
        """Whether what looks like a method is a function of a module: `tf.add(x, y)`."""
        return isinstance(method.value, ast.Name) and self._is_module(method.value.id)

    def _is_module(self, name: str) -> bool:
        """Whether a name of the file is that of TensorFlow or of another module."""
        if library_names(self.module).get(name) in ("tensorflow", "tensorflow.compat.v1"):
            return True
        return any(name == (a.asname or a.name) for node in self.module.of_kind(ast.Import) for a in node.names)


def _root_of(node: ast.expr) -> str | None:
    """The name in front of attributes and items."""
    while isinstance(node, (ast.Attribute, ast.Subscript)):
        node = node.value
    return node.id if isinstance(node, ast.Name) else None
