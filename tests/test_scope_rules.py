"""The table of what TensorFlow's tests assert of scopes says nothing that the fixtures do not show."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from .fixture_cases import FIXTURES, Case, collect

PAGE = Path(__file__).resolve().parent.parent / "docs" / "scope-rules.md"
ROWS = [line.strip("| ").split("|") for line in PAGE.read_text().splitlines() if line.startswith(("| test", "| all "))]
CASES: dict[str, Case] = {case.name: case for case in collect()}


@pytest.mark.parametrize("row", [row for row in ROWS if row[0].strip() != "tests"], ids=lambda row: row[0].strip()[:60])
def test_row_is_shown(row: list[str]) -> None:
    shown = re.findall(r"`(\w+/\w+)`", row[2])
    assert shown
    assert all((FIXTURES / name).is_dir() for name in shown)
    codes = set(re.findall(r"TFM\d{3}", "".join(row[3:])))
    raised = {expected.code for name in shown for expected in CASES[name].expected()}
    assert codes <= raised
    assert bool(codes) == all(CASES[name].must_not_change for name in shown)
