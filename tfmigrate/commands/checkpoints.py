"""`checkpoint`: of the TensorFlow 1 program into one of the migrated program, and back."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tfmigrate.api import read_map
from tfmigrate.commands.output import show
from tfmigrate.commands.status import DONE, UsageError, must_exist
from tfmigrate.report.terminal import count
from tfmigrate.verify import checkpoint as checkpoints
from tfmigrate.verify.checkpoint import H5, CheckpointError, Converted
from tfmigrate.verify.recording import listed


def checkpoint(arguments: argparse.Namespace) -> int:
    must_exist(filter(None, [arguments.map, arguments.program]))
    old, new = _without_suffix(arguments.old), _without_suffix(arguments.new)
    back = arguments.back or old.name.endswith(H5)
    _must_be_there(old, arguments.program is not None and back)
    form = _format(arguments, old if back else new)
    if arguments.program is None and form != "names":
        raise UsageError(f"the format {form} is laid out by layer objects: name the migrated program with --program")
    module, function = _entry(arguments.entry)
    try:
        done = checkpoints.convert(
            _map(arguments.map),
            old,
            new,
            program=arguments.program,
            function=function,
            module=module,
            back=back,
            by_name=form == "names",
            overwrite=arguments.force,
        )
    except CheckpointError as error:
        raise UsageError(f"nothing was written: {error}") from None
    _report(done)
    return DONE


def _without_suffix(path: Path) -> Path:
    """TensorFlow names a checkpoint by what its files have in common; people name the file that they see."""
    return path.with_suffix("") if path.suffix == ".index" else path


def _must_be_there(old: Path, in_parts: bool) -> None:
    """A checkpoint is there by its index, a weight file by itself or, of several layers, by its parts."""
    if not old.name.endswith(H5):
        must_exist([old.with_name(old.name + ".index")])
    elif not old.exists() and not (in_parts and list(old.parent.glob(f"{old.name[: -len(H5)]}.*{H5}"))):
        raise UsageError(f"no such file or directory: {old}")


def _format(arguments: argparse.Namespace, migrated: Path) -> str:
    """Of the file on the migrated program's side."""
    if migrated.name.endswith(H5):
        if arguments.format not in (None, "weights"):
            raise UsageError(f"{migrated.name} is a Keras weight file, so its format is not {arguments.format}")
        return "weights"
    if arguments.format == "weights":
        raise UsageError(f"the name of a Keras weight file ends in {H5}, {migrated.name} does not")
    chosen: str | None = arguments.format
    return chosen or ("objects" if arguments.program is not None else "names")


def _map(path: Path) -> dict[str, str]:
    """A folder or a Python file stands for the map beside it; if there is none, all names are equal."""
    return read_map(None, path) if path.is_dir() or path.suffix == ".py" else read_map(path, path)


def _entry(text: str | None) -> tuple[str | None, str]:
    module, _, function = (text or "build").rpartition(":")
    return module or None, function


def _report(done: Converted) -> None:
    here = Path.cwd()
    files = sorted(str(path.relative_to(here) if path.is_relative_to(here) else path) for path in done.written)
    show([(f"Wrote {count(len(files), 'file')}: {', '.join(files)}\n", "bold")])
    if done.left_out:
        sys.stderr.write(f"without a place in the migrated program, left out: {listed(done.left_out, 20)}\n")
