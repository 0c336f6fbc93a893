"""Nothing is written that does not count up: the emitted program is parsed, walked and counted again."""

from __future__ import annotations

import builtins
import re
import symtable
from collections import Counter
from dataclasses import dataclass

from tfmigrate.evaluate import Arguments, Frame
from tfmigrate.execute import Executor, TooLarge
from tfmigrate.finding import Finding
from tfmigrate.link import Class, Function, Module, Program, parse_module
from tfmigrate.plan import Plan
from tfmigrate.recount import Counted, Counting, recount, requested
from tfmigrate.roots import Walk
from tfmigrate.units import Unit
from tfmigrate.values import Env, FunctionValue


@dataclass(frozen=True)
class Doubt:
    """Units whose emitted code did not count up, by where their code stands, and what to say."""

    places: frozenset[tuple[str, int]]
    finding: Finding

    def concerns(self, unit: Unit) -> bool:
        return any((str(m.module.path), m.node.lineno) in self.places for m in unit.members)


def prove(program: Program, walks: list[Walk], plan: Plan, after: dict[Module, str]) -> list[Doubt]:
    """Compare the inventory of every walk with that of the emitted program."""
    if not after:
        return []
    modules: dict[str, Module] = {}
    for name, module in program.modules.items():
        text = after.get(module, module.text)
        try:
            modules[name] = module if text == module.text else parse_module(name, module.path, text)
        except SyntaxError as error:
            return [_doubt(plan, module, f"the emitted text does not parse: {error.msg}, line {error.lineno}", "TFM902")]
    for name, module in modules.items():
        lost = unbound_names(module.text) - unbound_names(program.modules[name].text) if module is not program.modules[name] else set()
        if lost:
            return [_doubt(plan, program.modules[name], f"the emitted text has names without a value: {', '.join(sorted(lost))}", "TFM902")]
    emitted = Program(modules)
    doubts = []
    for walk in walks:
        if _touched(walk, plan):
            doubt = _compare(walk, emitted, plan)
            if doubt is not None:
                doubts.append(doubt)
    return doubts


def unbound_names(text: str) -> set[str]:
    """Global names that a file reads and nothing in it binds."""
    top = symtable.symtable(text, "module", "exec")
    bound = {s.get_name() for s in top.get_symbols() if s.is_assigned() or s.is_imported() or s.is_namespace()}
    if "*" in text and re.search(r"^\s*from\s+\S+\s+import\s+\*", text, re.M):
        return set()
    found: set[str] = set()
    tables = [top]
    while tables:
        table = tables.pop()
        tables.extend(table.get_children())
        for symbol in table.get_symbols():
            if symbol.is_global() and symbol.is_assigned():
                bound.add(symbol.get_name())
            if symbol.is_referenced() and (symbol.is_global() or table is top):
                found.add(symbol.get_name())
    return found - bound - set(dir(builtins)) - {"__file__", "__name__", "__doc__", "__path__", "__class__"}


def _touched(walk: Walk, plan: Plan) -> bool:
    return bool(_units_of(walk, plan))


def _units_of(walk: Walk, plan: Plan) -> set[Unit]:
    regions = {walk.root, *(e for e in walk.root.walk())}
    return {i.unit for i in plan.instances if i.unit in plan.migrated and any(r in regions for r in i.regions)}


def _compare(walk: Walk, emitted: Program, plan: Plan) -> Doubt | None:
    wanted = Counter(_renamed(item, plan.variable_map) for item in requested(walk.scoping, walk.root))
    counting = Counting()
    try:
        _walk_again(walk, emitted, counting)
        found = Counter(_renamed(item, {}) for item in recount(counting))
    except TooLarge:
        return None
    if wanted == found and not counting.problems:
        return None
    lines = [f"TF1 makes {_show(item)} x{n}" for item, n in sorted((wanted - found).items(), key=str)]
    lines += [f"the emitted code makes {_show(item)} x{n}" for item, n in sorted((found - wanted).items(), key=str)]
    lines += counting.problems
    units = _units_of(walk, plan)
    module = walk.entry.module
    places = frozenset((str(m.module.path), m.node.lineno) for u in units for m in u.members)
    message = "recount differs: " + "; ".join(lines[:8])
    node = walk.entry.target.node if not isinstance(walk.entry.target, Module) else None
    return Doubt(places, Finding(str(module.path), node.lineno if node is not None else 1, 0, "TFM901", message))


def _renamed(item: Counted, names: dict[str, str]) -> Counted:
    return Counted(names.get(item.path, item.path), item.shape, item.dtype, item.trainable, item.reads)


def _show(item: Counted) -> str:
    return f"{item.path} {item.shape} {item.dtype} trainable={item.trainable} reads={item.reads}"


def _walk_again(walk: Walk, emitted: Program, counting: Counting) -> None:
    executor = Executor(emitted, counting)
    target = walk.entry.target
    module = emitted.modules[walk.entry.module.name]
    executor.frame = Frame(None, module, None, None, Env({}, None, module))
    if isinstance(target, Module):
        executor.main = module
        executor.module_env(module)
        return
    executor.module_env(module)
    _enter(executor, counting, module, target)


def _enter(executor: Executor, counting: Counting, module: Module, target: Function | Class) -> None:
    if isinstance(target, Class):
        cls = next((c for c in module.classes.values() if c.qualname == target.qualname), None)
        if cls is None or cls not in executor.class_names:
            return
        obj = executor.instantiate(cls, Arguments(), None)
        for name in list(cls.methods):
            method = executor.class_attribute(cls, name)
            if isinstance(method, FunctionValue) and method.function not in executor.visited:
                bound = executor.bind(method, obj)  # type: ignore[arg-type]
                if isinstance(bound, FunctionValue):
                    executor.call_function(bound, Arguments(), None)
        return
    function = next((f for f in module.functions.values() if f.qualname == target.qualname), None)
    if function is not None:
        known = executor.module_env(module).names.get(function.name)
        callee = known if isinstance(known, FunctionValue) and known.function is function else FunctionValue(function)
        executor.call_function(callee, Arguments(), None)


def _doubt(plan: Plan, module: Module, message: str, code: str) -> Doubt:
    places = frozenset(
        (str(m.module.path), m.node.lineno) for u in plan.migrated for m in u.members if m.module is module
    )
    if not places:
        places = frozenset((str(m.module.path), m.node.lineno) for u in plan.migrated for m in u.members)
    return Doubt(places, Finding(str(module.path), 1, 0, code, message))

