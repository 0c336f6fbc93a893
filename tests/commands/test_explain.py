"""`explain`: findings and transforms."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.commands.fake_pipeline import Run
from tfmigrate.finding import CODES


def test_explain_lists_every_code_and_every_transform(run: Run) -> None:
    status, out, _ = run("explain")
    assert status == 0
    assert set(CODES) <= set(out.split())
    installed = {path.stem for path in Path(__file__).parent.parent.parent.glob("transforms/[!_]*.py")}
    assert installed <= set(out.split())


@pytest.mark.parametrize("topic", ["TFM005", "tfm005"])
def test_explain_a_finding(run: Run, topic: str) -> None:
    status, out, _ = run("explain", topic)
    assert status == 0
    assert out.startswith("TFM005  ")
    assert CODES["TFM005"].todo in out
    assert CODES["TFM005"].why in out


def test_explain_a_transform_from_any_pack(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pack = tmp_path / "acme_pack"
    pack.mkdir()
    (pack / "__init__.py").write_text("raise SystemExit('a page must not run the pack')")
    (pack / "widgets.py").write_text('"""Turns widgets into layers.\n\nBefore::\n\n    widget(x)\n"""\n')
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr("tfmigrate.report.page.entry_points", lambda group: [SimpleNamespace(value="acme_pack")])
    assert run("explain", "widgets") == (
        0,
        "widgets\n\nTurns widgets into layers.\n\nBefore::\n\n    widget(x)\n",
        "",
    )
