"""A program without its detours, as far as what they lead to migrates; the others stay as they are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tfmigrate.boundary import attempt
from tfmigrate.finding import Finding
from tfmigrate.program.detours import detours
from tfmigrate.program.link import Module, Program
from tfmigrate.program.rerouting import Detour, cleared, straight
from tfmigrate.settling import Limits, Settled, Settling
from tfmigrate.transform import Transform

if TYPE_CHECKING:
    from tfmigrate.proving.proof import Doubt

_FOLLOWS = "imports"


class Straightening:
    """Like `Settling`, of a program that may call some of its layers in a roundabout way.

    program: the one that was settled last.
    """

    def __init__(self, program: Program, transforms: list[Transform], limits: Limits) -> None:
        self.original = program
        self.transforms = transforms
        self.limits = limits
        self.detours = self._found()
        self._settlings: dict[frozenset[Detour], Settling] = {}
        self.program = program

    def _found(self) -> frozenset[Detour]:
        if self.limits.only:
            return frozenset()
        found = attempt(lambda: list(detours(self.original)), next(iter(self.original.modules.values())).path)
        if isinstance(found, Finding):
            return frozenset()
        return frozenset(detour for detour in found if self._may_change(detour.module))

    def _may_change(self, module: Module) -> bool:
        path = module.path
        stays = self.limits.stays(path, module.text) or self.limits.costly(path)
        return self.limits.may_change(path) and stays is None

    def run_with(self, doubts: Sequence[Doubt]) -> Settled:
        """Every round takes a detour less out of the program, or ends."""
        chosen = self.detours
        while True:
            settling = self._settling(chosen)
            settled = settling.run_with(doubts)
            useful = frozenset(detour for detour in chosen if _is_of_use(detour, settling.program, settled))
            if useful == chosen:
                break
            chosen = useful
        self.program = settling.program
        for name in {detour.module.name for detour in chosen}:
            module = self.program.modules[name]
            settled.after[module] = cleared(settled.after[module])
        return settled

    def _settling(self, chosen: frozenset[Detour]) -> Settling:
        if chosen not in self._settlings:
            self._settlings[chosen] = Settling(straight(self.original, chosen), self.transforms, self.limits)
        return self._settlings[chosen]


def _is_of_use(detour: Detour, program: Program, settled: Settled) -> bool:
    """Whether all calls that it leads to change in any case."""
    module = program.modules[detour.module.name]
    if settled.plan is None or module not in settled.after:
        return False
    spans = [site.span for site in settled.plan.sites.get(module, ()) if site.transform != _FOLLOWS]
    return all(any(span[0] <= line <= span[2] for span in spans) for line in detour.lines)
