"""What the product proves before it offers a change: a wrong rewrite of our own is found, reported and not offered."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from tfmigrate import rewrite as rewriting
from tfmigrate import settling
from tfmigrate.model import Migration, State
from tfmigrate.pipeline import migrate_text
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
    [("class Net(", "class Net(("), ("tf.matmul(x, self.w)", "tf.matmul(x, w)")],
    ids=["does not parse", "a name without a value"],
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
