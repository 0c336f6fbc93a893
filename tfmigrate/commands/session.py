"""A review while it goes on: the program, what is proposed for each group, what was decided, and what comes of it."""

from __future__ import annotations

import argparse
import ast
import os
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from tfmigrate import source
from tfmigrate.api import with_map
from tfmigrate.commands.migrating import options_of, sources_of
from tfmigrate.commands.output import working
from tfmigrate.commands.status import UsageError
from tfmigrate.model import FileChange, Migration
from tfmigrate.pipeline import Study, study
from tfmigrate.report import page
from tfmigrate.reviewing.decisions import FILE_NAME, Answer, Decision, Decisions
from tfmigrate.reviewing.hunks import Edit, Hunk, edited, hunks_of
from tfmigrate.reviewing.proposals import Proposal, propose
from tfmigrate.writing import disk
from tfmigrate.writing.changes import write_one


@dataclass(frozen=True)
class Chosen:
    """What comes of the groups that were accepted. lost: edits whose lines are not there any more.

    together: hunks that no group alone has. They come of several groups at one place. missing: groups that were
    accepted and can't be taken without one that was not.
    """

    migration: Migration
    sources: dict[Path, source.Source]
    lost: tuple[Edit, ...] = ()
    together: tuple[Hunk, ...] = ()
    missing: tuple[Proposal, ...] = ()


@dataclass
class Session:
    paths: Sequence[Path]
    study: Study
    file: Path
    decisions: Decisions
    _proposals: dict[int, Proposal] = field(default_factory=dict)

    @cached_property
    def migration(self) -> Migration:
        with working("Reading the program"):
            return self.study.migration()

    def __len__(self) -> int:
        return len(self.migration.clusters)

    def proposal(self, number: int) -> Proposal:
        """What is proposed for one group alone; worked out when it is first asked for."""
        if number not in self._proposals:
            clusters = self.migration.clusters
            others = [(cluster, None) for i, cluster in enumerate(clusters) if i != number]
            with working(f"Working out group {number + 1} of {len(self)}"):
                alone = self.study.migration(others) if others else self.migration
            if not alone.holds(clusters[number]):  # not without others
                alone = self.migration
            titles = {name: text.partition("\n")[0] for name, text in page.transforms().items()}
            self._proposals[number] = propose(alone, clusters[number], self._texts, titles)
        return self._proposals[number]

    @cached_property
    def _texts(self) -> dict[Path, str]:
        return {change.path: change.before or "" for change in self.migration.changes}

    # --- decisions

    def decide(self, proposal: Proposal, decision: Decision) -> None:
        """Keeps it on the disk at once."""
        self.decisions.set(proposal, decision)
        self.save()

    def answer(self, number: int) -> Answer:
        """What was decided on a group. One that was never decided on need not be worked out to know that."""
        if not self.decisions.on_record(self.migration.clusters[number]):
            return Answer.OPEN
        return self.decisions.on(self.proposal(number)).answer

    def accepted(self) -> list[Proposal]:
        return [self.proposal(number) for number in range(len(self)) if self.answer(number) is Answer.ACCEPTED]

    def undecided(self) -> list[int]:
        return [number for number in range(len(self)) if self.answer(number) is Answer.OPEN]

    def written(self) -> None:
        """What was accepted is part of the program now; what nobody needs any more is not left lying about."""
        self.decisions.forget(self.accepted())
        if self.decisions.known:
            self.save()
        else:
            disk.remove([self.file])

    def save(self) -> None:
        text = self.decisions.render()
        old = source.read(self.file) if self.file.exists() else None
        if old is None or old.text != text:
            known = {} if old is None else {self.file: old}
            problems = write_one(FileChange(self.file, None if old is None else old.text, text), known)
            if problems:
                raise UsageError(f"the review cannot be kept: {problems[0].path}: {problems[0].message}")

    # --- what comes of it

    def problem(self, proposal: Proposal, edits: Sequence[Edit]) -> str | None:
        """Why edits of a group can't be taken."""
        after = {hunk.path for hunk in proposal.hunks}
        alone = [c for c in self.alone(proposal).changes if c.path in after]
        changes, lost = _with_edits(alone, edits)
        if lost:
            return "these lines stand there more than once; leave some of what is around them as it is"
        return next(filter(None, map(_syntax_problem, changes)), None)

    def alone(self, proposal: Proposal) -> Migration:
        return self.study.migration([(c, None) for c in self.migration.clusters if c != proposal.cluster])

    def chosen(self) -> Chosen:
        accepted = self.accepted()
        taken = {proposal.cluster for proposal in accepted}
        migration = self.study.migration([(c, None) for c in self.migration.clusters if c not in taken])
        seen = {(hunk.path, line) for proposal in accepted for hunk in proposal.hunks for line in hunk.changed}
        together = [h for h in hunks_of(migration.changes) if any((h.path, line) not in seen for line in h.changed)]
        edits = [edit for proposal in accepted for edit in self.decisions.on(proposal).edits]
        changes, lost = _with_edits(migration.changes, edits)
        migration = with_map(replace(migration, changes=tuple(changes)), self.paths)
        missing = tuple(proposal for proposal in accepted if not migration.holds(proposal.cluster))
        return Chosen(migration, sources_of(migration.changes), tuple(lost), tuple(together), missing)


def open_session(arguments: argparse.Namespace) -> Session:
    options = options_of(arguments)
    root = source.common_root(arguments.paths)
    session = Session(
        arguments.paths, study(arguments.paths, options), arguments.state or root / FILE_NAME, Decisions(root)
    )
    if session.file.exists() and not arguments.restart:
        try:
            session.decisions.read(source.read(session.file).text)
        except (ValueError, source.SourceError) as error:
            raise UsageError(f"{session.file}: {error}; begin anew with --restart") from None
    return session


def _with_edits(changes: Sequence[FileChange], edits: Sequence[Edit]) -> tuple[list[FileChange], list[Edit]]:
    after = {os.path.abspath(change.path): change.after for change in changes}
    lost = []
    for edit in edits:
        path = os.path.abspath(edit.path)
        text = edited(after[path], edit) if path in after else None
        if text is None:
            lost.append(edit)
        else:
            after[path] = text
    return [replace(change, after=after[os.path.abspath(change.path)]) for change in changes], lost


def _syntax_problem(change: FileChange) -> str | None:
    try:
        ast.parse(change.after)
    except (SyntaxError, ValueError) as error:
        return f"{change.path} would be no Python: {error}"
    return None
