"""`apply --check`: migrates into a scratch copy, runs both sides, and writes only what did the same."""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tfmigrate import source
from tfmigrate.commands.checking import run, spec_of
from tfmigrate.commands.migrating import migrate_paths, options_of
from tfmigrate.commands.output import fail, say, say_findings, show
from tfmigrate.commands.status import UsageError, must_exist
from tfmigrate.commands.writing import uncommitted_changes, write
from tfmigrate.finding import Finding
from tfmigrate.model import EXPLICIT_REUSE, FileChange, Migration
from tfmigrate.pipeline import Options
from tfmigrate.refuting import Clusters, Outcome, UndecidedError, settle
from tfmigrate.report import verdict
from tfmigrate.verify import CheckSpec, Status, Verdict
from tfmigrate.writing.copying import write_copy


class _UnwritableError(Exception):
    """The scratch copy could not be made; the findings say why."""

    def __init__(self, findings: list[Finding]) -> None:
        super().__init__(findings)
        self.findings = findings


def apply_checked(arguments: argparse.Namespace) -> int:
    options = options_of(arguments)
    if EXPLICIT_REUSE in options.only:
        raise UsageError(f"{EXPLICIT_REUSE} leaves TensorFlow 1, and --check runs the new side under TensorFlow 2")
    must_exist(filter(None, [arguments.before_python]))
    spec = spec_of(arguments, arguments.paths)
    migration, sources = migrate_paths(arguments.paths, options)
    if not migration.changes:
        return write(migration, sources, arguments)
    lost = uncommitted_changes(migration) if arguments.out is None and not arguments.allow_dirty else []
    if lost:
        say_findings(lost)
        return fail("nothing was written")
    trials = _Trials(arguments, options, spec, frozenset(migration.clusters))
    try:
        outcome = settle(migration.clusters, trials.judge)
    except UndecidedError as undecided:
        say(migration, arguments)
        show(verdict.pieces(undecided.verdict))
        return fail(f"nothing was written: {_why(undecided.verdict)}")
    except _UnwritableError as unwritable:
        say_findings(unwritable.findings)
        return fail("nothing was written")
    return _finish(outcome, migration, sources, arguments, options)


def _finish(
    outcome: Outcome,
    migration: Migration,
    sources: Mapping[Path, source.Source],
    arguments: argparse.Namespace,
    options: Options,
) -> int:
    left = outcome.findings()
    if left:
        migration, sources = migrate_paths(arguments.paths, replace(options, refuted=tuple(left)))
    if outcome.verdict is None and not outcome.refuted:
        say(migration, arguments)
        return fail("nothing was written: the check ran nothing of what would change (see --entry and --run)")
    if outcome.verdict is not None:
        show(verdict.summary(outcome.verdict))
    return write(migration, sources, arguments)


def _why(found: Verdict) -> str:
    if found.status is Status.DIFFERENT:
        return "the two sides differ, whatever part of the migration is left out"
    return "it could not be told whether the migrated program does the same (see --entry, --run, tfmigrate probe)"


@dataclass(frozen=True)
class _Trials:
    """Migrates with some of the clusters and runs both sides."""

    arguments: argparse.Namespace
    options: Options
    spec: CheckSpec
    clusters: Clusters

    def judge(self, clusters: Clusters) -> Verdict | None:
        left = sorted(self.clusters - clusters, key=lambda cluster: cluster.parts)
        options = replace(self.options, refuted=tuple((cluster, None) for cluster in left))
        migration, sources = migrate_paths(self.arguments.paths, options)
        if not migration.changes:
            return None
        with tempfile.TemporaryDirectory(prefix="tfmigrate-apply-") as folder:
            return self._check(migration, sources, Path(folder))

    def _check(self, migration: Migration, sources: Mapping[Path, source.Source], folder: Path) -> Verdict:
        before = self._program()
        root = source.common_root([before, *(change.path for change in migration.changes)])
        name = os.path.relpath(before, root)
        after = _copied(migration.changes, sources, folder, root) / name
        converted = [change.steps()[0] for change in migration.changes if change.python3 is not None]
        if converted:  # Python 2 runs on neither side
            before = _copied(converted, sources, folder / "python3", root) / name
        # what a finding says to a person, no check need refute
        renamed = any(finding.code == "TFM604" for finding in migration.findings)
        return run(before, after, self.spec, self.arguments.before_python, None, renamed)

    def _program(self) -> Path:
        """The file that was named, if it is to be run itself, else the folder of all that was."""
        paths = self.arguments.paths
        if len(paths) == 1 and self.spec.module is None and not self.spec.run:
            return Path(os.path.abspath(paths[0]))
        return source.common_root(paths)


def _copied(changes: Sequence[FileChange], sources: Mapping[Path, source.Source], folder: Path, root: Path) -> Path:
    """Raises _UnwritableError."""
    copy = folder / (root.name or "program")
    problems = write_copy(changes, sources, copy, [root], link=True)
    if problems:
        raise _UnwritableError(problems)
    return copy
