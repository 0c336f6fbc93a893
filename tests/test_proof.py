"""What the product proves before it offers a change: a wrong rewrite of our own is found, reported and not offered."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from tfmigrate import rewrite as rewriting
from tfmigrate import settling
from tfmigrate.model import Migration, State
from tfmigrate.pipeline import migrate_text
from tfmigrate.program.link import parse_module
from tfmigrate.proving.unbound import unsure_locals
from tfmigrate.sites import Site
from tfmigrate.transform import Transform

PROGRAM = """\
import tensorflow as tf


def net(x, reuse=False):
    with tf.variable_scope("net", reuse=reuse):
        w = tf.get_variable("w", [4, 2])
        b = tf.get_variable("b", [2])
        return tf.matmul(x, w) + b


def build():
    x = tf.placeholder(tf.float32, [3, 4])
    z = tf.placeholder(tf.float32, [3, 4])
    return {"y": net(x) + net(z, reuse=True)}
"""


def migrated_with(monkeypatch: pytest.MonkeyPatch, fault: Callable[[str], str]) -> Migration:
    """The migration by a rewrite that makes a mistake in every text."""
    right = rewriting.rewrite

    def wrong(text: str, sites: Sequence[Site], transforms: Sequence[Transform], indent: str) -> str:
        return fault(right(text, sites, transforms, indent))

    monkeypatch.setattr(settling, "rewrite", wrong)
    return migrate_text("model.py", PROGRAM)


def test_the_right_rewrite_is_offered() -> None:
    migration = migrate_text("model.py", PROGRAM)
    assert len(migration.changes) == 1
    assert not migration.findings


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('name="b"', 'name="bias"'),
        ("shape=[4, 2]", "shape=[2, 4]"),
        ("net(z)", "Net()(z)"),
        ("        self.b = ", "        self.c = self.add_weight(name='c', shape=[1])\n        self.b = "),
        (" + self.b", ""),
        ('name="w", ', 'name="w", trainable=False, '),
        ('name="net", **kwargs', 'name="other", **kwargs'),
    ],
    ids=["name", "shape", "second instance", "one more", "not read", "frozen", "scope"],
)
def test_a_wrong_count_is_our_bug(monkeypatch: pytest.MonkeyPatch, old: str, new: str) -> None:
    assert old in migrate_text("model.py", PROGRAM).changes[0].after
    migration = migrated_with(monkeypatch, lambda text: text.replace(old, new))
    assert not migration.changes
    assert {finding.code for finding in migration.findings} == {"TFM901"}
    assert {group.state for group in migration.groups} == {State.REFUSED}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("class Net(", "class Net(("),
        ("tf.matmul(x, self.w)", "tf.matmul(x, w)"),
        ("return tf.matmul(x, self.w)", "y = tf.matmul(y, self.w); return tf.matmul(x, self.w)"),
    ],
    ids=["does not parse", "a name without a value", "a local that is read before it is set"],
)
def test_text_that_is_no_program_is_our_bug(monkeypatch: pytest.MonkeyPatch, old: str, new: str) -> None:
    migration = migrated_with(monkeypatch, lambda text: text.replace(old, new))
    assert not migration.changes
    assert {finding.code for finding in migration.findings} == {"TFM902"}


def test_a_crash_is_our_bug_and_names_the_place(monkeypatch: pytest.MonkeyPatch) -> None:
    def fault(text: str) -> str:
        raise IndexError("beyond the end")

    migration = migrated_with(monkeypatch, fault)
    assert not migration.changes
    (finding,) = migration.findings
    assert finding.code == "TFM903"
    assert "IndexError: beyond the end" in finding.message


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("y = x\n    x = 1", {"x"}),
        ("x = 1\n    y = x", set()),
        ("if a:\n        x = 1\n    y = x", {"x"}),
        ("if a:\n        x = 1\n    else:\n        x = 2\n    y = x", set()),
        ("if a:\n        x = 1\n    else:\n        return\n    y = x", set()),
        ("if a:\n        x = 1\n    else:\n        raise a\n    y = x", set()),
        ("for i in a:\n        x = i\n    y = x", {"x"}),
        ("for i in a:\n        x = i\n        y = x", set()),
        ("for i in a:\n        y = x\n        x = i", {"x"}),
        ("while a:\n        x = 1\n    y = x", {"x"}),
        ("with a as (x, z):\n        y = x\n    y = z", set()),
        ("try:\n        x = 1\n    except a:\n        pass\n    y = x", {"x"}),
        ("try:\n        x = 1\n    except a:\n        raise\n    y = x", set()),
        ("try:\n        pass\n    finally:\n        x = 1\n    y = x", set()),
        ("x += 1", {"x"}),
        ("x = 1\n    x += 1", set()),
        ("x = 1\n    del x\n    y = x", {"x"}),
        ("y = [x for x in a]", set()),
        ("y = [x for z in a]\n    x = 1", {"x"}),
        ("y = (x := 1) + x", set()),
        ("y = lambda: x\n    x = 1", set()),
        ("def x():\n        return y\n    y = x()", set()),
        ("y = x()\n    def x():\n        return 1", {"x"}),
        ("import x.z\n    y = x", set()),
        ("global x\n    y = x\n    x = 1", set()),
        ("y = other", set()),
    ],
)
def test_locals_that_may_be_read_too_early(code: str, expected: set[str]) -> None:
    module = parse_module("m", Path("m.py"), f"def f(a):\n    {code}\n")
    assert unsure_locals(module) == expected


def test_names_of_a_script_that_may_be_read_too_early() -> None:
    module = parse_module("m", Path("m.py"), "if a:\n    x = 1\nprint(x)\n")
    assert unsure_locals(module) == {"x"}
