"""The probe that `tfmigrate probe` writes: what it calls, what it leaves to fill in, where it is put."""

from __future__ import annotations

from pathlib import Path

import pytest

from tfmigrate.cli import main
from tfmigrate.pipeline import migrate, probe_text

NET = """\
import tensorflow as tf


def net(x, hidden, reuse=None):
    with tf.variable_scope("net", reuse=reuse):
        w = tf.get_variable("w", [3, hidden])
        return tf.matmul(x, w)
"""
SCRIPT = """\
import numpy as np
import tensorflow as tf
from net import net

HIDDEN = 8
x = tf.placeholder(tf.float32, [None, 3])  # pictures
noise = np.random.rand()
y = net(x, HIDDEN)
shared = []
shared.append(net(2 * x, HIDDEN, reuse=True))
loss = tf.reduce_mean(y - shared[0])
train_op = tf.train.AdamOptimizer(0.01).minimize(loss)

with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    print(sess.run(train_op, {x: np.ones([4, 3])}))
"""
MODEL = """\
import tensorflow as tf
from net import net


class Model(object):
    def __init__(self, sess, hidden=4):
        self.sess = sess
        self.hidden = hidden

    def build_model(self, size):
        self.x = tf.placeholder(tf.float32, [size, 3])
        self.y = net(self.x, self.hidden)

    def train(self):
        self.sess.run(tf.global_variables_initializer())
"""
MAIN = """\
import tensorflow as tf
from model import Model


def main(steps=3):
    with tf.Session() as sess:
        model = Model(sess, hidden=6)
        model.build_model(5)
        model.train()


if __name__ == "__main__":
    main()
"""


def body(folder: Path, **files: str) -> str:
    """The probe of these files, from its imports on."""
    for name, text in files.items():
        (folder / f"{name}.py").write_text(text)
    return probe_text([folder]).text.split('"""\n\n', 1)[1]


def test_a_function_that_can_be_called_is_called(tmp_path: Path) -> None:
    build = "\n\ndef model():\n    return net(tf.placeholder(tf.float32, [2, 3]), 4)\n"
    expected = 'import net\n\n\ndef build():\n    return {"model": net.model()}\n'
    assert body(tmp_path, net=NET + build) == expected


def test_a_dictionary_is_returned_as_it_is(tmp_path: Path) -> None:
    build = '\n\ndef build():\n    return {"y": net(tf.placeholder(tf.float32, [2, 3]), 4)}\n'
    assert body(tmp_path, net=NET + build) == "import net\n\n\ndef build():\n    return net.build()\n"


def test_of_a_script_the_statements_that_build_are_taken(tmp_path: Path) -> None:
    assert body(tmp_path, net=NET, train=SCRIPT) == (
        "import tensorflow.compat.v1 as tf\nfrom net import net\n\n\ndef build():\n"
        "    HIDDEN = 8\n"
        "    x = tf.placeholder(tf.float32, [None, 3])  # pictures\n"
        "    y = net(x, HIDDEN)\n"
        "    shared = []\n"
        "    shared.append(net(2 * x, HIDDEN, reuse=True))\n"
        "    loss = tf.reduce_mean(y - shared[0])\n"
        "    train_op = tf.train.AdamOptimizer(0.01).minimize(loss)\n"
        '    return {"y": y, "shared": shared, "loss": loss, "train_op": train_op}\n'
    )


def test_an_object_is_made_and_its_methods_that_build_are_called(tmp_path: Path) -> None:
    text = body(tmp_path, net=NET, model=MODEL, main=MAIN)
    assert text.endswith(
        "def build():\n"
        "    sess = None  # fill in\n"
        "    model = Model(sess, hidden=6)\n"
        "    model.build_model(5)\n"
        '    return {"model": kept_by(model)}\n'
    )


def test_a_class_that_nothing_uses_is_made_with_what_must_be_filled_in(tmp_path: Path) -> None:
    text = body(tmp_path, net=NET, model=MODEL)
    assert "import model\n" in text
    assert "size = None  # fill in\n    model.build_model(size=size)\n    return kept_by(model)\n" in text


def test_tensors_from_outside_are_placeholders(tmp_path: Path) -> None:
    text = body(tmp_path, net=NET.replace("hidden, reuse=None", "hidden=4, reuse=None"))
    assert text == (
        "import net\nimport tensorflow.compat.v1 as tf\n\n\ndef build():\n"
        '    x = tf.placeholder(tf.float32, [2, 8], "x")  # fill in: x: shape and dtype\n'
        '    return {"net": net.net(x=x)}\n'
    )


def test_what_would_meet_in_one_graph_is_apart(tmp_path: Path) -> None:
    text = body(tmp_path, net=NET, train=SCRIPT, other=NET, test=SCRIPT.replace("from net", "from other"))
    assert "def build():" in text
    assert "def build_2():" in text
    assert "check it with --entry probe:build_2" in probe_text([tmp_path]).text


def test_functions_beside_a_session_cannot_be_imported(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    script = NET + SCRIPT.replace("import tensorflow as tf\nfrom net import net\n", "")
    (tmp_path / "train.py").write_text(script)
    assert main(["probe", str(tmp_path)]) == 1
    out, err = capfd.readouterr()
    assert "    net = None  # fill in: importing train.py would run it\n" in out
    assert f"{tmp_path / 'train.py'} runs when it is imported: check it with --run train.py\n" in err


def test_the_probe_is_migrated_with_the_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    body(tmp_path, net=NET, train=SCRIPT)
    monkeypatch.chdir(tmp_path)
    assert main(["probe", ".", "-o", "probe.py"]) == 0
    migration = migrate([tmp_path])
    [text] = [change.after for change in migration.changes if change.path.name == "probe.py"]
    assert "net = Net(HIDDEN)" in text
    assert "reuse" not in text


def test_a_function_of_the_same_name_is_called_by_its_module(tmp_path: Path) -> None:
    script = (
        SCRIPT.replace("net import net", "net import build").replace(" net(", " build(").replace("(net(", "(build(")
    )
    text = body(tmp_path, net=NET.replace("def net", "def build"), train=script)
    assert "import net\n" in text
    assert "def build():\n    build = net.build\n" in text
    assert "    y = build(x, HIDDEN)\n" in text


def test_a_command_line_must_be_filled_in(tmp_path: Path) -> None:
    script = SCRIPT.replace("import numpy", "import sys\nimport numpy").replace(
        "HIDDEN = 8", "HIDDEN = int(sys.argv[1])"
    )
    text = body(tmp_path, net=NET, train=script)
    assert "    HIDDEN = int(sys.argv[1])  # fill in: a probe has no command line\n" in text


def test_nothing_is_written_over_unasked(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    body(tmp_path, net=NET, train=SCRIPT)
    out = tmp_path / "probe.py"
    out.write_text("mine\n")
    assert main(["probe", str(tmp_path), "-o", str(out)]) == 2
    assert out.read_text() == "mine\n"
    assert "exists; name another file, or write over it with --force" in capfd.readouterr().err
    assert main(["probe", str(tmp_path), "-o", str(out), "--force"]) == 0
    assert "def build():" in out.read_text()


def test_a_program_without_variables_has_no_probe(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "net.py").write_text("def f():\n    return 1\n")
    assert main(["probe", str(tmp_path)]) == 2
    assert "nothing that makes variables can be called from outside" in capfd.readouterr().err
