"""What became of many checkouts: a report for each, the summary of all, and a table; `docs/schema` has the forms."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from tfmigrate.model import Ending, Outcome
from tfmigrate.report.as_json import text_of
from tfmigrate.report.terminal import Piece, count

VERSION = 1
_STYLES = {Ending.CHANGED: "green", Ending.LEFT: "yellow", Ending.DONE: "dim", Ending.ERROR: "bold red"}
_SAID = {
    Ending.CHANGED: "changed",
    Ending.LEFT: "with findings only",
    Ending.DONE: "nothing to do",
    Ending.ERROR: "error",
}


def render_checkout(path: str, outcome: Outcome, digest: str | None) -> str:
    """digest: of the patch beside it; None where there is none."""
    told = json.loads(outcome.diff) if outcome.diff else None
    head = {"version": VERSION, "kind": "checkout", "path": path, "key": outcome.key}
    return text_of({**head, **_row(outcome), "patch_digest": digest, "diff": told})


def read_checkout(text: str) -> tuple[Outcome, str | None]:
    """What `render_checkout` wrote: all but the diff and the patch, and the digest of that. Raises ValueError."""
    told = json.loads(text)
    try:
        if (told["kind"], told["version"]) != ("checkout", VERSION):
            raise ValueError("not the report of a checkout")
        return Outcome(
            ending=Ending(told["state"]),
            key=told["key"],
            error=told["error"],
            totals=told["totals"],
            seconds=told["seconds"],
            files_read=told["files_read"],
            files_changed=told["files_changed"],
            groups=told["groups"],
            findings=told["findings"],
        ), told["patch_digest"]
    except (KeyError, TypeError) as error:
        raise ValueError(f"not a whole report: {error}") from None


def render(outcomes: Mapping[str, tuple[str, Outcome]], complete: bool) -> str:
    """The summary. outcomes: by name, with the path; complete: all of them are known."""
    rows = [{"name": name, "path": path, **_row(outcome)} for name, (path, outcome) in outcomes.items()]
    totals = Counter(outcome.ending.value for _, outcome in outcomes.values())
    states = {ending.value: totals[ending.value] for ending in Ending}
    head = {"version": VERSION, "kind": "batch", "complete": complete, "states": states}
    return text_of({**head, "checkouts": rows})


def _row(outcome: Outcome) -> dict[str, Any]:
    return {
        "state": outcome.ending.value,
        "error": outcome.error,
        "totals": outcome.totals,
        "seconds": outcome.seconds,
        "files_read": outcome.files_read,
        "files_changed": outcome.files_changed,
        "groups": outcome.groups,
        "findings": outcome.findings,
    }


def pieces(outcomes: Mapping[str, tuple[str, Outcome]]) -> Iterator[Piece]:
    """A line for each checkout, and one for all."""
    width = max(map(len, outcomes), default=0)
    for name, (_, outcome) in outcomes.items():
        yield f"{name:<{width}}  ", ""
        yield f"{outcome.ending.value:<7}", _STYLES[outcome.ending]
        yield f"  {outcome.error or outcome.totals}\n", ""
    yield totals(outcomes) + "\n", "bold"


def totals(outcomes: Mapping[str, tuple[str, Outcome]]) -> str:
    """`3 checkouts: 1 changed, 1 nothing to do, 1 error.`"""
    number = Counter(outcome.ending for _, outcome in outcomes.values())
    parts = ", ".join(f"{number[ending]} {_SAID[ending]}" for ending in Ending if number[ending])
    return f"{count(len(outcomes), 'checkout')}: {parts}."
