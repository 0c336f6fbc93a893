"""Checkpoints of a TF1 program in the migrated one, and back."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tfmigrate.verify.checkpoint import CheckpointError, convert

from .pairs import PAIRS, variable_map

pytestmark = [pytest.mark.tensorflow, pytest.mark.xdist_group("verify")]

PROGRAM = PAIRS / "recurrent" / "after.py"
MAP = variable_map("recurrent")
NAMES = ["head/w", "reader/gate/b", "reader/gate/w", "reader/news/w"]

OLD = """
import sys
import numpy as np
import tensorflow.compat.v1 as tf
shapes = {"reader/gate/w": (7, 4), "reader/gate/b": (4,), "reader/news/w": (7, 4), "head/w": (4, 2)}
def save(path, **others):
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        tf.train.Saver({**variables, **others}).save(session, path, write_meta_graph=False, write_state=False)
with tf.Graph().as_default():
    variables = {n: tf.Variable(np.random.RandomState(len(n) + s[-1]).randn(*s).astype("f")) for n, s in shapes.items()}
    save(sys.argv[1] + "/old", global_step=tf.Variable(5))
    del variables["reader/news/w"]
    save(sys.argv[1] + "/short")
    variables["reader/news/w"] = tf.Variable(np.zeros((4, 7), "f"))
    save(sys.argv[1] + "/turned")
"""

READ = """
import json, sys
import tensorflow.compat.v1 as tf
def read(path):
    reader = tf.train.load_checkpoint(path)
    return {name: reader.get_tensor(name).tolist() for name in sorted(reader.get_variable_to_shape_map())}
print(json.dumps({path: read(path) for path in sys.argv[1:]}))
"""

LOAD = """
import json, sys
import keras
import tensorflow as tf
sys.path.insert(0, sys.argv[1])
import after
step, head = after.Step(), after.Head()
state = head(step(tf.ones([1, 3]), tf.ones([1, 4])))
if sys.argv[2] == "h5":
    from keras.src.saving import saving_lib
    saving_lib.load_weights_only(step, sys.argv[3] + ".step.weights.h5")
    saving_lib.load_weights_only(head, sys.argv[3] + ".head.weights.h5")
else:
    tf.train.Checkpoint(step=step, head=head).read(sys.argv[3]).assert_existing_objects_matched()
print(json.dumps({v.path: v.numpy().tolist() for v in step.variables + head.variables}))
"""


def python(code: str, *arguments: str | Path) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)], capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def last_line(text: str) -> Any:
    return json.loads(text.strip().splitlines()[-1])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("checkpoints")
    python(OLD, path)
    return path


@pytest.fixture(scope="module")
def old(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = last_line(python(READ, folder / "old"))[str(folder / "old")]
    return found


@pytest.mark.parametrize(("kind", "name"), [("h5", "new.weights.h5"), ("objects", "new")])
def test_there_and_back(folder: Path, old: dict[str, Any], kind: str, name: str) -> None:
    converted = convert(MAP, folder / "old", folder / name, program=PROGRAM)
    assert converted.left_out == ("global_step",)
    assert all(path.exists() for path in converted.written)
    stem = folder / name.removesuffix(".weights.h5")
    loaded = last_line(python(LOAD, PROGRAM.parent, kind, stem))
    assert loaded == {path.removeprefix("reader/"): old[key] for key, path in {**MAP, "head/w": "head/w"}.items()}
    convert(MAP, folder / name, folder / f"back_{kind}", program=PROGRAM, back=True)
    back = folder / f"back_{kind}"
    assert last_line(python(READ, back))[str(back)] == {key: old[key] for key in NAMES}


def test_names_alone(folder: Path, old: dict[str, Any]) -> None:
    convert(MAP, folder / "old", folder / "by_path")
    convert(MAP, folder / "by_path", folder / "by_name", back=True)
    read = last_line(python(READ, folder / "by_path", folder / "by_name"))
    assert read[str(folder / "by_path")] == {MAP.get(key, key): value for key, value in old.items()}
    assert read[str(folder / "by_name")] == old


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("short", "the checkpoint has no reader/news/w"),
        ("turned", r"reader/news/w is \[4, 7\], but reader/step/news/w is \[7, 4\]"),
        ("nothing", "nothing is not a checkpoint"),
    ],
)
def test_nothing_is_written_unless_all_fits(folder: Path, tmp_path: Path, name: str, message: str) -> None:
    with pytest.raises(CheckpointError, match=message):
        convert(MAP, folder / name, tmp_path / "new.weights.h5", program=PROGRAM)
    assert list(tmp_path.iterdir()) == []


def test_what_can_not_be_done(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="name the migrated program"):
        convert({}, tmp_path / "old", tmp_path / "new.weights.h5")
    with pytest.raises(CheckpointError, match="nowhere is not a directory"):
        convert({}, tmp_path / "old", tmp_path / "nowhere" / "new")
    with pytest.raises(CheckpointError, match="does not exist"):
        convert({}, tmp_path / "old", tmp_path / "new", program=tmp_path / "gone.py")
