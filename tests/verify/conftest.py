"""What the tests of the verifier share. Those marked `tensorflow` start it, all of one worker's in few processes."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

TF1_VARIABLE = "TFMIGRATE_TF1_PYTHON"


@pytest.fixture(scope="session")
def tf1_python() -> Path:
    """An interpreter with TensorFlow 1.15: the one that TFMIGRATE_TF1_PYTHON names, or one of pyenv's."""
    for candidate in _candidates():
        if _has_tf1(candidate):
            return candidate
    pytest.skip(f"no interpreter with TensorFlow 1.15: set {TF1_VARIABLE} to one")


def _candidates() -> Iterator[Path]:
    named = os.environ.get(TF1_VARIABLE)
    if named:
        yield Path(named)
        return
    root = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"), "versions")
    for version in ("3.7", "3.6"):
        yield from sorted(root.glob(f"{version}*/bin/python"))


@cache
def _has_tf1(python: Path) -> bool:
    asked = "import importlib.util as u, sys; sys.exit(u.find_spec('tensorflow_core') is None)"
    try:
        return subprocess.run([python, "-c", asked], capture_output=True, timeout=60).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False
