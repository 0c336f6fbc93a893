"""`review`: group by group, hunk by hunk; what was chosen is written, saved as a patch, or both."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from tfmigrate import source
from tfmigrate.commands.migrating import STDIN, status
from tfmigrate.commands.output import fail, say, say_findings, show
from tfmigrate.commands.session import Chosen, Session, open_session
from tfmigrate.commands.status import DONE, FAILED, LEFT, UsageError
from tfmigrate.commands.writing import write
from tfmigrate.model import FileChange
from tfmigrate.report import patch, terminal
from tfmigrate.report.locating import base_of
from tfmigrate.report.terminal import Piece
from tfmigrate.reviewing.asking import Asking, Said, choose
from tfmigrate.reviewing.decisions import Answer, Decision
from tfmigrate.reviewing.hunks import Hunk
from tfmigrate.reviewing.proposals import Proposal
from tfmigrate.verify.recording import listed
from tfmigrate.writing.changes import check, write_one

_ENDS = {
    "w": "write it",
    "p": "save it as a patch, for `git apply`",
    "b": "both",
    "l": "later: decisions are kept, and the same command asks again",
}
_PATCH = Path("tfmigrate.patch")


def review(arguments: argparse.Namespace) -> int:
    if STDIN in arguments.paths:
        raise UsageError("review asks you, so the program can't come from standard input")
    session = open_session(arguments)
    if not len(session):
        say(session.migration, arguments)
        show([(f"{terminal.totals(session.migration)}\n", ""), ("Nothing to review.\n", "bold")])
        return status(session.migration, arguments.paths, more=False)
    if arguments.web:
        from tfmigrate.commands.desk import serve

        return serve(session, arguments)
    show(_opening(session))
    stopped = _ask_all(session)
    return _finish(session, stopped, arguments)


# --- asking


def _opening(session: Session) -> Iterator[Piece]:
    groups = terminal.count(len(session), "group")
    yield f"{groups} to decide on. Each is taken whole or not at all; answer ? for help.\n", "bold"
    refused = {(f.path, f.line) for f in session.migration.findings if f.severity.value == "refused"}
    if refused:
        places = terminal.count(len(refused), "place")
        yield f"{places} can't be migrated and stay as they are; `tfmigrate plan` says why.\n", ""
    decided = len(session.decisions.known)
    if decided:
        yield f"Decisions of an earlier review are in {_shown(session.file)}; begin anew with --restart.\n", ""


def _ask_all(session: Session) -> bool:
    """Whether the person stopped before the end."""
    for number in range(len(session)):
        if session.answer(number) is not Answer.OPEN:
            continue
        proposal = session.proposal(number)
        decision = session.decisions.on(proposal)
        show(_above_group(session, number, proposal))
        asking = _asking(session, proposal, decision)
        said = asking.group(proposal.hunks[decision.hunks :])
        edits = (*decision.edits, *asking.edits)
        if said is Said.STOPPED:
            session.decide(proposal, replace(decision, hunks=decision.hunks + asking.taken, edits=edits))
            return True
        if said is Said.TAKEN:
            session.decide(proposal, replace(decision, answer=Answer.ACCEPTED, edits=edits))
        else:
            session.decide(proposal, Decision(Answer.REJECTED, comment=decision.comment))
            show([(f"{proposal.name} stays as it is.\n", "yellow")])
        if said is Said.FILE_LEFT:
            _leave_file(session, asking.at)
    return False


def _asking(session: Session, proposal: Proposal, decision: Decision) -> Asking:
    def above(hunk: Hunk) -> None:
        show(_above_hunk(proposal, hunk, proposal.hunks.index(hunk)))

    return Asking(above, lambda edit: session.problem(proposal, [*decision.edits, edit]))


def _leave_file(session: Session, path: Path) -> None:
    for proposal in map(session.proposal, session.undecided()):
        if path in proposal.files:
            session.decide(proposal, Decision(Answer.REJECTED))
            show([(f"{proposal.name} stays as it is, too.\n", "yellow")])


def _above_group(session: Session, number: int, proposal: Proposal) -> Iterator[Piece]:
    files = ", ".join(map(str, proposal.files))
    size = f"{terminal.count(len(proposal.hunks), 'hunk')} in {files}"
    yield f"\n=== Group {number + 1} of {len(session)}: {proposal.name} ({size})\n", "bold"
    if session.decisions.outdated(proposal):
        yield "    decided before, but it is another change now\n", "yellow"
    for group in proposal.groups:
        yield from terminal.group_pieces(group)
    for finding in proposal.findings:
        yield f"  look at {finding.path}:{finding.line}: {finding.code} {finding.message}\n", "yellow"
        yield f"           {finding.todo}\n", "dim"


def _above_hunk(proposal: Proposal, hunk: Hunk, index: int) -> Iterator[Piece]:
    yield f"\n--- Hunk {index + 1} of {len(proposal.hunks)}\n", "bold"
    for label, lines in (
        ("why", proposal.why[index]),
        ("sharing", proposal.roles(hunk)),
        ("variables", [listed(proposal.variables(hunk), 8)]),
    ):
        for line in filter(None, lines):
            yield f"  {label:<10}", "dim"
            yield f"{line}\n", ""


# --- what was chosen


def _finish(session: Session, stopped: bool, arguments: argparse.Namespace) -> int:
    undecided = len(session.undecided())
    if undecided:
        groups = terminal.count(undecided, "group")
        show([(f"\n{groups} not decided yet; the same command goes on from here.\n", "bold")])
    chosen = session.chosen()
    if not chosen.migration.changes:
        show([("Nothing is chosen, so nothing is written.\n", "bold")] if not undecided else [])
        return LEFT
    show(_closing(session, chosen))
    problems = check(chosen.migration.changes, chosen.sources)
    if problems:
        say_findings(problems)
        return fail("nothing was written")
    answer = _end(arguments, stopped)
    if answer == "l":
        return LEFT
    if answer in "pb":
        _save_patch(chosen, arguments)
    if answer in "wb":
        return _write(session, chosen, arguments)
    return LEFT


def _closing(session: Session, chosen: Chosen) -> Iterator[Piece]:
    groups = terminal.count(len(session.accepted()), "group")
    files = terminal.count(len(chosen.migration.changes), "file")
    yield f"\nChosen: {groups} of {len(session)}, {files}.\n", "bold"
    for proposal in chosen.missing:
        yield f"{proposal.name} can't be taken without a group that was left, and stays as it is.\n", "yellow"
    for edit in chosen.lost:
        yield f"An edit in {edit.path} has no place beside the other groups, and is left out:\n", "yellow"
        yield "".join(f"    {line}\n" for line in edit.edited), ""
    if any(session.decisions.on(proposal).edits for proposal in session.accepted()):
        yield "What you edited was not proved; run `tfmigrate check` on both sides afterwards.\n", "yellow"
    if chosen.together:
        yield "Together the groups also change:\n", "bold"
        yield from patch.pieces("".join(f"{line}\n" for hunk in chosen.together for line in hunk.diff()))


def _end(arguments: argparse.Namespace, stopped: bool) -> str:
    wanted = bool(arguments.write or arguments.out), arguments.patch is not None
    if any(wanted):
        return "l" if stopped else "b" if all(wanted) else "w" if wanted[0] else "p"
    return choose("Write it, save a patch, both, or later", _ENDS, "l")


def _save_patch(chosen: Chosen, arguments: argparse.Namespace) -> None:
    path = arguments.patch or _PATCH
    base = base_of(change.path for change in chosen.migration.changes)
    text = patch.render(chosen.migration, chosen.sources, base)
    try:
        old = {path: source.read(path)} if path.exists() else {}
    except source.SourceError as error:
        raise UsageError(str(error)) from None
    problems = write_one(FileChange(path, old[path].text if old else None, text), old)
    if problems:
        raise UsageError(f"the patch cannot be saved: {problems[0].path}: {problems[0].message}")
    where = "" if base == Path(os.path.realpath(".")) else f", in {_shown(base)}"
    show([(f"Saved {path}; apply it with `git apply {path}`{where}\n", "bold")])


def _write(session: Session, chosen: Chosen, arguments: argparse.Namespace) -> int:
    undecided = session.undecided()
    ended = write(chosen.migration, chosen.sources, arguments)
    if ended != FAILED and arguments.out is None:
        session.written()
    return LEFT if ended == DONE and undecided else ended


def _shown(path: Path) -> str:
    return os.path.relpath(path)
