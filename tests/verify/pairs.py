"""The programs of `fixtures/verify/`: a TF1 program and a right migration of it in each folder."""

from __future__ import annotations

import json
from pathlib import Path

from tfmigrate.verify import Case

PAIRS = Path(__file__).resolve().parents[2] / "fixtures" / "verify"
NAMES = sorted(path.parent.name for path in PAIRS.glob("*/before.py"))
SCRIPTS = {"started_as_script": ("train.py", "--batch", "2"), "estimator_script": ("main.py", "--units=4")}


def variable_map(name: str) -> dict[str, str]:
    path = PAIRS / name / "map.json"
    found: dict[str, str] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return found


def case(name: str, after: Path | None = None) -> Case:
    folder = PAIRS / name
    return Case(folder / "before.py", after or folder / "after.py", name=name, variable_map=variable_map(name))
