"""Findings, or what a check found, as the workflow commands that GitHub Actions shows at the lines of a change."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from tfmigrate.finding import CODES, Finding, Severity
from tfmigrate.model import Audit, Migration
from tfmigrate.report import remarks, terminal
from tfmigrate.report.locating import Located, base_of, name_in
from tfmigrate.verify.verdict import Status, Verdict

_LEVELS = {
    Severity.ERROR: "error", Severity.REFUSED: "warning", Severity.REVIEW: "notice", Severity.BUG: "error",
    Severity.AUDIT: "warning",
}  # fmt: skip


def render(migration: Migration) -> str:
    return _render(migration.findings, _command("notice", terminal.totals(migration), title="tfmigrate"))


def render_audit(audit: Audit) -> str:
    return _render(audit.findings, _command("notice", remarks.total(audit)[0].strip(), title="tfmigrate audit"))


def _render(findings: Iterable[Finding], total: str) -> str:
    found = sorted(findings)
    base = base_of(Path(finding.path) for finding in found)
    return "".join([*(_of_finding(finding, name_in(base, Path(finding.path))) for finding in found), total])


def _of_finding(finding: Finding, name: str) -> str:
    title = f"{finding.code} {CODES[finding.code].title}"
    text = "\n".join([finding.message, *remarks.related(finding), finding.todo])
    return _command(
        _LEVELS[finding.severity], text, file=name, line=str(finding.line), col=str(finding.column + 1), title=title
    )


def render_verdict(verdict: Verdict, differences: Sequence[Located]) -> str:
    """differences: the verdict's, each where it shows in the program, if that is known."""
    base = base_of(Path(place.path) for place in differences if place.path is not None)
    lines = []
    for found, place in zip(verdict.differences, differences, strict=True):
        where = {} if place.path is None else {"file": name_in(base, Path(place.path)), "line": str(place.line)}
        lines.append(_command("error", found.detail, **where, title=f"tfmigrate check: {found.kind}"))
    level = "notice" if verdict.status is Status.EQUIVALENT else "error"
    text = "\n".join(filter(None, [verdict.reason, verdict.tail.strip()]))
    return "".join([*lines, _command(level, text, title=f"tfmigrate check: {verdict.status.value}")])


def _command(command: str, text: str, **properties: str) -> str:
    given = ",".join(f"{key}={_escaped(value, ':', ',')}" for key, value in properties.items())
    return f"::{command} {given}::{_escaped(text)}\n"


def _escaped(text: str, *more: str) -> str:
    """As GitHub's own toolkit does it."""
    for letter in ("%", "\r", "\n", *more):
        text = text.replace(letter, f"%{ord(letter):02X}")
    return text
