"""Lists of variables, savers and what else reads variables by name or collection."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tfmigrate.plain import PlainWork
    from tfmigrate.plan import Planner
    from tfmigrate.units import Unit


class Collecting:
    """Plans the variable lists of a program."""

    def __init__(self, planner: Planner) -> None:
        self.planner = planner

    def check(self, works: list[PlainWork]) -> None:
        """Refuse what a list of layers cannot give."""

    def sites(self, works: list[PlainWork], migrated: set[Unit]) -> None:
        """Write down the lists."""
