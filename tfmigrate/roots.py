"""Where a program starts: module bodies that do something, and functions and classes that nothing else calls."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from tfmigrate.evaluate import Arguments, Frame
from tfmigrate.execute import Executor, TooLarge
from tfmigrate.link import Class, Function, Module, Program
from tfmigrate.regions import Region
from tfmigrate.sharing import Scoping
from tfmigrate.values import Env, FunctionValue, ObjectValue

_SEEDS = {
    "variable_scope", "get_variable", "variable_op_scope", "get_variable_scope", "make_template", "layers", "slim",
    "contrib", "rnn_cell", "reuse_variables",
}  # fmt: skip


@dataclass(frozen=True)
class Entry:
    """One place where the program is entered from outside: a module run as a script, a function, or a class."""

    target: Module | Function | Class

    @property
    def module(self) -> Module:
        return self.target if isinstance(self.target, Module) else self.target.module


@dataclass(frozen=True, eq=False)
class Walk:
    """What happened when the program was entered at `entry`. orphan: nothing in the program calls it."""

    entry: Entry
    scoping: Scoping
    root: Region


def walk_program(program: Program) -> tuple[list[Walk], Executor]:
    """Walk the program from every entry. The executor knows afterwards which functions were reached."""
    used = _Uses(program)
    executor = Executor(program, Scoping())
    walks = [_walk(entry, executor) for entry in used.first_entries()]
    for function in list(used.interesting):
        if function not in executor.visited and isinstance(function, Function) and function.parent is None:
            target = function if function.cls is None else function.cls
            walks.append(_walk(Entry(target), executor))
    return [walk for walk in walks if walk is not None], executor


def _walk(entry: Entry, executor: Executor) -> Walk | None:
    scoping = Scoping()
    executor.semantics = scoping
    executor.frames = 0
    module = entry.module
    empty = Frame(None, module, None, None, Env({}, None, module))
    executor.frame = empty
    try:
        if isinstance(entry.target, Module):
            executor.main = module
            executor.envs.pop(module, None)
            executor.module_env(module)
            executor.main = None
        else:
            _prepare(executor, scoping, module, empty)
            _call_entry(entry.target, executor)
    except TooLarge:
        scoping.blame("TFM307", module.tree, executor, "the program calls too much from here to be followed")
    except RecursionError:
        scoping.blame("TFM307", module.tree, executor, "the program nests too deeply to be followed")
    return Walk(entry, scoping, scoping.root) if scoping.root is not None else None


def _prepare(executor: Executor, scoping: Scoping, module: Module, empty: Frame) -> None:
    """Run the imports first, so that the walk's root is the entry and not a module's body."""
    executor.module_env(module)
    fresh = Scoping()
    scoping.__dict__.update(fresh.__dict__)
    scoping.root = scoping.region = Region(empty, None, None, ())
    executor.frame = empty


def _call_entry(target: Function | Class | Module, executor: Executor) -> None:
    env = executor.module_env(target.module if not isinstance(target, Module) else target)
    if isinstance(target, Function):
        value = env.names.get(target.name)
        if isinstance(value, FunctionValue) and value.function is target:
            executor.call_function(value, Arguments(), None)
        else:
            executor.call_function(FunctionValue(target), Arguments(), None)
        return
    assert isinstance(target, Class)
    if target not in executor.class_names:
        return
    obj = executor.instantiate(target, Arguments(), None)
    assert isinstance(obj, ObjectValue)
    for name in list(target.methods):
        method = executor.class_attribute(target, name)
        if isinstance(method, FunctionValue) and method.function not in executor.visited:
            bound = executor.bind(method, obj)
            if isinstance(bound, FunctionValue):
                executor.call_function(bound, Arguments(), None)


class _Uses:
    """Which names a program's functions mention; by name only, hence more than it really uses."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.mentions: dict[Function | Module, set[str]] = {}
        for module in program.modules.values():
            for function in module.functions.values():
                self.mentions[function] = set(_names(function.node))
            self.mentions[module] = set(_top_level_names(module.tree))
        self.interesting = self._close()

    def _close(self) -> list[Function | Module]:
        """Everything that may reach a variable."""
        names = set(_SEEDS)
        found: dict[Function | Module, None] = {}
        grown = True
        while grown:
            grown = False
            for owner, mentioned in self.mentions.items():
                if owner in found or not mentioned & names:
                    continue
                found[owner] = None
                grown = True
                if isinstance(owner, Function):
                    names.add(owner.name if owner.name not in ("__init__", "__call__") or owner.cls is None else owner.cls.name)
                    if owner.cls is not None and owner.name in ("__call__", "__init__"):
                        names.add(owner.cls.name)
        order = {owner: i for i, owner in enumerate(self.mentions)}
        return sorted(found, key=lambda owner: order[owner])

    def first_entries(self) -> Iterator[Entry]:
        """Module bodies that call something of interest, then what nothing else mentions."""
        scripts = [m for m in self.interesting if isinstance(m, Module) and _acts(m, self._interesting_names())]
        for module in scripts:
            yield Entry(module)
        classes: set[Class] = set()
        for function in self.interesting:
            if not isinstance(function, Function) or function.parent is not None:
                continue
            if function.cls is not None:
                if function.cls not in classes and not self._mentioned(function.cls.name, function.cls):
                    classes.add(function.cls)
                    yield Entry(function.cls)
            elif not self._mentioned(function.name, function):
                yield Entry(function)

    def _interesting_names(self) -> set[str]:
        names = {f.name if f.cls is None else f.cls.name for f in self.interesting if isinstance(f, Function)}
        return names | _SEEDS | {"run"}

    def _mentioned(self, name: str, target: Function | Class) -> bool:
        for owner, mentioned in self.mentions.items():
            if name not in mentioned or owner is target:
                continue
            if isinstance(owner, Function) and isinstance(target, Class) and owner.cls is target:
                continue
            if isinstance(owner, Function) and owner.parent is not None and owner.parent is target:
                continue
            return True
        return False


def _names(node: ast.AST) -> Iterator[str]:
    for child in ast.walk(node):
        if isinstance(child, ast.Name):
            yield child.id
        elif isinstance(child, ast.Attribute):
            yield child.attr


def _top_level_names(tree: ast.Module) -> Iterator[str]:
    for statement in _top_level(tree):
        yield from _names(statement)


def _top_level(tree: ast.Module) -> Iterator[ast.stmt]:
    for statement in tree.body:
        if not isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom)):
            yield statement


def _acts(module: Module, names: set[str]) -> bool:
    """Whether the body of the module calls something that may make variables."""
    for statement in _top_level(module.tree):
        for node in ast.walk(statement):
            if isinstance(node, ast.Call):
                name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                if name in names:
                    return True
    return False

