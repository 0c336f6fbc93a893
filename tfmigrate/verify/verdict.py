"""What a check says: the verdict, its differences in order of weight, and the table of variables."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from enum import Enum
from typing import Any


class Status(Enum):
    """The three answers; `exit_code` is what a command ends with."""

    EQUIVALENT = "equivalent"
    DIFFERENT = "different"
    COULD_NOT_TELL = "could not tell"

    @property
    def exit_code(self) -> int:
        return {"equivalent": 0, "different": 1, "could not tell": 2}[self.value]


KINDS = {
    "count": "another number of variables",
    "names": "other variable names",
    "shape": "a variable of another shape",
    "dtype": "a variable of another dtype",
    "trainable": "a variable frozen or unfrozen",
    "initial": "initial values from another distribution",
    "sharing": "other places read a variable, or an output depends on other variables",
    "random": "random numbers are drawn more or less often, or are the same in every run",
    "optimizer": "an optimizer changes other variables",
    "slots": "an optimizer or an average keeps other state",
    "update_ops": "moving averages are updated another number of times",
    "saver": "a saver keeps other variables, or keeps them under other names",
    "inputs": "other inputs",
    "results": "other results are returned",
    "outputs": "an output has other values",
    "gradients": "a gradient has other values",
    "regularisation": "another regularisation loss",
    "checkpoint": "a checkpoint of the one does not load into the other",
    "training": "training leads elsewhere",
}
"""Kinds of difference, in the order in which they are reported: causes before effects."""


@dataclass(frozen=True)
class Difference:
    """One difference. `size` is the largest absolute difference of values, None where nothing was subtracted."""

    kind: str
    name: str
    detail: str
    size: float | None = None

    def __str__(self) -> str:
        return f"{self.kind}: {self.detail}"


@dataclass(frozen=True)
class SideOfVariable:
    """A variable as one side has it. `readers` are call sites, `file:line`, innermost line of the program."""

    name: str
    shape: tuple[int | None, ...] | None
    dtype: str
    trainable: bool
    readers: tuple[str, ...]


@dataclass(frozen=True)
class VariableRow:
    """One line of the table of variables: the TF1 name and what each side makes of it, None where it is missing."""

    key: str
    before: SideOfVariable | None
    after: SideOfVariable | None


@dataclass(frozen=True)
class Verdict:
    """The answer for one pair of programs.

    reason: one sentence; for DIFFERENT the first difference, for COULD_NOT_TELL what stood in the way.
    biggest: the largest relative deviation that was seen among the compared numbers, and its name.
    compared: how many things of each kind were compared; a kind that these programs have nothing of is not in it.
    tail: the end of what the programs printed, kept when the verdict is COULD_NOT_TELL.
    """

    status: Status
    reason: str
    name: str = ""
    differences: tuple[Difference, ...] = ()
    variables: tuple[VariableRow, ...] = ()
    notes: tuple[str, ...] = ()
    biggest: tuple[str, float] | None = None
    compared: dict[str, int] = field(default_factory=dict)
    tail: str = ""
    seconds: float = 0.0

    def to_json(self) -> dict[str, Any]:
        """Plain data for a JSON report."""
        data = asdict(self)
        data["status"] = self.status.value
        return data
