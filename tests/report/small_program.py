"""A program with two parts that can be taken apart, and one that cannot be followed."""

from __future__ import annotations

from pathlib import Path

from tests.small_programs import TWO_PARTS

FILES = {
    "model.py": TWO_PARTS,
    "table.py": """\
import tensorflow as tf


def lookup(x, name):
    with tf.variable_scope("table_" + open(name).read()):
        return tf.matmul(x, tf.get_variable("w", [3, 2]))


def main(name):
    lookup(tf.placeholder(tf.float32, [None, 3]), name)
    tf.train.Saver().save(tf.Session(), "müll")


if __name__ == "__main__":
    main("100%, or less")
""",
}


def write(folder: Path) -> list[Path]:
    """The files, as they are named from the folder."""
    for name, text in FILES.items():
        (folder / name).write_text(text, encoding="utf-8")
    return [Path(name) for name in FILES]
