"""What the stand-ins make of TF1 programs, against a real TensorFlow 1.15 where there is one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from tfmigrate.verify import Case, Status, Verdict, check_many

pytestmark = [pytest.mark.tensorflow, pytest.mark.xdist_group("verify_programs")]


@dataclass(frozen=True)
class Program:
    """One thing that TensorFlow 2 does in another way. says: what must have been compared."""

    name: str
    text: str
    says: str = "outputs"


PROGRAMS = (
    Program(
        "the regularizer of a variable",
        """
def build():
    w = tf.get_variable("w", [3, 2], regularizer=tf.contrib.layers.l2_regularizer(0.1))
    loss = tf.losses.get_regularization_loss()
    return {"y": tf.matmul(tf.ones([2, 3]), w), "loss": loss, "losses": tf.losses.get_regularization_losses()}
""",
        "regularisation",
    ),
    Program(
        "the static shape of a transposed convolution",
        """
def build():
    x = tf.placeholder(tf.float32, [None, 5], name="x")
    x = tf.reshape(tf.matmul(x, tf.get_variable("w", [5, 8])), [-1, 2, 2, 2])
    y = tf.nn.conv2d_transpose(x, tf.get_variable("k", [3, 3, 1, 2]), [4, 4, 4, 1], [1, 2, 2, 1])
    return {"y": tf.reshape(y, y.get_shape())}
""",
    ),
    Program(
        "a mode of contrib.learn and a table of contrib.lookup",
        """
def build(mode=tf.contrib.learn.ModeKeys.INFER):
    table = tf.contrib.lookup.index_table_from_tensor(tf.constant(["a", "b"]))
    x = tf.gather(tf.get_variable("w", [2, 3]), table.lookup(tf.constant(["b", "a", "b"])))
    return {"y": tf.tanh(x) if mode == tf.contrib.learn.ModeKeys.INFER else x}
""",
    ),
    Program(
        "an optimizer that is not among the results, with an input of its own",
        """
def build():
    w = tf.get_variable("w", [3, 2])
    y = tf.matmul(tf.placeholder(tf.float32, [2, 3], name="x"), w)
    history = tf.reduce_sum(tf.matmul(tf.placeholder(tf.float32, [2, 3], name="history"), w))
    tf.train.GradientDescentOptimizer(0.1).minimize(tf.square(history))
    return {"y": y}
""",
        "gradients",
    ),
)


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> list[Case]:
    found = []
    for program in PROGRAMS:
        path = tmp_path_factory.mktemp("program") / "model.py"
        path.write_text("import tensorflow as tf\n" + program.text)
        found.append(Case(path, path, name=program.name))
    return found


@pytest.fixture(scope="module")
def alone(cases: list[Case]) -> dict[str, Verdict]:
    return {verdict.name: verdict for verdict in check_many(cases, after_is_tf1=True)}


@pytest.fixture(scope="module")
def against_tf1(cases: list[Case], tf1_python: Path) -> dict[str, Verdict]:
    verdicts = check_many(cases, before_python=tf1_python, after_is_tf1=True)
    return {verdict.name: verdict for verdict in verdicts}


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.name)
def test_it_runs(program: Program, alone: dict[str, Verdict]) -> None:
    verdict = alone[program.name]
    assert verdict.status is Status.EQUIVALENT, f"{verdict.reason}\n{verdict.tail}"
    assert program.says in verdict.compared


def test_a_decision_by_what_is_not_there(tmp_path: Path) -> None:
    path = tmp_path / "model.py"
    path.write_text(
        "import tensorflow as tf\ndef build():\n    return {} if 'train' == tf.contrib.tpu.gone.MODE else None\n"
    )
    (verdict,) = check_many([Case(path, path)], after_is_tf1=True)
    assert verdict.status is Status.COULD_NOT_TELL
    assert "tensorflow.contrib.tpu.gone.MODE is not in TensorFlow 2" in verdict.reason


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.name)
def test_tensorflow_1_does_the_same(program: Program, against_tf1: dict[str, Verdict]) -> None:
    verdict = against_tf1[program.name]
    assert verdict.status is Status.EQUIVALENT, f"{verdict.reason}\n{verdict.tail}"
    assert program.says in verdict.compared
