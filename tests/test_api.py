"""The functions for programs, and that the command line says the same."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import tfmigrate
from tfmigrate import Migration, UsageError, check, migrate
from tfmigrate.cli import main
from tfmigrate.verify import CheckSpec, Status, Verdict

MODEL = """\
import tensorflow as tf


def net(x):
    with tf.variable_scope("net"):
        return tf.matmul(x, tf.get_variable("w", [3, 4]))


def build():
    return {"y": net(tf.placeholder(tf.float32, [None, 3]))}
"""


@pytest.fixture
def program(tmp_path: Path) -> Path:
    path = tmp_path / "model.py"
    path.write_text(MODEL)
    return path


def test_what_is_offered_is_typed_and_documented() -> None:
    assert (Path(tfmigrate.__file__).parent / "py.typed").exists()
    for name in tfmigrate.__all__:
        assert getattr(tfmigrate, name).__doc__


def test_a_migration_is_a_value(program: Path) -> None:
    migration = migrate(program)
    assert isinstance(migration, Migration)
    assert [group.layer for group in migration.groups] == ["Net"]
    assert "class Net(keras.layers.Layer)" in migration.changes[0].after
    assert migrate([str(program)]) == migration
    assert program.read_text() == MODEL


def test_the_command_line_says_the_same(program: Path, capfd: pytest.CaptureFixture[str]) -> None:
    migration = migrate(program)
    assert main(["plan", "--format", "json", str(program)]) == 1
    shown = json.loads(capfd.readouterr().out)
    assert [group["scope"] for group in shown["groups"]] == [group.scope for group in migration.groups]


def test_only_what_was_asked_for_runs(program: Path) -> None:
    assert migrate(program, only=["symbols"]).changes == ()
    with pytest.raises(UsageError, match="no transform is called 'nothing'"):
        migrate(program, only=["nothing"])


def test_what_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such file or directory"):
        migrate(tmp_path / "missing")
    with pytest.raises(UsageError, match="no such file or directory"):
        check(tmp_path, tmp_path / "missing")


def test_a_check_takes_what_pyproject_says(program: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (program.parent / "pyproject.toml").write_text("[tool.tfmigrate.check]\nsteps = 2\ntimeout = 7\n")
    asked: list[tuple[Path, Path, CheckSpec]] = []

    def fake(before: Path, after: Path, *, spec: CheckSpec, **_: object) -> Verdict:
        asked.append((before, after, spec))
        return Verdict(Status.EQUIVALENT, "a reason")

    monkeypatch.setattr("tfmigrate.verify.check", fake)
    assert check(program, str(program), entry="model:build", timeout=9).status is Status.EQUIVALENT
    [(before, after, spec)] = asked
    assert (before, after) == (program, program)
    assert (spec.module, spec.function, spec.steps, spec.timeout) == ("model", "build", 2, 9.0)


def test_the_module_runs() -> None:
    done = subprocess.run([sys.executable, "-m", "tfmigrate", "--help"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("usage: tfmigrate")
