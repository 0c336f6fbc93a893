"""Results that are kept between runs: found when nothing has changed, and never when anything has."""

from __future__ import annotations

import multiprocessing
import os
from pathlib import Path

import pytest

from tfmigrate import caching, pipeline
from tfmigrate.finding import Finding
from tfmigrate.model import FileChange, Migration
from tfmigrate.pipeline import Options, migrate

PROGRAM = """\
import tensorflow as tf


def net(x, reuse=False):
    with tf.variable_scope("net", reuse=reuse):
        w = tf.get_variable("w", [3, 4])
        return tf.matmul(x, w)


def build():
    x = tf.placeholder(tf.float32, [2, 3])
    return {"a": net(x), "b": net(x, reuse=True)}
"""
KEPT = Options(cache=True)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    kept = tmp_path / "kept"
    monkeypatch.setenv(caching.VARIABLE, str(kept))
    (tmp_path / "program").mkdir()
    (tmp_path / "program" / "net.py").write_text(PROGRAM)
    monkeypatch.chdir(tmp_path / "program")
    return kept


def entries(folder: Path) -> list[Path]:
    return sorted(folder.iterdir()) if folder.exists() else []


def test_nothing_is_worked_out_twice(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = migrate([Path()], KEPT)
    assert first.changes
    monkeypatch.setattr(pipeline, "_work_out", lambda *_: pytest.fail("worked out again"))
    assert migrate([Path()], KEPT) == first


@pytest.mark.parametrize("change", ["text", "file", "name", "option", "path"])
def test_whatever_matters_is_part_of_the_key(folder: Path, change: str) -> None:
    migrate([Path()], KEPT)
    options, paths = KEPT, [Path()]
    if change == "text":
        Path("net.py").write_text(PROGRAM.replace("[3, 4]", "[3, 5]"))
    elif change == "file":
        Path("other.py").write_text("import net\n")
    elif change == "name":
        Path("net.py").rename("net2.py")
    elif change == "option":
        options = Options(cache=True, only=("functions",))
    else:
        paths = [Path("net.py").absolute()]
    assert migrate(paths, options) == migrate(paths, Options(only=options.only))
    assert len(entries(folder)) == 2


def test_other_code_of_the_tool_is_another_key(monkeypatch: pytest.MonkeyPatch) -> None:
    one = caching.key(["x"])
    monkeypatch.setattr(caching, "_code", lambda: "other")
    assert caching.key(["x"]) != one


def test_parts_do_not_run_into_each_other() -> None:
    assert caching.key(["ab", "c"]) != caching.key(["a", "bc"])


@pytest.mark.parametrize("damage", ["cut", "flipped", "empty"])
def test_a_damaged_entry_is_as_good_as_none(folder: Path, damage: str) -> None:
    first = migrate([Path()], KEPT)
    (entry,) = entries(folder)
    data = entry.read_bytes()
    broken = {"cut": data[:-10], "flipped": data[:-1] + bytes([data[-1] ^ 1]), "empty": b""}[damage]
    entry.write_bytes(broken)
    assert migrate([Path()], KEPT) == first
    assert entry.read_bytes() == data


@pytest.mark.parametrize("how", ["off", "0"])
def test_can_be_switched_off(folder: Path, monkeypatch: pytest.MonkeyPatch, how: str) -> None:
    monkeypatch.setenv(caching.VARIABLE, how)
    assert migrate([Path()], KEPT).changes
    assert not entries(folder)


def test_library_use_keeps_nothing(folder: Path) -> None:
    migrate([Path()])
    assert not entries(folder)


def test_a_folder_that_cannot_be_written_is_no_reason_to_fail(folder: Path) -> None:
    folder.write_text("in the way")
    assert migrate([Path()], KEPT).changes


def test_what_a_passing_error_gave_is_not_kept(folder: Path) -> None:
    caching.save("x", Migration(findings=(Finding("a.py", 1, 0, "TFM903", "MemoryError"),)))
    assert not entries(folder)


def test_the_oldest_entries_go(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(caching, "_MOST_ENTRIES", 2)
    for number in range(4):
        caching.save(str(number), Migration(files_read=number))
        os.utime(folder / f"{number}.migration", (number, number))
    assert [entry.name for entry in entries(folder)] == ["2.migration", "3.migration"]


def _save_often(number: int) -> int:
    text = str(number) * 100_000
    for _ in range(20):
        caching.save("same", Migration(changes=(FileChange(Path("a.py"), None, text),)))
        found = caching.load("same")
        assert found is not None
        assert len(set(found.changes[0].after)) == 1
    return number


def test_two_runs_at_once_see_whole_entries(folder: Path) -> None:
    with multiprocessing.get_context("fork").Pool(2) as pool:
        assert pool.map(_save_often, [1, 2]) == [1, 2]
    assert [entry.name for entry in entries(folder)] == ["same.migration"]
