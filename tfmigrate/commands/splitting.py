"""`diff --split group`: a patch for each part of a migration that can be taken on its own."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tfmigrate import pipeline, source
from tfmigrate.api import with_map
from tfmigrate.commands.migrating import STDIN, options_of, sources_of, status
from tfmigrate.commands.output import fail, say, say_findings, show
from tfmigrate.commands.status import FAILED, UsageError
from tfmigrate.model import Cluster, Migration
from tfmigrate.report import message, patch
from tfmigrate.report.locating import base_of
from tfmigrate.writing.changes import check
from tfmigrate.writing.reports import write_reports

Sources = dict[Path, source.Source]
# what a program becomes with just these clusters migrated
Trial = Callable[[frozenset[Cluster]], tuple[Migration, Sources]]


@dataclass(frozen=True)
class Share:
    """What migrates together, and the migration of just that."""

    clusters: tuple[Cluster, ...]
    migration: Migration
    sources: Sources


def split(arguments: argparse.Namespace) -> int:
    """Each patch is made for the program as it is now, not on top of the one before it."""
    if STDIN in arguments.paths:
        raise UsageError("--split needs files: it migrates them several times")
    if arguments.format not in ("text", "patch"):
        raise UsageError(f"--split gives patches, not {arguments.format}")
    study = pipeline.study(arguments.paths, options_of(arguments))

    def migrated(left: list[tuple[Cluster, None]]) -> tuple[Migration, Sources]:
        migration = with_map(study.migration(left), arguments.paths)
        return migration, sources_of(migration.changes)

    whole, _ = migrated([])
    every = frozenset(whole.clusters)

    def trial(clusters: frozenset[Cluster]) -> tuple[Migration, Sources]:
        return migrated([(cluster, None) for cluster in sorted(every - clusters, key=lambda cluster: cluster.parts)])

    found = list(shares(whole.clusters, trial))
    problems = {problem for share in found for problem in check(share.migration.changes, share.sources)}
    if problems:
        say_findings(problems)
        return FAILED
    base = base_of(change.path for change in whole.changes)
    letters = [_letter(share, base) for share in found]
    if arguments.out is None:
        show(piece for letter in letters for piece in patch.pieces(letter))
    elif not _written(found, letters, arguments.out):
        return fail("nothing was written")
    say(whole, arguments)
    return status(whole, arguments.paths, bool(whole.changes))


def shares(clusters: Sequence[Cluster], trial: Trial) -> Iterator[Share]:
    """One for each cluster that migrates without the others; what does not comes together, last."""
    waiting = []
    for cluster in clusters:
        migration, sources = trial(frozenset([cluster]))
        if migration.holds(cluster):
            yield Share((cluster,), migration, sources)
        else:
            waiting.append(cluster)
    if waiting:
        migration, sources = trial(frozenset(waiting))
        if not all(migration.holds(cluster) for cluster in waiting):
            migration, sources = trial(frozenset(clusters))
            waiting = list(clusters)
        yield Share(tuple(waiting), migration, sources)


def _letter(share: Share, base: Path) -> str:
    head = message.of_clusters(share.clusters, share.migration, base)
    return head + patch.render(share.migration, share.sources, base)


def _written(found: Sequence[Share], letters: Sequence[str], folder: Path) -> bool:
    names = [f"{number:04}-{_slug(message.subject(share.clusters))}.patch" for number, share in enumerate(found, 1)]
    data = (letter.encode("utf-8", "surrogateescape") for letter in letters)
    reports = dict(zip([folder / name for name in names], data))
    problems = write_reports(reports)
    say_findings(problems)
    if not problems:
        show([(f"{path}\n", "") for path in reports])
    return not problems


def _slug(text: str) -> str:
    """As `git format-patch` names a file."""
    return re.sub(r"[^A-Za-z0-9._]+", "-", text).strip("-.")[:52].strip("-.")
