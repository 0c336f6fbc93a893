"""Functions under another name: `self.net = deep if big else wide`, and from then on `self.net(x)`."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from tfmigrate.planning.references import Mention, References
from tfmigrate.planning.units import Classification, Shape
from tfmigrate.program.link import Function, Module, Program
from tfmigrate.program.standing import ancestors

# what runs at most once, and not in part, stands in nothing else
_STRAIGHT = (ast.If, ast.With)


@dataclass(eq=False)
class Alias:
    """A local name, or an attribute that methods set. home: the function of a local name."""

    name: str
    home: ast.AST | None
    module: Module
    mentions: list[Mention] = field(default_factory=list)
    calls: list[ast.Call] = field(default_factory=list)

    @property
    def functions(self) -> set[Function]:
        return {mention.function for mention in self.mentions}


class Aliases:
    """The other names whose every use is a call that the walk has seen.

    What such a name is given becomes a class as all that it may stand for does, and a call by it makes a layer.
    """

    def __init__(self, program: Program, classes: Classification, references: References) -> None:
        self.program = program
        self.classes = classes
        self.references = references
        self._unresolved = {name for walk in classes.walks for name in walk.scoping.unresolved_calls}
        self._seen: dict[ast.AST, set[Function]] = {}
        for function, regions in classes.calls.items():
            for region in regions:
                if region.node is not None and region in classes.makers:
                    self._seen.setdefault(region.node, set()).add(function)
        self.found = [alias for alias in self._candidates(references.mentions) if self._is_clear(alias)]
        self.mentions = {id(mention.node): mention for alias in self.found for mention in alias.mentions}
        self.calls = {call for alias in self.found for call in alias.calls}

    def binds(self, mention: Mention) -> bool:
        """Whether a mention only gives a function another name, which is known all over."""
        return id(mention.node) in self.mentions

    def _candidates(self, mentions: Iterable[Mention]) -> Iterator[Alias]:
        found: dict[tuple[str, ast.AST | None], Alias] = {}
        for mention in mentions:
            target = _target(mention) if mention.call is None else None
            home = next(_functions(mention.module, mention.node), None) if isinstance(target, ast.Name) else None
            if isinstance(target, ast.Attribute) or home is not None:
                name = target.attr if isinstance(target, ast.Attribute) else getattr(target, "id", "")
                found.setdefault((name, home), Alias(name, home, mention.module)).mentions.append(mention)
        yield from found.values()

    def _is_clear(self, alias: Alias) -> bool:
        """Whether the name means these functions wherever it stands, and is called wherever it is read."""
        if not all(self._becomes_class(function) for function in alias.functions):
            return False
        if alias.home is not None and alias.name in _foreign(alias.home):
            return False
        if alias.home is None and alias.name in self._unresolved:
            return False
        uses = list(self._uses_of_local(alias) if alias.home is not None else self._uses_of_attribute(alias))
        for module, node in uses:
            if isinstance(node.ctx, ast.Store):
                if not self._is_bound_here(module, node, alias):
                    return False
                continue
            call = next(ancestors(module, node), None)
            known = isinstance(call, ast.Call) and call.func is node and isinstance(node.ctx, ast.Load)
            if not known or not isinstance(call, ast.Call) or not self._reaches(call, alias):
                return False
            alias.calls.append(call)
        return bool(alias.calls)

    def _becomes_class(self, function: Function) -> bool:
        member = self.classes.units.get(function)
        return member is not None and member.shape is Shape.FUNCTION and function.parent is None

    def _reaches(self, call: ast.Call, alias: Alias) -> bool:
        """Whether a call was seen to run these functions and no others."""
        functions = self._seen.get(call, set())
        return bool(functions) and functions <= alias.functions

    def _uses_of_local(self, alias: Alias) -> Iterator[tuple[Module, ast.Name | ast.Attribute]]:
        assert alias.home is not None
        for node in ast.walk(alias.home):
            if isinstance(node, ast.Name) and node.id == alias.name:
                yield alias.module, node

    def _uses_of_attribute(self, alias: Alias) -> Iterator[tuple[Module, ast.Name | ast.Attribute]]:
        for module in self.program.modules.values():
            for node in module.of_kind(ast.Attribute):
                # `nets.deep` is the function in its file
                if node.attr == alias.name and not self.references.is_of_file(module, node):
                    yield module, node

    def _is_bound_here(self, module: Module, node: ast.expr, alias: Alias) -> bool:
        """Whether an assignment gives the name some of the functions, and nothing else."""
        statement = next(ancestors(module, node), None)
        if not isinstance(statement, ast.Assign) or statement.targets != [node]:
            return False
        if isinstance(node, ast.Attribute) and not _is_of_object(module, node):
            return False
        if any(not isinstance(a, _STRAIGHT) for a in _up_to_function(module, statement)):
            return False
        given = {id(mention.node) for mention in alias.mentions}
        return all(id(value) in given for value in _sides(statement.value))


def _target(mention: Mention) -> ast.expr | None:
    """What an assignment gives the function to, if that is all it does with it."""
    inner: ast.AST = mention.node
    for outer in ancestors(mention.module, mention.node):
        if isinstance(outer, ast.IfExp) and inner is not outer.test:
            inner = outer
            continue
        if isinstance(outer, ast.Assign) and outer.value is inner and len(outer.targets) == 1:
            return outer.targets[0]
        return None
    return None


def _foreign(function: ast.AST) -> set[str]:
    """Names that are not, or not only, plain locals of a function: parameters, and those of code around."""
    found: set[str] = set()
    for node in ast.walk(function):
        if isinstance(node, ast.arg):
            found.add(node.arg)
        elif isinstance(node, (ast.Global, ast.Nonlocal)):
            found.update(node.names)
    return found


def _sides(value: ast.expr) -> Iterator[ast.expr]:
    if isinstance(value, ast.IfExp):
        yield from _sides(value.body)
        yield from _sides(value.orelse)
    else:
        yield value


def _functions(module: Module, node: ast.AST) -> Iterator[ast.AST]:
    return (a for a in ancestors(module, node) if isinstance(a, (ast.FunctionDef, ast.AsyncFunctionDef)))


def _up_to_function(module: Module, node: ast.AST) -> Iterator[ast.AST]:
    for outer in ancestors(module, node):
        if isinstance(outer, (ast.FunctionDef, ast.AsyncFunctionDef)):
            return
        yield outer


def _is_of_object(module: Module, node: ast.Attribute) -> bool:
    """Whether a constructor sets an attribute of its object."""
    function = next(_functions(module, node), None)
    known = module.functions.get(function) if isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)) else None
    made = known is not None and known.name == "__init__"
    return made and known is not None and isinstance(node.value, ast.Name) and node.value.id == known.self_name
