"""What users give, and what is said of what cannot be done."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.commands.fake_pipeline import Options, Pipeline, Run
from tfmigrate.cli import main
from tfmigrate.model import FileChange, Migration


def test_options_reach_the_pipeline(
    pipeline: Pipeline, program: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tfmigrate.report.page.transforms", lambda: {"weights": "", "reuse": ""})
    run("plan", "--with-callers", "--only", "weights", "--only", "reuse", "--jobs", "2", program, ".")
    assert pipeline.asked == [([program, Path()], None, Options(True, ("weights", "reuse"), 2, cache=True))]


def test_standard_input(pipeline: Pipeline, tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    data = b"# coding: latin-1\r\n# \xe9\r\n"
    text = "# coding: latin-1\n# \xe9\n"
    pipeline.result = Migration(changes=(FileChange(Path("stdin.py"), text, text + "x\n"),))
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(data)))
    status = main(["diff", "-"])
    assert status == 1
    assert pipeline.asked[0][:2] == ("stdin.py", text)


def test_the_diff_of_standard_input_has_its_bytes(
    pipeline: Pipeline, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    text = "# coding: latin-1\n# \xe9\n"
    pipeline.result = Migration(changes=(FileChange(Path("a.py"), text, text + "x\n"),))
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(b"# coding: latin-1\r\n# \xe9\r\n")))
    assert main(["diff", "--stdin-filename", "a.py", "-"]) == 1
    assert capfdbinary.readouterr().out.endswith(b" # coding: latin-1\r\n # \xe9\r\n+x\r\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["plan", "missing.py"], "no such file or directory: missing.py"),
        (["check", "net.py", "missing"], "no such file or directory: missing"),
        (["apply", "-"], "apply writes files; use `tfmigrate diff -` for standard input"),
        (["diff", "-", "net.py"], "- can't be combined with other paths"),
        (["diff", "--only", "weihgts", "net.py"], "no transform is called 'weihgts'; there are reuse, weights"),
        (["explain", "weigths"], "nothing is called 'weigths'; did you mean weights?"),
        (["explain", "zzz"], "nothing is called 'zzz'; `tfmigrate explain` lists all."),
    ],
)
def test_what_cannot_be_done_is_one_line(
    pipeline: Pipeline,
    program: Path,
    run: Run,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    message: str,
) -> None:
    monkeypatch.setattr("tfmigrate.report.page.transforms", lambda: {"reuse": "", "weights": ""})
    assert run(*arguments) == (2, "", f"tfmigrate: error: {message}\n")
    assert pipeline.asked == []


@pytest.mark.parametrize(
    "arguments", [[], ["plna", "."], ["plan"], ["plan", "--jobs", "-1", "."], ["plan", "--o", "."]]
)
def test_wrong_usage_is_an_error(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2


def test_our_own_mistakes_are_told_from_changes(
    pipeline: Pipeline, program: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline, "result", None)
    status, _, err = run("plan", program)
    assert status == 2
    assert "Traceback" in err
    assert "this is a mistake of tfmigrate" in err
