"""Which functions that a program does not show may make variables."""

from __future__ import annotations

import pytest

from tfmigrate.tf1.outside import may_make_variables


@pytest.mark.parametrize(
    "name", ["os.getcwd", "distutils.util.strtobool", "imp.load_source", "cgi.escape", "builtins.len"]
)
def test_what_every_python_of_that_time_had_makes_none(name: str) -> None:
    assert not may_make_variables(name)


@pytest.mark.parametrize("name", ["mylib.layers.dense", "builtins.dense", "tf.contrib.gan.gan_model"])
def test_what_nobody_knows_may_make_some(name: str) -> None:
    assert may_make_variables(name)
