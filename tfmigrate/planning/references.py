"""Every mention of a function that becomes a layer: each must be a call that the walk has seen."""

from __future__ import annotations

import ast
from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass
from functools import lru_cache

from tfmigrate.planning.meanings import Meanings, Resolve, reads
from tfmigrate.planning.other_branch import same_in_other_branch
from tfmigrate.planning.units import Member, Shape
from tfmigrate.program.inner import calls_of
from tfmigrate.program.link import Function, Module, in_order
from tfmigrate.program.standing import ancestors, called_by_partial, is_local, mapped
from tfmigrate.walk.regions import Region
from tfmigrate.walk.values import ClassValue, FunctionValue, Library, ModuleValue, Value

Stays = Callable[[Module, ast.AST], bool]


@dataclass(frozen=True)
class Mention:
    """A place that names a function: as the callee of `call`, or as a value (call is None)."""

    function: Function
    module: Module
    node: ast.expr
    call: ast.Call | None


class References:
    """Mentions of the given functions in all files, by what the names mean there; but not in code that stays TF1."""

    def __init__(self, meanings: Meanings, functions: set[Function], stays: Stays = lambda *_: False) -> None:
        self.meanings = meanings
        self.resolve = meanings.resolve
        self.stays = stays
        self.functions = functions
        self.by_method: dict[str, list[Function]] = {}
        for function in in_order(functions):
            if function.cls is not None:
                self.by_method.setdefault(function.name, []).append(function)
        self.mentions: list[Mention] = []
        for module, names in meanings.spelled(functions, self.by_method).items():
            self._module(module, names)

    def _module(self, module: Module, names: list[str]) -> None:
        found = [
            Mention(function, module, node, _called_at(module).get(node))
            for name in names
            for node in reads(module)[name]
            for function in self._meant(module, name, node)
            if not self.stays(module, node)
        ]
        self.mentions += sorted(found, key=lambda mention: (mention.node.lineno, mention.node.col_offset))

    def _meant(self, module: Module, name: str, node: ast.Name | ast.Attribute) -> list[Function]:
        """The functions that a name may mean; of methods, all of that name."""
        if isinstance(node, ast.Attribute) and node.attr in self.by_method:
            value = self.meanings.of(module, name.rpartition(".")[0], node.value)
            owner = value if value is not None and not is_local(module, node) else None
            if not isinstance(owner, ModuleValue) and self._is_method_of_object(node, owner):
                return self.by_method[node.attr]
        value = self.meanings.of(module, name, node)
        if isinstance(value, FunctionValue) and value.function in self.functions and value.function.cls is None:
            return [] if is_local(module, node) else [value.function]
        return []

    def is_of_file(self, module: Module, node: ast.Attribute) -> bool:
        """Whether `nets.deep` is something in a file or a library, and no attribute of an object."""
        owner = self.resolve(module, node.value) if not is_local(module, node) else None
        return isinstance(owner, (ModuleValue, Library))

    @staticmethod
    def _is_method_of_object(node: ast.Attribute, owner: Value | None) -> bool:
        """`self.generator` may be the method; `layers.generator` of a library is not."""
        return isinstance(node.value, ast.Name) and owner is None


@lru_cache(maxsize=1000)
def _called_at(module: Module) -> dict[ast.expr, ast.Call]:
    """The calls of a file by what they call."""
    return {call.func: call for call in module.of_kind(ast.Call)}


def misuse(
    references: References,
    member: Member,
    regions: list[Region],
    binds: Callable[[Mention], bool],
    called: Container[ast.AST],
    is_layer: Callable[[Module, ast.AST], bool],
) -> Iterator[tuple[str, ast.AST, Module, str]]:
    """What keeps a function from becoming a layer in how it is mentioned: (code, node, module, sentence).

    binds: whether a mention only gives it another name. called: the calls by such names. is_layer: whether a node
    stands in the code of a layer.
    """
    function = member.function
    if function is None or member.shape is Shape.BLOCK:
        return
    seen = {region.node for region in regions}
    if member.shape is Shape.INNER:
        for call in calls_of(function):
            if call not in seen:
                text = f"nothing that the program was seen to do reaches this call of {function.name}"
                yield "TFM307", call, function.module, text
        return
    direct: set[ast.AST] = set()
    passed = False
    for mention in references.mentions:
        if mention.function is not function:
            continue
        if mention.call is None:
            if binds(mention):
                continue
            others = (mapped(mention.module, mention.node), called_by_partial(mention.module, mention.node))
            found = next((other for other in others if other is not None and other in seen), None)
            if found is not None and member.shape is Shape.FUNCTION:
                direct.add(found)
                continue
            result = member.method != "call" and _is_result(mention)
            if member.shape is not Shape.METHOD or not (result or _is_attribute_of_data(mention)):
                passed = True
                yield "TFM302", mention.node, mention.module, f"{function.name} is used as a value here"
        elif mention.call in seen:
            direct.add(mention.call)
        elif is_layer(mention.module, mention.node) and same_in_other_branch(mention.module, mention.call, seen):
            continue
        elif member.shape is Shape.FUNCTION:
            text = f"nothing that the program was seen to do reaches this call of {function.name}"
            yield "TFM307", mention.call, mention.module, text
    for region in regions if member.shape is not Shape.CALLABLE and not passed else ():
        node = region.node
        if (
            not isinstance(node, ast.Call)
            or node in direct
            or node in called
            or region.parent is None
            or region.by_library
        ):
            continue
        if function.cls is None or not _is_call_on_object(node, function, references.resolve, region.parent.module):
            yield "TFM302", node, region.parent.module, f"{function.name} is called here under another name"


def _is_call_on_object(node: ast.Call, function: Function, resolve: Resolve, module: Module) -> bool:
    """`make(x).name(...)`: a call of a method by its own name, on an object and not on its class or on `super()`."""
    if not isinstance(node.func, ast.Attribute) or node.func.attr != function.name:
        return False
    owner = node.func.value
    if isinstance(owner, ast.Call) and isinstance(owner.func, ast.Name) and owner.func.id == "super":
        return False
    return not isinstance(resolve(module, owner), (ClassValue, ModuleValue))


def _is_attribute_of_data(mention: Mention) -> bool:
    """Whether `other.name` is an attribute of some other object that happens to have the method's name."""
    node = mention.node
    function = mention.function
    return isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id != function.self_name


def _is_result(mention: Mention) -> bool:
    """Whether `self.name` is fetched, of a class that sets it: no run takes a method, so it is what the method gave."""
    node, cls = mention.node, mention.function.cls
    if not isinstance(node, ast.Attribute) or cls is None:
        return False
    own = (n for n in ast.walk(cls.node) if isinstance(n, ast.Attribute) and n.attr == node.attr)
    stored = any(isinstance(n.ctx, ast.Store) and ast.dump(n.value) == ast.dump(node.value) for n in own)
    fetched = False
    for outer in ancestors(mention.module, node):
        if isinstance(outer, ast.Call):
            fetched = isinstance(outer.func, ast.Attribute) and outer.func.attr in ("run", "partial_run")
        if not isinstance(outer, (ast.List, ast.Tuple, ast.Dict, ast.keyword)):
            break
    return stored and fetched
