"""A list that is found by the name of a scope, in another file than the one that names the scope."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tfmigrate.auditing.facts import Facts
from tfmigrate.auditing.naming import by_name
from tfmigrate.auditing.remark import Remark
from tfmigrate.program.aliases import library_name
from tfmigrate.program.link import Module, Program
from tfmigrate.walk.regions import Region, Variable, around
from tfmigrate.walk.values import Const

_MAPS = {"tf.train.init_from_checkpoint", "tf.contrib.framework.init_from_checkpoint"}

# where a text stands, and the variables that it finds
_Use = tuple[Module, ast.Constant, list[Variable]]


def check(facts: Facts) -> Iterator[Remark]:
    uses = [*_lists(facts), *_maps(facts)]
    texts = {id(text) for _, text, _ in uses}
    told: set[tuple[Module, str]] = set()
    for module, text, variables in uses:
        name = str(text.value).strip("/")
        opened = _opened(variables, name)
        if opened is None or opened.module is module or (module, name) in told:
            continue
        here = [node for node in _spelled(module, name) if id(node) not in texts]
        there = [node for node in _spelled(opened.module, name) if id(node) not in texts]
        if here or not there or any(_spelled(m, name) for m in _others(facts.program, module, opened.module)):
            continue
        told.add((module, name))
        message = f"{name!r} is the name of a scope that {opened.module.path.name} opens; renamed there, it finds"
        message += " nothing here, or something else"
        yield Remark("TFM711", module, text, message, ((opened.module, there[0], f"the scope gets the name {name!r}"),))


def _lists(facts: Facts) -> Iterator[_Use]:
    for found in by_name(facts):
        yield found.module, found.text, found.query.variables


def _maps(facts: Facts) -> Iterator[_Use]:
    """The scopes that a checkpoint is loaded into."""
    made = [variable for walk in facts.walks for variable in walk.scoping.all_variables]
    for module in facts.program.modules.values():
        for call in module.of_kind(ast.Call):
            if library_name(module, call.func) in _MAPS and len(call.args) > 1 and isinstance(call.args[1], ast.Dict):
                for value in call.args[1].values:
                    if isinstance(value, ast.Constant) and isinstance(value.value, str):
                        yield module, value, made


def _opened(variables: list[Variable], name: str) -> Region | None:
    """The block that opens the scope of that name around one of the variables."""
    for variable in variables:
        for block in around(variable.region):
            if block.is_block and block.name and block.path[-1:] == (Const(name.rsplit("/", 1)[-1]),):
                return block
    return None


def _spelled(module: Module, name: str) -> list[ast.Constant]:
    last = name.rsplit("/", 1)[-1]
    return [n for n in module.of_kind(ast.Constant) if isinstance(n.value, str) and n.value.strip("/") in (name, last)]


def _others(program: Program, *these: Module) -> list[Module]:
    return [module for module in program.modules.values() if module not in these and module.text]
