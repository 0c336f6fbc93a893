"""Programs that are started as scripts, and entries that a spec calls."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tfmigrate.verify import Case, CheckSpec, Status, Verdict, check, check_many

from .pairs import PAIRS, SCRIPTS

pytestmark = [pytest.mark.tensorflow, pytest.mark.xdist_group("verify_programs")]


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_runs_up_to_where_it_would_compute(name: str, tmp_path: Path) -> None:
    shutil.copytree(PAIRS / name, tmp_path, dirs_exist_ok=True)
    verdict = check(tmp_path / "before", tmp_path / "after", spec=CheckSpec(run=SCRIPTS[name]))
    assert verdict.status is Status.EQUIVALENT, verdict.reason + verdict.tail
    assert {"initial", "outputs", "gradients", "checkpoint", "training"} <= set(verdict.compared)
    assert not list(tmp_path.glob("*/trained*"))  # the session never ran


def test_a_wrong_script_is_rejected(tmp_path: Path) -> None:
    shutil.copytree(PAIRS / "started_as_script", tmp_path, dirs_exist_ok=True)
    net = tmp_path / "after" / "net.py"
    text = net.read_text()
    net.write_text(text.replace("self.again = self.encoder(2.0 * self.x)", "self.again = self.encoder(self.x)"))
    command = ("-m", "train", "--batch", "2")
    verdict = check(tmp_path / "before", tmp_path / "after", spec=CheckSpec(run=command))
    assert verdict.status is Status.DIFFERENT
    assert "net.again" in verdict.reason


FOR_NO_LOSS = """    if mode == tf.estimator.ModeKeys.PREDICT:
        return tf.estimator.EstimatorSpec(mode, predictions={"logits": logits})
"""


def estimators(before: str, after: str, folder: Path) -> Verdict:
    """Of the Estimator with something after its logits, and in front of what it predicts."""
    shutil.copytree(PAIRS / "estimator_script", folder, dirs_exist_ok=True)
    for side, lines in (("before", before), ("after", after)):
        (path,) = (folder / side).glob("*.py")
        text = path.read_text()
        head, line, rest = text.partition("    loss = tf.losses.mean_squared_error")
        assert line
        path.write_text(head + lines + FOR_NO_LOSS + line + rest)
    return check(folder / "before", folder / "after", spec=CheckSpec(run=SCRIPTS["estimator_script"]))


IN_TRAINING = "    if mode == tf.estimator.ModeKeys.TRAIN:\n        logits = tf.nn.dropout(logits, rate=0.4)\n"


def test_an_estimator_is_compared_in_all_its_modes(tmp_path: Path) -> None:
    verdict = estimators(IN_TRAINING, IN_TRAINING, tmp_path)
    assert verdict.status is Status.EQUIVALENT, verdict.reason
    assert verdict.compared["checkpoint"] == 3
    assert not verdict.notes


def test_an_estimator_with_dropout_in_evaluation(tmp_path: Path) -> None:
    always = "    logits = tf.nn.dropout(logits, rate=0.4)\n"
    verdict = estimators(IN_TRAINING, always, tmp_path)
    assert verdict.status is Status.DIFFERENT
    assert verdict.reason.startswith("random: in evaluation, ")


def test_a_script_that_stops_before_it_makes_a_graph(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text("print('usage: train.py DATA')\n")
    verdict = check(tmp_path, tmp_path, spec=CheckSpec(run=("train.py",)))
    assert verdict.status is Status.COULD_NOT_TELL
    assert "the program ended without making a variable in a graph" in verdict.reason
    assert "usage: train.py DATA" in verdict.tail


BEFORE = """
import tensorflow as tf

def critic(image, hidden, reuse=False):
    with tf.variable_scope("critic", reuse=reuse):
        w = tf.get_variable("w", [image.shape[-1].value, hidden])
        return tf.nn.relu(tf.matmul(image, w))
"""
AFTER = """
import keras
import tensorflow.compat.v1 as tf

class Critic(keras.layers.Layer):
    def __init__(self, hidden, name="critic", **kwargs):
        super().__init__(name=name, **kwargs)
        self.hidden = hidden

    def build(self, image_shape):
        self.w = self.add_weight(name="w", shape=[image_shape[-1], self.hidden])

    def call(self, image):
        return tf.nn.relu(tf.matmul(image, self.w))
"""


def test_a_spec_calls_what_has_no_build(tmp_path: Path) -> None:
    (tmp_path / "old.py").write_text(BEFORE)
    (tmp_path / "new.py").write_text(AFTER)
    image = {"shape": [4, 5]}

    def case(second: str) -> Case:
        calls = [
            {"share": "d", "arguments": {"image": image, "hidden": 3}},
            {"share": second, "arguments": {"image": image, "hidden": 3, "reuse": True}},
        ]
        spec = CheckSpec.from_table({"entry": "critic", "entry_after": "Critic", "calls": calls})
        return Case.of(spec, tmp_path / "old.py", tmp_path / "new.py")

    shared, apart = check_many([case("d"), case("another")])
    assert shared.status is Status.EQUIVALENT, shared.reason + shared.tail
    assert {"initial", "outputs", "gradients", "checkpoint"} <= set(shared.compared)
    assert "training" not in shared.compared
    assert apart.reason.startswith("count: 1 variables before, 2 after")
