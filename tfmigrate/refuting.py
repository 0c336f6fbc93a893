"""Which clusters of a migration did the same when both sides ran: the guilty are found, the rest is kept.

`judge` migrates with only some of the clusters and runs both sides; here it is decided which to try. What is kept at
the end was judged as a whole, in exactly that combination.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from tfmigrate.finding import Finding
from tfmigrate.model import Cluster
from tfmigrate.verify.verdict import Status, VariableRow, Verdict

Clusters = frozenset[Cluster]
# the verdict on the program with only these clusters migrated; None where then nothing changes
Judge = Callable[[Clusters], Verdict | None]


class UndecidedError(Exception):
    """A verdict could not be reached, so nothing is known to be right."""

    def __init__(self, verdict: Verdict) -> None:
        super().__init__(verdict.reason)
        self.verdict = verdict


@dataclass
class Outcome:
    """kept: what may be written. verdict: on just that, None if it changes nothing. refuted: each with its verdict."""

    kept: Clusters = frozenset()
    verdict: Verdict | None = None
    refuted: dict[Cluster, Verdict] = field(default_factory=dict)
    unreached: Clusters = frozenset()

    def findings(self) -> list[tuple[Cluster, Finding]]:
        """What to say of the clusters that are not kept."""
        found = [(c, _finding(c, "TFM904", f"migrated, {c.name} does something else: {_told(v)}"))
                 for c, v in self.refuted.items()]  # fmt: skip
        found += [(c, _finding(c, "TFM905", f"the check ran nothing of {c.name}")) for c in self.unreached]
        return sorted(found, key=lambda pair: pair[1])


def settle(clusters: Iterable[Cluster], judge: Judge) -> Outcome:
    """Tries all clusters, and without the guilty again. Raises UndecidedError when some verdict can't be reached."""
    return _Trial(judge).settle(frozenset(clusters))


class _Trial:
    def __init__(self, judge: Judge) -> None:
        self.judge = judge
        self.known: dict[Clusters, Verdict | None] = {}
        self.refuted: dict[Cluster, Verdict] = {}

    def verdict(self, clusters: Clusters) -> Verdict | None:
        if clusters not in self.known:
            self.known[clusters] = self.judge(clusters)
        found = self.known[clusters]
        if found is not None and found.status is Status.COULD_NOT_TELL:
            raise UndecidedError(found)
        return found

    def settle(self, clusters: Clusters) -> Outcome:
        first = self.verdict(clusters)
        if first is None:
            return Outcome(clusters)
        near = reached(clusters, first.variables)
        if not near and first.status is Status.DIFFERENT:  # whose variables they are is not known
            near = clusters
        kept = self.keep(frozenset(), near)
        last = self.verdict(kept)
        if last is not None and last.status is Status.DIFFERENT:  # what belongs to no cluster is wrong
            raise UndecidedError(last)
        return Outcome(kept, last, self.refuted, clusters - near)

    def keep(self, good: Clusters, tried: Clusters) -> Clusters:
        """The good ones and those of the tried ones with which the program still does the same."""
        verdict = self.verdict(good | tried)
        if verdict is None or verdict.status is Status.EQUIVALENT:
            return good | tried
        if len(tried) <= 1:
            self.refuted.update(dict.fromkeys(tried, verdict))
            return good
        suspects = suspected(tried, verdict)
        if not suspects or suspects == tried:
            ordered = sorted(tried, key=lambda cluster: cluster.parts)
            suspects = frozenset(ordered[len(ordered) // 2 :])
        for part in (tried - suspects, suspects):
            good = self.keep(good, part)
        return good


def reached(clusters: Clusters, rows: Iterable[VariableRow]) -> Clusters:
    """The clusters whose variables some row is about; where several have the name, the one that reads it."""
    found: set[Cluster] = set()
    for row in rows:
        named = {cluster for cluster in clusters if _has(cluster, row.key)}
        found |= {cluster for cluster in named or clusters if _reads(cluster, row)} or named
    return frozenset(found)


def suspected(clusters: Clusters, verdict: Verdict) -> Clusters:
    """The clusters that the first difference points to, by the variables that it names."""
    if not verdict.differences:
        return frozenset()
    first = verdict.differences[0]
    words = set(re.findall(r"[^\s,;:()]+", first.detail)) | {first.name}
    rows = [row for row in verdict.variables if row.key in words or first.name.endswith("/" + row.key)]
    return reached(clusters, rows)


def _has(cluster: Cluster, key: str) -> bool:
    """Whether the cluster makes a variable of this name, or one beside which an optimizer keeps it."""
    return any(re.fullmatch(_pattern(name) + r"(/[^/]+)?", key) for name in cluster.variables)


def _pattern(name: str) -> str:
    """What is not known of a name stands in braces."""
    return "".join(".*" if part.startswith("{") else re.escape(part) for part in re.split(r"(\{[^{}]*\})", name))


def _reads(cluster: Cluster, row: VariableRow) -> bool:
    """Whether a line of the cluster reads the variable; the verdict knows files from the program's folder on."""
    places = [place.rpartition(":") for place in (row.before.readers if row.before is not None else ())]
    return any(
        part.line <= int(line) <= part.last and _same_file(part.path, path)
        for path, _, line in places
        for part in cluster.parts
    )


def _same_file(named: str, relative: str) -> bool:
    one, other = named.replace("\\", "/"), relative.replace("\\", "/")
    return one == other or one.endswith("/" + other) or other.endswith("/" + one)


def _told(verdict: Verdict) -> str:
    return str(verdict.differences[0]) if verdict.differences else verdict.reason


def _finding(cluster: Cluster, code: str, message: str) -> Finding:
    part = cluster.parts[0]
    return Finding(part.path, max(part.line, 1), 0, code, message)
