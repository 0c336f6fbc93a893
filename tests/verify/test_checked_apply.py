"""`apply --check` with TensorFlow: a layer that is emitted wrongly is rolled back alone, by what the check saw."""

from __future__ import annotations

from pathlib import Path

import pytest

from tfmigrate import rewrite, settling
from tfmigrate.cli import main

pytestmark = [pytest.mark.tensorflow, pytest.mark.xdist_group("verify_programs")]

MODEL = """\
import tensorflow as tf


def encoder(x, reuse=False):
    with tf.variable_scope("encoder", reuse=reuse):
        return tf.matmul(x, tf.get_variable("w", [3, 4]))


def decoder(h):
    with tf.variable_scope("decoder"):
        return tf.matmul(h, tf.get_variable("w", [4, 3])) + tf.get_variable("b", [3])


def critic(h):
    with tf.variable_scope("critic"):
        return tf.tanh(tf.matmul(h, tf.get_variable("w", [4, 1])))


def build():
    x = tf.placeholder(tf.float32, [None, 3])
    h = encoder(x)
    return {"y": decoder(h), "again": encoder(2 * x, reuse=True), "value": critic(h)}
"""


@pytest.mark.parametrize(
    ("right", "wrong", "function", "says"),
    [
        ('name="b", shape=[3])', 'name="b", shape=[3], initializer="ones")', "decoder", "initial: decoder/b starts as"),
        ("tf.tanh(tf.matmul(h, self.", "tf.sin(tf.matmul(h, self.", "critic", "outputs: the output value differs by"),
    ],
)
def test_one_cluster_is_rolled_back_and_the_others_are_written(
    right: str,
    wrong: str,
    function: str,
    says: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "model.py").write_text(MODEL)
    monkeypatch.chdir(tmp_path)
    real = rewrite.rewrite
    monkeypatch.setattr(settling, "rewrite", lambda text, *rest: real(text, *rest).replace(right, wrong))
    assert main(["apply", "--check", "model.py"]) == 1
    out, err = capfd.readouterr()
    text = (tmp_path / "model.py").read_text()
    start = MODEL.index(f"def {function}")
    assert MODEL[start : MODEL.index("\n\n\n", start)] in text
    for other in {"encoder", "decoder", "critic"} - {function}:
        assert f"class {other.title()}(keras.layers.Layer)" in text
    assert out.startswith("EQUIVALENT: same variables, initial values, sharing, outputs, gradients and checkpoint (")
    line = MODEL[:start].count("\n") + 1
    assert f"model.py:{line}:1: TFM904 migrated, {function} does something else: {says}" in err


@pytest.mark.parametrize("broken", ["int('no data')", "import os; os._exit(3)"])
def test_a_program_that_does_not_run_is_left_byte_for_byte(
    broken: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    text = MODEL.replace("    h = encoder(x)\n", f"    h = encoder(x)\n    {broken}\n").replace("\n", "\r\n").encode()
    (tmp_path / "model.py").write_bytes(text)
    assert main(["apply", "--check", str(tmp_path)]) == 2
    out, err = capfd.readouterr()
    assert "COULD NOT TELL: the before side" in out
    assert "tfmigrate: error: nothing was written" in err
    assert (tmp_path / "model.py").read_bytes() == text
    assert not (tmp_path / "tfmigrate-map.json").exists()
