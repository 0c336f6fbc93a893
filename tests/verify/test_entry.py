"""Which module of a directory is run."""

from __future__ import annotations

from pathlib import Path

import pytest

from tfmigrate.verify import Case
from tfmigrate.verify.runner import UnusableError, entry

LAYER = "class Net(Layer):\n    def build(self, x_shape):\n        pass\n"


def _entry(folder: Path, function: str = "build") -> str:
    return entry(folder, Case(folder, folder), function)[1]


def test_a_method_of_a_layer_is_no_entry(tmp_path: Path) -> None:
    (tmp_path / "model.py").write_text(LAYER)
    (tmp_path / "train.py").write_text("from model import Net\n\n\ndef build():\n    return {}\n")
    assert _entry(tmp_path) == "train"
    assert _entry(tmp_path, "Net") == "model"


def test_of_two_a_name_is_asked_for(tmp_path: Path) -> None:
    for name in ("one.py", "two.py"):
        (tmp_path / name).write_text("def build():\n    return {}\n")
    with pytest.raises(UnusableError, match="2 modules with build"):
        _entry(tmp_path)
    (tmp_path / "main.py").write_text("from one import build\n\n\ndef build(): return {}\n")
    assert _entry(tmp_path) == "main"
