"""One thing to decide on: what migrates together or not at all, with all that a person wants to know of it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tfmigrate.finding import Finding, Severity
from tfmigrate.model import Cluster, Migration, SharingGroup, State
from tfmigrate.reviewing.hunks import Hunk, hunks_of

# what a transform does that only follows the others; no line of its own asks for it
_FOLLOWS = "imports"


@dataclass(frozen=True)
class Proposal:
    """A cluster and what changes if it alone is taken.

    why: what is done in each hunk. source: a digest of the code it is about. change: one of what it becomes.
    """

    cluster: Cluster
    groups: tuple[SharingGroup, ...]
    hunks: tuple[Hunk, ...]
    findings: tuple[Finding, ...]
    why: tuple[tuple[str, ...], ...]
    source: str
    change: str

    @property
    def name(self) -> str:
        return self.cluster.name

    @property
    def files(self) -> list[Path]:
        return list(dict.fromkeys(hunk.path for hunk in self.hunks))

    def variables(self, hunk: Hunk) -> list[str]:
        """The variables that are asked for in these lines, or are a layer's that is defined, made or shared there."""
        names = {name for part, name in self.cluster.made if _touches(hunk, part.path, part.line, part.last)}
        for group in self.groups:
            uses = any(_touches(hunk, place.path, place.line) for place in (group.creates, *group.reuses))
            if uses or any(line.lstrip("+ ").startswith(f"class {group.layer}(") for line in hunk.changed):
                names |= {variable.name for variable in group.variables}
        return sorted(names)

    def roles(self, hunk: Hunk) -> Iterator[str]:
        """Where in these lines an instance is made or shared."""
        for group in self.groups:
            if _touches(hunk, group.creates.path, group.creates.line):
                yield f"{group.scope} is made here: {group.layer}, held by {group.owner}"
            shared = [str(place.line) for place in group.reuses if _touches(hunk, place.path, place.line)]
            if shared:
                yield f"{group.scope} is shared here, in line {', '.join(shared)}"


def _touches(hunk: Hunk, path: str, line: int, last: int = 0) -> bool:
    return str(hunk.path) == path and line < hunk.touched.stop and hunk.touched.start <= max(line, last)


def propose(alone: Migration, cluster: Cluster, texts: Mapping[Path, str], titles: Mapping[str, str]) -> Proposal:
    """alone: the migration of just this cluster. texts: the files as they are. titles: what each transform does."""
    hunks = tuple(hunks_of(alone.changes))
    return Proposal(
        cluster=cluster,
        groups=tuple(group for group in alone.groups if group.state is State.MIGRATED),
        hunks=hunks,
        findings=tuple(f for f in alone.findings if f.severity is Severity.REVIEW),
        why=tuple(_why(alone, hunk, titles) for hunk in hunks),
        source=_digest(_source(cluster, texts)),
        change=_digest(line for hunk in hunks for line in hunk.changed),
    )


def _why(migration: Migration, hunk: Hunk, titles: Mapping[str, str]) -> tuple[str, ...]:
    found = dict.fromkeys(s.transform for s in migration.steps if _touches(hunk, s.path, s.line, s.last))
    if len(found) > 1:
        found.pop(_FOLLOWS, None)
    return tuple(titles.get(name, name) for name in found or [_FOLLOWS])


def _source(cluster: Cluster, texts: Mapping[Path, str]) -> Iterator[str]:
    for part in cluster.parts:
        lines = texts.get(Path(part.path), "").split("\n")
        yield from lines[max(part.line - 1, 0) : part.last]


def _digest(lines: Iterator[str]) -> str:
    return hashlib.sha256("\n".join(lines).encode("utf-8", "surrogatepass")).hexdigest()[:16]
