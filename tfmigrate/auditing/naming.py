"""Lists of variables that a program finds by the text of a name, written out where the list is made."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from tfmigrate.auditing.facts import Facts
from tfmigrate.program.link import Module
from tfmigrate.walk.regions import Query
from tfmigrate.walk.roots import Walk

_BY_SCOPE = {"trainable_variables": 0, "global_variables": 0, "get_variables": 0, "get_trainable_variables": 0}
_BY_SCOPE |= {"get_collection": 1}


@dataclass(frozen=True, eq=False)
class ByName:
    """A list and the text by which it is found. how: "scope", "startswith" or "in"."""

    walk: Walk
    query: Query
    text: ast.Constant
    how: str

    @property
    def module(self) -> Module:
        return self.query.region.module

    @property
    def spelled(self) -> str:
        return str(self.text.value)


def by_name(facts: Facts) -> Iterator[ByName]:
    for walk in facts.walks:
        for event in walk.root.walk():
            if isinstance(event, Query):
                found = _text_of(event.node)
                if found is not None:
                    yield ByName(walk, event, *found)


def _text_of(node: ast.expr) -> tuple[ast.Constant, str] | None:
    if isinstance(node, ast.Call):
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        place = _BY_SCOPE.get(name)
        given = [k.value for k in node.keywords if k.arg == "scope"]
        given += node.args[place : place + 1] if place is not None else []
        return _literal(given[0], "scope") if place is not None and given else None
    if isinstance(node, (ast.ListComp, ast.GeneratorExp)) and len(node.generators) == 1:
        tests = node.generators[0].ifs
        return _of_test(tests[0]) if len(tests) == 1 else None
    return None


def _of_test(test: ast.expr) -> tuple[ast.Constant, str] | None:
    """`"d_" in v.name` and `v.name.startswith("d_")`."""
    if isinstance(test, ast.Compare) and len(test.ops) == 1 and isinstance(test.ops[0], ast.In):
        return _literal(test.left, "in") if _is_name(test.comparators[0]) else None
    if isinstance(test, ast.Call) and isinstance(test.func, ast.Attribute) and test.func.attr == "startswith":
        return _literal(test.args[0], "startswith") if len(test.args) == 1 and _is_name(test.func.value) else None
    return None


def _is_name(node: ast.expr) -> bool:
    return isinstance(node, ast.Attribute) and node.attr == "name"


def _literal(node: ast.expr, how: str) -> tuple[ast.Constant, str] | None:
    fits = isinstance(node, ast.Constant) and isinstance(node.value, str) and bool(node.value.strip("/"))
    return (node, how) if fits and isinstance(node, ast.Constant) else None
