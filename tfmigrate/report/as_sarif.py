"""Findings, or what a check found, as SARIF 2.1.0, for code scanning. The same input gives the same bytes."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any
from urllib.parse import quote

from tfmigrate.finding import CODES, Finding, Severity
from tfmigrate.report.locating import Located, base_of, name_in
from tfmigrate.verify.verdict import KINDS, Status, Verdict

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS = {
    Severity.ERROR: "error", Severity.REFUSED: "warning", Severity.REVIEW: "note", Severity.BUG: "error",
    Severity.AUDIT: "warning",
}  # fmt: skip


def render(findings: Iterable[Finding]) -> str:
    found = sorted(findings)
    base = base_of(Path(path) for finding in found for path in (finding.path, *(r.path for r in finding.related)))
    rules = sorted({finding.code for finding in found})
    results = []
    for finding in found:
        place = _location(name_in(base, Path(finding.path)), finding.line, finding.column + 1)
        text = f"{finding.message}\n{finding.todo}"
        result = _result(finding.code, rules, _LEVELS[finding.severity], text, [place])
        results.append(result | _related(base, finding))
    return _log([_rule(code) for code in rules], results, True, [])


def render_verdict(verdict: Verdict, differences: Sequence[Located]) -> str:
    """differences: the verdict's, each where it shows in the program, if that is known."""
    rules = [kind for kind in KINDS if any(found.kind == kind for found in verdict.differences)]
    base = base_of(Path(place.path) for place in differences if place.path is not None)
    results = []
    for found, place in zip(verdict.differences, differences, strict=True):
        where = [_location(name_in(base, Path(place.path)), place.line, None)] if place.path is not None else []
        results.append(_result(found.kind, rules, "error", found.detail, where))
    failed = verdict.status is Status.COULD_NOT_TELL
    notes = [("note", note) for note in verdict.notes]
    notes += [("error", text) for text in (verdict.reason, verdict.tail.strip()) if failed and text]
    return _log([{"id": kind, "shortDescription": {"text": KINDS[kind]}} for kind in rules], results, not failed, notes)


def _log(
    rules: list[dict[str, Any]], results: list[dict[str, Any]], successful: bool, notes: list[tuple[str, str]]
) -> str:
    _fingerprint(results)
    invocation: dict[str, Any] = {"executionSuccessful": successful}
    if notes:
        invocation["toolExecutionNotifications"] = [{"level": level, "message": {"text": t}} for level, t in notes]
    run = {
        "tool": {"driver": {"name": "tfmigrate", "version": version("tfmigrate"), "rules": rules}},
        "invocations": [invocation],
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {"%SRCROOT%": {"description": {"text": "The top of the repository."}}},
        "results": results,
    }
    log = {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(log, indent=2, ensure_ascii=False) + "\n"


def _rule(code: str) -> dict[str, Any]:
    row = CODES[code]
    return {
        "id": code,
        "name": "".join(word.capitalize() for word in row.title.split()),
        "shortDescription": {"text": row.title},
        "fullDescription": {"text": row.why},
        "help": {"text": f"{row.why} {row.todo}", "markdown": f"{row.why}\n\n**What to do:** {row.todo}\n"},
        "defaultConfiguration": {"level": _LEVELS[row.severity]},
        "properties": {"tags": [row.severity.value]},
    }


def _result(rule: str, rules: list[str], level: str, text: str, places: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "ruleId": rule,
        "ruleIndex": rules.index(rule),
        "level": level,
        "message": {"text": text},
        "locations": places,
    }


def _related(base: Path, finding: Finding) -> dict[str, Any]:
    """The other places that a finding is about."""
    places = [
        {
            "id": number,
            **_location(name_in(base, Path(other.path)), other.line, other.column + 1),
            "message": {"text": other.text},
        }
        for number, other in enumerate(finding.related)
    ]
    return {"relatedLocations": places} if places else {}


def _location(name: str, line: int, column: int | None) -> dict[str, Any]:
    region = {"startLine": line} | ({"startColumn": column} if column is not None else {})
    artifact = {"uri": quote(name), "uriBaseId": "%SRCROOT%"}
    return {"physicalLocation": {"artifactLocation": artifact, "region": region}}


def _fingerprint(results: Iterable[dict[str, Any]]) -> None:
    """The same thing is the same one after lines were put in above it."""
    times: Counter[str] = Counter()
    for result in results:
        files = [place["physicalLocation"]["artifactLocation"]["uri"] for place in result["locations"]]
        what = "\0".join([result["ruleId"], *files, result["message"]["text"]])
        times[what] += 1
        result["partialFingerprints"] = {"tfmigrate/v1": hashlib.sha256(f"{what}\0{times[what]}".encode()).hexdigest()}
