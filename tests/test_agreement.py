"""The page on agreement says what the verdicts say."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import agreement
import pytest
from agreement import Program

from tfmigrate.verify import Case


def _verdict(status: str = "equivalent", reason: str = "", deviation: float = 1e-5) -> dict[str, Any]:
    return {"status": status, "reason": reason, "variables": [1, 2], "biggest": ["output/y", deviation]}


def _own(name: str) -> Program:
    return Program(name, Case(Path(), Path()))


def test_programs_are_folders_with_a_build(tmp_path: Path) -> None:
    for name, text in {"one": "def build(): ...", "two": "print()", "three": "x = 1\ndef build(): ..."}.items():
        (tmp_path / "cases" / name).mkdir(parents=True)
        (tmp_path / "cases" / name / "before.py").write_text(text)
    (tmp_path / "cases" / "four" / "before").mkdir(parents=True)
    (tmp_path / "cases" / "four" / "before" / "before.py").write_text("def build(): ...")
    names = [program.name for program in agreement.folders([tmp_path / "cases"])]
    assert names == ["cases/four", "cases/one", "cases/three"]


def test_the_page_counts_what_agrees(monkeypatch: pytest.MonkeyPatch) -> None:
    probe = agreement.MORE_PROBES[0]
    monkeypatch.setattr(agreement, "EXPLAINED", {probe.name: "an order that nothing fixes"})
    text = agreement.page(
        [
            (_own("gold/a"), _verdict()),
            (_own("gold/b"), _verdict("could not tell", "no variables")),
            (Program(probe.name, Case(Path(), Path()), probe), _verdict("different", "training")),
        ]
    )
    assert "0 of 1 are equivalent." in text
    assert "1 of 2 are equivalent." in text
    assert "| gold | 2 | 1 | 0.2 |" in text
    assert "- gold/b: could not tell: no variables" in text
    assert f"| {probe.name}: {probe.repository} | {probe.commit} | 2 | different, see below | 0.2 |" in text
    assert f"- **{probe.name}**: an order that nothing fixes" in text


def test_every_probe_has_a_build_of_ours() -> None:
    for probe in agreement.MORE_PROBES:
        text = (agreement.ROOT / "benchmarks" / "probes" / f"{probe.name}.py").read_text("utf-8")
        assert re.search(r"^def build\((\w+=\w+)?\):$", text, re.MULTILINE), probe.name
