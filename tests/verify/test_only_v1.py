"""The names that only TensorFlow 1 has, held against the installed TensorFlow, in a process of its own."""

import json
import subprocess
import sys

import pytest

from tfmigrate.tf1 import only_v1

LOOK = """
import json, operator, sys
import tensorflow as tf

def has(owner, name):
    try:
        operator.attrgetter(name)(owner)
        return True
    except Exception:
        return False

names = json.load(sys.stdin)
gone = ("contrib", "layers", "nn.rnn_cell")
lacking = [name for name in names if not name.startswith(gone) and not has(tf.compat.v1, name)]
print(json.dumps({"in version 2": [name for name in names if has(tf, name)], "not in version 1": lacking}))
"""


@pytest.mark.tensorflow
@pytest.mark.xdist_group("tensorflow")
def test_only_version_1_has_these() -> None:
    names = sorted(only_v1.NAMES | only_v1.NAMESPACES)
    run = subprocess.run(
        [sys.executable, "-c", LOOK], input=json.dumps(names), capture_output=True, text=True, timeout=300, check=True
    )
    assert json.loads(run.stdout.splitlines()[-1]) == {"in version 2": [], "not in version 1": []}
