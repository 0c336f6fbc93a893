"""For who stays on TensorFlow 1: `reuse_variables()` becomes `reuse=` of a scope, and nothing else changes.

Plan, rewrite, prove: the emitted program must ask for the same variables in the same order, with the same reuse.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING

from tfmigrate.boundary import attempt
from tfmigrate.finding import Finding
from tfmigrate.planning.explicit import plan_explicit_reuse
from tfmigrate.program.link import Module, Program, parse_module
from tfmigrate.program.render import indent_of
from tfmigrate.rewrite import rewrite
from tfmigrate.settling import Limits, Settled
from tfmigrate.sites import Site
from tfmigrate.transform import Transform
from tfmigrate.walk.regions import Creation, show_path
from tfmigrate.walk.roots import Walk, walk_program

if TYPE_CHECKING:
    from tfmigrate.proving.proof import Doubt


class Explicit:
    """One program, and the only change that it gets."""

    def __init__(self, program: Program, transforms: list[Transform], limits: Limits) -> None:
        self.program = program
        self.transforms = transforms
        self.limits = limits

    def run_with(self, doubts: Sequence[Doubt]) -> Settled:
        """Nothing here is a cluster, so there is nothing to doubt."""
        walks, _ = walk_program(self.program)
        planned = plan_explicit_reuse(self.program, walks)
        settled = Settled(findings=set(planned.findings))
        for module, sites in planned.sites.items():
            kept = self._kept(module)
            if kept is not None:
                settled.findings.add(kept)
            elif self.limits.may_change(module.path):
                text = attempt(partial(self._rewritten, module, sites), module.path)
                self._take(settled, module, text)
        if settled.after and not self._is_proved(walks, settled):
            for module in settled.after:
                text = "the emitted text asks for other variables, so nothing was changed"
                settled.findings.add(Finding(str(module.path), 1, 0, "TFM901", text))
            settled.after = {}
        return settled

    def _kept(self, module: Module) -> Finding | None:
        """Why a file stays as it is, though it was named."""
        if not self.limits.may_change(module.path):
            return None
        return self.limits.stays(module.path, module.text) or self.limits.costly(module.path)

    def _rewritten(self, module: Module, sites: list[Site]) -> str:
        return rewrite(module.text, sites, self.transforms, indent_of(module))

    def _take(self, settled: Settled, module: Module, text: str | Finding) -> None:
        misfit = self.limits.misfit(module.path, text) if isinstance(text, str) else text
        if misfit is not None:
            settled.findings.add(misfit)
        elif isinstance(text, str) and text != module.text:
            settled.after[module] = text

    def _is_proved(self, walks: Sequence[Walk], settled: Settled) -> bool:
        modules = dict(self.program.modules)
        for module, text in settled.after.items():
            try:
                modules[module.name] = parse_module(module.name, module.path, text)
            except SyntaxError:
                return False
        emitted, _ = walk_program(Program(modules, self.program.packages))
        return list(_told(walks)) == list(_told(emitted))


def _told(walks: Sequence[Walk]) -> Iterator[tuple[object, ...]]:
    """What a program asks for, from each place where it is entered, and what TensorFlow 1 raises at."""
    for walk in walks:
        target = walk.entry.target
        yield walk.entry.module.name, "" if isinstance(target, Module) else target.qualname, walk.cut
        numbers: dict[object, int] = {}
        for event in walk.root.walk():
            if isinstance(event, Creation):
                variables = [numbers.setdefault(variable, len(numbers)) for variable in event.variables]
                # whether the walk does not know or nothing is said: both sides say it by the same expression
                yield show_path(event.path), event.symbol, event.reuse or False, tuple(variables)
        for clash in walk.scoping.clashes:
            yield clash.code, clash.text
        for plain in walk.scoping.plain_variables:
            yield show_path(plain.path), plain.reuse or False
