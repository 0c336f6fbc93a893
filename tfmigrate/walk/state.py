"""Where the value of an expression comes from: the program's text, or something that changes while it runs."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from weakref import WeakKeyDictionary

from tfmigrate.program.aliases import library_names
from tfmigrate.program.flags import counted_calls, reuse_flags
from tfmigrate.program.link import FunctionNode, Module, Program
from tfmigrate.program.scan import parameter_names
from tfmigrate.program.texts import unparsed
from tfmigrate.walk.frames import Frame

_GRAPH = {
    "get_collection", "get_collection_ref", "global_variables", "trainable_variables", "all_variables", "get_variables",
}  # fmt: skip
_MUTATORS = {"append", "add", "extend", "insert", "update", "setdefault", "remove", "discard", "pop", "clear"}


@dataclass
class _Changes:
    """What a program changes as it runs: attributes set outside `__init__`, globals set by functions, containers."""

    attributes: set[str] = field(default_factory=set)
    # of these, those that it sets on something else than TensorFlow's flags
    of_objects: set[str] = field(default_factory=set)
    # set more than once by one constructor
    reset: set[str] = field(default_factory=set)
    globals: set[tuple[Module, str]] = field(default_factory=set)
    containers: set[str] = field(default_factory=set)
    # global names of one file
    names: set[str] = field(default_factory=set)
    # attributes that change as the program runs, but decide nothing
    flags: frozenset[str] = frozenset()

    @cached_property
    def deciding(self) -> frozenset[str]:
        """Attributes that change and may decide something; asked for when all files have been seen."""
        return frozenset(self.attributes - self.flags)


@dataclass(frozen=True)
class State:
    """What decides a value as the program runs, in words. nodes: the expressions that ask for it.

    remembered: it is an attribute of an object of the program, which will hold the same at the same time as before.
    """

    text: str
    nodes: tuple[ast.AST, ...] = ()
    remembered: bool = False


def run_time_state(expression: ast.expr, frame: Frame, program: Program) -> State | None:
    """What of a program's state decides the value of an expression; None if it is fixed by its text."""
    return _Origin(_changes(program)).state(expression, frame)


def is_fixed(attribute: str, program: Program) -> bool:
    """Whether an attribute of that name is set by constructors only, and once, so that an object keeps what it got."""
    return is_settled(attribute, program) and attribute not in _changes(program).reset


def is_settled(attribute: str, program: Program) -> bool:
    """Whether an attribute of that name is set by constructors only: an object that is made keeps what it has."""
    return attribute not in _changes(program).of_objects


def is_filled(name: str, program: Program) -> bool:
    """Whether the program puts something into a container of that name, or takes something out."""
    return name in _changes(program).containers


class _Origin:
    def __init__(self, changes: _Changes) -> None:
        self.changes = changes
        self.seen: set[tuple[int, str]] = set()

    def state(self, expression: ast.expr, frame: Frame) -> State | None:
        remembered = None
        for node in _parts(expression):
            found = self._of_node(node, frame)
            if found is not None and not found.remembered:
                return found
            remembered = remembered or found
        return remembered

    def _of_node(self, node: ast.AST, frame: Frame) -> State | None:
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            return self._of_name(node.id, frame)
        if isinstance(node, ast.Attribute) and node.attr in self.changes.deciding and not _is_scope(node.value):
            return State(f"{unparsed(node)}, which changes as the program runs", remembered=True)
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name in _GRAPH:
                return State("what the graph holds", (node,))
            if name == "hasattr" or (name == "getattr" and len(node.args) == 3):
                return State(f"{unparsed(node)}, which changes as the program runs")
        if isinstance(node, ast.Compare) and any(isinstance(op, (ast.In, ast.NotIn)) for op in node.ops):
            for container in node.comparators:
                if _last_name(container) in self.changes.containers:
                    return State(f"what {unparsed(container)} holds")
        return None

    def _of_name(self, name: str, frame: Frame) -> State | None:
        if (id(frame), name) in self.seen:
            return None
        self.seen.add((id(frame), name))
        function = frame.function
        if function is None:
            return None
        if name in function.globals or not _is_local(name, function.node):
            changes = (frame.module, name) in self.changes.globals
            return State(f"the global {name}, which changes as the program runs") if changes else None
        states = [self.state(value, frame) for value in _assigned(name, function.node)]
        given = frame.given.get(name) or frame.ahead.get(name)
        if name in function.params and given is not None and frame.parent is not None:
            states.append(self.state(given, frame.parent))
        found = [state for state in states if state is not None]
        return next((state for state in found if not state.remembered), found[0] if found else None)


@lru_cache(maxsize=20_000)
def _parts(expression: ast.expr) -> tuple[ast.AST, ...]:
    """What an expression asks, where that may be something that changes."""
    asking = (ast.Name, ast.Attribute, ast.Call, ast.Compare)
    return tuple(node for node in ast.walk(expression) if isinstance(node, asking))


def _is_scope(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and unparsed(node.func).endswith("get_variable_scope")


def _last_name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


@lru_cache(maxsize=10_000)
def _locals(function: FunctionNode) -> frozenset[str]:
    names = parameter_names(function.args)
    names.update(n.id for n in ast.walk(function) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store))
    return frozenset(names)


def _is_local(name: str, function: FunctionNode) -> bool:
    return name in _locals(function)


def _assigned(name: str, function: FunctionNode) -> list[ast.expr]:
    """The expressions that a local gets its value from by plain assignments."""
    return _assignments(function).get(name, []) if name in _locals(function) else []


@lru_cache(maxsize=10_000)
def _assignments(function: FunctionNode) -> dict[str, list[ast.expr]]:
    found: dict[str, list[ast.expr]] = {}
    for node in ast.walk(function):
        targets: list[ast.expr] = []
        if isinstance(node, ast.Assign):
            targets = node.targets
        elif isinstance(node, (ast.AugAssign, ast.AnnAssign, ast.NamedExpr)):
            targets = [node.target]
        value = getattr(node, "value", None)
        for name in dict.fromkeys(target.id for target in targets if isinstance(target, ast.Name)):
            if isinstance(value, ast.expr):
                found.setdefault(name, []).append(value)
    return found


@lru_cache(maxsize=2)
def _changes(program: Program) -> _Changes:
    changes = _Changes(flags=counted_calls(program) | reuse_flags(program).keys())
    for module in program.modules.values():
        here = _changes_in(module)
        changes.attributes |= here.attributes
        changes.of_objects |= here.of_objects
        changes.reset |= here.reset
        changes.containers |= here.containers
        changes.globals.update((module, name) for name in here.names)
    return changes


# by file: a later round looks at most of them again
_KNOWN: WeakKeyDictionary[Module, _Changes] = WeakKeyDictionary()


def _changes_in(module: Module) -> _Changes:
    if module not in _KNOWN:
        found = _KNOWN[module] = _Changes()
        _collect(module.tree, None, found, set(), _flags(module))
        assigned = Counter(name for name in _top_level_targets(module.tree))
        found.names.update(name for name, times in assigned.items() if times > 1)
    return _KNOWN[module]


def _flags(module: Module) -> frozenset[str]:
    """The names that stand for TensorFlow's flags everywhere in a file."""
    known = {name for name, library in library_names(module).items() if library.endswith("flags.FLAGS")}
    if not known:
        return frozenset()
    bound = {node.arg for node in module.of_kind(ast.arg)}
    bound.update(*(function.assigned for function in module.functions.values()))
    return frozenset(known - bound)


def _top_level_targets(node: ast.AST) -> Iterator[str]:
    """The names that a module's own statements give a value to, once for each place."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)):
            continue
        if isinstance(child, ast.Name) and isinstance(child.ctx, ast.Store):
            yield child.id
        yield from _top_level_targets(child)


def _is_own(target: ast.Attribute, init: FunctionNode) -> bool:
    """Whether a constructor sets an attribute of the object that it makes."""
    return isinstance(target.value, ast.Name) and bool(init.args.args) and target.value.id == init.args.args[0].arg


def _collect(
    node: ast.AST,
    function: FunctionNode | None,
    changes: _Changes,
    seen: set[tuple[FunctionNode | None, str]],
    flags: frozenset[str],
) -> None:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Global):
            changes.names.update(child.names)
        elif isinstance(child, ast.Attribute) and isinstance(child.ctx, ast.Store):
            if function is None or function.name != "__init__" or not _is_own(child, function):
                changes.attributes.add(child.attr)
                if not isinstance(child.value, ast.Name) or child.value.id not in flags:
                    changes.of_objects.add(child.attr)
            elif (function, child.attr) in seen:
                changes.reset.add(child.attr)
            seen.add((function, child.attr))
        elif isinstance(child, ast.Call) and isinstance(child.func, ast.Attribute) and child.func.attr in _MUTATORS:
            changes.containers.add(_last_name(child.func.value))
        elif isinstance(child, ast.Subscript) and isinstance(child.ctx, ast.Store):
            changes.containers.add(_last_name(child.value))
        elif isinstance(child, (ast.Name, ast.Constant, ast.expr_context)):
            continue
        inner = child if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef)) else function
        _collect(child, inner, changes, seen, flags)
