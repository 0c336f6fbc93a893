"""What the walk takes a scope's name for, against what Python makes of it: programs that change things as they run.

`python_state.txt` holds them, each the start of a function that leaves a name behind, or opens scopes itself.
"""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from tfmigrate.program.link import Program, parse_module
from tfmigrate.walk.regions import show_path
from tfmigrate.walk.roots import walk_program

_CASES = Path(__file__).with_name("python_state.txt").read_text().strip().split("\n---\n")
_PROGRAM = """
import os
import tensorflow as tf

FLAG = os.environ.get("TFMIGRATE_TEST_FLAG") == "1"
ITEMS = [0]
TABLE = {"a": 1}
CELL = [0]
COUNT = 0


class Box(object):
    pass


def count_cell():
    CELL[0] += 1


def count_global():
    global COUNT
    COUNT += 1


def count_default(k=[0]):
    k[0] += 1
    return k[0]


def any_name():
    return os.environ.get("TFMIGRATE_TEST_NAME", "x")


def net(x, where):
    with tf.variable_scope("s_" + str(where)):
        return tf.matmul(x, tf.get_variable("w", [4, 2]))


def build():
    x = tf.placeholder(tf.float32, [3, 4])
"""


class _Scope:
    def __init__(self, opened: set[str], name: str) -> None:
        self.opened, self.name = opened, name

    def __enter__(self) -> None:
        self.opened.add(self.name)

    def __exit__(self, *_: object) -> None:
        pass


def _by_python(text: str, monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The scopes that the program opens."""
    opened: set[str] = set()

    def nothing(*_: Any, **__: Any) -> None:
        pass

    tensorflow = SimpleNamespace(
        variable_scope=lambda name: _Scope(opened, name),
        placeholder=nothing,
        matmul=nothing,
        get_variable=nothing,
        float32=None,
    )
    monkeypatch.setitem(sys.modules, "tensorflow", tensorflow)
    program = ModuleType("program")
    monkeypatch.setitem(sys.modules, "program", program)
    exec(compile(text, "program.py", "exec"), program.__dict__)
    program.build()
    return opened


def _by_walk(text: str) -> set[str]:
    module = parse_module("program", Path("program.py"), text)
    walks, _ = walk_program(Program({"program": module}))
    made = [variable for walk in walks for creation in walk.root.creations() for variable in creation.variables]
    return {show_path(variable.path or ()).removesuffix("/w") for variable in made}


@pytest.mark.parametrize("case", _CASES)
def test_the_walk_takes_no_name_for_another(case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    ending = "" if "net(" in case else "\n    net(x, n)"
    text = _PROGRAM + "\n".join(f"    {line}" for line in case.splitlines()) + ending + "\n"
    opened, known = _by_python(text, monkeypatch), _by_walk(text)
    certain = {name for name in known if "{" not in name and name}
    assert certain <= opened
    if certain == known != set() and "for " not in case:  # of a loop it may know a first and a later round only
        assert certain == opened
