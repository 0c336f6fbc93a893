"""Nothing is written that does not count up: the emitted program is parsed, walked and counted again."""

from __future__ import annotations

import ast
import builtins
import re
import symtable
from collections import Counter
from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial

from tfmigrate.boundary import attempt
from tfmigrate.finding import Finding
from tfmigrate.model import Cluster
from tfmigrate.planning.plan import Plan
from tfmigrate.planning.units import Unit
from tfmigrate.program.link import Class, Function, Module, Program, parse_module
from tfmigrate.progress import steps
from tfmigrate.proving.attributes import unset_attributes
from tfmigrate.proving.counting import Counting
from tfmigrate.proving.recount import Counted, layered, recount, requested
from tfmigrate.proving.unbound import unsure_locals
from tfmigrate.proving.unread import unread
from tfmigrate.walk.arguments import Arguments
from tfmigrate.walk.execute import Executor
from tfmigrate.walk.functions import TooLarge
from tfmigrate.walk.regions import Region, Variable, around, show_path
from tfmigrate.walk.roots import Walk, Walker, call_method
from tfmigrate.walk.values import FunctionValue, ObjectValue


@dataclass(frozen=True)
class Doubt:
    """Code that must stay as it is, by where its functions and blocks stand, and what to say, if anything."""

    places: frozenset[tuple[str, int]]
    finding: Finding | None

    @property
    def codes(self) -> set[str]:
        return {self.finding.code} if self.finding is not None else set()

    def concerns(self, unit: Unit) -> bool:
        return any((str(m.module.path), m.node.lineno) in self.places for m in unit.members)

    def covers(self, function: Function) -> bool:
        return (str(function.module.path), function.node.lineno) in self.places

    def covers_script(self, module: Module) -> bool:
        """Whether the body of the module itself must stay."""
        return (str(module.path), 0) in self.places


def doubt(units: Iterable[Unit], finding: Finding | None) -> Doubt:
    """A doubt about whole units."""
    return Doubt(frozenset((str(m.module.path), m.node.lineno) for unit in units for m in unit.members), finding)


def doubt_code(functions: Iterable[Function], finding: Finding | None) -> Doubt:
    """A doubt about functions that stay and hold what is made."""
    return Doubt(frozenset((str(f.module.path), f.node.lineno) for f in functions), finding)


def doubt_cluster(cluster: Cluster, finding: Finding | None) -> Doubt:
    """A doubt about a cluster of an earlier run."""
    return Doubt(frozenset((part.path, part.line) for part in cluster.parts), finding)


def emitted_program(program: Program, plan: Plan, after: dict[Module, str]) -> Program | Doubt:
    """The program with the emitted texts in it; a doubt if one of them is no Python or reads what nothing sets."""
    modules = dict(program.modules)
    for module, text in after.items():
        try:
            modules[module.name] = parse_module(module.name, module.path, text)
        except SyntaxError as error:
            message = f"the emitted text is not valid: {error.msg}, line {error.lineno}"
            return doubt(_units_in(plan, module) or plan.migrated, Finding(str(module.path), 1, 0, "TFM902", message))
    emitted = Program(modules, program.packages)
    for module in _with_followers(program, after):
        now = emitted.modules[module.name]
        checks = (unbound_names, unset_attributes, unsure_locals)
        lost = {name for check in checks for name in _more(check, now, module)}
        if lost:
            message = f"the emitted text has names without a value: {', '.join(sorted(lost))}"
            return doubt(_units_in(plan, module) or plan.migrated, Finding(str(module.path), 1, 0, "TFM902", message))
    return emitted


def _more(check: Callable[[Module], set[str]], now: Module, before: Module) -> set[str]:
    """What a check finds in the emitted text alone; mostly it finds nothing there, and need not look at the other."""
    found = check(now)
    return found - check(before) if found else found


def _with_followers(program: Program, after: Iterable[Module]) -> list[Module]:
    """The modules that change, and those that take all their names from one."""
    changed = set(after)
    return [m for m in program.modules.values() if m in changed or changed.intersection(m.starred)]


def _units_in(plan: Plan, module: Module) -> set[Unit]:
    return {unit for unit in plan.migrated if any(m.module is module for m in unit.members)}


@dataclass(frozen=True)
class Recounted:
    """What a walk through an emitted program counted. frames: how many calls it took.

    texts: of the files that it came by, and of those that they import.
    """

    texts: dict[str, str]
    found: list[Counted]
    problems: list[str]
    frames: int

    def holds_for(self, emitted: Program) -> bool:
        """Whether a later round emitted these files alike."""
        return all(emitted.modules[name].text == text for name, text in self.texts.items())


def prove(
    program: Program,
    walks: list[Walk],
    seeds: frozenset[str],
    plan: Plan,
    emitted: Program,
    known: dict[Walk, Recounted] | None = None,
) -> list[Doubt]:
    """Compare the inventory of every walk with that of the emitted program. known: the counts of earlier rounds."""
    acting = frozenset(w.entry.target.name for w in walks if isinstance(w.entry.target, Module))
    walker, original = Walker(emitted, seeds, acting), Walker(program, seeds, acting)
    changed = {module for name, module in program.modules.items() if emitted.modules[name] is not module}
    touched = [walk for walk in walks if not walk.cut and not changed.isdisjoint(walk.modules())]
    doubts = [
        _compare(walk, walker, original, plan, {} if known is None else known)
        for walk in steps("counting again", touched)
    ]
    return [found for found in doubts if found is not None]


def unbound_names(module: Module) -> set[str]:
    """Global names that a file reads and nothing in it binds, nor any file that it takes all names from."""
    top = symtable.symtable(module.text, "module", "exec")
    bound = _bound(top)
    for node in module.tree.body:
        if isinstance(node, ast.ImportFrom) and node.names[0].name == "*" and not module.starred:
            return set()
    waiting, seen = list(module.starred), {module}
    while waiting:
        other = waiting.pop()
        if other not in seen:
            seen.add(other)
            bound |= _bound(symtable.symtable(other.text, "module", "exec"))
            waiting.extend(other.starred)
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


def _bound(table: symtable.SymbolTable) -> set[str]:
    return {s.get_name() for s in table.get_symbols() if s.is_assigned() or s.is_imported() or s.is_namespace()}


def _units_of(walk: Walk, plan: Plan) -> set[Unit]:
    regions = set(walk.regions())
    return {i.unit for i in plan.instances if i.unit in plan.migrated and any(r in regions for r in i.regions)}


def _compare(walk: Walk, walker: Walker, original: Walker, plan: Plan, known: dict[Walk, Recounted]) -> Doubt | None:
    idle = _idle(walk, original.program, plan)
    same, asker = _left_together(walk, plan), partial(_asker, helpers=plan.clusters.classes.helpers, plan=plan)
    plain = _left_plain(walk, plan)
    asked = requested(walk.scoping, walk.root, paths=plan.keras_paths, same=same, asker=asker, plain=plain)
    wanted = Counter(_open_inferred(item, plan.inferred) for item in asked)
    # where nobody was seen to give an argument, that it is a tensor shows in the emitted code alone
    given = isinstance(walk.entry.target, Module)
    opening = {_OPEN} if given else {_OPEN, _UNKNOWN}
    open_sizes = {item.path: item.shape for item in wanted if item.shape is None or opening & {*item.shape}}
    units = _units_of(walk, plan)
    if walk in known and known[walk].holds_for(walker.program):
        walker.spent += known[walk].frames
    else:
        counted = _count(walk, walker)
        if isinstance(counted, Finding):
            return _about(units, walk, counted)
        known[walk] = counted
    found = Counter(_opened(item, open_sizes) for item in known[walk].found)
    wanted, found = _without_reads(wanted, idle), _without_reads(found, idle)
    problems = known[walk].problems
    if found - wanted:
        wanted += _layers_before(walk, original)
    if wanted == found and not problems:
        return None
    lines = [f"TF1 makes {_show(item)} x{n}" for item, n in sorted((wanted - found).items(), key=str)]
    lines += [f"the emitted code makes {_show(item)} x{n}" for item, n in sorted((found - wanted).items(), key=str)]
    lines += problems
    if not problems:
        units = _concerned(units, [*(wanted - found), *(found - wanted)], walk, plan) or units
    return _about(units, walk, _finding(walk, "recount differs: " + "; ".join(lines[:8])))


def _layers_before(walk: Walk, original: Walker) -> Counter[Counted]:
    """What the layers make that the program has already: an earlier migration may have left some of it for later."""
    counting = Counting()
    failure = attempt(lambda: _walk_again(walk, original, counting), walk.entry.module.path, walk.entry.line)
    return Counter() if isinstance(failure, Finding) else Counter(layered(counting))


def _count(walk: Walk, walker: Walker) -> Recounted | Finding:
    counting = Counting()
    failure = attempt(lambda: _walk_again(walk, walker, counting), walk.entry.module.path, walk.entry.line)
    if isinstance(failure, Finding):
        return failure
    program = walker.program
    came_by = (code if isinstance(code, Module) else code.module for code in counting.tf1.came_by)
    passed = {program.modules[walk.entry.module.name], *came_by}
    near = passed.union(*(program.imports(module) for module in passed))
    texts = {module.name: module.text for module in near}
    return Recounted(texts, recount(counting), counting.problems, walker.executor.frames)


def _asker(region: Region, helpers: Container[Function], plan: Plan) -> Region:
    """Whose call of a helper it is that asks for a variable: a layer asks once, however often it calls the helper.

    A block that opens the current scope once more is a part of the layer around it.
    """
    asking = region
    while asking.parent is not None:
        helps = asking.function in helpers and not asking.is_block
        if not helps and not asking.stays_in_its_scope:
            break
        asking = asking.parent
    migrated = plan.clusters.unit_around(asking) in plan.migrated
    return asking if migrated else region


def _left_together(walk: Walk, plan: Plan) -> dict[Variable, Variable]:
    """Variables that were told apart by branches, where the code that makes both stays as it is."""
    stays, first = _stays(plan), dict[Variable, Variable]()
    separated = walk.scoping.separated
    whole = dict.fromkeys([*separated.values(), *separated])
    return {v: one for v in filter(stays, whole) if (one := first.setdefault(_met(v, separated), v)) is not v}


def _met(variable: Variable, separated: Mapping[Variable, Variable]) -> Variable:
    """The variable that all branches were taken to make."""
    while variable in separated:
        variable = separated[variable]
    return variable


def _left_plain(walk: Walk, plan: Plan) -> set[Variable]:
    """What `tf.Variable` makes in code that stays as it is."""
    made = (made.weight for made in walk.scoping.plain_variables if made.weight is not None)
    return set(filter(_stays(plan), (variable for creation in made for variable in creation.variables)))


def _stays(plan: Plan) -> Callable[[Variable], bool]:
    """Whether the code that makes a variable stays as it is."""
    migrated = {region for i in plan.instances if i.unit in plan.migrated for region in i.regions}
    asked = (use.creation for slot in plan.library_layers for use in slot.uses if use.creation is not None)
    held = {variable for creation in asked for variable in creation.variables}
    return lambda v: v not in held and not any(region in migrated for region in around(v.region))


def _about(units: set[Unit], walk: Walk, finding: Finding) -> Doubt:
    """A doubt about units or, if there are none, about the plain code of a walk."""
    if units:
        return doubt(units, finding)
    return doubt_code(walk.functions(), finding)


def _finding(walk: Walk, message: str) -> Finding:
    return Finding(str(walk.entry.module.path), walk.entry.line, 0, "TFM901", message)


def _concerned(units: set[Unit], items: list[Counted], walk: Walk, plan: Plan) -> set[Unit] | None:
    """The units that make the variables in question; None if some are not known to be made by any."""
    makers: dict[str, set[Unit]] = {}
    regions = set(walk.regions())
    for instance in plan.instances:
        if instance.unit not in units:
            continue
        for region in instance.regions:
            for creation in region.creations() if region in regions else ():
                for variable in creation.variables:
                    name = plan.keras_paths.get(variable, show_path(variable.path or ()))
                    makers.setdefault(name, set()).add(instance.unit)
    if any(item.path not in makers for item in items):
        return None
    return set().union(*(makers[item.path] for item in items))


_OPEN, _UNKNOWN = "*", "?"
# a size of what a layer is called with
_OF_ARGUMENT = re.compile(r"\w+\.shape\[-?\d+\]")


def _open_inferred(item: Counted, inferred: set[str]) -> Counted:
    """A dimension that was worked out from operations may be written in any way."""
    shape = None if item.shape is None else tuple(_OPEN if _reads(size, inferred) else size for size in item.shape)
    return Counted(item.path, shape, item.dtype, item.trainable, item.reads)


def _reads(size: str, names: set[str]) -> bool:
    """Whether a dimension is one of these, or worked out from one."""
    return not names.isdisjoint(_OF_ARGUMENT.findall(size))


def _idle(walk: Walk, program: Program, plan: Plan) -> set[str]:
    """The names that stand for nothing but variables which are not looked at."""
    found = unread(walk, program)
    names: dict[bool, set[str]] = {True: set(), False: set()}
    for variable in walk.scoping.all_variables:
        names[variable in found].add(plan.keras_paths.get(variable, show_path(variable.path or ())))
    return names[True] - names[False]


def _without_reads(items: Counter[Counted], paths: Container[str]) -> Counter[Counted]:
    """How often it is read says nothing of a variable that is not looked at."""
    changed: Counter[Counted] = Counter()
    for item, number in items.items():
        changed[replace(item, reads=0) if item.path in paths else item] += number
    return changed


def _opened(item: Counted, open_sizes: dict[str, tuple[str, ...] | None]) -> Counted:
    """The same with the sizes open that are open in the original; None stands for those of a library."""
    pattern = open_sizes.get(item.path)
    if pattern is None and item.path in open_sizes:
        return Counted(item.path, None, item.dtype, item.trainable, item.reads)
    if pattern is None or item.shape is None or len(pattern) != len(item.shape):
        return item
    shape = tuple(
        wanted if wanted == _OPEN or (wanted == _UNKNOWN and _OF_ARGUMENT.fullmatch(size)) else size
        for wanted, size in zip(pattern, item.shape)
    )
    return Counted(item.path, shape, item.dtype, item.trainable, item.reads)


def _show(item: Counted) -> str:
    return f"{item.path} {item.shape} {item.dtype} trainable={item.trainable} reads={item.reads}"


def _walk_again(walk: Walk, walker: Walker, counting: Counting) -> Finding | None:
    try:
        _enter(walk, walker, counting)
    except (TooLarge, RecursionError):
        return _finding(walk, "the emitted code calls too much from here to be counted again")
    return None


def _enter(walk: Walk, walker: Walker, counting: Counting) -> None:
    target = walk.entry.target
    module = walker.program.modules[walk.entry.module.name]
    if isinstance(target, Module):
        walker.run_script(counting, module)
        return
    walker.prepare(counting, module)
    executor = walker.executor
    if isinstance(target, Class):
        cls = next((c for c in module.classes.values() if c.qualname == target.qualname), None)
        if cls is not None and cls in executor.classes.names:
            _enter_class(executor, cls, walk.called)
        return
    function = next((f for f in module.functions.values() if f.qualname == target.qualname), None)
    if function is not None:
        known = executor.module_env(module).names.get(function.name)
        callee = known if isinstance(known, FunctionValue) and known.function is function else FunctionValue(function)
        executor.call_function(callee, Arguments(), None)


def _enter_class(executor: Executor, cls: Class, called: tuple[str, ...]) -> None:
    obj = executor.instantiate(cls, Arguments(), None)
    assert isinstance(obj, ObjectValue)
    for name in called:
        call_method(executor, obj, name)
