"""Which code may reach a variable, by the names that it mentions, and where a program can be entered."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass
from typing import TypeGuard
from weakref import WeakKeyDictionary

from tfmigrate.program.aliases import library_names
from tfmigrate.program.link import Class, Function, Module, Program
from tfmigrate.program.scan import mentioned
from tfmigrate.tf1 import symbols

_SEEDS = {
    "variable_scope", "get_variable", "variable_op_scope", "get_variable_scope", "make_template", "layers", "slim",
    "contrib", "rnn_cell", "reuse_variables", "dynamic_rnn", "static_rnn", "bidirectional_dynamic_rnn",
    "static_bidirectional_rnn",
}  # fmt: skip


# parts of the library that make layers, by names that other things have too
_PARTS = frozenset({"layers", "contrib", "slim", "rnn_cell"})
_OF_LAYERS = frozenset({"layers", "slim", "rnn_cell"})
# a name for one of these, or for something in it, is as good as the library's own
_LAYER_LIBRARY = re.compile(r"(tensorflow\.(contrib|layers|python\.layers)|tf_slim)\b")

_OF_CONTAINERS = frozenset(
    name for kind in (list, dict, set, str, tuple) for name in dir(kind) if not name.startswith("_")
)


class Uses:
    """Which names a program's functions mention; by name only, hence more than it really uses."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.mentions: dict[Function | Module, frozenset[str]] = {}
        reached: dict[Function | Module, frozenset[str]] = {}
        for module in program.modules.values():
            foreign = _foreign_names(program, module)
            owners: list[Function | Module] = [*module.functions.values(), module]
            for owner, words in zip(owners, _words_of(module), strict=True):
                self.mentions[owner] = words.all
                reached[owner] = words.own.union(*(w for root, w in words.after.items() if root not in foreign))
        self.other_names = _other_names(program)
        self.mentioning = _by_name(self.mentions)
        self.reaching = _by_name(reached)
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
            name = waiting.pop()
            known = self.other_names.get(name, set()) - names
            names |= known
            waiting.extend(known)
            for owner in self.reaching.get(name, ()):
                if owner not in found:
                    found.add(owner)
                    new = _callable_names(owner) - names - silent
                    names |= new
                    waiting.extend(new)
        return names, found

    def first_entries(self) -> Iterator[Module | Function | Class]:
        """Module bodies that call something of interest, then what nothing else mentions."""
        acting = self._interesting_names()
        scripts = [m for m in self.interesting if isinstance(m, Module) and _acts(m, acting)]
        yield from scripts
        classes: set[Class] = set()
        for function in self.interesting:
            if not isinstance(function, Function) or function.parent is not None:
                continue
            if function.cls is not None:
                if function.cls not in classes and not self._mentioned(function.cls.name, function.cls):
                    classes.add(function.cls)
                    yield function.cls
            elif not self._mentioned(function.name, function):
                yield function

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
            for other in (name, *sorted(self.other_names.get(name, ()))):
                yield from self.mentioning.get(other, ())

    def _interesting_names(self) -> set[str]:
        names = {f.name if f.cls is None else f.cls.name for f in self.interesting if isinstance(f, Function)}
        return names | _SEEDS | {"run"}

    def _mentioned(self, name: str, target: Function | Class) -> bool:
        names = (name, *self.other_names.get(name, ()))
        for owner in (owner for each in names for owner in self.mentioning.get(each, ())):
            if owner is target:
                continue
            if isinstance(owner, Function) and isinstance(target, Class) and owner.cls is target:
                continue
            if isinstance(owner, Function) and owner.parent is not None and owner.parent is target:
                continue
            return True
        return False


@dataclass(frozen=True)
class _Words:
    """The names that one piece of code mentions. own: those that may be the program's, or make variables.

    after: attributes by the name in front, that may be those of a foreign library.
    """

    all: frozenset[str]
    own: frozenset[str]
    after: Mapping[str, frozenset[str]]


# by file: a later round looks at most of them again
_KNOWN: WeakKeyDictionary[Module, tuple[_Words, ...]] = WeakKeyDictionary()


def _words_of(module: Module) -> tuple[_Words, ...]:
    """Of all functions of a file in their order, and of its body."""
    if module not in _KNOWN:
        libraries = library_names(module)
        parts = frozenset(name for name, known in libraries.items() if _LAYER_LIBRARY.match(known))
        top = [node for part in (*_top_level(module.tree), *_bases(module.tree)) for node in ast.walk(part)]
        found = [_words(f.nodes, _locals(f) - libraries.keys(), parts) for f in module.functions.values()]
        _KNOWN[module] = (*found, _words(top, frozenset(), parts))
    return _KNOWN[module]


def _words(nodes: Iterable[ast.AST], locals_: Set[str], parts: frozenset[str]) -> _Words:
    """locals_: names that are no library. parts: names for what makes layers in a library."""
    names, own = set(), set()
    after: dict[str, set[str]] = {}
    for node in nodes:
        if isinstance(node, ast.Name):
            names.add(node.id)
            own.update({node.id} - (_PARTS & locals_))
        elif isinstance(node, ast.Attribute):
            names.add(node.attr)
            root = node.value
            while isinstance(root, ast.Attribute):
                root = root.value
            name = root.id if isinstance(root, ast.Name) else ""
            if node.attr in _PARTS and root is node.value and name in locals_:
                continue  # the layers of an object are no library
            if node.attr in _SEEDS or not name:
                own.add(node.attr)
            else:
                after.setdefault(name, set()).add(node.attr)
    if parts & names:
        names.add("contrib")
    own |= {"contrib"} & names
    return _Words(frozenset(names), frozenset(own), {root: frozenset(words) for root, words in after.items()})


def _by_name(mentions: Mapping[Function | Module, Iterable[str]]) -> dict[str, list[Function | Module]]:
    found: dict[str, list[Function | Module]] = {}
    for owner, names in mentions.items():
        for name in names:
            found.setdefault(name, []).append(owner)
    return found


def _other_names(program: Program) -> dict[str, set[str]]:
    """The names that the statements and imports of files give to what holds functions, and those of subclasses."""
    found: dict[str, set[str]] = {}
    for module in program.modules.values():
        for alias in (alias for node in module.of_kind(ast.ImportFrom) for alias in node.names if alias.asname):
            found.setdefault(alias.name, set()).update({alias.asname or ""} - {alias.name})
        statements = (node for statement in _top_level(module.tree) for node in ast.walk(statement))
        for statement in (node for node in statements if isinstance(node, ast.Assign)):
            names = {target.id for target in statement.targets if isinstance(target, ast.Name)}
            for mentioned_name in _held(statement.value) if names else ():
                found.setdefault(mentioned_name, set()).update(names)
        for cls in module.of_kind(ast.ClassDef):  # who makes an object of it runs what it inherits
            for name in (name for base in cls.bases for name in mentioned(base)):
                found.setdefault(name, set()).update({cls.name} - {name})
    return found


def _held(value: ast.AST) -> Iterator[str]:
    """The names of what a value may be, or hold; what comes of most calls is no function."""
    if isinstance(value, ast.Call) and not {"partial", "make_template"} & set(mentioned(value.func)):
        return
    if isinstance(value, (ast.Name, ast.Attribute, ast.Lambda)):
        yield from mentioned(value)
        return
    for child in ast.iter_child_nodes(value):
        yield from _held(child)


def _locals(function: Function) -> set[str]:
    return {"self", *function.params, *function.assigned}


def _foreign_names(program: Program, module: Module) -> set[str]:
    """The names of a file that stand for other libraries throughout."""
    found: set[str] = set()
    for node in module.of_kind(ast.Import):
        for alias in node.names:
            top = alias.name.split(".")[0]
            known = symbols.FOREIGN_LAYERS.match(top) or program.find(alias.name, module) or program.find(top, module)
            if known is None:
                found.add(alias.asname or top)
    for statement in module.of_kind(ast.ImportFrom):
        top = (statement.module or "").split(".")[0]
        if not statement.level and not symbols.FOREIGN_LAYERS.match(top) and program.find(top, module) is None:
            found.update(alias.asname or alias.name for alias in statement.names)
    bound = {name.id for name in module.of_kind(ast.Name) if not isinstance(name.ctx, ast.Load)}
    given = {argument.arg for argument in module.of_kind(ast.arg)}
    return found - bound - given - {function.name for function in module.functions.values()}


def _bases(tree: ast.Module) -> Iterator[ast.expr]:
    for statement in tree.body:
        yield from statement.bases if isinstance(statement, ast.ClassDef) else ()


def _callable_names(owner: Function | Module) -> set[str]:
    """The names by which a function is called."""
    if isinstance(owner, Module):
        return set()
    if owner.cls is not None and owner.name in ("__init__", "__call__"):
        return {owner.cls.name}
    return {owner.name}


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
