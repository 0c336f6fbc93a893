"""Where a program starts: module bodies that do something, and functions and classes that nothing else calls."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TypeGuard

from tfmigrate.boundary import attempt
from tfmigrate.finding import Finding
from tfmigrate.program.aliases import library_names
from tfmigrate.program.link import Class, Function, Module, Program
from tfmigrate.program.scan import mentioned
from tfmigrate.progress import steps
from tfmigrate.walk.evaluate import Arguments, Frame, Semantics
from tfmigrate.walk.execute import MAX_FRAMES, Executor, TooLarge
from tfmigrate.walk.regions import Creation, Region
from tfmigrate.walk.sharing import Scoping
from tfmigrate.walk.values import Env, FunctionValue, ObjectValue

_SEEDS = {
    "variable_scope", "get_variable", "variable_op_scope", "get_variable_scope", "make_template", "layers", "slim",
    "contrib", "rnn_cell", "reuse_variables", "dynamic_rnn", "static_rnn", "bidirectional_dynamic_rnn",
    "static_bidirectional_rnn",
}  # fmt: skip


_OF_LAYERS = frozenset({"layers", "slim", "rnn_cell"})
# a name for one of these, or for something in it, is as good as the library's own
_LAYER_LIBRARY = re.compile(r"(tensorflow\.(contrib|layers|python\.layers)|tf_slim)\b")

# calls to be followed from all entries together, and from one even when these are spent
_ALL_FRAMES, _FEW_FRAMES = 100_000, 100
_OF_CONTAINERS = frozenset(
    name for kind in (list, dict, set, str, tuple) for name in dir(kind) if not name.startswith("_")
)


@dataclass(frozen=True)
class Entry:
    """One place where the program is entered from outside: a module run as a script, a function, or a class."""

    target: Module | Function | Class

    @property
    def module(self) -> Module:
        return self.target if isinstance(self.target, Module) else self.target.module

    @property
    def line(self) -> int:
        return 1 if isinstance(self.target, Module) else self.target.node.lineno


@dataclass(frozen=True, eq=False)
class Walk:
    """What happened when the program was entered at `entry`. called: of a class, the methods that were called for it.

    cut: whether it was broken off.
    """

    entry: Entry
    scoping: Scoping
    root: Region
    called: tuple[str, ...] = ()
    cut: bool = False

    def regions(self) -> Iterator[Region]:
        """The root and all calls and blocks below it."""
        yield self.root
        yield from (event for event in self.root.walk() if isinstance(event, Region))


def walk_program(program: Program, known: Iterable[Walk] = ()) -> tuple[list[Walk], Executor]:
    """Walk the program from every entry. The executor knows afterwards which functions were reached.

    known: walks of an earlier state of the program that came by nothing that is different now.
    """
    used = _Uses(program)
    entries = list(used.first_entries())
    acting = frozenset(e.target.name for e in entries if isinstance(e.target, Module))
    walker = Walker(program, frozenset(used.seeds), acting)
    by_target = {walk.entry.target: walk for walk in known}
    walks = [_walk(entry, walker, by_target.get(entry.target)) for entry in steps("following calls", entries)]
    for function in steps("following what nothing calls", used.outermost_first()):
        if function not in walker.executor.visited:
            target = function if function.cls is None else function.cls
            walks.append(_walk(Entry(target), walker, by_target.get(target)))
    walker.prepare(Scoping())
    walker.executor.limit = MAX_FRAMES  # whoever asks what a name means may run a module that no walk came by
    return [walk for walk in walks if walk is not None], walker.executor


class Walker:
    """Enters one program at one place after another. A module's body runs once, and again for a script that it acts in.

    seeds: see `Executor`. acting: the names of the modules whose bodies call something that may make variables.
    """

    def __init__(self, program: Program, seeds: frozenset[str], acting: frozenset[str]) -> None:
        self.program = program
        self.acting = acting
        self.executor = Executor(program, Scoping())
        self.executor.seeds = seeds
        self.spent = 0

    def prepare(self, semantics: Semantics, module: Module | None = None) -> None:
        """The library means this from now on; imports of `module` run before."""
        executor = self.executor
        if module is not None:
            executor.semantics = type(semantics)()
            executor.frame = _outside(module)
            executor.module_env(module)
            executor.frame = _outside(module)
        executor.semantics = semantics
        self.spent += executor.frames
        executor.limit = max(_FEW_FRAMES, min(MAX_FRAMES, (_ALL_FRAMES - self.spent) // 4))
        executor.frames = 0
        executor.calls.clear()
        executor.lent.clear()

    def run_script(self, semantics: Semantics, module: Module) -> None:
        """Run the body of a module, and again those of the modules it imports if they act."""
        executor = self.executor
        self.prepare(semantics)
        if any(other.name in self.acting for other in self._imported(module)):
            executor.forget()
        executor.envs.pop(module, None)
        executor.frame = _outside(module)
        executor.main = module
        executor.module_env(module)
        executor.main = None

    def _imported(self, module: Module) -> set[Module]:
        """All modules that running this one imports, itself left out."""
        found: dict[Module, None] = {}
        waiting = [module]
        while waiting:
            for other in self.program.imports(waiting.pop()):
                if other not in found and other is not module:
                    found[other] = None
                    waiting.append(other)
        return set(found)


def _outside(module: Module) -> Frame:
    return Frame(None, module, None, None, Env({}, None, module))


def _walk(entry: Entry, walker: Walker, known: Walk | None) -> Walk | None:
    if known is not None:
        walker.executor.visited.update(r.function for r in known.regions() if r.function is not None)
        return known
    scoping, executor = Scoping(), walker.executor
    called: list[str] = []
    failure = attempt(lambda: _enter(entry, walker, scoping, called), entry.module.path, entry.line)
    if isinstance(failure, Finding):
        scoping.findings.add(failure)
        scoping.blamed[failure] = scoping.root
        scoping.blames.append((failure, scoping.root))
    executor.main = None
    scoping.finish()
    if scoping.root is not None:
        _forget_locals(scoping.root)
    return Walk(entry, scoping, scoping.root, tuple(called), failure is not None) if scoping.root is not None else None


def _forget_locals(region: Region) -> bool:
    """Let go of the local names of calls that are over, where nothing was made; whether something was."""
    env = region.frame.env
    region.frame.env = Env({}, env.parent, env.module)
    makes = False
    for event in region.events:
        makes = (_forget_locals(event) if isinstance(event, Region) else isinstance(event, Creation)) or makes
    if not makes and region.parent is not None:
        region.names, region.names_later = {}, {}
    return makes


def _enter(entry: Entry, walker: Walker, scoping: Scoping, called: list[str]) -> Finding | None:
    try:
        if isinstance(entry.target, Module):
            walker.run_script(scoping, entry.target)
            return None
        walker.prepare(scoping, entry.module)
        scoping.root = scoping.region = Region(walker.executor.frame, None, None, ())
        called.extend(_call_entry(entry.target, walker.executor))
    except (TooLarge, RecursionError):
        return Finding(
            str(entry.module.path), entry.line, 0, "TFM307", "the program calls too much from here to be followed"
        )
    return None


def _call_entry(target: Function | Class, executor: Executor) -> list[str]:
    """Call a function, or make an object and call the methods that nothing called so far; returns their names."""
    if isinstance(target, Function):
        value = executor.module_env(target.module).names.get(target.name)
        known = isinstance(value, FunctionValue) and value.function is target
        executor.call_function(value if known else FunctionValue(target), Arguments(), None)  # type: ignore[arg-type]
        return []
    if target not in executor.class_names:
        return []
    obj = executor.instantiate(target, Arguments(), None)
    assert isinstance(obj, ObjectValue)
    called = []
    for name in outer_methods_first(target):
        method = executor.class_attribute(target, name)
        if isinstance(method, FunctionValue) and method.function not in executor.visited:
            called.append(name)
            call_method(executor, obj, name)
    return called


def outer_methods_first(cls: Class) -> list[str]:
    """The methods in their order, those that other methods of the class call behind the others."""
    inner = {
        node.attr
        for method in cls.methods.values()
        for node in method.nodes
        if isinstance(node, ast.Attribute) and node.attr in cls.methods and node.attr != method.name
    }
    return sorted(cls.methods, key=lambda name: name in inner)


def call_method(executor: Executor, obj: ObjectValue, name: str) -> None:
    """Call a method as something outside the program may; a property is read."""
    method = executor.class_attribute(obj.cls, name)
    bound = executor.bind(method, obj) if isinstance(method, FunctionValue) else None
    if isinstance(bound, FunctionValue):
        executor.call_function(bound, Arguments(), None)


class _Uses:
    """Which names a program's functions mention; by name only, hence more than it really uses."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.mentions: dict[Function | Module, set[str]] = {}
        for module in program.modules.values():
            for function in module.functions.values():
                self.mentions[function] = set(mentioned(function.node))
            self.mentions[module] = set(_top_level_names(module.tree))
            parts = {n for n, known in library_names(module).items() if _LAYER_LIBRARY.match(known)}
            owners: list[Function | Module] = [*module.functions.values(), module]
            for owner in owners:
                if parts & self.mentions[owner]:
                    self.mentions[owner].add("contrib")
        self.mentioning: dict[str, list[Function | Module]] = {}
        for owner, names in self.mentions.items():
            for name in names:
                self.mentioning.setdefault(name, []).append(owner)
        self.names, found = self._close(frozenset())
        self.interesting = [owner for owner in self.mentions if owner in found]
        self.reached = found
        # a list's `append` says nothing about the method of that name that some class of the program has
        self.seeds, _ = self._close(_OF_CONTAINERS)

    def _close(self, silent: frozenset[str]) -> tuple[set[str], set[Function | Module]]:
        """Everything that may reach a variable, and the names by which it is called."""
        names = set(_SEEDS)
        found: set[Function | Module] = set()
        waiting = list(names)
        while waiting:
            for owner in self.mentioning.get(waiting.pop(), ()):
                if owner not in found:
                    found.add(owner)
                    new = _callable_names(owner) - names - silent
                    names |= new
                    waiting.extend(new)
        return names, found

    def first_entries(self) -> Iterator[Entry]:
        """Module bodies that call something of interest, then what nothing else mentions."""
        acting = self._interesting_names()
        scripts = [m for m in self.interesting if isinstance(m, Module) and _acts(m, acting)]
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

    def outermost_first(self) -> list[Function]:
        """The functions that may reach a variable, those that mention others before the others."""
        order: list[Function] = []
        seen: set[Function] = set()
        for function in self.interesting:
            stack = [(function, self._callers(function))] if self._is_outer(function, seen) else []
            while stack:
                caller = next((owner for owner in stack[-1][1] if self._is_outer(owner, seen)), None)
                if caller is not None:
                    stack.append((caller, self._callers(caller)))
                else:
                    order.append(stack.pop()[0])
        return order

    def _is_outer(self, owner: Function | Module, seen: set[Function]) -> TypeGuard[Function]:
        """Whether a function stands in no other and comes by for the first time."""
        fresh = isinstance(owner, Function) and owner.parent is None and owner in self.reached and owner not in seen
        if fresh:
            seen.add(owner)  # type: ignore[arg-type]
        return fresh

    def _callers(self, function: Function) -> Iterator[Function | Module]:
        for name in _callable_names(function):
            yield from self.mentioning.get(name, ())

    def _interesting_names(self) -> set[str]:
        names = {f.name if f.cls is None else f.cls.name for f in self.interesting if isinstance(f, Function)}
        return names | _SEEDS | {"run"}

    def _mentioned(self, name: str, target: Function | Class) -> bool:
        for owner in self.mentioning.get(name, ()):
            if owner is target:
                continue
            if isinstance(owner, Function) and isinstance(target, Class) and owner.cls is target:
                continue
            if isinstance(owner, Function) and owner.parent is not None and owner.parent is target:
                continue
            return True
        return False


def _callable_names(owner: Function | Module) -> set[str]:
    """The names by which a function is called."""
    if isinstance(owner, Module):
        return set()
    if owner.cls is not None and owner.name in ("__init__", "__call__"):
        return {owner.cls.name}
    return {owner.name}


def _top_level_names(tree: ast.Module) -> Iterator[str]:
    for statement in _top_level(tree):
        yield from mentioned(statement)
    for statement in tree.body:
        for base in statement.bases if isinstance(statement, ast.ClassDef) else ():
            yield from mentioned(base)


def _top_level(tree: ast.Module) -> Iterator[ast.stmt]:
    for statement in tree.body:
        if not isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom)):
            yield statement


def _acts(module: Module, names: set[str]) -> bool:
    """Whether the body of the module calls something that may make variables."""
    for statement in _top_level(module.tree):
        for node in ast.walk(statement):
            if isinstance(node, ast.Call):
                name, *owners = [*mentioned(node.func), ""]
                if name in names or not _OF_LAYERS.isdisjoint(owners):
                    return True
    return False
