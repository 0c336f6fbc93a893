"""`[tool.tfmigrate.check]` in a file: where it is looked for, what overrides it, how mistakes in it are told."""

from __future__ import annotations

from pathlib import Path

import pytest

from tfmigrate.cli import main
from tfmigrate.verify import CheckSpec, Status, Verdict
from tfmigrate.verify.settings import find_table

Specs = list[CheckSpec]


@pytest.fixture
def specs(monkeypatch: pytest.MonkeyPatch) -> Specs:
    """What the checker was asked to do."""
    asked: Specs = []

    def check(*_: Path, spec: CheckSpec, **__: object) -> Verdict:
        asked.append(spec)
        return Verdict(Status.EQUIVALENT, "same")

    monkeypatch.setattr("tfmigrate.verify.check", check)
    return asked


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("before", "after/inner"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "model.py").touch()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def table(text: str, place: str = "pyproject.toml") -> None:
    Path(place).write_text(f'[project]\nname = "x"\n\n[tool.tfmigrate.check]\n{text}')


def test_the_nearest_file_with_a_table_counts(folder: Path, specs: Specs) -> None:
    table("steps = 5\n")
    assert main(["check", "before", "after/inner"]) == 0
    table("steps = 6\n", "after/pyproject.toml")
    Path("after/inner/pyproject.toml").write_text("[tool.other]\n")
    assert main(["check", "before", "after/inner"]) == 0
    assert main(["check", "before", "after/inner/model.py"]) == 0
    assert [spec.steps for spec in specs] == [5, 6, 6]


def test_the_after_side_comes_before_the_before_side(folder: Path, specs: Specs) -> None:
    table("steps = 7\n", "before/pyproject.toml")
    assert main(["check", "before", "after"]) == 0
    table("steps = 8\n", "after/pyproject.toml")
    assert main(["check", "before", "after"]) == 0
    assert [spec.steps for spec in specs] == [7, 8]


def test_without_a_table_there_is_none(folder: Path) -> None:
    assert find_table([folder / "before"]) is None
    Path("pyproject.toml").write_text("[tool.tfmigrate]\nother = 1\n")
    assert find_table([folder / "before"]) is None


def test_the_command_line_overrides(folder: Path, specs: Specs) -> None:
    table('entry = "m:f"\nentry_after = "m:G"\nsteps = 5\ntimeout = 9\n[[tool.tfmigrate.check.calls]]\nshare = "a"\n')
    assert main(["check", "before", "after", "--steps", "2"]) == 0
    assert main(["check", "before", "after", "--entry", "n:h"]) == 0
    assert main(["check", "before", "after", "--run", "train.py -x"]) == 0
    first, second, third = specs
    assert (first.module, first.after_function, first.steps, first.timeout, len(first.calls)) == ("m", "G", 2, 9.0, 1)
    assert (second.module, second.function, second.after_function, second.calls) == ("n", "h", None, ())
    assert (third.run, third.module, third.steps) == (("train.py", "-x"), None, 5)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("stesp = 1\n", "pyproject.toml:5: [tool.tfmigrate.check] stesp: not a key"),
        ("\nsteps = 0\n", "pyproject.toml:6: [tool.tfmigrate.check] steps: expected a number above 0"),
        ("[tool.tfmigrate.check.inputs.x]\nshape = 3\n", "pyproject.toml:6: [tool.tfmigrate.check] inputs.x.shape: "),
        ("inputs = { x = 1 }\n", "pyproject.toml:5: [tool.tfmigrate.check] inputs.x: expected a table"),
        ("steps = = 3\n", "pyproject.toml: Invalid value (at line 5, column 9)"),
    ],
)
def test_a_mistake_is_told_with_its_place(
    folder: Path, specs: Specs, text: str, message: str, capfd: pytest.CaptureFixture[str]
) -> None:
    table(text)
    assert main(["check", "before", "after", "--entry", "given"]) == 2
    assert capfd.readouterr().err.startswith(f"tfmigrate: error: {message}")
    assert specs == []


def test_something_else_under_that_name(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    Path("pyproject.toml").write_text("[tool.tfmigrate]\ncheck = 1\n")
    assert main(["check", "before", "after"]) == 2
    assert "tool.tfmigrate.check is not a table" in capfd.readouterr().err
