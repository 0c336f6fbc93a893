"""A probe as `tfmigrate probe` writes it runs, and is migrated with the program that it is for."""

from __future__ import annotations

from pathlib import Path

import pytest

from tfmigrate.cli import main

pytestmark = [pytest.mark.tensorflow, pytest.mark.xdist_group("verify_programs")]

OPS = """\
import tensorflow as tf


def linear(x, units, scope):
    with tf.variable_scope(scope):
        return tf.matmul(x, tf.get_variable("w", [x.get_shape()[-1], units]))
"""
MODEL = """\
import tensorflow as tf
from ops import linear


class Gan(object):
    def __init__(self, sess, size=4):
        self.sess = sess
        self.size = size

    def build_model(self):
        self.z = tf.placeholder(tf.float32, [None, self.size])
        self.real = tf.placeholder(tf.float32, [None, 6])
        fake = self.generator(self.z)
        self.loss = tf.reduce_mean(self.discriminator(self.real) - self.discriminator(fake, reuse=True))
        d_vars = [v for v in tf.trainable_variables() if v.name.startswith("disc")]
        self.d_optim = tf.train.GradientDescentOptimizer(0.1).minimize(self.loss, var_list=d_vars)
        self.init = tf.global_variables_initializer()

    def generator(self, z):
        with tf.variable_scope("gen"):
            return linear(z, 6, "h0")

    def discriminator(self, x, reuse=False):
        with tf.variable_scope("disc", reuse=reuse):
            return linear(x, 1, "h0")

    def train(self):
        self.sess.run(self.init)
        self.sess.run(self.d_optim)
"""
MAIN = """\
import tensorflow as tf
from model import Gan


def main(_):
    with tf.Session() as sess:
        gan = Gan(sess, size=5)
        gan.build_model()
        gan.train()


if __name__ == "__main__":
    tf.app.run()
"""


def test_it_runs_as_it_is_on_both_sides(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    for name, text in (("ops", OPS), ("model", MODEL), ("main", MAIN)):
        (tmp_path / f"{name}.py").write_text(text)
    monkeypatch.chdir(tmp_path)
    assert main(["probe", ".", "-o", "probe.py"]) == 1
    assert "sess = None  # fill in" in Path("probe.py").read_text()
    assert main(["apply", "--check", ".", "--out", "migrated"]) == 0
    out = capfd.readouterr().out
    assert "EQUIVALENT: same variables, initial values, sharing, outputs, gradients, checkpoint and training" in out
    assert "class Gan" in Path("migrated/model.py").read_text()
    assert "reuse" not in Path("migrated/model.py").read_text()
