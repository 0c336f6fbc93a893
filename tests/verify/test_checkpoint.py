"""Checkpoints of a TF1 program in the migrated one, and back."""

from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tfmigrate.verify.checkpoint import CheckpointError, convert
from tfmigrate.verify.checkpoint_tool import UnfitError, pick, renamed

from .pairs import PAIRS, variable_map

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
from keras.src.saving import saving_lib
sys.path.insert(0, sys.argv[1])
folder = sys.argv[2]
import after
def layers():
    step, head = after.Step(name="step"), after.Head()
    head(step(tf.ones([1, 3]), tf.ones([1, 4])))
    return step, head
def values(*layers):
    return {v.path: v.numpy().tolist() for layer in layers for v in layer.variables}
step, head = layers()
saving_lib.load_weights_only(step, folder + "/new.step.weights.h5")
saving_lib.load_weights_only(head, folder + "/new.head.weights.h5")
weights = values(step, head)
step, head = layers()
tf.train.Checkpoint(step=step, head=head).read(folder + "/objects").assert_existing_objects_matched()
print(json.dumps({"weights": weights, "objects": values(step, head)}))
"""


def python(code: str, *arguments: str | Path) -> Any:
    """What the code prints last, as JSON."""
    command = [sys.executable, "-c", code, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.strip().splitlines()[-1]) if done.stdout.strip() else None


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Checkpoints of the TF1 program, and what `convert` made of them, two at a time: each starts TensorFlow."""
    path = tmp_path_factory.mktemp("checkpoints")
    python(OLD, path)
    there = [("old", "new.weights.h5", PROGRAM), ("old", "objects", PROGRAM), ("old", "by_path", None)]
    back = [("new.weights.h5", "back_1", PROGRAM), ("objects", "back_2", PROGRAM), ("by_path", "back_3", None)]
    with ThreadPoolExecutor(2) as pool:
        for way in (there, back):
            done = [
                pool.submit(convert, MAP, path / old, path / new, program=program, back=way is back)
                for old, new, program in way
            ]
            for future in done:
                assert all(file.exists() for file in future.result().written)
            if way is there:
                assert done[0].result().left_out == ("global_step",)
                assert len(done[0].result().written) == 2
    return path


@pytest.fixture(scope="module")
def read(folder: Path) -> dict[str, dict[str, Any]]:
    names = ["old", "by_path", "back_1", "back_2", "back_3"]
    found: dict[str, dict[str, Any]] = python(READ, *(folder / name for name in names))
    return {Path(path).name: values for path, values in found.items()}


@pytest.mark.tensorflow
@pytest.mark.xdist_group("verify_programs")
def test_keras_and_tensorflow_load_what_was_written(folder: Path, read: dict[str, dict[str, Any]]) -> None:
    loaded = python(LOAD, PROGRAM.parent, folder)
    # the program makes its step inside a name scope, and this one does not
    expected = {MAP.get(key, key).removeprefix("reader/"): read["old"][key] for key in NAMES}
    assert loaded == {"weights": expected, "objects": expected}


@pytest.mark.tensorflow
@pytest.mark.xdist_group("verify_programs")
def test_there_and_back_is_where_it_was(read: dict[str, dict[str, Any]]) -> None:
    kept = {key: read["old"][key] for key in NAMES}
    assert read["back_1"] == read["back_2"] == kept
    assert read["by_path"] == {MAP.get(key, key): value for key, value in read["old"].items()}
    assert read["back_3"] == read["old"]


@pytest.mark.tensorflow
@pytest.mark.xdist_group("verify_programs")
def test_nothing_is_written_unless_all_fits(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="the checkpoint has no reader/news/w"):
        convert(MAP, folder / "short", tmp_path / "new.weights.h5", program=PROGRAM)
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "new.index").write_text("mine")
    with pytest.raises(CheckpointError, match=r"new\.index exists already"):
        convert(MAP, folder / "old", tmp_path / "new", overwrite=False)
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("new.index", "mine")]
    with pytest.raises(CheckpointError, match="old does not hold the layers of the program: "):
        convert(MAP, folder / "old", tmp_path / "back", program=PROGRAM, back=True)


def test_what_can_not_be_done(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="name the migrated program"):
        convert({}, tmp_path / "old", tmp_path / "new.weights.h5")
    with pytest.raises(CheckpointError, match="nowhere is not a directory"):
        convert({}, tmp_path / "old", tmp_path / "nowhere" / "new")
    with pytest.raises(CheckpointError, match="does not exist"):
        convert({}, tmp_path / "old", tmp_path / "new", program=tmp_path / "gone.py")


class Shapes:
    """A program of which only the shapes are asked."""

    def __init__(self, **shapes: tuple[int, ...]) -> None:
        self.variables = shapes

    def shapes(self) -> dict[str, tuple[int, ...]]:
        return self.variables


def test_by_name_all_is_kept_and_what_the_program_has_must_fit() -> None:
    np = pytest.importorskip("numpy")
    values = {"a": np.zeros([2, 3]), "step": np.ones([])}
    fitting: Any = Shapes(b=(2, 3))
    assert list(renamed(values, {"a": "b"}, False, fitting)) == ["b", "step"]
    assert list(renamed({"b": values["a"]}, {"a": "b"}, True, fitting)) == ["a"]
    assert list(renamed(values, {"a": "b"}, False, None)) == ["b", "step"]
    with pytest.raises(UnfitError, match="the checkpoint has no x"):
        renamed(values, {"x": "b"}, False, None)
    with pytest.raises(UnfitError, match=r"a is \[2, 3\] in the checkpoint, but b is \[3\] in the program"):
        renamed(values, {"a": "b"}, False, Shapes(b=(3,)))  # type: ignore[arg-type]
    with pytest.raises(UnfitError, match="the checkpoint has no c"):
        renamed(values, {"a": "b"}, False, Shapes(b=(2, 3), c=(1,)))  # type: ignore[arg-type]


def test_what_does_not_fit() -> None:
    np = pytest.importorskip("numpy")
    values = {"a": np.zeros([2, 3]), "b": np.ones([4]), "unused": np.ones([])}
    shapes = {"x/a": (2, 3), "x/b": (4,)}
    assert list(pick(values, {"x/b": "b", "x/a": "a"}, shapes)) == ["x/b", "x/a"]
    with pytest.raises(UnfitError, match="the checkpoint has no c, d"):
        pick(values, {"x/a": "d", "x/b": "c"}, shapes)
    with pytest.raises(UnfitError, match=r"a is \[2, 3\] in the checkpoint, but x/b is \[4\] in the program"):
        pick(values, {"x/b": "a"}, shapes)
