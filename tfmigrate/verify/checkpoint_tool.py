"""Converts checkpoints, in a process of its own: python checkpoint_tool.py JOB.json

Loaded with the recorder beside it, whose way of building a program it uses: the layout of Keras' weight files follows
the layer objects, so the migrated program is built once to get them. Writes `{"error": ..., "written": [...], ...}` to
the path that the job names. Nothing is written elsewhere when something is missing or has another shape.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import re
import shutil
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

H5 = ".weights.h5"
OBJECT_KEY = "/.ATTRIBUTES/VARIABLE_VALUE"

Values = dict[str, Any]


# what a map makes of a name
Rename = Callable[[str, dict[str, str]], str]


class UnfitError(Exception):
    """The checkpoint does not fit the map or the program; the message says what is missing."""


class Program:
    """The migrated program, built once in a graph: its Keras variables by path and its outermost layers by name."""

    def __init__(self, job: dict[str, Any]) -> None:
        isolation, watch, cases = map(_recorder, ("isolation", "watch", "case"))
        side = {"side": "after", "library": "keras3", "scratch": job["scratch"]}
        case = cases.Case(side, job["case"], None)
        isolation.fresh_tensorflow("keras3")
        script = os.path.join(case.root, job["case"]["module"] + ".py")
        with isolation.sandbox(case.root, [script]), new_layers() as layers:
            case.build()
        seeds = {id(seed.state) for seed in watch.WATCH.seeds}
        found = [v for v in watch.WATCH.keras if v._value is not None and id(v) not in seeds]
        self.variables = distinct({v.path: v for v in found}, len(found), "variables")
        inner = {id(part) for layer in layers for part in layer._flatten_layers(include_self=False)}
        roots = [layer for layer in layers if id(layer) not in inner and layer.variables]
        self.roots = distinct({identifier(layer.name): layer for layer in roots}, len(roots), "outermost layers")
        isolation.fresh_tensorflow("keras3")  # eager again, whatever the program switched off
        self._tf = importlib.import_module("tensorflow")
        for path, shape in self.shapes().items():
            variable = self.variables[path]
            variable._value = self._tf.Variable(self._tf.zeros(shape, variable.dtype), name=identifier(path))

    def set(self, values: Values) -> None:
        for path, variable in self.variables.items():
            variable._value.assign(values[path])

    def get(self) -> Values:
        return {path: variable._value.numpy() for path, variable in self.variables.items()}

    def shapes(self) -> dict[str, tuple[int, ...]]:
        return {path: tuple(int(d) for d in v.shape) for path, v in self.variables.items()}

    def save(self, folder: Path, name: str) -> None:
        """`model.weights.h5` (one file per outermost layer where there are several), or a TF2 checkpoint."""
        if not name.endswith(H5):
            self._tf.train.Checkpoint(**self.roots).write(str(folder / name))
            return
        saving = importlib.import_module("keras.src.saving.saving_lib")
        for root, file in self.files(name).items():
            saving.save_weights_only(self.roots[root], str(folder / file))

    def load(self, folder: Path, name: str) -> None:
        try:
            self._load(folder, name)
        except (AssertionError, ValueError, KeyError, self._tf.errors.OpError) as error:
            said = (str(error).strip().splitlines() or [""])[0]
            raise UnfitError(f"{name} does not hold the layers of the program: {said}") from None

    def _load(self, folder: Path, name: str) -> None:
        if not name.endswith(H5):
            self._tf.train.Checkpoint(**self.roots).read(str(folder / name)).assert_existing_objects_matched()
            return
        saving = importlib.import_module("keras.src.saving.saving_lib")
        for root, file in self.files(name).items():
            if not (folder / file).exists():
                raise UnfitError(f"{file} is missing")
            saving.load_weights_only(self.roots[root], str(folder / file))

    def files(self, name: str) -> dict[str, str]:
        """The file of each outermost layer."""
        if len(self.roots) == 1:
            return dict.fromkeys(self.roots, name)
        return {root: f"{name[: -len(H5)]}.{root}{H5}" for root in self.roots}


@contextlib.contextmanager
def new_layers() -> Iterator[list[Any]]:
    """Collects the Keras layers that are made meanwhile."""
    layers: list[Any] = []
    kind: Any = importlib.import_module("keras").layers.Layer
    original = kind.__init__

    def init(self: Any, *args: Any, **kwargs: Any) -> None:  # Keras looks for a `self` in the signature
        layers.append(self)
        original(self, *args, **kwargs)

    kind.__init__ = init
    try:
        yield layers
    finally:
        kind.__init__ = original


def distinct(named: Values, count: int, what: str) -> Values:
    if len(named) != count:
        raise UnfitError(f"some {what} of the program have the same name, so a file can't tell them apart")
    return named


def identifier(name: str) -> str:
    return re.sub(r"\W", "_", name)


def read_by_name(prefix: str) -> Values:
    """All variables of a TensorFlow checkpoint that is keyed by name."""
    tf = importlib.import_module("tensorflow.compat.v1")
    try:
        reader = tf.train.load_checkpoint(prefix)
    except (ValueError, tf.errors.OpError) as error:
        raise UnfitError(f"{prefix} is not a checkpoint: {str(error).splitlines()[0]}") from None
    names = reader.get_variable_to_shape_map()
    if any(name.endswith(OBJECT_KEY) for name in names):
        raise UnfitError(f"{prefix} is keyed by objects; its program is needed to read it")
    return {name: reader.get_tensor(name) for name in sorted(names)}


def write_by_name(values: Values, prefix: str) -> None:
    tf = importlib.import_module("tensorflow.compat.v1")
    with tf.Graph().as_default(), tf.Session() as session:
        # names may hold what a name in a graph can't, so the variables get numbers
        pairs = {name: tf.Variable(value, name=f"v{n}") for n, (name, value) in enumerate(values.items())}
        session.run(tf.global_variables_initializer())
        tf.train.Saver(pairs).save(session, prefix, write_meta_graph=False, write_state=False)


def pick(values: Values, wanted: dict[str, str], shapes: dict[str, tuple[int, ...]]) -> Values:
    """The values under new names. wanted: new name to old. Raises UnfitError where one is missing or does not fit."""
    missing = sorted(old for old in wanted.values() if old not in values)
    if missing:
        raise UnfitError("the checkpoint has no " + ", ".join(missing))
    for new, old in wanted.items():
        if new in shapes and tuple(values[old].shape) != shapes[new]:
            raise UnfitError(
                f"{old} is {list(values[old].shape)} in the checkpoint, but {new} is {list(shapes[new])} in the program"
            )
    return {new: values[old] for new, old in wanted.items()}


def spelled_out(job: dict[str, Any], program: Program | None, rename: Rename) -> dict[str, str]:
    """The map, with the indices of loops filled in from the names that there are."""
    renames: dict[str, str] = job["map"]
    indexed = {before: after for before, after in renames.items() if "{" in before}
    if not indexed:
        return renames
    known = program.variables if job["back"] and program is not None else read_by_name(job["old"])
    table = {after: before for before, after in indexed.items()} if job["back"] else indexed
    found = {name: rename(name, table) for name in known if rename(name, table) != name}
    found = {new: old for old, new in found.items()} if job["back"] else found
    return {**{before: after for before, after in renames.items() if before not in indexed}, **found}


def convert(job: dict[str, Any], program: Program | None, folder: Path, rename: Rename) -> list[str]:
    """Writes the new checkpoint into the folder; returns the names of the old one that were left out."""
    old, name = Path(job["old"]), Path(job["new"]).name
    renames = spelled_out(job, program, rename)
    if program is None or job["by_name"]:
        write_by_name(renamed(read_by_name(str(old)), renames, job["back"], program), str(folder / name))
        return []
    names = {after: before for before, after in renames.items()}
    if job["back"]:
        program.load(old.parent, old.name)
        write_by_name({names.get(path, path): value for path, value in program.get().items()}, str(folder / name))
        return []
    values = read_by_name(str(old))
    wanted = {path: names.get(path, path) for path in program.variables}
    program.set(pick(values, wanted, program.shapes()))
    program.save(folder, name)
    return sorted(set(values) - set(wanted.values()))


def renamed(values: Values, renames: dict[str, str], back: bool, program: Program | None) -> Values:
    """All values under their other names; those of a program must be there, in its shapes."""
    names = {after: before for before, after in renames.items()}
    table = names if back else renames
    missing = sorted(set(table) - set(values))
    if missing:
        raise UnfitError("the checkpoint has no " + ", ".join(missing))
    if program is not None:
        pick(values, {path: path if back else names.get(path, path) for path in program.variables}, program.shapes())
    return {table.get(key, key): value for key, value in values.items()}


def _recorder(part: str) -> Any:
    """A module of the recorder, which is known by its own name here. All but the first need TensorFlow to be loaded."""
    return importlib.import_module(f"recorder.{part}")


def main(argv: list[str]) -> int:
    job = json.loads(Path(argv[1]).read_text())
    loaded = _recorder("loaded")
    sys.path.pop(0)  # our own folder, whose modules must not stand for others
    result: dict[str, Any] = {"error": "", "raised": False, "written": [], "left_out": []}
    target = Path(job["new"]).parent
    try:
        side = {"side": "after", "library": "keras3", "partly": False, "standins": job["standins"]}
        standins = loaded.load(side)
        _recorder("start").prepare(side, standins)
        program = Program(job) if job["case"] else None
        with tempfile.TemporaryDirectory(dir=target, prefix=".tfmigrate-") as folder:
            result["left_out"] = convert(job, program, Path(folder), _recorder("variables").renamed)
            files = sorted(Path(folder).iterdir())
            taken = [file.name for file in files if (target / file.name).exists()]
            if taken and not job["overwrite"]:
                raise UnfitError(f"{', '.join(taken)} exists already")
            for file in files:
                shutil.move(file, target / file.name)
                result["written"].append(str(target / file.name))
    except UnfitError as error:
        result["error"] = str(error)
    except BaseException as error:  # noqa: BLE001 - the program is foreign: whatever it raises is a result
        traceback.print_exc()
        result["raised"] = True
        result["error"] = f"{type(error).__name__}: {error}"
    Path(job["result"]).write_text(json.dumps(result))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
