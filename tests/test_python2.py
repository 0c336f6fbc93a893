"""Python 2 programs: converted first, visibly, and only where a cluster needs it."""

from __future__ import annotations

import ast
import subprocess
from pathlib import Path

import pytest

from tfmigrate.cli import main
from tfmigrate.finding import Finding
from tfmigrate.pipeline import migrate
from tfmigrate.python2 import to_python3

NET = """\
# -*- coding: latin-1 -*-
import tensorflow as tf


def net(x, (rows, columns), reuse=None):
    print 'made by \xe9', rows
    with tf.variable_scope('net', reuse=reuse):
        return tf.matmul(x, tf.get_variable('w', [3, rows / 2]))
"""
NET = NET.replace("(rows, columns)", "rows")
TRAIN = """\
import tensorflow as tf
import net


def build():
    x = tf.placeholder(tf.float32, [None, 3])
    for step in xrange(2):
        print step, 1.0 / 3
    return {'a': net.net(x, 8), 'b': net.net(x, 8, reuse=True)}
"""
TOOLS = """\
import tensorflow as tf


def show(session, x):
    print session.run(tf.reduce_mean(x))
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "net.py").write_bytes(NET.encode("latin-1").replace(b"\n", b"\r\n"))
    (tmp_path / "train.py").write_text(TRAIN.rstrip("\n"))
    (tmp_path / "tools.py").write_text(TOOLS)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _codes(findings: tuple[Finding, ...]) -> list[str]:
    return [f"{Path(finding.path).name}:{finding.line} {finding.code}" for finding in findings]


def test_a_python_2_program_migrates_and_says_so(folder: Path) -> None:
    migration = migrate([folder])
    assert [change.path.name for change in migration.changes] == ["net.py", "train.py"]
    for change in migration.changes:
        assert change.before == {"net.py": NET, "train.py": TRAIN.rstrip("\n")}[change.path.name]
        ast.parse(change.after)
        assert change.python3 is not None
        assert "variable_scope" in change.python3 or "net.net(x, 8" in change.python3
    assert _codes(migration.findings) == ["net.py:6 TFM011", "net.py:8 TFM012", "train.py:8 TFM011"]


def test_the_conversion_is_a_step_of_its_own_that_git_applies(
    folder: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert main(["diff", "."]) == 1
    patch = capfdbinary.readouterr().out
    first, second = patch.split(b"Step 2 of 2: scopes become layers\n")
    assert first.startswith(b"Step 1 of 2: Python 2 becomes Python 3\n")
    assert b"-    print 'made by \xe9', rows\r\n+    print('made by \xe9', rows)\r\n" in first
    assert b"keras" not in first
    assert b"+class Net(keras.layers.Layer):\r\n" in second
    assert b"tools.py" not in patch
    subprocess.run(["git", "apply", "-"], input=patch, check=True, capture_output=True)
    patched = {path.name: path.read_bytes() for path in folder.glob("*.py")}
    subprocess.run(["git", "apply", "-R", "-"], input=patch, check=False, capture_output=True)
    (folder / "net.py").write_bytes(NET.encode("latin-1").replace(b"\n", b"\r\n"))
    (folder / "train.py").write_text(TRAIN.rstrip("\n"))
    assert main(["apply", "."]) == 1
    assert {path.name: path.read_bytes() for path in folder.glob("*.py")} == patched
    assert main(["undo"]) == 0
    assert (folder / "tools.py").read_text() == TOOLS
    assert (folder / "net.py").read_bytes() == NET.encode("latin-1").replace(b"\n", b"\r\n")


def test_a_file_that_stays_python_2_beside_what_migrates_is_told(folder: Path) -> None:
    (folder / "train.py").write_text(TRAIN.replace("import net\n", "import net\nimport tools\n"))
    migration = migrate([folder])
    assert [change.path.name for change in migration.changes] == ["net.py", "train.py"]
    assert "tools.py:5 TFM011" in _codes(migration.findings)


def test_a_second_run_changes_nothing(folder: Path) -> None:
    assert main(["apply", "."]) == 1
    assert migrate([folder]).changes == ()


def test_a_caller_without_tensorflow_is_followed_too(tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text(NET.replace("\xe9", "e").replace("print 'made by e', rows", "pass"))
    (tmp_path / "train.py").write_text(TRAIN)
    (tmp_path / "main.py").write_text("from train import build\nfrom net import net\nprint build(), net\n")
    migration = migrate([tmp_path / "net.py", tmp_path / "train.py"])
    assert migration.changes == ()
    assert "TFM302" in {finding.code for finding in migration.findings} or migration.callers


def test_a_file_that_another_takes_all_of_is_read_too(tmp_path: Path) -> None:
    """Else nobody knew whether it has a `Model` of its own."""
    model = """\
import tensorflow as tf


class Model(object):
    def __init__(self, x):
        self.y = self.net(x) + self.net(x * 2.0, True)

    def net(self, x, reuse=None):
        with tf.variable_scope("net", reuse=reuse):
            return tf.matmul(x, tf.get_variable("w", [3, 3]))
"""
    train = """\
import tensorflow as tf
from model import Model
from util import *

say("ready")
model = Model(tf.placeholder(tf.float32, [None, 3]))
"""
    (tmp_path / "model.py").write_text(model)
    (tmp_path / "train.py").write_text(train)
    (tmp_path / "util.py").write_text("def say(text):\n    print text\n")
    result = migrate([tmp_path])
    assert [str(group.state.value) for group in result.groups] == ["migrated"], result.findings


def test_where_nothing_migrates_nothing_is_converted(tmp_path: Path) -> None:
    (tmp_path / "tools.py").write_text(TOOLS)
    migration = migrate([tmp_path])
    assert (migration.changes, migration.findings) == ((), ())


def test_what_is_no_python_at_all_is_a_finding(tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text("import tensorflow as tf\nwith tf.variable_scope('x'):\n    print 'x' +\n")
    assert _codes(migrate([tmp_path]).findings) == ["broken.py:3 TFM003"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("print 'x'", "print('x')"),
        ("print 'x'\n", "print('x')\n"),
        ("try:\n    pass\nexcept A, e:\n    raise B, 'x'\n", "try:\n    pass\nexcept A as e:\n    raise B('x')\n"),
        ("exec 'x'\nx = 0777\n", "exec('x')\nx = 0o777\n"),
        ("print 'x' +\n", None),
        ("", ""),
        ("if x:\n    if y:\n\tprint 1\n    z = 2", "if x:\n    if y:\n        print(1)\n    z = 2"),
        ('if x:\n        s = """a\n\tb"""\n\tprint s', 'if x:\n        s = """a\n\tb"""\n        print(s)'),
        ("if x:\n\ty = 1\n    z = 2\n", None),
    ],
)
def test_the_text_is_kept_but_for_what_has_changed(text: str, expected: str | None) -> None:
    assert to_python3(Path("a.py"), text) == expected
