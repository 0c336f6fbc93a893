"""Writes files that are about a program and no part of it: patches, a page."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from tfmigrate.finding import Finding
from tfmigrate.source import problem
from tfmigrate.writing import disk


def write_reports(reports: Mapping[Path, bytes], over: bool = False) -> list[Finding]:
    """Returns why one could not be written. over: also where there is a file already."""
    for path in reports:
        if os.path.lexists(path) and not (over and path.is_file()):
            return [problem(path, "TFM004", "exists already")]
    for path, data in reports.items():
        target = Path(os.path.realpath(path))
        try:
            disk.replace_one(target, data, os.stat(target) if target.exists() else None)
        except OSError as error:
            return [disk.failed(path, error)]
    return []
