"""A program of which a part was migrated earlier runs on Keras 3, on both sides."""

from __future__ import annotations

import pytest

from tfmigrate.verify import Case, Status, Verdict, check_many

pytestmark = [pytest.mark.tensorflow, pytest.mark.xdist_group("verify_programs")]

HEAD = """\
import keras
import tensorflow.compat.v1 as tf


class Encoder(keras.layers.Layer):
    def build(self, x_shape):
        self.w = self.add_weight(name="w", shape=[x_shape[-1], 4])

    def call(self, x):
        return tf.nn.relu(tf.matmul(x, self.w))


class Decoder(keras.layers.Layer):
    def build(self, x_shape):
        self.w = self.add_weight(name="w", shape=[x_shape[-1], 3])

    def call(self, x):
        return tf.matmul(x, self.w)


def decoder(h, reuse=None):
    with tf.variable_scope("decoder", reuse=reuse):
        return tf.matmul(h, tf.get_variable("w", [4, 3]))


def build():
    x = tf.placeholder(tf.float32, [None, 3], name="x")
    z = tf.placeholder(tf.float32, [None, 4], name="z")
    h = Encoder(name="new_encoder")(x)
"""
BEFORE = HEAD + '    return {"y": decoder(h), "forged": decoder(z, reuse=True)}\n'
RIGHT = HEAD + '    decode = Decoder(name="decoder")\n    return {"y": decode(h), "forged": decode(z)}\n'
WRONG = RIGHT.replace("decode(z)", 'Decoder(name="decoder_1")(z)')
CASES = {
    "right": (BEFORE, RIGHT),
    "wrong": (BEFORE, WRONG),
    "old layers": (BEFORE.replace("tf.nn.relu(", "tf.layers.flatten("), RIGHT),
    "whole": (BEFORE.replace("import keras\n", "from tensorflow import keras\n"), RIGHT),
}


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Verdict]:
    cases = []
    for name, sides in CASES.items():
        folders = [tmp_path_factory.mktemp(side) / "model.py" for side in ("before", "after")]
        for path, text in zip(folders, sides, strict=True):
            path.write_text(text, encoding="utf-8")
        cases.append(Case(folders[0], folders[1], name=name, variable_map={"encoder/w": "new_encoder/w"}))
    return {verdict.name: verdict for verdict in check_many(cases, timeout=60)}


def test_a_right_migration_of_the_rest_is_accepted(verdicts: dict[str, Verdict]) -> None:
    verdict = verdicts["right"]
    assert verdict.status is Status.EQUIVALENT, verdict.reason
    assert any("migrated in part" in note for note in verdict.notes)
    # what an earlier migration renamed keeps its first name
    assert [row.key for row in verdict.variables] == ["encoder/w", "decoder/w"]


def test_a_wrong_one_is_refuted(verdicts: dict[str, Verdict]) -> None:
    assert verdicts["wrong"].status is Status.DIFFERENT
    assert verdicts["wrong"].differences[0].kind == "count"


def test_what_only_tensorflow_1_has_is_told(verdicts: dict[str, Verdict]) -> None:
    verdict = verdicts["old layers"]
    assert verdict.status is Status.COULD_NOT_TELL
    assert "is not available with Keras 3" in verdict.reason
    assert "without stand-ins for what only TensorFlow 1 has" in verdict.reason


def test_other_programs_of_the_batch_keep_their_side(verdicts: dict[str, Verdict]) -> None:
    assert not any("migrated in part" in note for note in verdicts["whole"].notes)
