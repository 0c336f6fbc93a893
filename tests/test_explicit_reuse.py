"""`--only explicit_reuse` as commands and functions have it; the cases are in `fixtures/explicit_reuse`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tfmigrate import UsageError, migrate
from tfmigrate.cli import main
from tfmigrate.planning import explicit

ONLY = "explicit_reuse"
MODEL = """\
import tensorflow as tf


def net(x, reuse=False):
    with tf.variable_scope("net") as scope:
        if reuse:
            scope.reuse_variables()
        return tf.matmul(x, tf.get_variable("w", [3, 4]))
"""
TRAIN = """\
import tensorflow as tf
from model import net

x = tf.placeholder(tf.float32, [None, 3])
real, fake = net(x), net(-x, reuse=True)
"""


@pytest.fixture
def program(tmp_path: Path) -> Path:
    (tmp_path / "model.py").write_text(MODEL)
    (tmp_path / "train.py").write_text(TRAIN)
    return tmp_path


def test_only_reuse_changes(program: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["apply", "--only", ONLY, str(program)]) == 0
    assert (program / "model.py").read_text() == MODEL.replace(
        """ as scope:
        if reuse:
            scope.reuse_variables()
""",
        ":\n",
    ).replace('"net")', '"net", reuse=reuse)')
    assert (program / "train.py").read_text() == TRAIN
    assert {path.name for path in program.iterdir()} == {".tfmigrate", "model.py", "train.py"}


def test_a_file_that_was_not_named_stays(program: Path) -> None:
    assert migrate(program / "train.py", only=[ONLY]).changes == ()
    assert [change.path.name for change in migrate(program / "model.py", only=[ONLY]).changes] == ["model.py"]


def test_it_runs_alone(program: Path) -> None:
    with pytest.raises(UsageError, match="runs alone"):
        migrate(program, only=[ONLY, "reuse"])


def test_a_check_would_not_run_it(program: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["apply", "--check", "--only", ONLY, str(program)]) == 2
    assert "leaves TensorFlow 1" in capfd.readouterr().err


def test_what_asks_for_other_variables_is_not_written(program: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(switch: explicit._Switch) -> str:
        return "False"

    monkeypatch.setattr(explicit._Switch, "_value", wrong)
    migration = migrate(program, only=[ONLY])
    assert migration.changes == ()
    assert {finding.code for finding in migration.findings} == {"TFM901"}


def test_the_usual_migration_knows_nothing_of_it(program: Path) -> None:
    migration = migrate(program)
    assert "class Net(keras.layers.Layer)" in migration.changes[0].after
    assert not [step for step in migration.steps if step.transform == ONLY]
