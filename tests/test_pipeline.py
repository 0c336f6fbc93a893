"""The flow from files to a migration: what is read beside the named files, and what a run may change."""

from __future__ import annotations

from pathlib import Path

import pytest

from tfmigrate.model import Migration, State
from tfmigrate.pipeline import Options, migrate, migrate_text

OPS = """\
import tensorflow as tf


def linear(x, units, name="linear"):
    with tf.variable_scope(name):
        w = tf.get_variable("w", [x.get_shape()[-1], units])
        return tf.matmul(x, w)
"""
TRAIN = """\
import tensorflow as tf

from ops import linear


def build():
    x = tf.placeholder(tf.float32, [3, 4])
    return {"y": linear(x, 2)}
"""


@pytest.fixture
def program(tmp_path: Path) -> Path:
    (tmp_path / "ops.py").write_text(OPS)
    (tmp_path / "train.py").write_text(TRAIN)
    return tmp_path


def names(migration: Migration) -> list[str]:
    return sorted(change.path.name for change in migration.changes)


def test_a_folder_is_one_program(program: Path) -> None:
    migration = migrate([program])
    assert names(migration) == ["ops.py", "train.py"]
    assert [group.state for group in migration.groups] == [State.MIGRATED]
    assert not migration.findings


def test_a_named_file_keeps_what_needs_its_callers(program: Path) -> None:
    migration = migrate([program / "ops.py"])
    assert names(migration) == []
    assert [path.name for path in migration.callers] == ["train.py"]
    assert {finding.code for finding in migration.findings} == {"TFM308"}


SCRIPT = """\
import tensorflow as tf


class Agent(object):
    def __init__(self):
        x = tf.placeholder(tf.float32, [3, 4])
        self.value = tf.layers.dense(x, 1, name="value")
        self.new, self.new_params = self.build_net(x, "new")
        self.old, self.old_params = self.build_net(x, "old")

    def build_net(self, x, name):
        with tf.variable_scope(name):
            out = tf.layers.dense(x, 2, name="out")
        return out, tf.get_collection(tf.GraphKeys.GLOBAL_VARIABLES, scope=name)


agent = Agent()
"""


def test_a_script_beside_others_is_a_program_of_its_own(tmp_path: Path) -> None:
    for name in ("dqn.py", "ppo.py", "a3c.py"):
        (tmp_path / name).write_text(SCRIPT)
    migration = migrate([tmp_path / "ppo.py"])
    assert [change.path.name for change in migration.changes] == ["ppo.py"]
    assert not migration.callers
    assert not migration.findings


def test_callers_change_too_when_asked(program: Path) -> None:
    migration = migrate([program / "ops.py"], Options(with_callers=True))
    assert names(migration) == ["ops.py", "train.py"]
    assert not migration.findings


def test_nothing_is_written(program: Path) -> None:
    migrate([program], Options(with_callers=True))
    assert (program / "ops.py").read_text() == OPS
    assert (program / "train.py").read_text() == TRAIN


def test_one_text_is_a_program() -> None:
    text = OPS + TRAIN.replace("import tensorflow as tf\n\nfrom ops import linear\n", "")
    migration = migrate_text("model.py", text)
    assert len(migration.changes) == 1
    assert "class Linear(keras.layers.Layer):" in migration.changes[0].after


def test_a_file_that_does_not_parse_is_a_finding_and_the_rest_goes_on(program: Path) -> None:
    (program / "broken.py").write_text("import tensorflow as tf\nprint 'two' +\n")
    migration = migrate([program])
    assert names(migration) == ["ops.py", "train.py"]
    assert [(finding.code, finding.line) for finding in migration.findings] == [("TFM003", 2)]


def test_a_second_run_changes_nothing(program: Path) -> None:
    for change in migrate([program]).changes:
        change.path.write_text(change.after)
    assert not migrate([program]).changes


def test_a_file_that_cannot_be_kept_byte_for_byte_stays(program: Path) -> None:
    """LibCST forgets a line that is nothing but a backslash."""
    text = TRAIN.replace("    return", "    \\\n    return")
    (program / "train.py").write_text(text)
    migration = migrate([program])
    assert names(migration) == []
    assert [(finding.code, finding.line) for finding in migration.findings] == [("TFM003", 8)]
