"""What was found, for machines; `docs/schema` has the forms. The same input gives the same bytes."""

from __future__ import annotations

import difflib
import json
import math
import re
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from tfmigrate.finding import Finding
from tfmigrate.model import Audit, Cluster, FileChange, Migration, SharingGroup
from tfmigrate.verify.verdict import Difference, SideOfVariable, Status, VariableRow, Verdict

VERSION = 1
_RANGES = re.compile(r"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")


def render(migration: Migration, hunks: bool = False) -> str:
    """hunks: say which lines change too."""
    return text_of(
        {
            "version": VERSION,
            "kind": "diff" if hunks else "plan",
            "files_read": migration.files_read,
            "groups": [_group(group) for group in migration.groups],
            "clusters": [_cluster(cluster) for cluster in migration.clusters],
            "findings": [_finding(finding) for finding in migration.findings],
            "changes": [_change(change, hunks) for change in migration.changes],
            "callers": [path.as_posix() for path in migration.callers],
            "variable_map": dict(sorted(migration.variable_map.items())),
        }
    )


def render_audit(audit: Audit) -> str:
    findings = [{**_finding(f), "related": [asdict(other) for other in f.related]} for f in audit.findings]
    return text_of({"version": VERSION, "kind": "audit", "files_read": audit.files_read, "findings": findings})


def render_verdict(verdict: Verdict) -> str:
    """How long it took is left out: it is another number each time."""
    told = verdict.to_json()
    del told["seconds"]
    return text_of({"version": VERSION, "kind": "check", **_finite(told)})


def read_verdict(text: str) -> Verdict:
    """What `render_verdict` wrote. Raises ValueError if the text is something else."""
    told = json.loads(text)
    if not isinstance(told, dict) or (told.get("kind"), told.get("version")) != ("check", VERSION):
        raise ValueError("not a verdict of `tfmigrate check --format json`")
    try:
        return Verdict(
            status=Status(told["status"]),
            reason=told["reason"],
            differences=tuple(Difference(d["kind"], d["name"], d["detail"]) for d in told["differences"]),
            variables=tuple(VariableRow(r["key"], _side(r["before"]), _side(r["after"])) for r in told["variables"]),
            notes=tuple(told["notes"]),
            compared=told["compared"],
        )
    except (KeyError, TypeError) as error:
        raise ValueError(f"not a whole verdict: {error}") from None


def _side(told: dict[str, Any] | None) -> SideOfVariable | None:
    if told is None:
        return None
    shape = None if told["shape"] is None else tuple(told["shape"])
    return SideOfVariable(told["name"], shape, told["dtype"], told["trainable"], tuple(told["readers"]))


def text_of(document: dict[str, Any]) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _finite(value: Any) -> Any:
    """JSON has no number for what is none or has no end: `"nan"`, `"inf"`."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, dict):
        return {key: _finite(inner) for key, inner in value.items()}
    return [_finite(inner) for inner in value] if isinstance(value, (list, tuple)) else value


def _group(group: SharingGroup) -> dict[str, Any]:
    return {**asdict(group), "state": group.state.value}


def _cluster(cluster: Cluster) -> dict[str, Any]:
    return {
        "name": cluster.name,
        "parts": [asdict(part) for part in cluster.parts],
        "variables": sorted(cluster.variables),
    }


def _finding(finding: Finding) -> dict[str, Any]:
    told = asdict(finding)
    del told["related"]
    return {**told, "severity": finding.severity.value, "todo": finding.todo}


def _change(change: FileChange, hunks: bool) -> dict[str, Any]:
    told: dict[str, Any] = {"path": change.path.as_posix(), "added": change.before is None}
    return {**told, "hunks": list(_hunks(change))} if hunks else told


def _hunks(change: FileChange) -> Iterator[dict[str, Any]]:
    """With the line at which each begins on both sides, as a unified diff numbers them."""
    before, after = _lines(change.before or ""), _lines(change.after)
    hunk: dict[str, Any] | None = None
    for line in list(difflib.unified_diff(before, after, lineterm=""))[2:]:
        if line.startswith("@@"):
            if hunk is not None:
                yield hunk
            ranges = _RANGES.match(line)
            assert ranges is not None
            hunk = {"before": int(ranges[1]), "after": int(ranges[3]), "lines": []}
        else:
            assert hunk is not None
            hunk["lines"].append(line)
    if hunk is not None:
        yield hunk


def _lines(text: str) -> list[str]:
    lines = text.split("\n")
    return lines if lines[-1] else lines[:-1]
