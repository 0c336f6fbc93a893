"""Networks that nothing in the program calls, beside others: they stay TF1, and what both call stays for them too.

def conv(x, scope): ...                 class Conv(keras.layers.Layer): ...
                                        def conv(x, scope): ...        # as it was
def used(x): conv(x, "a")               class Used: self.a = Conv(name="a")
def unused(x): conv(x, "b")             def unused(x): conv(x, "b")
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from tfmigrate.planning.classification import Classification
from tfmigrate.planning.importing import together
from tfmigrate.planning.meanings import Meanings
from tfmigrate.planning.orphans import orphans
from tfmigrate.planning.ownership import Ownership
from tfmigrate.planning.references import Mention, References
from tfmigrate.planning.units import Instance, Shape
from tfmigrate.planning.unseen_calls import may_take
from tfmigrate.program.link import Function, Module, in_order
from tfmigrate.program.standing import ancestors
from tfmigrate.walk.regions import Region
from tfmigrate.walk.roots import Walk
from tfmigrate.walk.values import ModuleValue

# what finds a function by a text
_BY_NAME = re.compile(r"(^|\.)(getattr|hasattr|attrgetter|methodcaller)$")


@dataclass
class Unused:
    """What nothing calls. functions: the outermost. kept: what becomes a layer and is called by these too, and where
    a file imports such a function for their sake, by file and name."""

    classes: Classification | None = None
    functions: list[Function] = field(default_factory=list)
    code: set[ast.AST] = field(default_factory=set)
    kept: list[Function] = field(default_factory=list)
    imported: set[tuple[Module, str]] = field(default_factory=set)

    def holds(self, module: Module, node: ast.AST) -> bool:
        """Whether a node stands in code that nothing calls."""
        return any(outer in self.code for outer in ancestors(module, node))

    def instances(self) -> Iterator[Instance]:
        """What it would make."""
        if self.classes is not None:
            yield from Ownership(self.classes).instances()


def find_unused(
    meanings: Meanings, walks: Sequence[Walk], stays: Callable[[Function], bool]
) -> tuple[Unused, Classification]:
    """What can be left aside, and the rest of the program. stays: whether a function is known to stay for a reason."""
    classes = Classification(list(walks), meanings.resolve)
    found = {function for function in orphans(classes) if not function.node.decorator_list and not stays(function)}
    aside = [walk for walk in walks if _enters_only(walk, found, classes)]
    if not aside or any(walk.cut for walk in walks):
        return Unused(), classes
    while aside:
        rest = [walk for walk in walks if walk not in aside]
        live = Classification(rest, meanings.resolve)
        finding = _Finding(meanings, rest, live)
        good = [walk for walk in aside if finding.is_unused(walk)]
        if len(good) == len(aside):
            return finding.unused(aside, in_order(found)), live
        aside = good
    return Unused(), classes


def _enters_only(walk: Walk, found: set[Function], classes: Classification) -> bool:
    """Whether all that a walk makes is made by functions that nothing calls."""
    target = walk.entry.target
    if isinstance(target, Module) or not found:
        return False
    makers = [event for event in walk.root.events if isinstance(event, Region) and event in classes.makers]
    return bool(makers) and all(event.function in found and not event.is_block for event in makers)


def _may_call_anything(modules: Iterable[Module], meanings: Meanings) -> bool:
    """Whether a name that is worked out may be that of any function: in a file as a value, or among all names."""
    return any(
        _looks_names_up(module)
        or any(isinstance(meanings.of(module, name.id, name), ModuleValue) for name in _imported_as_values(module))
        for module in modules
    )


@lru_cache(maxsize=1000)
def _looks_names_up(module: Module) -> bool:
    """Whether something is looked up in a file among names that are worked out."""
    for name in module.of_kind(ast.Name):
        if name.id in ("eval", "exec", "__import__", "import_module"):
            return True
        if name.id in ("globals", "locals", "vars") and _is_searched(module, name):
            return True
    for node in module.of_kind(ast.Attribute):
        if node.attr == "import_module" or (node.attr == "modules" and ast.unparse(node) == "sys.modules"):
            return True
        if node.attr == "__dict__" and _is_searched(module, node):
            return True
    return False


@lru_cache(maxsize=1000)
def _imported_as_values(module: Module) -> list[ast.Name]:
    """The places of a file that name what it imports with no dot behind."""
    imported = _imported(module)
    names = [name for name in module.of_kind(ast.Name) if name.id in imported]
    return [name for name in names if not isinstance(next(ancestors(module, name), None), ast.Attribute)]


def _is_searched(module: Module, node: ast.expr) -> bool:
    """Whether something is looked up in a dictionary of names, which a call may give."""
    outer = next(ancestors(module, node), None)
    if isinstance(outer, ast.Call) and outer.func is node:
        outer = next(ancestors(module, outer), None)
    return isinstance(outer, (ast.Subscript, ast.Attribute)) and isinstance(outer.ctx, ast.Load)


def _imported(module: Module) -> set[str]:
    nodes: list[ast.Import | ast.ImportFrom] = [*module.of_kind(ast.Import), *module.of_kind(ast.ImportFrom)]
    return {(alias.asname or alias.name).split(".")[0] for node in nodes for alias in node.names}


@lru_cache(maxsize=1000)
def _found_by_text(module: Module) -> dict[str, list[ast.AST]]:
    """The texts by which a file finds functions; every round of planning looks at most files again."""
    found: dict[str, list[ast.AST]] = {}
    for call in module.of_kind(ast.Call):
        texts = [a for a in call.args if isinstance(a, ast.Constant) and isinstance(a.value, str)]
        if texts and _BY_NAME.search(ast.unparse(call.func)):
            for text in texts:
                found.setdefault(str(text.value), []).append(text)
    return found


@lru_cache(maxsize=1000)
def _named(module: Module) -> dict[str, list[ast.AST]]:
    """The places of a file that mention a name, as a variable or behind a dot."""
    found: dict[str, list[ast.AST]] = {}
    for name in module.of_kind(ast.Name):
        found.setdefault(name.id, []).append(name)
    for node in module.of_kind(ast.Attribute):
        found.setdefault(node.attr, []).append(node)
    return found


class _Finding:
    """Looks whether walks can be left aside, given the others. rest: the others."""

    def __init__(self, meanings: Meanings, rest: Sequence[Walk], live: Classification) -> None:
        self.program = meanings.program
        self.meanings = meanings
        self.rest = rest
        self.live = live
        self.used = {function for walk in rest for function in walk.functions()}
        self.makers = {f for f, regions in live.calls.items() if any(region in live.makers for region in regions)}
        self.references = References(meanings, self.makers)

    def is_unused(self, walk: Walk) -> bool:
        """Whether nothing else mentions its code, and what it calls of the rest can stay beside the layers."""
        own = set(walk.functions()) - self.used
        if not own or _may_call_anything(together(self.program, {walk.entry.module}), self.meanings):
            return False
        code: set[ast.AST] = {function.node for function in own}
        mentions = References(self.meanings, own).mentions
        if any(not _stands_in(mention, code) for mention in mentions) or any(map(self._may_be_called, own)):
            return False
        if any(self._is_named(function, code) for function in own) or self._may_share(walk, own):
            return False
        kept = self._kept({*walk.functions()} & self.makers, code)
        return bool(kept) and all(map(self._can_stay, kept))

    def _may_share(self, walk: Walk, own: set[Function]) -> bool:
        """Whether it would silently make variables anew that an outside caller may want to share with layers."""
        nodes = (node for function in own for node in function.nodes)
        names = (getattr(node, "attr", getattr(node, "id", "")) for node in nodes)
        if "AUTO_REUSE" not in names:
            return False
        known = {variable.path for other in self.rest for variable in other.scoping.all_variables}
        return any(variable.path in known for variable in walk.scoping.all_variables)

    def _may_be_called(self, function: Function) -> bool:
        """Whether a call on an object that cannot be followed may be one of it."""
        if function.cls is None:
            return False
        calls = (walk.scoping.unresolved_calls.get(function.name, {}) for walk in self.rest)
        return any(may_take(function, call) for found in calls for call in found)

    def _is_named(self, function: Function, code: set[ast.AST]) -> bool:
        """Whether a text is its name; of a class that no other code makes, whether something else mentions that."""
        cls = function.cls
        name = cls.name if cls is not None and self.used.isdisjoint(cls.methods.values()) else None
        for module in self.program.modules.values():
            found = _found_by_text(module).get(function.name, [])
            found = [*found, *_named(module).get(name, [])] if name is not None else found
            if any(code.isdisjoint(ancestors(module, node)) for node in found):
                return True
        return False

    def _kept(self, called: set[Function], code: set[ast.AST]) -> set[Function]:
        """What becomes a layer and is mentioned by code that stays, and by what stays for it."""
        kept = set(called)
        while True:
            nodes = {*code, *(function.node for function in kept)}
            found = kept | {m.function for m in self.references.mentions if _stands_in(m, nodes)}
            if found == kept:
                return kept
            kept = found

    def _can_stay(self, function: Function) -> bool:
        member = self.live.units.get(function)
        if member is None or member.shape is not Shape.FUNCTION or function.parent is not None:
            return False
        renamed = (
            a for module in self.program.modules.values() for i in module.of_kind(ast.ImportFrom) for a in i.names
        )
        return not any(alias.name == function.name and alias.asname for alias in renamed)

    def unused(self, walks: list[Walk], outermost: Iterable[Function]) -> Unused:
        own = {function for walk in walks for function in walk.functions()} - self.used
        code: set[ast.AST] = {function.node for function in own}
        called = {function for walk in walks for function in walk.functions()} & self.makers
        kept = in_order(self._kept(called, code))
        classes = Classification(walks, self.meanings.resolve)
        found = Unused(classes, [f for f in outermost if f in own], code, kept)
        staying = {*code, *(function.node for function in kept)}
        mentions = [m for m in self.references.mentions if m.function in kept and _stands_in(m, staying)]
        found.imported = {(mention.module, mention.function.name) for mention in mentions}
        return found


def _stands_in(mention: Mention, code: set[ast.AST]) -> bool:
    return any(outer in code for outer in ancestors(mention.module, mention.node))
