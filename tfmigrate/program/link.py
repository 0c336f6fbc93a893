"""The whole program: its modules, functions and classes, and what an import in one of them refers to."""

from __future__ import annotations

import ast
import symtable
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any, TypeVar

from tfmigrate.program.several import one_in_another

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef
Node = TypeVar("Node", bound=ast.AST)


@dataclass(frozen=True, eq=False)
class Function:
    """A function or method, where it is defined and what it is nested in."""

    module: Module
    node: FunctionNode
    qualname: str
    cls: Class | None = None
    parent: Function | None = None

    @property
    def name(self) -> str:
        return self.node.name

    @property
    def is_static(self) -> bool:
        return any(isinstance(d, ast.Name) and d.id == "staticmethod" for d in self.node.decorator_list)

    @property
    def params(self) -> list[str]:
        """Names of the parameters without `self`, `*args` and `**kwargs`."""
        args = self.node.args
        names = [arg.arg for arg in (*args.posonlyargs, *args.args, *args.kwonlyargs)]
        return names[1:] if self.cls is not None and not self.is_static else names

    def default(self, name: str) -> ast.expr | None:
        """The default of a parameter."""
        args = self.node.args
        positional = [*args.posonlyargs, *args.args]
        found = {a.arg: d for a, d in zip(reversed(positional), reversed(args.defaults))}
        found.update({a.arg: d for a, d in zip(args.kwonlyargs, args.kw_defaults) if d is not None})
        return found.get(name)

    @property
    def self_name(self) -> str | None:
        args = self.node.args.args
        return args[0].arg if self.cls is not None and not self.is_static and args else None

    @property
    def object_name(self) -> str | None:
        """The name by which its code knows the object of its class, or of that of the method it is defined in."""
        if self.cls is not None or self.parent is None or self.parent.self_name in self.params:
            return self.self_name
        return self.parent.self_name

    @cached_property
    def nodes(self) -> tuple[ast.AST, ...]:
        """Its node and all below, as `ast.walk` gives them."""
        return tuple(ast.walk(self.node))

    @cached_property
    def is_generator(self) -> bool:
        return any(isinstance(node, (ast.Yield, ast.YieldFrom)) for node in self.nodes)

    @cached_property
    def globals(self) -> frozenset[str]:
        """Names that it declares as those of its module."""
        found = (node.names for node in self.nodes if isinstance(node, ast.Global))
        return frozenset(name for names in found for name in names)

    @cached_property
    def rebinds(self) -> frozenset[str]:
        """Names of its module that it gives another value."""
        defined = (node.name for node in self.nodes if isinstance(node, (ast.FunctionDef, ast.ClassDef)))
        imported = (node.asname or node.name for node in self.nodes if isinstance(node, ast.alias))
        return self.globals & frozenset([*self.assigned, *defined, *imported]) if self.globals else self.globals

    @cached_property
    def nonlocals(self) -> frozenset[str]:
        """Names that it declares as those of a function around it."""
        found = (node.names for node in self.nodes if isinstance(node, ast.Nonlocal))
        return frozenset(name for names in found for name in names)

    @cached_property
    def assigned(self) -> frozenset[str]:
        """Names that are given a value anywhere in it."""
        stored = (node for node in self.nodes if isinstance(node, ast.Name))
        return frozenset(node.id for node in stored if not isinstance(node.ctx, ast.Load))

    @cached_property
    def stores(self) -> bool:
        """Whether its own statements change an object or a global name."""
        targets = (ast.Attribute, ast.Subscript)
        return bool(self.globals) or any(
            isinstance(node, targets) and not isinstance(node.ctx, ast.Load) for node in self.nodes
        )

    def __repr__(self) -> str:
        return f"{self.module.name}.{self.qualname}"


def in_order(functions: Iterable[Function]) -> list[Function]:
    """Functions by file and line: what is told of several must not hang on the order of a set."""
    return sorted(functions, key=lambda function: (str(function.module.path), function.node.lineno))


@dataclass(frozen=True, eq=False)
class Class:
    """A class of the program with the methods it defines itself."""

    module: Module
    node: ast.ClassDef
    qualname: str
    methods: dict[str, Function] = field(default_factory=dict)
    parent: Function | None = None

    @property
    def name(self) -> str:
        return self.node.name

    @cached_property
    def attributes(self) -> frozenset[str]:
        """Names of its methods, of what its body binds, and of all attributes that its code sets on anything."""
        stored = (n.attr for n in ast.walk(self.node) if isinstance(n, ast.Attribute) and isinstance(n.ctx, ast.Store))
        bound = (
            n.id for s in self.node.body if isinstance(s, ast.Assign) for n in ast.walk(s) if isinstance(n, ast.Name)
        )
        return frozenset([*self.methods, *stored, *bound])

    def __repr__(self) -> str:
        return f"{self.module.name}.{self.qualname}"


@dataclass(frozen=True, eq=False)
class Module:
    """One parsed file. name is dotted from the root of the program; path is as the user named it."""

    name: str
    path: Path
    text: str
    tree: ast.Module
    functions: dict[FunctionNode, Function] = field(default_factory=dict)
    classes: dict[ast.ClassDef, Class] = field(default_factory=dict)
    # the modules of the program whose names it takes over by `from ... import *`
    starred: list[Module] = field(default_factory=list)

    @property
    def lines(self) -> list[str]:
        return self.text.splitlines(keepends=True)

    @cached_property
    def nodes(self) -> tuple[ast.AST, ...]:
        """All nodes of the file, as `ast.walk` gives them."""
        return tuple(ast.walk(self.tree))

    def of_kind(self, kind: type[Node]) -> list[Node]:
        """All nodes of one class, in the same order."""
        return self._by_kind.get(kind, [])

    @cached_property
    def _by_kind(self) -> dict[type[ast.AST], list[Any]]:
        found: dict[type[ast.AST], list[Any]] = {}
        for node in self.nodes:
            found.setdefault(type(node), []).append(node)
        return found

    @cached_property
    def binders(self) -> dict[str, list[ast.AST]]:
        """What gives a name a meaning anywhere in the file; imports also under the name that they rename."""
        found: dict[str, list[ast.AST]] = {}
        for node in self.nodes:
            for name in _bound_by(node):
                found.setdefault(name, []).append(node)
        return found

    @cached_property
    def rebound(self) -> frozenset[str]:
        """Its names to which a function gives another value."""
        return frozenset().union(*(function.rebinds for function in self.functions.values()))

    @property
    def is_package(self) -> bool:
        return self.path.name == "__init__.py"

    def __repr__(self) -> str:
        return self.name


def _bound_by(node: ast.AST) -> set[str]:
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        named = {alias.name.split(".")[0] for alias in node.names}
        return named | {alias.asname for alias in node.names if alias.asname is not None}
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return {node.name}
    if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
        return {node.id}
    if isinstance(node, ast.ExceptHandler) and node.name is not None:
        return {node.name}
    return set(node.names) if isinstance(node, ast.Global) else set()


@dataclass(frozen=True, eq=False)
class Program:
    """All modules by dotted name. packages: the names of the folders with an `__init__.py`."""

    modules: dict[str, Module]
    packages: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        for module in self.modules.values():
            if not module.starred:
                module.starred.extend(self._starred(module))

    def takes_all_from_outside(self, module: Module) -> bool:
        """Whether `from missing import *` binds names in a module that the program does not show."""
        stars = (n for n in module.of_kind(ast.ImportFrom) if n.names[0].name == "*")
        return any(self.source_of(star, module) is None for star in stars)

    def _starred(self, module: Module) -> Iterator[Module]:
        for node in module.tree.body:
            if isinstance(node, ast.ImportFrom) and node.names[0].name == "*":
                found = self.source_of(node, module)
                if found is not None and found is not module:
                    yield found

    def source_of(self, node: ast.ImportFrom, importer: Module) -> Module | None:
        """The module of the program that names are imported from."""
        if node.level:
            return self.relative(importer, node.level, node.module)
        return self.find(node.module or "", importer)

    def functions(self) -> Iterator[Function]:
        for module in self.modules.values():
            yield from module.functions.values()

    def find(self, name: str, importer: Module) -> Module | None:
        """The module that `import name` means inside `importer`.

        A script sees what lies beside it first; inside a package, names count from the top. What is found neither way
        is the one module whose name ends so, below a folder that is no package (`src/`).
        """
        beside = self._beside(name, importer)
        if importer.name in self.scripts and beside is not None:
            return beside
        if name in self.modules:
            return self.modules[name]
        if name.partition(".")[0] in sys.stdlib_module_names:
            return None
        return beside or self._below_a_folder(name)

    def _beside(self, name: str, importer: Module) -> Module | None:
        folder = importer.name if importer.is_package else importer.name.rpartition(".")[0]
        while folder:
            if f"{folder}.{name}" in self.modules:
                return self.modules[f"{folder}.{name}"]
            folder = folder.rpartition(".")[0]
        return None

    def _below_a_folder(self, name: str) -> Module | None:
        fitting = self.endings.get(name, ())
        return fitting[0] if len(fitting) == 1 else None

    @cached_property
    def scripts(self) -> frozenset[str]:
        """Names of the modules that lie in no package."""
        return frozenset(name for name in self.modules if name.rpartition(".")[0] not in self.packages)

    @cached_property
    def endings(self) -> dict[str, list[Module]]:
        """Modules by what is left of their names without the folders in front that are no packages."""
        found: dict[str, list[Module]] = {}
        for name, module in self.modules.items():
            folder, _, rest = name.partition(".")
            while rest and folder not in self.packages:
                found.setdefault(rest, []).append(module)
                head, _, rest = rest.partition(".")
                folder = f"{folder}.{head}"
        return found

    def imports(self, module: Module) -> list[Module]:
        """The modules that a module imports anywhere in it."""
        if module not in self._imports:
            self._imports[module] = list(dict.fromkeys(self._all_imports(module)))
        return self._imports[module]

    @cached_property
    def _imports(self) -> dict[Module, list[Module]]:
        return {}

    def _all_imports(self, module: Module) -> Iterator[Module]:
        for node in module.nodes:
            if isinstance(node, ast.Import):
                names = [part for alias in node.names for part in _prefixes(alias.name)]
                yield from filter(None, (self.find(name, module) for name in names))
            elif isinstance(node, ast.ImportFrom):
                if node.level:
                    base = self.relative(module, node.level, node.module)
                    yield from filter(None, [base])
                    prefix = base.name if base is not None else None
                else:
                    yield from filter(None, (self.find(name, module) for name in _prefixes(node.module or "")))
                    prefix = node.module
                for alias in node.names if prefix else ():
                    found = self.find(f"{prefix}.{alias.name}", module)
                    if found is not None:
                        yield found

    def relative(self, importer: Module, level: int, name: str | None) -> Module | None:
        """The module that `from ..name import` means; the package itself for `from . import`."""
        parts = importer.name.split(".")
        keep = len(parts) - level + (1 if importer.is_package else 0)
        if keep < 0:
            return None
        target = ".".join([*parts[:keep], *([name] if name else [])])
        return self.modules.get(target)


def _prefixes(name: str) -> list[str]:
    parts = name.split(".")
    return [".".join(parts[: i + 1]) for i in range(len(parts))]


def module_name(path: Path, root: Path) -> str:
    """The dotted name of a file below the root of the program."""
    parts = list(PurePosixPath(path.relative_to(root).with_suffix("").as_posix()).parts)
    if parts[-1] == "__init__":
        parts.pop()
    return ".".join(parts) or root.name


def parse_module(name: str, path: Path, text: str) -> Module:
    """Parse one file. Raises SyntaxError."""
    module = Module(name, path, text, one_in_another(ast.parse(text)))
    symtable.symtable(text, str(path), "exec")  # one parameter twice, a `global` too late: no grammar says so
    _collect(module, module.tree, "", None, None)
    return module


def _collect(module: Module, node: ast.AST, prefix: str, cls: Class | None, parent: Function | None) -> None:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef)):
            function = Function(module, child, prefix + child.name, cls, parent)
            module.functions[child] = function
            if cls is not None:
                cls.methods[child.name] = function
            _collect(module, child, f"{prefix}{child.name}.", None, function)
        elif isinstance(child, ast.ClassDef):
            inner = Class(module, child, prefix + child.name, {}, parent)
            module.classes[child] = inner
            _collect(module, child, f"{prefix}{child.name}.", inner, parent)
        elif not isinstance(child, ast.expr):
            _collect(module, child, prefix, cls, parent)
