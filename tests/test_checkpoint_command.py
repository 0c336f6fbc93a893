"""`tfmigrate checkpoint`: which conversion is asked for, and what is said where there is none."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tfmigrate.cli import main
from tfmigrate.verify.checkpoint import CheckpointError, Converted

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[dict[str, Any]]:
    """What the conversion was asked to do."""
    calls: list[dict[str, Any]] = []

    def convert(names: dict[str, str], old: Path, new: Path, **options: Any) -> Converted:
        calls.append({"map": names, "old": old, "new": new, **options})
        if new.name == "unfit":
            raise CheckpointError("the checkpoint has no net/w")
        return Converted((new,), ("global_step",))

    monkeypatch.setattr("tfmigrate.verify.checkpoint.convert", convert)
    monkeypatch.chdir(tmp_path)
    for name in ("old.index", "old.data-00000-of-00001", "k.weights.h5", "p.a.weights.h5", "model.py"):
        Path(name).touch()
    Path("map.json").write_text('{"net/w": "net/x/w"}')
    return calls


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str]) -> Run:
    def call(*arguments: str) -> tuple[int, str, str]:
        status = main(["checkpoint", *arguments])
        return status, *capfd.readouterr()

    return call


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("old", "new"), {"by_name": True, "back": False, "program": None}),
        (("old.index", "new"), {"old": Path("old"), "by_name": True}),
        (("old", "new", "--program", "model.py"), {"by_name": False, "program": Path("model.py"), "function": "build"}),
        (("old", "new.weights.h5", "--program", "model.py"), {"by_name": False, "back": False}),
        (("old", "new", "--program", "model.py", "--format", "names"), {"by_name": True, "program": Path("model.py")}),
        (("k.weights.h5", "new", "--program", "model.py"), {"back": True, "by_name": False}),
        (("p.weights.h5", "new", "--program", "model.py"), {"back": True}),
        (("old", "new", "--back"), {"back": True, "by_name": True}),
        (("old", "new", "--entry", "a.b:make"), {"module": "a.b", "function": "make"}),
        (("old", "new", "--entry", "make", "--force"), {"module": None, "function": "make", "overwrite": True}),
    ],
)
def test_what_is_asked_for(asked: list[dict[str, Any]], run: Run, arguments: tuple[str, ...], expected: object) -> None:
    status, out, err = run("map.json", *arguments)
    assert status == 0, err
    assert out.startswith("Wrote 1 file: new")
    assert err == "without a place in the migrated program, left out: global_step\n"
    [call] = asked
    assert isinstance(expected, dict)
    assert {key: call[key] for key in expected} == expected
    assert call["map"] == {"net/w": "net/x/w"}


def test_a_folder_or_a_file_stands_for_its_map(asked: list[dict[str, Any]], run: Run) -> None:
    assert run(".", "old", "new")[0] == 0
    Path("tfmigrate-map.json").write_text('{"a": "b"}')
    assert run(".", "old", "new")[0] == 0
    assert run("model.py", "old", "new")[0] == 0
    assert [call["map"] for call in asked] == [{}, {"a": "b"}, {"a": "b"}]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("gone.json", "old", "new"), "no such file or directory: gone.json"),
        (("map.json", "gone", "new"), "no such file or directory: gone.index"),
        (("map.json", "q.weights.h5", "new", "--program", "model.py"), "no such file or directory: q.weights.h5"),
        (("old.index", "old", "new"), "old.index: "),
        (
            ("map.json", "old", "new.weights.h5"),
            "the format weights is laid out by layer objects: name the migrated program with --program",
        ),
        (("map.json", "old", "new", "--format", "objects"), "the format objects is laid out by layer objects"),
        (("map.json", "old", "new", "--format", "weights"), "the name of a Keras weight file ends in .weights.h5"),
        (
            ("map.json", "old", "new.weights.h5", "--format", "names"),
            "new.weights.h5 is a Keras weight file, so its format is not names",
        ),
        (("map.json", "old", "unfit"), "nothing was written: the checkpoint has no net/w"),
    ],
)
def test_what_cannot_be_done(asked: list[dict[str, Any]], run: Run, arguments: tuple[str, ...], message: str) -> None:
    status, out, err = run(*arguments)
    assert (status, out) == (2, "")
    assert err.startswith(f"tfmigrate: error: {message}")
