"""`self.variables = tf.get_collection(...)`: a list that an object keeps of its variables, and every Keras layer has.

Whoever reads the attribute asks the layer.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from tfmigrate.planning.classification import Classification
from tfmigrate.planning.layering import LayerPlan
from tfmigrate.program.link import Class, Module, Program
from tfmigrate.program.render import source
from tfmigrate.program.standing import ancestors, functions_around
from tfmigrate.sites import Replace, Sites
from tfmigrate.spans import span
from tfmigrate.tf1.symbols import LISTS_OF_LAYERS
from tfmigrate.walk.regions import Query

_ASKED = {"trainable": "trainable_variables", "global": "variables"}


@dataclass(frozen=True)
class OwnList:
    """An attribute that is all the variables of the object, or those that are trained.

    statement: what sets it, and goes. asked: the attribute of the layer. reads: where the program reads it.
    """

    statement: ast.Assign
    asked: str
    reads: tuple[tuple[Module, ast.Attribute], ...]

    def write(self, sites: dict[Module, Sites]) -> None:
        """Whoever read the attribute lists what the layer has."""
        for module, node in self.reads:
            text = f"[var.value for var in {source(module, node.value)}.{self.asked}]"
            sites.setdefault(module, Sites()).add("collections", span(module, node), Replace(text))


def own_lists(plan: LayerPlan, program: Program, classes: Classification) -> Iterator[OwnList]:
    """The attributes of a callable class that its layer has of itself."""
    member = plan.unit.primary
    cls, function = member.cls, member.function
    if cls is None or function is None:
        return
    for node in ast.walk(function.node):
        if not isinstance(node, ast.Attribute) or not isinstance(node.ctx, ast.Store):
            continue
        own = isinstance(node.value, ast.Name) and node.value.id == function.self_name
        statement = next(ancestors(member.module, node))
        if not own or node.attr not in LISTS_OF_LAYERS or not isinstance(statement, ast.Assign):
            continue
        kind = _kind(plan, statement.value) if statement.targets == [node] else None
        reads = _reads(cls, node, program, classes)
        if kind in _ASKED and reads is not None:
            yield OwnList(statement, _ASKED[kind], reads)


def _kind(plan: LayerPlan, value: ast.expr) -> str:
    """Which of the object's variables a list holds at every call; empty if that is not all of a kind."""
    kinds = set()
    for region in (region for instance in plan.unit.instances for region in instance.regions):
        made = {v for creation in region.creations() for v in creation.variables}
        queries = [event for event in region.walk() if isinstance(event, Query) and event.node is value]
        for query in queries:
            wanted = {v for v in made if v.trainable or query.kind != "trainable"}
            whole = query.complete and query.source is None and bool(made) and set(query.variables) == wanted
            kinds.add(query.kind if whole else "")
        kinds |= set() if queries else {""}
    return kinds.pop() if len(kinds) == 1 else ""


def _reads(
    cls: Class, store: ast.Attribute, program: Program, classes: Classification
) -> tuple[tuple[Module, ast.Attribute], ...] | None:
    """Where the program reads the attribute of objects of a class; None where that cannot be told."""
    layers = {function.node for function in classes.units if not isinstance(function, ast.AST)}
    seen: dict[ast.Attribute, set[Class | bool]] = {}
    for walk in classes.walks:
        for node, owners in walk.scoping.list_reads.items():
            seen.setdefault(node, set()).update(owners)
    found = []
    for module in program.modules.values():
        if any(_spells(call, store.attr) for call in module.of_kind(ast.Call)):
            return None
        for node in module.of_kind(ast.Attribute):
            if node.attr != store.attr or node is store:
                continue
            if not isinstance(node.ctx, ast.Load):
                inside = next((a for a in ancestors(module, node) if isinstance(a, ast.ClassDef)), None)
                if inside is None or inside is cls.node:
                    return None
                continue
            owners = seen.get(node, {True})
            if owners & {cls, True}:
                if owners != {cls} or layers.intersection(functions_around(module, node)):
                    return None
                found.append((module, node))
    return tuple(found)


def _spells(call: ast.Call, name: str) -> bool:
    """Whether a call gets or sets an attribute by its name."""
    by_name = isinstance(call.func, ast.Name) and call.func.id in ("getattr", "setattr", "hasattr", "delattr")
    return by_name and any(isinstance(part, ast.Constant) and part.value == name for part in call.args)
