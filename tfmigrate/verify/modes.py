"""A script with an Estimator is three programs: one trains, one evaluates and one predicts. All are compared."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from tfmigrate.verify.compare import compare
from tfmigrate.verify.recording import Recording, Tolerances, describe_error
from tfmigrate.verify.verdict import Difference, Status, Verdict

MODES = {"eval": "evaluation", "infer": "prediction"}


def in_other_modes(
    trained: Verdict, numbers: Mapping[str, int], scratch: Path, tolerances: Tolerances | None
) -> Verdict:
    """The verdict on training, and on what else both sides recorded."""
    verdict = trained
    for mode, word in MODES.items():
        prefixes = {side: scratch / f"{number}.{mode}" for side, number in numbers.items()}
        if all(Path(f"{prefix}.{side}.json").exists() for side, prefix in prefixes.items()):
            before, after = (Recording.load(prefix, side) for side, prefix in prefixes.items())
            verdict = _joined(verdict, _judged(before, after, word, tolerances), word)
        if verdict.status is Status.DIFFERENT:
            break
    return verdict


def _judged(before: Recording, after: Recording, word: str, tolerances: Tolerances | None) -> Verdict:
    errors = [recording.record["errors"].get("build") for recording in (before, after)]
    if errors[0]:  # it is made for training only, or needs other data
        return Verdict(Status.COULD_NOT_TELL, describe_error("before", "build", errors[0]))
    if errors[1]:
        text = describe_error("after", "build", errors[1])
        return Verdict(Status.DIFFERENT, text, differences=(Difference("results", word, text),))
    return compare(before, after, tolerances)


def _joined(trained: Verdict, other: Verdict, word: str) -> Verdict:
    if other.status is Status.DIFFERENT:
        found = tuple(replace(found, detail=f"in {word}, {found.detail}") for found in other.differences)
        return replace(
            trained, status=Status.DIFFERENT, reason=str(found[0]), differences=found, variables=other.variables
        )
    if other.status is Status.COULD_NOT_TELL:
        return replace(trained, notes=(*trained.notes, f"{word} was not compared: {other.reason}"))
    notes = tuple(f"in {word}: {note}" for note in other.notes)
    return replace(
        trained,
        notes=(*trained.notes, *notes),
        compared=dict(Counter(trained.compared) + Counter(other.compared)),
    )
