"""Turns a checkpoint of the TF1 program into one of the migrated program, and back."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tfmigrate.verify.process import MARK, NOT_INHERITED, has_ended, kill_all
from tfmigrate.verify.runner import Case, UnusableError, entry

HERE = Path(__file__).parent
H5 = ".weights.h5"


class CheckpointError(Exception):
    """Nothing was written; the message says what is missing or does not fit."""


@dataclass(frozen=True)
class Converted:
    """written: the new files. left_out: names of the old checkpoint without a place in the new one, optimizer state."""

    written: tuple[Path, ...]
    left_out: tuple[str, ...] = ()


def convert(
    variable_map: Mapping[str, str],
    old: Path,
    new: Path,
    *,
    program: Path | None = None,
    function: str = "build",
    module: str | None = None,
    back: bool | None = None,
    by_name: bool = False,
    overwrite: bool = True,
    python: Path | None = None,
    timeout: float = 300.0,
) -> Converted:
    """Writes `new` from `old`. Raises CheckpointError, and then nothing was written.

    variable_map: TF1 name to Keras path, where the two differ. A TensorFlow checkpoint is named by its prefix, without
    `.index`. program: the migrated program, which is built once (`function`, `module` as in a Case).

    With a program, `new` is a Keras weight file (`x.weights.h5`; with several outermost layers one file each,
    `x.<layer>.weights.h5`) or a TF2 object checkpoint (`tf.train.Checkpoint(<layer>=layer, ...)`). Without one, a
    checkpoint keyed by Keras paths, which `tf.train.Saver({v.path: v.value ...})` restores; so too if by_name is set,
    and then the program only says which variables of which shapes there must be. back: from the migrated
    program's to TF1 names; by default so when `old` is a weight file. overwrite: files that exist are replaced.
    """
    for path in (old, new):
        if path.name.endswith(H5) and program is None:
            raise CheckpointError(f"{path.name} is laid out by layer objects: name the migrated program")
    if not new.parent.is_dir():
        raise CheckpointError(f"{new.parent} is not a directory")
    with tempfile.TemporaryDirectory(prefix="tfmigrate-checkpoint-") as scratch:
        job = Path(scratch, "job.json")
        result = Path(scratch, "result.json")
        described: dict[str, Any] = {
            "old": str(old.resolve()),
            "new": str(new.resolve()),
            "map": dict(variable_map),
            "back": old.name.endswith(H5) if back is None else back,
            "overwrite": overwrite,
            "by_name": by_name or program is None,
            "case": _case(program, function, module),
            "scratch": scratch,
            "result": str(result),
            "standins": str(HERE / "tf1_standins.py"),
        }
        job.write_text(json.dumps(described))
        tail = _run([str(python or sys.executable), str(HERE / "checkpoint_tool.py"), str(job)], Path(scratch), timeout)
        if not result.exists():
            raise CheckpointError(f"the conversion broke off: {tail}")
        answer = json.loads(result.read_text())
    if answer["error"]:
        raise CheckpointError(answer["error"] + (f"\n{tail}" if answer["raised"] else ""))
    return Converted(tuple(map(Path, answer["written"])), tuple(answer["left_out"]))


def _case(program: Path | None, function: str, module: str | None) -> dict[str, Any] | None:
    if program is None:
        return None
    try:
        root, found = entry(program, Case(program, program, module=module), function)
    except UnusableError as error:
        raise CheckpointError(str(error)) from None
    return {"index": 0, "exchange": 0, "root": str(root), "module": found, "function": function, "map": {}, "steps": 0}


def _run(command: list[str], scratch: Path, timeout: float) -> str:
    """The end of what the process printed; leaves nothing of it behind."""
    mark = uuid.uuid4().hex
    environment = {**{n: v for n, v in os.environ.items() if n not in NOT_INHERITED}, MARK: mark}
    output = scratch / "output"
    with output.open("wb") as file:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env=environment,
        )
        try:
            limit = time.monotonic() + timeout
            while not has_ended(process) and time.monotonic() < limit:
                time.sleep(0.05)
        finally:
            kill_all(process, mark)
    if time.monotonic() >= limit:
        return f"it took more than {timeout:g} seconds"
    return output.read_text("utf-8", "replace")[-2000:]
