"""One checkout of many, in a process of its own: a task on standard input, an outcome on standard output."""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tfmigrate import api, caching, pipeline, source
from tfmigrate.commands.migrating import sources_of, status
from tfmigrate.commands.status import DONE, UsageError
from tfmigrate.commands.undoing import refuse_half_written
from tfmigrate.finding import Severity
from tfmigrate.model import Ending, Migration, Outcome
from tfmigrate.report import as_json, patch, terminal, variable_map
from tfmigrate.report.locating import base_of
from tfmigrate.writing.changes import check

# files are called as from the top of the checkout
HERE = Path()


def main() -> None:
    task = json.load(sys.stdin.buffer)
    answer, sys.stdout = sys.stdout, sys.stderr  # whatever else is printed is no part of the answer
    outcome = migrated(task)
    answer.write(json.dumps({**asdict(outcome), "ending": outcome.ending.value}))
    answer.flush()


def migrated(task: dict[str, Any]) -> Outcome:
    try:
        os.chdir(task["path"])
    except OSError as error:
        return Outcome(Ending.ERROR, error=f"no checkout: {source.reason(error)}")
    try:
        refuse_half_written([HERE])
        options = api.options([HERE], with_callers=False, jobs=1, given=task["given"])
        read, work_out = pipeline.prepare([HERE], options)
        key = caching.key([read, _digest(HERE / variable_map.FILE_NAME)])
        if key == task["known"]:
            return Outcome(Ending.DONE, key)
        return _outcome(api.with_map(work_out(), [HERE]), key)
    except UsageError as error:
        return Outcome(Ending.ERROR, error=str(error))


def _digest(path: Path) -> str:
    try:
        return source.digest_of(path.read_bytes())
    except OSError:
        return ""


def _outcome(migration: Migration, key: str) -> Outcome:
    sources = sources_of(migration.changes)
    problems = [*check(migration.changes, sources)]
    problems += [f for f in migration.findings if f.severity is Severity.ERROR and Path(f.path) == HERE]
    if problems:
        return Outcome(Ending.ERROR, error=f"{problems[0].path}: {problems[0].code} {problems[0].message}")
    base = base_of(change.path for change in migration.changes)
    ending = Ending.DONE if status(migration, [HERE], more=False) == DONE else Ending.LEFT
    return Outcome(
        Ending.CHANGED if migration.changes else ending,
        key,
        totals=terminal.totals(migration),
        files_read=migration.files_read,
        files_changed=len(migration.changes),
        groups=dict(Counter(group.state.value for group in migration.groups)),
        findings=dict(sorted(Counter(finding.code for finding in migration.findings).items())),
        diff=as_json.render(migration, hunks=True),
        patch=patch.render(migration, sources, base),
    )
