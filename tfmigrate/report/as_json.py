"""The plan for machines. The same input gives the same bytes."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from tfmigrate.finding import Finding
from tfmigrate.model import FileChange, Migration, SharingGroup

VERSION = 1


def render(migration: Migration) -> str:
    document = {
        "version": VERSION,
        "files_read": migration.files_read,
        "groups": [_group(group) for group in migration.groups],
        "findings": [_finding(finding) for finding in migration.findings],
        "changes": [_change(change) for change in migration.changes],
        "callers": [path.as_posix() for path in migration.callers],
        "variable_map": dict(sorted(migration.variable_map.items())),
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _group(group: SharingGroup) -> dict[str, Any]:
    return {**asdict(group), "state": group.state.value}


def _finding(finding: Finding) -> dict[str, Any]:
    return {**asdict(finding), "severity": finding.severity.value, "todo": finding.todo}


def _change(change: FileChange) -> dict[str, Any]:
    return {"path": change.path.as_posix(), "added": change.before is None}
