"""Part of a program is named, programs lie side by side, and mistakes of our own: what fixtures cannot show."""

from __future__ import annotations

from pathlib import Path

import pytest

from tfmigrate import rewrite, settling
from tfmigrate.finding import Finding
from tfmigrate.model import Migration, State
from tfmigrate.pipeline import Options, migrate
from tfmigrate.planning import plan, planner
from tfmigrate.proving import proof

NET = """\
import tensorflow as tf


def encode(x, reuse=False):
    with tf.variable_scope("encode", reuse=reuse):
        w = tf.get_variable("w", [3, 4])
        return tf.matmul(x, w)


def own(x):
    with tf.variable_scope("own"):
        return tf.matmul(x, tf.get_variable("w", [3, 4]))


def build():
    x = tf.placeholder(tf.float32, [None, 3])
    return own(x) + own_again(x)


def own_again(x):
    with tf.variable_scope("again"):
        return tf.matmul(x, tf.get_variable("w", [3, 4]))
"""
TRAIN = """\
import tensorflow as tf
from net import encode

x = tf.placeholder(tf.float32, [None, 3])
loss = tf.reduce_mean(encode(x) - encode(2 * x, reuse=True))
"""


def write(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        path = folder / f"{name.replace('__', '/')}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def codes(migration: Migration) -> list[str]:
    return [finding.code for finding in migration.findings]


def after(migration: Migration, name: str) -> str:
    return next(change.after for change in migration.changes if change.path.name == name)


def test_a_function_that_other_files_call_stays_and_the_rest_of_its_file_migrates(tmp_path: Path) -> None:
    folder = write(tmp_path, net=NET, train=TRAIN)
    migration = migrate([folder / "net.py"])
    assert [change.path.name for change in migration.changes] == ["net.py"]
    assert "def encode(x, reuse=False):" in after(migration, "net.py")
    assert "class Own(keras.layers.Layer)" in after(migration, "net.py")
    assert migration.callers == (folder / "train.py",)
    [finding] = migration.findings
    assert (finding.code, finding.line) == ("TFM308", 4)
    assert str(folder / "train.py") in finding.message


def test_callers_change_too_if_they_may(tmp_path: Path) -> None:
    folder = write(tmp_path, net=NET, train=TRAIN)
    migration = migrate([folder / "net.py"], Options(with_callers=True))
    assert [change.path.name for change in migration.changes] == ["net.py", "train.py"]
    assert migration.callers == (folder / "train.py",)
    assert "encode = Encode()" in after(migration, "train.py")
    assert not migration.findings


def test_a_caller_that_is_named_alone_changes_nothing(tmp_path: Path) -> None:
    folder = write(tmp_path, net=NET, train=TRAIN)
    migration = migrate([folder / "train.py"])
    assert not migration.changes
    assert migration.callers == (folder / "net.py",)


def test_only_some_transforms(tmp_path: Path) -> None:
    folder = write(tmp_path, net=NET, train=TRAIN)
    assert not migrate([folder], Options(only=("saver",))).changes
    assert migrate([folder], Options(only=("functions", "weights", "calls", "reuse", "scopes"))).changes


def test_programs_side_by_side_have_modules_of_the_same_name(tmp_path: Path) -> None:
    other = NET.replace("encode", "decode")
    folder = write(tmp_path, a__net=NET, a__train=TRAIN, b__net=other, b__train=TRAIN.replace("encode", "decode"))
    migration = migrate([folder])
    assert len(migration.changes) == 4
    assert {change.path.parent.name for change in migration.changes if "Decode" in change.after} == {"b"}
    again = migrate([folder / "b", folder / "a"])
    assert {c.path: c.after for c in again.changes} == {c.path: c.after for c in migration.changes}


def test_a_package_below_a_folder_is_found_from_beside_it(tmp_path: Path) -> None:
    script = TRAIN.replace("from net", "from acme.net")
    folder = write(tmp_path, src__acme____init__="", src__acme__net=NET, scripts__train=script)
    assert "Encode" in after(migrate([folder]), "train.py")


def test_a_mistake_of_ours_costs_its_own_cluster_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write(tmp_path, net=NET, train=TRAIN)
    real = planner.Planner._plan_unit

    def wrong(self: planner.Planner, unit: object) -> None:
        if "encode" in repr(unit):
            raise ZeroDivisionError("planned")
        real(self, unit)  # type: ignore[arg-type]

    monkeypatch.setattr(planner.Planner, "_plan_unit", wrong)
    migration = migrate([folder])
    assert codes(migration) == ["TFM903"]
    assert "ZeroDivisionError: planned" in migration.findings[0].message
    assert {group.scope for group in migration.groups if group.state is State.MIGRATED} == {"own", "again"}


def test_what_is_left_after_many_rounds_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write(tmp_path, net=NET, train=TRAIN)
    monkeypatch.setattr(settling, "_ROUNDS", 1)
    finding = Finding("net.py", 1, 0, "TFM902", "of one unit only")

    def doubting(*args: object) -> list[proof.Doubt]:
        settled = args[3]
        assert isinstance(settled, plan.Plan)
        unit = min(settled.migrated, key=lambda unit: unit.primary.node.lineno)
        return [proof.doubt([unit], finding)]

    monkeypatch.setattr(settling, "prove", doubting)
    migration = migrate([folder])
    assert migration.changes == ()
    assert set(codes(migration)) == {"TFM309", "TFM902"}
    assert {group.state for group in migration.groups} == {State.REFUSED}


def test_what_would_not_parse_is_not_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write(tmp_path, net=NET, train=TRAIN)
    real = rewrite.rewrite
    monkeypatch.setattr(
        settling, "rewrite", lambda text, *rest: real(text, *rest).replace("class Encode", "classEncode")
    )
    migration = migrate([folder])
    assert "TFM902" in codes(migration)
    assert all("classEncode" not in change.after for change in migration.changes)


BLOCKS = """\
import tensorflow as tf


def build():
    x = tf.placeholder(tf.float32, [None, 3])
    with tf.variable_scope("first"):
        y = tf.matmul(x, tf.get_variable("w", [3, 4]))
    with tf.variable_scope("second"):
        z = tf.matmul(x, tf.get_variable("w", [3, 4]))
    return y, z, tf.layers.dense(x, 2, name="third"), last(x)


def last(x):
    return tf.layers.dense(x, 2, name="last")


pixels = tf.placeholder(tf.float32, [None, 3])
top = tf.layers.dense(last(pixels), 2, name="top")
"""


@pytest.mark.parametrize("number", range(5))
def test_any_cluster_can_be_left_out_alone(tmp_path: Path, number: int) -> None:
    folder = write(tmp_path, net=BLOCKS)
    clusters = migrate([folder]).clusters
    assert len(clusters) == 5
    left = clusters[number]
    migration = migrate([folder], Options(refuted=((left, Finding(left.parts[0].path, 1, 0, "TFM904", "wrong")),)))
    assert set(migration.clusters) == set(clusters) - {left}
    assert codes(migration) == ["TFM904"]
    assert len(migration.changes) == 1
