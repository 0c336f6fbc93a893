"""Plan, rewrite, prove; and plan again without what is doubted, until nothing is."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import BrokenExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from tfmigrate import jobs
from tfmigrate.boundary import attempt
from tfmigrate.finding import Finding, Severity
from tfmigrate.model import FileChange
from tfmigrate.planning.binding import needing
from tfmigrate.planning.explaining import explaining, modules_of
from tfmigrate.planning.plan import Plan
from tfmigrate.planning.planner import Planner
from tfmigrate.planning.units import Unit
from tfmigrate.program.link import Module, Program
from tfmigrate.program.render import indent_of
from tfmigrate.progress import steps
from tfmigrate.proving.carrying import carried
from tfmigrate.proving.proof import Doubt, Recounted, doubt, doubt_code, emitted_program, prove
from tfmigrate.proving.traces import lost_changes
from tfmigrate.rewrite import UnreadableError, rewrite
from tfmigrate.sites import Imports, Site
from tfmigrate.transform import Transform, load_transforms
from tfmigrate.walk.execute import Executor
from tfmigrate.walk.roots import Walk, walk_program

# how often a program is planned anew for what the proof of its last plan doubted; few need a third time
_ROUNDS = 8
# A transform that only follows what others do.
_FOLLOWS = "imports"
# characters of files to rewrite: what one process does meanwhile is about what others need to start
_WORTH_PROCESSES = 300_000


@dataclass(frozen=True)
class Limits:
    """What a migration may do. may_change: whether a file may. only: the transforms that may run; empty is all.

    stays: why a file with this text must stay as it is, though it was named. costly: what to say of a file that changes
    only if a cluster needs it, not for the sake of an import of TensorFlow. misfit: why a file cannot have this text.
    jobs: how many processes it may use; 0 is as many as there are processors.
    """

    may_change: Callable[[Path], bool] = lambda _: True
    only: frozenset[str] = frozenset()
    stays: Callable[[Path, str], Finding | None] = lambda *_: None
    costly: Callable[[Path], Finding | None] = lambda _: None
    misfit: Callable[[Path, str], Finding | None] = lambda *_: None
    jobs: int = 1


@dataclass
class Settled:
    """What is left when nothing is doubted. plan: None where there is none. callers: files that keep units back."""

    plan: Plan | None = None
    after: dict[Module, str] = field(default_factory=dict)
    findings: set[Finding] = field(default_factory=set)
    callers: set[Path] = field(default_factory=set)


class Settling:
    """One program on its way to a change that holds."""

    def __init__(
        self,
        program: Program,
        transforms: list[Transform],
        limits: Limits,
        known: Sequence[Walk] = (),
        again: bool = True,
        doubts: Sequence[Doubt] = (),
    ) -> None:
        self.program = program
        self.transforms = transforms
        self.limits = limits
        self.known = known
        self.again = again
        self.given = doubts
        self.doubts = list(doubts)
        self.apart: frozenset[ast.AST] = frozenset()
        self.result = Settled()
        self.walks: list[Walk] = []
        self.executor: Executor
        self.walked = False
        self.texts: dict[Module, tuple[list[Site], str]] = {}
        self.recounted: dict[Walk, Recounted] = {}

    def run_with(self, doubts: Sequence[Doubt]) -> Settled:
        """The same program once more, with other doubts; it is not walked again."""
        self.given = doubts
        self.doubts = list(doubts)
        self.apart = frozenset()
        self.result = Settled()
        return self.run()

    def run(self) -> Settled:
        """Every round takes something out of the plan, or ends everything; the last one gives up what is left."""
        if not self.walked:
            self.walks, self.executor = walk_program(self.program, self.known)
            self.walked = True
        for _ in range(_ROUNDS):
            planned = self._plan()
            if planned is None:
                break
            self.result.plan = planned
            fresh = self._doubts(planned)
            if not fresh:
                break
            known = {place for old in self.doubts for place in old.places}
            self.doubts.extend(fresh)
            if not any(new.places - known for new in fresh):
                self._leave_all(planned)
                break
        else:
            self._give_up()
        self.result.findings.update(d.finding for d in self.doubts if d.finding is not None)
        return self.result

    def _give_up(self) -> None:
        """Refuse all that the last plan still held."""
        left = self.result.plan.migrated if self.result.plan is not None else ()
        for unit in sorted(left, key=lambda unit: (str(unit.primary.module.path), unit.primary.node.lineno)):
            primary = unit.primary
            text = f"what keeps {primary.name} back was not found in {_ROUNDS} rounds of planning and proof"
            where = (str(primary.module.path), primary.node.lineno, primary.node.col_offset)
            self.doubts.append(doubt([unit], Finding(*where, "TFM309", text)))
        self.result.plan = self._plan()
        if self.result.plan is not None:
            self._leave_all(self.result.plan)

    def _leave_all(self, plan: Plan) -> None:
        self.result.after = {}
        plan.migrated.clear()
        plan.library_layers.clear()

    def _plan(self) -> Plan | None:
        planner: Planner | None = None

        def plan() -> Plan:
            nonlocal planner
            planner = Planner(self.program, self.walks, self.executor, self.doubts, self.apart)
            return planner.plan()

        while True:
            result = attempt(plan, self._some_path())
            if isinstance(result, Plan) and result.wanted_apart:
                self.apart |= result.wanted_apart
                continue
            if isinstance(result, Plan):
                return result
            at = planner.at if planner is not None else None
            fresh = doubt([at] if at is not None else [], result)
            if not fresh.places or fresh in self.doubts:
                self.result.findings.add(result)
                self.result.after = {}
                self.result.plan = None
                return None
            self.doubts.append(fresh)

    def _some_path(self) -> Path:
        return next(iter(self.program.modules.values())).path

    def _doubts(self, plan: Plan) -> list[Doubt]:
        """What keeps this plan from being carried out as it is; sets the emitted texts."""
        limited = list(self._beyond_limits(plan))
        if limited:
            return limited
        # an import line alone changes nothing that could be doubted
        main = {module: sites for module, sites in plan.sites.items() if any(s.transform != _FOLLOWS for s in sites)}
        failed = self._rewrite(plan, main)
        if failed is not None:
            return [failed]
        if not self.result.after:
            return []
        emitted = emitted_program(self.program, plan, self.result.after)
        if isinstance(emitted, Doubt):
            return [emitted]
        seeds = self.executor.seeds or frozenset()
        fresh = lost_changes(self.program, emitted)
        fresh = fresh or prove(self.program, self.walks, seeds, plan, emitted, self.recounted)
        if fresh or not self.again:
            return fresh
        fresh = list(self._second_run(plan, emitted))
        failed = self._rewrite(plan, plan.sites) if not fresh else None
        return [failed] if failed is not None else fresh

    def _rewrite(self, plan: Plan, wanted: dict[Module, list[Site]]) -> Doubt | None:
        """Set the emitted texts; what was rewritten at the same sites before is not rewritten again."""
        self.result.after = {}
        changing = {module: sites for module, sites in wanted.items() if self._may_rewrite(module, sites)}
        fresh = {m: sites for m, sites in changing.items() if m not in self.texts or self.texts[m][0] != sites}
        apart = self._rewritten_apart(fresh)
        for module, sites in steps("rewriting files", changing.items()):
            if module in fresh:
                text = apart[module] if module in apart else self._rewritten(module, sites)
                if isinstance(text, Finding):
                    return _doubt_at(self.program, plan, module, sites, text)
                misfit = self.limits.misfit(module.path, text)
                if misfit is not None:
                    return _doubt_at(self.program, plan, module, sites, misfit)
                self.texts[module] = (sites, text)
            text = self.texts[module][1]
            if text != module.text:
                self.result.after[module] = text
        return None

    def _may_rewrite(self, module: Module, sites: list[Site]) -> bool:
        if not self.limits.may_change(module.path):
            return False
        kept = self.limits.stays(module.path, module.text)
        if kept is None and all(_follows(site) for site in sites):
            kept = self.limits.costly(module.path)
        if kept is not None:  # only an import of it would have followed
            self.result.findings.add(kept)
        return kept is None

    def _rewritten(self, module: Module, sites: list[Site]) -> str | Finding:
        return _carried_out(module.text, sites, self.transforms, indent_of(module), module.path)

    def _rewritten_apart(self, fresh: dict[Module, list[Site]]) -> dict[Module, str | Finding]:
        """The new texts, by several processes if there is enough to do; what they could not do is missing."""
        number = min(jobs.number_of(self.limits.jobs), len(fresh))
        if number < 2 or sum(len(module.text) for module in fresh) < _WORTH_PROCESSES:
            return {}
        with suppress(BrokenExecutor), jobs.processes(number) as executor:
            columns = zip(*((m.text, sites, indent_of(m), m.path) for m, sites in fresh.items()))
            return dict(zip(fresh, executor.map(rewritten_alone, *columns)))
        return {}

    def _beyond_limits(self, plan: Plan) -> Iterator[Doubt]:
        outside: dict[Unit, set[Path]] = {}
        yield from self._kept(plan)
        for module, sites in plan.sites.items():
            if all(site.transform == _FOLLOWS for site in sites):
                continue
            if not self.limits.may_change(module.path):
                for unit in explaining(self.program, plan, module, sites):
                    outside.setdefault(unit, set()).add(module.path)
            elif self.limits.only:
                unwanted = [s for s in sites if s.transform not in self.limits.only and s.transform != _FOLLOWS]
                for unit in explaining(self.program, plan, module, unwanted) if unwanted else ():
                    outside.setdefault(unit, set())
        for unit, paths in outside.items():
            if any(self.limits.may_change(module.path) for module in modules_of(unit)):
                self.result.callers |= paths
                yield doubt([unit], _left_alone(unit, paths))
            else:  # a program of its own beside the named ones
                yield doubt([unit], None)

    def _kept(self, plan: Plan) -> Iterator[Doubt]:
        """Units that need a change of a file that stays as it is."""
        for module in plan.sites:
            finding = self.limits.stays(module.path, module.text) if self.limits.may_change(module.path) else None
            if finding is None:
                continue
            for unit in needing(self.program, plan, module):
                self.result.findings.add(finding)
                primary = unit.primary
                text = f"{primary.name} cannot change without {module.path}"
                where = (str(primary.module.path), primary.node.lineno, primary.node.col_offset)
                yield doubt([unit], finding if primary.module is module else Finding(*where, "TFM310", text))

    def _second_run(self, plan: Plan, emitted: Program) -> Iterator[Doubt]:
        """The emitted program, migrated once more, must stay as it is."""
        same = set(emitted.modules.values())
        known = [walk for walk in self.walks if same.issuperset(walk.modules())]
        doubts = carried(self.given, self.program, emitted)
        settled = Settling(emitted, self.transforms, self.limits, known, again=False, doubts=doubts).run()
        for module in settled.after:
            original = self.program.modules[module.name]
            finding = _kept_back(plan, original)
            yield _doubt_at(self.program, plan, original, plan.sites.get(original, []), finding)


def _follows(site: Site) -> bool:
    return isinstance(site.action, Imports) and not site.action.renames


def rewritten_alone(text: str, sites: list[Site], indent: str, path: Path) -> str | Finding:
    """The text with all sites carried out, in a process that knows nothing else."""
    return _carried_out(text, sites, load_transforms(), indent, path)


def _carried_out(text: str, sites: list[Site], how: Sequence[Transform], indent: str, path: Path) -> str | Finding:
    def action() -> str | Finding:
        try:
            return rewrite(text, sites, how, indent)
        except UnreadableError as error:
            told = f"Python can read it, the parser that keeps comments cannot: {error.message}"
            return Finding(str(path), error.line, 0, "TFM003", told)

    return attempt(action, path)


def _left_alone(unit: Unit, callers: set[Path]) -> Finding | None:
    """What to say of a unit that other files keep back; nothing where a transform was not wanted."""
    if not callers:
        return None
    primary = unit.primary
    names = ", ".join(str(path) for path in sorted(callers))
    message = f"{primary.name} cannot change without {names}"
    return Finding(str(primary.module.path), primary.node.lineno, primary.node.col_offset, "TFM308", message)


def _doubt_at(program: Program, plan: Plan, module: Module, sites: Iterable[Site], finding: Finding) -> Doubt:
    """A doubt about whatever makes a module change at these sites."""
    units = explaining(program, plan, module, sites)
    if units:
        return doubt(units, finding)
    lines = {site.span[0] for site in sites}
    functions = module.functions.values()
    return doubt_code(
        [f for f in functions if any(f.node.lineno <= n <= (f.node.end_lineno or n) for n in lines)], finding
    )


def _kept_back(plan: Plan, module: Module) -> Finding:
    """Why a file stays that a second run would change again: what could only change then keeps back the rest, too."""
    refusals = [f for f in plan.findings if f.path == str(module.path) and f.severity is Severity.REFUSED]
    if refusals:
        return min(refusals)
    return Finding(str(module.path), 1, 0, "TFM902", "a second run would change the emitted text again")


def changes(settled: Settled) -> Iterator[FileChange]:
    """The files that change, in the order of their paths."""
    for module, text in sorted(settled.after.items(), key=lambda item: item[0].path):
        yield FileChange(module.path, module.text, text)
