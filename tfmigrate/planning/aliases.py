"""Functions under another name: `self.net = deep if big else wide`, `NETS = {"deep": deep}`, `partial(deep, n=3)`."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from tfmigrate.planning.classification import Classification
from tfmigrate.planning.passing import Passing
from tfmigrate.planning.references import Mention, References
from tfmigrate.planning.units import Shape
from tfmigrate.program.link import Function, Module, Program
from tfmigrate.program.standing import ancestors, functions_around
from tfmigrate.walk.python_functions import PARTIAL

# what runs at most once, and not in part, stands in nothing else
_STRAIGHT = (ast.If, ast.With)


@dataclass(eq=False)
class Alias:
    """A name of a function or of a file, or an attribute that methods set. home: what a name is known in.

    held: whether it is a list or dictionary of the functions. given: what statements give it, of another alias.
    targets: where loops over such a container bind it.
    """

    name: str
    home: ast.AST | None
    module: Module
    held: bool = False
    mentions: list[Mention] = field(default_factory=list)
    calls: list[ast.Call] = field(default_factory=list)
    given: list[ast.expr] = field(default_factory=list)
    targets: list[ast.expr] = field(default_factory=list)

    @property
    def functions(self) -> set[Function]:
        return {mention.function for mention in self.mentions}


@dataclass(frozen=True)
class _Target:
    """What a function is given to: by one statement, through which `functools.partial`, in a container or not."""

    expression: ast.expr
    held: bool
    partial: ast.Call | None


class Aliases:
    """The other names whose every use is a call that the walk has seen.

    What such a name is given becomes a class as all that it may stand for does, and a call by it makes a layer.
    each_round: of the calls by these names, those that run another function in each round of a loop.
    partials: the calls of `functools.partial` that give some arguments first, by the mention of the function.
    """

    def __init__(self, program: Program, classes: Classification, references: References) -> None:
        self.program = program
        self.classes = classes
        self.references = references
        self.partials: dict[int, ast.Call] = {}
        self.each_round: set[ast.AST] = set()
        self._seen: dict[ast.AST, set[Function]] = {}
        for function, regions in classes.calls.items():
            for region in regions:
                if region.node is not None and region in classes.makers:
                    self._seen.setdefault(region.node, set()).add(function)
        self.found = [alias for alias in self._candidates(references.mentions) if self._is_clear(alias)]
        mentions = [mention for mention in references.mentions if self._becomes_class(mention.function)]
        for (taker, name), given, calls in Passing(program, classes, references, self._seen).found(mentions):
            self.found.append(Alias(name, taker.node, taker.module, mentions=given, calls=calls))
        self.mentions = {id(mention.node): mention for alias in self.found for mention in alias.mentions}
        self.calls = {call for alias in self.found for call in alias.calls}

    def binds(self, mention: Mention) -> bool:
        """Whether a mention only gives a function another name, which is known all over."""
        return id(mention.node) in self.mentions

    def _candidates(self, mentions: Iterable[Mention]) -> Iterator[Alias]:
        found: dict[tuple[str, ast.AST | None], Alias] = {}
        for mention in mentions:
            target = self._target(mention) if mention.call is None else None
            if target is None:
                continue
            home = home_of(mention.module, mention.node) if isinstance(target.expression, ast.Name) else None
            if isinstance(target.expression, ast.Attribute) or home is not None:
                expression = target.expression
                name = expression.attr if isinstance(expression, ast.Attribute) else getattr(expression, "id", "")
                alias = found.setdefault((name, home), Alias(name, home, mention.module, target.held))
                # what is a function once and a dictionary of some then is nothing to follow
                alias.name = alias.name if alias.held is target.held else ""
                alias.mentions.append(mention)
                if not isinstance(_parent(mention.module, expression), ast.Assign):
                    alias.targets.append(expression)
                if target.partial is not None:
                    self.partials[id(mention.node)] = target.partial
        yield from found.values()

    def _target(self, mention: Mention) -> _Target | None:
        """What an assignment gives the function to, if that is all it does with it."""
        inner: ast.AST = mention.node
        held, partial = False, None
        for outer in ancestors(mention.module, mention.node):
            if isinstance(outer, ast.IfExp) and inner is not outer.test and not held:
                inner = outer
            elif isinstance(outer, (ast.Dict, ast.List, ast.Tuple)) and not held and inner in _items(outer):
                inner, held = outer, True
            elif inner is mention.node and isinstance(outer, ast.Call) and self._is_partial(mention.module, outer):
                inner, partial = outer, outer
            elif isinstance(outer, (ast.For, ast.comprehension)) and outer.iter is inner and held:
                found = _loop_variable(outer, "")
                return None if found is None else _Target(found, False, partial)
            elif isinstance(outer, ast.Assign) and outer.value is inner and len(outer.targets) == 1:
                return _Target(outer.targets[0], held, partial)
            else:
                return None
        return None

    def _is_partial(self, module: Module, call: ast.Call) -> bool:
        """Whether a call only names some arguments of a function."""
        plain = len(call.args) == 1 and all(keyword.arg is not None for keyword in call.keywords)
        return plain and self.references.resolve(module, call.func) == PARTIAL

    def _is_clear(self, alias: Alias) -> bool:
        """Whether the name means these functions wherever it stands, and is called wherever it is read."""
        if not alias.name or not all(self._becomes_class(function) for function in alias.functions):
            return False
        return self._is_followed(alias) and bool(alias.calls)

    def _is_followed(self, alias: Alias) -> bool:
        """Whether all that is done with a name is to call what it stands for, or to give that another name."""
        if alias.home is not None and alias.name in foreign(alias.home):
            return False
        if alias.home is None and alias.name in self.classes.unresolved:
            return False
        at_top = alias.home is alias.module.tree
        if at_top and is_known_elsewhere(alias.name, alias.module, self.program, self.references):
            return False
        uses = list(self._uses_of_name(alias) if alias.home is not None else self._uses_of_attribute(alias))
        others: dict[tuple[str, ast.AST], Alias] = {}
        for module, node in uses:
            if any(node is target for target in alias.targets):
                continue
            if isinstance(node.ctx, ast.Store):
                if not self._is_bound_here(module, node, alias):
                    return False
                continue
            variable = _loop_over(module, node) if alias.held else None
            if variable is not None:
                home = home_of(module, variable)
                if home is None:
                    return False
                key = (variable.id, home)
                other = others.setdefault(key, Alias(variable.id, home, module, False, alias.mentions))
                other.targets.append(variable)
                continue
            picked = _picked(module, node) if alias.held else node
            call = next(ancestors(module, picked), None) if picked is not None else None
            if picked is not None and isinstance(call, ast.Assign) and call.value is picked and alias.held:
                target, home = call.targets[0], home_of(module, call)
                if len(call.targets) > 1 or not isinstance(target, ast.Name) or home is None:
                    return False
                other = others.setdefault((target.id, home), Alias(target.id, home, module, False, alias.mentions))
                other.given.append(picked)
                continue
            known = isinstance(call, ast.Call) and call.func is picked and isinstance(node.ctx, ast.Load)
            if not known or not isinstance(call, ast.Call) or not self._reaches(call, alias):
                return False
            alias.calls.append(call)
            if alias.targets:
                self.each_round.add(call)
        for other in others.values():
            if not self._is_followed(other):
                return False
            alias.calls += other.calls
        return True

    def _becomes_class(self, function: Function) -> bool:
        member = self.classes.units.get(function)
        return member is not None and member.shape is Shape.FUNCTION and function.parent is None

    def _reaches(self, call: ast.Call, alias: Alias) -> bool:
        """Whether a call was seen to run these functions and no others."""
        functions = self._seen.get(call, set())
        return bool(functions) and functions <= alias.functions

    def _uses_of_name(self, alias: Alias) -> Iterator[tuple[Module, ast.Name | ast.Attribute]]:
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
        given = {*(id(mention.node) for mention in alias.mentions), *map(id, alias.given)}
        return all(id(value) in given for value in self._functions_in(module, statement.value))

    def _functions_in(self, module: Module, value: ast.expr) -> Iterator[ast.expr]:
        """What a name is given: the functions of a choice, of a container, or that of which arguments are given."""
        if isinstance(value, ast.IfExp):
            inner = [value.body, value.orelse]
        elif isinstance(value, (ast.Dict, ast.List, ast.Tuple)):
            inner = _items(value)
        elif isinstance(value, ast.Call) and self._is_partial(module, value):
            inner = [value.args[0]]
        else:
            yield value
            return
        for each in inner:
            yield from self._functions_in(module, each)


def _items(container: ast.Dict | ast.List | ast.Tuple) -> list[ast.expr]:
    return container.values if isinstance(container, ast.Dict) else container.elts


def _picked(module: Module, node: ast.expr) -> ast.Subscript | None:
    """`nets[kind]`, of the `nets` in it."""
    outer = next(ancestors(module, node), None)
    known = isinstance(outer, ast.Subscript) and outer.value is node and isinstance(outer.ctx, ast.Load)
    return outer if known and isinstance(outer, ast.Subscript) else None


def _parent(module: Module, node: ast.AST) -> ast.AST | None:
    return next(ancestors(module, node), None)


def _loop_over(module: Module, node: ast.expr) -> ast.Name | None:
    """The variable of a loop over the functions in a container: `for net in nets`, `for name, net in nets.items()`."""
    method, outer = "", _parent(module, node)
    if isinstance(outer, ast.Attribute) and outer.value is node:
        call = _parent(module, outer)
        if not isinstance(call, ast.Call) or call.func is not outer or call.args or call.keywords:
            return None
        method, node, outer = outer.attr, call, _parent(module, call)
    known = isinstance(outer, (ast.For, ast.comprehension)) and outer.iter is node
    return _loop_variable(outer, method) if known and isinstance(outer, (ast.For, ast.comprehension)) else None


def _loop_variable(loop: ast.For | ast.comprehension, method: str) -> ast.Name | None:
    """What a loop calls the function that it is at."""
    target: ast.expr | None = loop.target if method in ("", "values") else None
    if method == "items" and isinstance(loop.target, ast.Tuple) and len(loop.target.elts) == 2:
        target = loop.target.elts[1]
    return target if isinstance(target, ast.Name) else None


def home_of(module: Module, node: ast.AST) -> ast.AST | None:
    """The function or the file in which a name is known that is given a value here; None in the body of a class."""
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda, ast.Module)
    found = next((outer for outer in ancestors(module, node) if isinstance(outer, kinds)), None)
    return None if isinstance(found, (ast.ClassDef, ast.Lambda)) else found


def is_known_elsewhere(name: str, home: Module, program: Program, references: References) -> bool:
    """Whether another file may take a name from the file that it is known in."""
    for module in program.modules.values():
        if module is home:
            continue
        if home in module.starred:
            return True
        if any(each.name == name for node in module.of_kind(ast.ImportFrom) for each in node.names):
            return True
        read = (node for node in module.of_kind(ast.Attribute) if node.attr == name)
        if any(references.is_of_file(module, node) for node in read):
            return True
    return False


def foreign(function: ast.AST) -> set[str]:
    """Names that are not, or not only, plain locals of a function: parameters, and those of code around."""
    found: set[str] = set()
    for node in ast.walk(function):
        if isinstance(node, ast.arg):
            found.add(node.arg)
        elif isinstance(node, (ast.Global, ast.Nonlocal)):
            found.update(node.names)
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)) and node is not function:
            found.add(node.name)
        elif isinstance(node, ast.alias):
            found.add(node.asname or node.name.split(".")[0])
    return found


def _up_to_function(module: Module, node: ast.AST) -> Iterator[ast.AST]:
    for outer in ancestors(module, node):
        if isinstance(outer, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Module)):
            return
        yield outer


def _is_of_object(module: Module, node: ast.Attribute) -> bool:
    """Whether a constructor sets an attribute of its object."""
    function = next(functions_around(module, node), None)
    known = module.functions.get(function) if function is not None else None
    made = known is not None and known.name == "__init__"
    return made and known is not None and isinstance(node.value, ast.Name) and node.value.id == known.self_name
