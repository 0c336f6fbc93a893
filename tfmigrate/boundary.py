"""Where our own mistakes stop: the one place that catches everything. One network costs no other its migration."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from tfmigrate.finding import Finding

T = TypeVar("T")


def attempt(action: Callable[[], T], path: Path, line: int = 1) -> T | Finding:
    """The result of an action or, if it fails for a reason that nobody foresaw, a finding at the place it was about."""
    try:
        return action()
    except Exception as error:  # noqa: BLE001  (this is the boundary)
        last = traceback.extract_tb(error.__traceback__)[-1]
        what = f"{type(error).__name__}: {error}".strip().rstrip(":")
        where = f"{Path(last.filename).name}, line {last.lineno}, in {last.name}"
        return Finding(str(path), line, 0, "TFM903", f"{what} ({where})")
