"""The verdict on two recordings."""

from __future__ import annotations

from collections.abc import Sequence

from tfmigrate.verify.recording import ON_KERAS_3, Comparison, Json, Recording, Tolerances, describe_error, sites
from tfmigrate.verify.structure import structure
from tfmigrate.verify.values import numbers
from tfmigrate.verify.verdict import KINDS, Difference, SideOfVariable, Status, VariableRow, Verdict


def compare(
    before: Recording,
    after: Recording,
    tolerances: Tolerances | None = None,
    name: str = "",
    *,
    renamed_savers: bool = False,
) -> Verdict:
    """The verdict on two recordings, none of which failed while it was built."""
    comparison = Comparison(before, after, tolerances or Tolerances(), renamed_savers)
    if (before.record.get("library"), after.record.get("library")) == ("keras3", "keras3"):
        comparison.notes.append(ON_KERAS_3)
    structure(comparison)
    if not comparison.differences:
        numbers(comparison)
    order = list(KINDS)
    differences = tuple(sorted(comparison.differences, key=lambda d: order.index(d.kind)))
    verdict = _verdict(comparison, differences)
    return Verdict(
        status=verdict[0],
        reason=verdict[1],
        name=name,
        differences=differences,
        variables=table(before, after),
        notes=tuple(dict.fromkeys(comparison.notes)),
        biggest=comparison.biggest,
        compared={kind: number for kind, number in comparison.compared.items() if number},
    )


def _verdict(comparison: Comparison, differences: Sequence[Difference]) -> tuple[Status, str]:
    if differences:
        return Status.DIFFERENT, str(differences[0])
    recordings = {"before": comparison.before, "after": comparison.after}
    for side, recording in recordings.items():
        for phase, error in recording.record["errors"].items():
            return Status.COULD_NOT_TELL, describe_error(side, phase, error)
    if not comparison.before.variables:
        return Status.COULD_NOT_TELL, "neither program makes a variable, so there is nothing to compare"
    if not comparison.compared["outputs"] + comparison.compared["training"]:
        why = comparison.notes[-1] if comparison.notes else "there is no output and no training op to compare"
        return Status.COULD_NOT_TELL, f"the variables agree, but {why}"
    if not comparison.compared["training"] and not any(comparison.before.record["dependencies"].values()):
        return Status.COULD_NOT_TELL, "the variables agree, but no output that was compared reads any of them"
    read = {side: any(map(sites, recording.variables)) for side, recording in recordings.items()}
    for side in read:
        if not read[side] and any(read.values()):  # an installed package of that name, or the other program
            return Status.COULD_NOT_TELL, f"no line of the {side} side reads a variable: it runs code from elsewhere"
    return Status.EQUIVALENT, _same(comparison)


_SAID = {
    "count": "variables",
    "initial": "initial values",
    "sharing": "sharing",
    "outputs": "outputs",
    "gradients": "gradients",
    "regularisation": "regularisation",
    "checkpoint": "checkpoint",
    "training": "training",
}
"""What an answer calls the kinds that it names; the others follow from these, or are rare."""


def _same(comparison: Comparison) -> str:
    """What was the same, of what these two programs have to compare."""
    *most, last = [text for kind, text in _SAID.items() if comparison.compared[kind]]
    return f"same {', '.join(most)} and {last}" if most else f"same {last}"


def table(before: Recording, after: Recording) -> tuple[VariableRow, ...]:
    """All variables of both sides, in the order of the before side, then what only the after side has."""
    sides = before.by_key(), after.by_key()
    keys = list(dict.fromkeys([*sides[0], *sides[1]]))
    return tuple(VariableRow(key, side_of(sides[0].get(key)), side_of(sides[1].get(key))) for key in keys)


def side_of(row: Json | None) -> SideOfVariable | None:
    if row is None:
        return None
    shape = None if row["shape"] is None else tuple(row["shape"])
    return SideOfVariable(row["name"], shape, row["dtype"], row["trainable"], tuple(sites(row)))
