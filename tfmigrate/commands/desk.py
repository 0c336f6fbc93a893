"""`review --web`: the same review on a page of this machine."""

from __future__ import annotations

import argparse
import html
from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from typing import Any, ParamSpec, TypeVar
from webbrowser import open_new_tab

from tfmigrate.commands.output import show
from tfmigrate.commands.session import Chosen, Session, open_session
from tfmigrate.commands.status import DONE, FAILED, LEFT, UsageError
from tfmigrate.commands.writing import write
from tfmigrate.report import patch, terminal
from tfmigrate.report.locating import base_of
from tfmigrate.reviewing.decisions import Answer, Decision
from tfmigrate.reviewing.hunks import Hunk
from tfmigrate.reviewing.proposals import Proposal
from tfmigrate.reviewing.server import RefusedError, Server
from tfmigrate.writing.changes import check

P = ParamSpec("P")
T = TypeVar("T")


def serve(session: Session, arguments: argparse.Namespace) -> int:
    """Until the page says that it is done, or the terminal."""
    desk = Desk(session, arguments)
    server = Server(desk)
    show([(f"Open {server.address}\n", "bold")])
    show([("The address works once, on this machine. End the review there, or with Ctrl-C here.\n", "")])
    if not arguments.no_browser:
        open_new_tab(server.address)
    with server:
        try:
            server.serve_forever(poll_interval=0.2)
        except KeyboardInterrupt:
            show([("\n", "")])
    left = len(desk.session.undecided())
    if left:
        groups = terminal.count(left, "group")
        show([(f"{groups} not decided yet; the same command goes on from here.\n", "bold")])
    return LEFT if left or desk.session.accepted() else DONE


def _refusing(method: Callable[P, T]) -> Callable[P, T]:
    """What would end a command is said to the page instead."""

    @wraps(method)
    def told(*given: P.args, **named: P.kwargs) -> T:
        try:
            return method(*given, **named)
        except UsageError as error:
            raise RefusedError(str(error)) from None

    return told


class Desk:
    """What the page asks for. After something was written, the program is read again."""

    def __init__(self, session: Session, arguments: argparse.Namespace) -> None:
        self.session = session
        self.arguments = arguments

    def overview(self) -> dict[str, Any]:
        migration = self.session.migration
        return {
            "totals": terminal.totals(migration),
            "groups": [self._brief(number) for number in range(len(self.session))],
            "findings": [
                {"place": f"{f.path}:{f.line}", "code": f.code, "message": f.message, "todo": f.todo}
                for f in migration.findings
            ],
        }

    @_refusing
    def group(self, number: int) -> dict[str, Any]:
        proposal = self._proposal(number)
        return {
            **self._brief(number),
            "summary": "".join(text for group in proposal.groups for text, _ in terminal.group_pieces(group)),
            "findings": [f"{f.path}:{f.line}: {f.code} {f.message} {f.todo}" for f in proposal.findings],
            "hunks": [_hunk(proposal, hunk, index) for index, hunk in enumerate(proposal.hunks)],
        }

    @_refusing
    def decide(self, number: int, answer: str, comment: str) -> dict[str, Any]:
        proposal = self._proposal(number)
        try:
            wanted = Answer(answer)
        except ValueError:
            raise RefusedError(f"{answer!r} is no answer") from None
        before = self.session.decisions.on(proposal)
        kept = before if wanted is not Answer.REJECTED else Decision()
        self.session.decide(proposal, replace(kept, answer=wanted, comment=comment))
        return self._brief(number)

    @_refusing
    def apply(self) -> dict[str, Any]:
        chosen = self._chosen()
        if write(chosen.migration, chosen.sources, self.arguments) == FAILED:
            raise RefusedError("nothing was written; the terminal says why")
        if self.arguments.out is None:
            self.session.written()
        files = [str(change.path) for change in chosen.migration.changes]
        # what is decided by now is not to be forgotten again
        self.session = open_session(argparse.Namespace(**{**vars(self.arguments), "restart": False}))
        return {"written": files, **self.overview()}

    @_refusing
    def patch(self) -> bytes:
        chosen = self._chosen()
        base = base_of(change.path for change in chosen.migration.changes)
        return patch.render(chosen.migration, chosen.sources, base).encode("utf-8", "surrogateescape")

    def _chosen(self) -> Chosen:
        chosen = self.session.chosen()
        if not chosen.migration.changes:
            raise RefusedError("nothing is accepted yet")
        problems = check(chosen.migration.changes, chosen.sources)
        if problems:
            raise RefusedError(f"{problems[0].path}: {problems[0].message}")
        return chosen

    def _proposal(self, number: int) -> Proposal:
        if number >= len(self.session) or number < 0:
            raise RefusedError("there is no such group")
        return self.session.proposal(number)

    def _brief(self, number: int) -> dict[str, Any]:
        cluster = self.session.migration.clusters[number]
        known = self.session.decisions.known.get(self.session.decisions.key(cluster))
        return {
            "number": number,
            "name": cluster.name,
            "files": sorted({part.path for part in cluster.parts}),
            "answer": self.session.answer(number).value,
            "comment": known.comment if known is not None else "",
        }


def _hunk(proposal: Proposal, hunk: Hunk, index: int) -> dict[str, Any]:
    return {
        "path": str(hunk.path),
        "why": list(proposal.why[index]),
        "sharing": list(proposal.roles(hunk)),
        "variables": proposal.variables(hunk),
        "header": hunk.header,
        "lines": [{"kind": line[0], "html": code} for line, code in zip(hunk.lines, _coloured(hunk), strict=True)],
    }


def _coloured(hunk: Hunk) -> list[str]:
    """Each line as HTML. Both sides are coloured as a whole, so that a string over several lines is one."""
    sides = {"-": iter(_highlighted(hunk.old)), "+": iter(_highlighted(hunk.new))}
    result = []
    for line in hunk.lines:
        if line[0] == " ":
            next(sides["-"])
        result.append(next(sides["-" if line[0] == "-" else "+"]))
    return result


def _highlighted(lines: tuple[str, ...]) -> list[str]:
    from pygments import highlight
    from pygments.formatters import HtmlFormatter
    from pygments.lexers import PythonLexer

    plain = "\n".join(lines)
    lexer = PythonLexer(stripnl=False, stripall=False, ensurenl=True)
    coloured = highlight(plain, lexer, HtmlFormatter(nowrap=True)).removesuffix("\n").split("\n")
    return coloured if len(coloured) == len(lines) else [html.escape(line) for line in lines]
