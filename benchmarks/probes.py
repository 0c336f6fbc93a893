"""Migrates programs of public repositories and runs both sides; writes what came of it to docs/probes.md.

    python benchmarks/probes.py CHECKOUTS [--before-python PYTHON] [--only NAME ...] [--keep DIR]

CHECKOUTS holds one directory per repository, `owner+name` or `owner__name`, at the commit named below. Of each the
Python files are copied, with one file of ours more: benchmarks/probes/<name>.py, whose `build()` calls the model as the
repository's own training code does, on tiny inputs. The copy is migrated, this file with the rest, and `tfmigrate check`
runs both. --before-python names an interpreter that has TensorFlow 1.15; without it the before side runs on stand-ins.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from corpus import sites_in

HERE = Path(__file__).parent
DOCS = HERE.parent / "docs" / "probes.md"
MODULE = "tfm_probe"  # what our file is called in the copy


@dataclass(frozen=True)
class Probe:
    """One program. folder: the part of the repository that is a program of its own. leave_out: files that are not."""

    name: str
    repository: str
    commit: str
    folder: str = "."
    leave_out: tuple[str, ...] = ()


PROBES = (
    Probe("dqn_devsisters", "devsisters/DQN-tensorflow", "c7b1f1051d"),
    Probe("mnist_vae", "hwalsuklee/tensorflow-mnist-VAE", "e7903ac398"),
    Probe("gan_collections", "hwalsuklee/tensorflow-generative-model-collections", "3abde8a9bc"),
)


@dataclass
class Result:
    probe: Probe
    files: int = 0
    sites: int = 0
    groups: int = 0
    migrated: int = 0
    codes: Counter[str] = field(default_factory=Counter)
    status: str = ""
    reason: str = ""
    variables: str = ""


# --- one probe


def run(probe: Probe, checkout: Path, scratch: Path, before_python: Path | None) -> Result:
    result = Result(probe)
    before, after = scratch / probe.name / "before", scratch / probe.name / "after"
    for side in (before, after):
        shutil.rmtree(side, ignore_errors=True)
    _copy(checkout / probe.folder, before, probe.leave_out)
    shutil.copy(HERE / "probes" / f"{probe.name}.py", before / f"{MODULE}.py")
    result.files, result.sites = sites_in(before)

    plan = json.loads(_tfmigrate(before, "plan", "--format", "json", "."))
    result.groups = len(plan["groups"])
    result.migrated = sum(group["state"] == "migrated" for group in plan["groups"])
    result.codes.update(finding["code"] for finding in plan["findings"])
    _tfmigrate(before, "apply", ".", "--out", str(after))

    python = [] if before_python is None else ["--before-python", str(before_python)]
    entry = ["--entry", f"{MODULE}:build", "--timeout", "600", "--format", "json"]
    verdict = json.loads(_tfmigrate(scratch, "check", str(before), str(after), *entry, *python))
    result.status, result.reason = verdict["status"], verdict["reason"]
    result.variables = str(sum(bool(row["before"]) for row in verdict["variables"]))
    (scratch / probe.name / "verdict.json").write_text(json.dumps(verdict, indent=2), encoding="utf-8")
    return result


def _copy(checkout: Path, to: Path, leave_out: Sequence[str]) -> None:
    for file in sorted(checkout.rglob("*.py")):
        name = file.relative_to(checkout)
        if not any(name.is_relative_to(part) for part in leave_out):
            (to / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, to / name)


def _tfmigrate(folder: Path, *arguments: str) -> str:
    search = [str(HERE.parent), os.environ.get("PYTHONPATH", "")]
    done = subprocess.run(
        [sys.executable, "-m", "tfmigrate", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, search))},
    )
    if "Traceback (most recent call last)" in done.stderr:
        raise RuntimeError(f"tfmigrate {' '.join(arguments)}: {done.stderr[-2000:]}")
    return done.stdout
