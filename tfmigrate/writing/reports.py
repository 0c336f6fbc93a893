"""Files that are about a program and no part of it: pages and patches."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from tfmigrate.finding import Finding
from tfmigrate.source import problem
from tfmigrate.writing import disk


def write_reports(reports: Mapping[Path, bytes], over: bool = False) -> list[Finding]:
    """Writes all or none; returns why not, nothing if it did. over: also where there is a file already."""
    for path in reports:
        if os.path.lexists(path) and not (over and path.is_file()):
            return [problem(path, "TFM004", "exists already")]
    new: list[Path] = []
    for path, data in reports.items():
        target = Path(os.path.realpath(path))
        try:
            old = os.stat(target) if target.exists() else None
            disk.replace_one(target, data, old)
        except OSError as error:
            disk.remove(new)
            return [disk.failed(path, error)]
        if old is None:
            new.append(target)
    return []
