"""The demo, as `make demo` runs it: the whole way from files to the verdict."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tfmigrate.cli import main
from tfmigrate.model import State
from tfmigrate.pipeline import migrate

BEFORE = Path(__file__).resolve().parent.parent / "fixtures" / "demo" / "before"


def _texts(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text(encoding="utf-8") for path in folder.glob("*.py")}


@pytest.fixture(scope="module")
def after(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("demo") / "after"
    assert main(["apply", str(BEFORE), "--out", str(out)]) == 0
    return out


def test_everything_is_migrated() -> None:
    migration = migrate([BEFORE])
    assert migration.findings == ()
    assert {group.state for group in migration.groups} == {State.MIGRATED}
    assert {group.scope for group in migration.groups} == {
        "encoder", "online", "target", "forward_model", "inverse_model"
    }  # fmt: skip


def test_nothing_of_the_machinery_is_left(after: Path) -> None:
    text = "".join(_texts(after).values())
    for gone in "variable_scope", "get_variable", "reuse", "trainable_variables()", "tfmigrate":
        assert gone not in text


def test_the_diff_is_what_apply_writes(
    after: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    shutil.copytree(BEFORE, tmp_path / "program", ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.chdir(tmp_path)
    assert main(["diff", "program"]) == 1
    patch = capfdbinary.readouterr().out
    subprocess.run(["git", "init", "--quiet"], check=True)
    subprocess.run(["git", "apply", "-"], input=patch, check=True)
    assert _texts(tmp_path / "program") == _texts(after)


def test_a_second_run_has_nothing_to_do(after: Path) -> None:
    assert main(["diff", str(after)]) == 0


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(BEFORE, tmp_path / "program", ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.chdir(tmp_path / "program")
    return tmp_path / "program"


def test_one_file_alone_is_not_half_migrated(program: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["apply", "networks.py"]) == 1
    assert _texts(program) == _texts(BEFORE)
    named = capfd.readouterr().err
    assert "agent.py" in named
    assert "--with-callers" in named


def test_with_callers_the_rest_of_the_program_follows(program: Path, after: Path) -> None:
    assert main(["apply", "--with-callers", "networks.py"]) == 0
    assert _texts(program) == _texts(after)


@pytest.mark.xdist_group("tensorflow")
@pytest.mark.tensorflow
def test_both_sides_do_the_same(after: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    status = main(["check", str(BEFORE), str(after)])
    out = capfdbinary.readouterr().out.decode()
    assert status == 0, out
    assert out.splitlines()[-1].startswith("EQUIVALENT: ")
