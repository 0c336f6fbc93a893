"""Where a program starts: module bodies that do something, and functions and classes that nothing else calls."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tfmigrate.boundary import attempt
from tfmigrate.finding import Finding
from tfmigrate.program.link import Class, Function, Module, Program
from tfmigrate.progress import steps
from tfmigrate.walk.arguments import Arguments
from tfmigrate.walk.attributes import bind
from tfmigrate.walk.execute import Executor
from tfmigrate.walk.frames import Frame
from tfmigrate.walk.functions import MAX_FRAMES, TooLarge
from tfmigrate.walk.regions import Creation, Region
from tfmigrate.walk.semantics import Semantics
from tfmigrate.walk.sharing import Scoping
from tfmigrate.walk.uses import Uses
from tfmigrate.walk.values import Env, FunctionValue, ObjectValue

# calls to be followed from all entries together, and from one even when these are spent
_ALL_FRAMES, _FEW_FRAMES = 20_000, 100


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

    def functions(self) -> Iterator[Function]:
        """All functions that it came by."""
        return (code for code in self.scoping.came_by if isinstance(code, Function))

    def modules(self) -> list[Module]:
        """All files that it came by, in that order."""
        came_by = (code if isinstance(code, Module) else code.module for code in self.scoping.came_by)
        return list(dict.fromkeys([self.entry.module, *came_by]))

    def regions(self) -> Iterator[Region]:
        """The root and the calls and blocks below it, but for some that concern no variable."""
        yield self.root
        yield from (event for event in self.root.walk() if isinstance(event, Region))


def walk_program(program: Program, known: Iterable[Walk] = ()) -> tuple[list[Walk], Executor]:
    """Walk the program from every entry. The executor knows afterwards which functions were reached.

    known: walks of an earlier state of the program that came by nothing that is different now.
    """
    used = Uses(program)
    entries = [Entry(target) for target in used.first_entries()]
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
        self.spent += executor.frames
        executor.frames, executor.limit = 0, MAX_FRAMES  # what a module does is no fault of who enters it next
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
        executor.defaults.clear()
        executor.memory.restart()

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
        walker.executor.visited.update(known.functions())
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
    if target not in executor.classes.names:
        return []
    obj = executor.instantiate(target, Arguments(), None)
    if not isinstance(obj, ObjectValue):  # its `__new__` sets what it likes
        obj = ObjectValue(target, born=executor.memory.tick(), opened=1)
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
    bound = bind(executor, method, obj) if isinstance(method, FunctionValue) else None
    if isinstance(bound, FunctionValue):
        executor.call_function(bound, Arguments(), None)
