"""What became of many programs: kept in a file as it comes, counted, and written as tables."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from random_tf1.constructs import CONSTRUCTS, constructs_of
from random_tf1.judging import Judged

OUTCOMES = ("migrated", "partly", "refused", "nothing", "invalid", "wrong")


@dataclass
class Result:
    """One program: its number, what became of it, which constructs it has, and what was refused in it."""

    number: int
    outcome: str
    ran: bool
    why: str = ""
    constructs: list[str] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, judged: Judged, ran: bool) -> Result:
        refusals = dict.fromkeys(
            f"{finding.code}: {finding.message[:110]}"
            for finding in (judged.migration.findings if judged.migration is not None else ())
            if judged.outcome in ("refused", "partly")
        )
        found = constructs_of(judged.files)
        return cls(int(judged.name), judged.outcome, ran, judged.why, found, list(refusals))


class Results:
    """All results so far; with a file they are there again when a run goes on."""

    def __init__(self, path: Path | None) -> None:
        self.path = path
        lines = path.read_text(encoding="utf-8").splitlines() if path is not None and path.exists() else []
        self.rows = [Result(**json.loads(line)) for line in lines]

    def add(self, results: Iterable[Result]) -> None:
        new = list(results)
        self.rows += new
        if self.path is not None:
            with self.path.open("a", encoding="utf-8") as file:
                file.writelines(json.dumps(asdict(result)) + "\n" for result in new)

    def missing(self, numbers: Sequence[int]) -> list[int]:
        known = {row.number for row in self.rows}
        return [number for number in numbers if number not in known]

    # -- tables

    @property
    def outcomes(self) -> Counter[str]:
        return Counter(row.outcome for row in self.rows)

    def summary(self, seeds: str) -> Iterator[str]:
        """The rows of the page of evidence."""
        count, outcomes = len(self.rows), self.outcomes
        run = "both sides" if all(row.ran for row in self.rows) else "analysis only"
        shown = [f"{outcomes[name]} ({outcomes[name] / max(count, 1):.1%})" for name in OUTCOMES]
        yield "| seed | programs | run | " + " | ".join(OUTCOMES) + " |"
        yield "|---" * (3 + len(OUTCOMES)) + "|"
        yield f"| {seeds} | {count} | {run} | {' | '.join(shown)} |"

    def constructs(self) -> Iterator[str]:
        """Each construct, in how many programs it occurs, and how many of those migrated."""
        counted = [row for row in self.rows if row.outcome != "invalid"]
        yield "| construct | programs | migrated | partly | refused | wrong |"
        yield "|---|---|---|---|---|---|"
        for name in CONSTRUCTS:
            having = Counter(row.outcome for row in counted if name in row.constructs)
            total = sum(having.values())
            share = f" ({having['migrated'] / total:.0%})" if total else ""
            others = " | ".join(str(having[outcome]) for outcome in ("partly", "refused", "wrong"))
            yield f"| {name} | {total} | {having['migrated']}{share} | {others} |"

    def refusals(self, most: int = 40) -> Iterator[str]:
        """What was refused, in how many programs, and the numbers of some."""
        codes: Counter[str] = Counter()
        reasons: dict[str, list[int]] = {}
        for row in self.rows:
            codes.update({refusal.partition(":")[0] for refusal in row.refusals})
            for refusal in row.refusals:
                reasons.setdefault(refusal, []).append(row.number)
        for code, count in codes.most_common():
            yield f"{code} in {count} programs"
        for refusal, numbers in sorted(reasons.items(), key=lambda item: -len(item[1]))[:most]:
            yield f"{len(numbers):5d} {refusal} [{' '.join(map(str, numbers[:3]))}]"
