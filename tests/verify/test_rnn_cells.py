"""What is known of RNN cells, held against a real TensorFlow 1.15: parameters, and the variables that cells make."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tfmigrate.tf1.cells import CELLS, DRIVERS, WRAPPERS

pytestmark = [pytest.mark.tensorflow, pytest.mark.xdist_group("tensorflow")]

LOOK = """
import inspect, json, operator, sys
import tensorflow as tf

asked = json.load(sys.stdin)
found = {}
for name in asked["names"]:
    symbol = operator.attrgetter(name[3:])(tf)
    function = symbol.__init__ if inspect.isclass(symbol) else symbol
    found[name] = [p.name for p in inspect.signature(function).parameters.values()
                   if p.name != "self" and p.kind is not p.VAR_KEYWORD]
for name in asked["cells"]:
    with tf.Graph().as_default():
        cell = operator.attrgetter(name[3:])(tf)(3)
        with tf.variable_scope("rnn"):
            cell(tf.zeros([2, 4]), cell.zero_state(2, tf.float32))
        found[name + " variables"] = [v.op.name for v in tf.global_variables()]
print(json.dumps(found))
"""


def test_parameters_and_variables(tf1_python: Path) -> None:
    rows = {**CELLS, **WRAPPERS, **DRIVERS}
    asked = json.dumps({"names": sorted(rows), "cells": sorted(CELLS)})
    run = subprocess.run(
        [str(tf1_python), "-c", LOOK], input=asked, capture_output=True, text=True, timeout=300, check=True
    )
    found = json.loads(run.stdout.splitlines()[-1])
    wanted = {name: list(row.params) for name, row in rows.items()}
    # inherited constructors of wrappers are seen with *args
    inherited = [name for name in WRAPPERS if found[name] == ["args"]]
    for name in inherited:
        del found[name], wanted[name]
    for name, row in CELLS.items():
        made = [suffix for suffix, flag, _ in row.variables if flag is None]
        wanted[f"{name} variables"] = [f"rnn/{row.base_name}/{suffix}" for suffix in made]
    assert found == wanted
