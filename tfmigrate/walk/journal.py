"""What a walk writes down: regions as they are entered, findings with the region that they refuse."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Callable
from dataclasses import replace

from tfmigrate.finding import Finding
from tfmigrate.program.link import Class, Function, Module
from tfmigrate.walk.evaluate import Evaluator
from tfmigrate.walk.frames import Frame
from tfmigrate.walk.objects import CreatorScope, Graph, Template
from tfmigrate.walk.operation_names import OperationNames
from tfmigrate.walk.optimizers import Optimizers
from tfmigrate.walk.records import (
    Clash,
    Lineup,
    Lookup,
    NameRead,
    PlainVariable,
    Reentry,
    ReuseRead,
    ReuseSwitch,
    Saving,
    ScopeCall,
    ScopeNameRead,
)
from tfmigrate.walk.regions import READS_COLLECTION, Path, Query, Region, Scope, Variable
from tfmigrate.walk.remembering import Past, Remembered
from tfmigrate.walk.values import Env, ListValue, ObjectValue, Shapeless, Value

# what such code makes is not known
_UNFOLLOWED = frozenset(["TFM406", "TFM501", "TFM505"])


class Journal:
    """The record of one walk; its subclasses add what TensorFlow 1 means."""

    exact = False

    def __init__(self) -> None:
        self.graph = Graph()
        # of all graphs
        self.all_variables: list[Variable] = []
        # of variables that were told apart by the branches that make them, the one that the walk had met
        self.separated: dict[Variable, Variable] = {}
        self.scope = Scope(())
        self.region: Region | None = None
        self.root: Region | None = None
        self.findings: set[Finding] = set()
        self.blamed: dict[Finding, Region | None] = {}
        self.blames: list[tuple[Finding, Region | None]] = []
        self.unresolved_calls: dict[str, dict[ast.Call, Module]] = {}
        # classes whose objects code outside of the program gets, with one place where it does
        self.handed_out: dict[Class, tuple[ast.expr, Module]] = {}
        self.optimizers = Optimizers()
        self.name_reads: list[NameRead] = []
        # where the program asks for the name of a loss that a regularizer gave
        self.loss_names: list[tuple[ast.Attribute, Region]] = []
        self.lineups: list[Lineup] = []
        # the questions that gave lists of variables
        self.asked: dict[ListValue, Query] = {}
        # lists that hold something else of each of their variables, and those of them that hold it beside the variable
        self.rows: dict[ListValue, Query] = {}
        self.pairs: set[ListValue] = set()
        self.savings: list[Saving] = []
        # where graphs of files are put into the program's, and how far it was with its variables
        self.imports: list[tuple[ast.Call, Region, object]] = []
        self.reuse_reads: list[ReuseRead] = []
        self.scope_name_reads: list[ScopeNameRead] = []
        self.clashes: list[Clash] = []
        self.switches: list[ReuseSwitch] = []
        self.scope_calls: list[ScopeCall] = []
        self.lookups: list[Lookup] = []
        self.plain_variables: list[PlainVariable] = []
        self.operations = OperationNames()
        self.activity = 0
        # grows with all that is asked of the library which hangs on more than the arguments
        self.consulted = 0
        # whether it is known what branches would do that no run takes
        self.looked_aside = False
        # the code that this walk came by
        self.came_by: dict[Function | Module, None] = {}
        self._entered: list[tuple[Scope, Counter[str] | None]] = []
        # placeholders without a shape that must hold a single number or truth value
        self.scalars: set[Shapeless] = set()
        self.kept: list[tuple[Scope, ast.With, Module, Region]] = []
        self.reentries: list[Reentry] = []
        self._graphs: list[tuple[Graph, Scope]] = []
        self._creators: list[CreatorScope] = []
        # the findings that told of names that are not known
        self._unknown: dict[str, Finding] = {}
        self.explained: set[ast.AST] = set()
        # where something is asked for an attribute that layers have: the classes of what is asked, whether it may be
        # any, or that it is no object of the program
        self.list_reads: dict[ast.Attribute, set[Class | bool]] = {}
        # lists that are a collection as it stood
        self._whole: set[ListValue] = set()

    def makes_variables(self) -> bool:
        """Whether what is running has asked for variables."""
        return self.region is not None and self.region.makes_variables()

    def either(self, one: Value, other: Value) -> Value | None:
        """What is known of a value that is one thing or the other, where the library knows more than Python."""
        return None

    def finish(self) -> None:
        """The program is over."""

    def standing(self) -> object:
        """Equal before and after a call that neither did anything to variables nor asked for any."""
        return self.activity, self.consulted

    def events_so_far(self) -> int:
        """How many events the region has in which the program is now."""
        return len(self.region.events) if self.region is not None else 0

    def folded(self, before: int, is_asked_for: Callable[[Frame], bool]) -> list[Past]:
        """Let go of the inside of a call that concerned no variable; the calls in it that somebody may ask for.

        before: how many events came before the call.
        """
        region = self.region
        if region is None or len(region.events) != before + 1:
            return []
        last = region.events[-1]
        past = _folded(last, is_asked_for)
        if past is not None:
            return [past]
        assert isinstance(last, Region)
        if last.function is not None and last.function.name == "__init__":
            return [_past(last, [])]  # that this code makes an object
        region.events.pop()
        return []

    def again(self, ev: Evaluator, known: Remembered, frame: Frame | None) -> None:
        """A call that concerns no variable comes by once more."""
        for name, node, module in known.unresolved:
            self.unresolved_calls.setdefault(name, {}).setdefault(node, module)
        self.came_by.update(dict.fromkeys(known.came_by))
        if frame is None:
            self._note_first(ev.frame)
            return
        self.enter_frame(ev, frame)
        region = self.region
        assert region is not None
        for call in known.past[0].inner:
            self._live_again(call, region)
        self.region = region.parent

    def _live_again(self, past: Past, parent: Region) -> None:
        frame = replace(past.frame, parent=parent.frame)
        region = Region(frame, frame.call, parent, self.scope.path, past.loops, past.conditions)
        region.by_library, region.graph = frame.by_library, self.graph
        parent.events.append(region)
        for call in past.inner:
            self._live_again(call, region)

    def blame(self, code: str, node: ast.AST, ev: Evaluator, message: str) -> Finding:
        """Refuse the code at a node; the region it stands in will not be migrated."""
        return self._blame_at(code, node, ev.frame.module, message, self.region)

    def _blame_at(self, code: str, node: ast.AST, module: Module, message: str, region: Region | None) -> Finding:
        finding = Finding(str(module.path), getattr(node, "lineno", 1), getattr(node, "col_offset", 0), code, message)
        self.findings.add(finding)
        self.graph.more = self.graph.more or code in _UNFOLLOWED
        self.activity += 1
        self.blamed.setdefault(finding, region)
        self.blames.append((finding, region))
        return finding

    def enter_frame(self, ev: Evaluator, frame: Frame) -> None:
        parent = self.region
        outer = frame.parent
        loops = tuple(outer.loops) if outer is not None else ()
        conditions = tuple(outer.conditions) if outer is not None else ()
        region = Region(frame, frame.call, parent, self.scope.path, loops, conditions)
        region.names, region.unsure = snapshot(frame), unsure_attributes(frame)
        region.by_library, region.graph = frame.by_library, self.graph
        region.template = self._template_of(parent)
        region.scope = self.scope
        self.came_by[frame.module if frame.function is None else frame.function] = None
        self._push(region)

    def _template_of(self, parent: Region | None) -> Template | None:
        """The template that runs a call, if there is one."""
        return None

    def _note_first(self, frame: Frame | None) -> None:
        """Something happens in a block: if it is the first thing, its names are kept as they are now."""
        region = self.region
        if region is not None and region.is_block and not region.events and region.frame is frame:
            region.names_later = snapshot(region.frame)

    def _push(self, region: Region) -> None:
        self._note_first(region.frame if region.is_block else region.frame.parent)
        if region.parent is not None:
            region.parent.events.append(region)
        elif self.root is None:
            self.root = region
        self.region = region


def _folded(event: object, is_asked_for: Callable[[Frame], bool]) -> Past | None:
    assert isinstance(event, Region)
    kept, events = [], []
    for inner in event.events:
        past = _folded(inner, is_asked_for)
        if past is not None:
            kept.append(past)
            events.append(inner)
    event.events = events
    if not kept and not is_asked_for(event.frame):
        return None
    return _past(event, kept)


def _past(region: Region, inner: list[Past]) -> Past:
    frame = replace(region.frame, parent=None, env=Env({}, None, region.module), loops=[], conditions=[], returns=[])
    return Past(frame, region.loops, region.conditions, inner)


def snapshot(frame: Frame) -> dict[str, Value]:
    """What the names and the attributes of `self` are now, before later statements change them."""
    inner = frame.function is not None and frame.function.parent is not None and frame.function.cls is None
    around = frame.env.parent if inner else None
    names = {**around.names, **frame.env.names} if around is not None else dict(frame.env.names)
    obj = object_of(frame)
    if obj is not None:
        names.update((f"self.{attr}", value) for attr, value in obj.attrs.items())
    return names


def object_of(frame: Frame) -> ObjectValue | None:
    """The object of a method, or of that which an inner function is defined in."""
    function = frame.function
    inner = function is not None and function.parent is not None and function.cls is None
    if frame.obj is not None or function is None or not inner or frame.env.parent is None:
        return frame.obj
    known = frame.env.parent.names.get(function.object_name or "")
    return known if isinstance(known, ObjectValue) else None


def unsure_attributes(frame: Frame) -> frozenset[str]:
    """The attributes of `self` that are set under a condition alone, by now."""
    obj = object_of(frame)
    return frozenset(f"self.{name}" for name in obj.maybe) if obj is not None and obj.maybe else frozenset()


def depth_of(frame: Frame, attribute: str) -> int:
    """How many loops (or undecided conditions) enclose the running statement, up to the root."""
    total, current = 0, frame
    while current is not None:
        total += len(getattr(current, attribute))
        if current.parent is None:
            break
        current = current.parent
    return total


def chain(region: Region | None) -> list[Region]:
    """A region and all around it, outside in."""
    found: list[Region] = []
    while region is not None:
        found.append(region)
        region = region.parent
    return found[::-1]


def second_call(first: Region | None, second: Region, node: ast.AST) -> tuple[ast.AST, Module]:
    """The call by which code that saw the first request makes the second; the request itself in the same function."""
    known = set(chain(first))
    for region in chain(second):
        if region not in known and not region.is_block and region.node is not None and region.parent is not None:
            return region.node, region.parent.module
        if region not in known and region.is_block:
            continue
    return node, second.module


def call_into(region: Region, path: Path, node: ast.AST) -> tuple[ast.AST, Module]:
    """The call by which code outside a scope asks for what is in it; the request itself if a program does it."""
    for outer in chain(region)[::-1]:
        if outer.is_block:
            continue
        if outer.evidence - {READS_COLLECTION} or outer.node is None or outer.parent is None:
            break
        if len(outer.path) < len(path) - 1:
            return outer.node, outer.parent.module
    return node, region.module


def objects_at(ev: Evaluator, region: Region) -> dict[str, ObjectValue]:
    """The objects of the program that the names of the running code stand for."""
    code = region.call
    env = code.frame.env if code.function is not None else ev.module_env(code.module)
    return {name: value for name, value in env.names.items() if isinstance(value, ObjectValue)}
