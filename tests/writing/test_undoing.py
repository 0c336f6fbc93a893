"""What was written is put back byte for byte, and what somebody changed since is not lost."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.writing.programs import FULL, change, failing, listing, new, program, state, write
from tfmigrate.writing import journal, undoing
from tfmigrate.writing.undoing import Undone


def _undo(base: Path) -> Undone:
    undone = undoing.undo(base)
    assert undone is not None
    return undone


def _codes(undone: Undone) -> list[str]:
    return [f"{finding.code} {Path(finding.path).name}:{finding.line}" for finding in undone.findings]


def test_puts_everything_back_and_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "bytes.py").write_bytes(b"\xef\xbb\xbfx = '\xc3\xa9'\r\nz = 1")
    (tmp_path / "bytes.py").chmod(0o751)
    (tmp_path / "link.py").symlink_to("bytes.py")
    planned = program(tmp_path)
    before = state(tmp_path)
    times = {path: path.stat().st_mtime_ns for path in tmp_path.glob("*.py")}
    added = new(tmp_path / "new" / "deep" / "layers.py", "z\n")
    assert write(tmp_path, planned[:2], [planned[2], change(tmp_path / "link.py", "y = 1\n"), added]) == []
    assert state(tmp_path) != before
    assert len(_undo(tmp_path).restored) == 5
    assert state(tmp_path) == before
    assert {path: path.stat().st_mtime_ns for path in tmp_path.glob("*.py")} == times


def test_one_run_at_a_time_the_last_one_first(tmp_path: Path) -> None:
    first = program(tmp_path, 2)
    states = [listing(tmp_path)]
    assert write(tmp_path, first[:1]) == []
    states.append(listing(tmp_path))
    assert write(tmp_path, [change(tmp_path / "m0.py", "z\n"), first[1]]) == []
    while states:
        _undo(tmp_path)
        assert listing(tmp_path) == states.pop()
    assert undoing.undo(tmp_path) is None


def test_what_changed_since_stays_with_all_it_was_written_with(tmp_path: Path) -> None:
    m0, m1, m2 = program(tmp_path)
    assert write(tmp_path, [m0, m1], [m2]) == []
    (tmp_path / "m1.py").write_text("mine\n")
    undone = _undo(tmp_path)
    assert _codes(undone) == ["TFM007 m1.py:1"]
    assert sorted(path.name for path in undone.left) == ["m0.py", "m1.py"]
    assert listing(tmp_path) == {"m0.py": b"y = 0\n", "m1.py": b"mine\n", "m2.py": b"x = 2\n"}


def test_what_was_moved_away_since_is_put_back_beside_it(tmp_path: Path) -> None:
    planned = program(tmp_path, 2)
    assert write(tmp_path, planned) == []
    (tmp_path / "m1.py").write_text("mine\n")
    _undo(tmp_path)
    (tmp_path / "m1.py").rename(tmp_path / "mine.py")
    assert _codes(_undo(tmp_path)) == []
    assert listing(tmp_path) == {"m0.py": b"x = 0\n", "m1.py": b"x = 1\n", "mine.py": b"mine\n"}


def test_a_new_file_that_was_edited_is_not_deleted(tmp_path: Path) -> None:
    assert write(tmp_path, [new(tmp_path / "layers.py", "z\n")]) == []
    (tmp_path / "layers.py").write_text("mine\n")
    assert _codes(_undo(tmp_path)) == ["TFM007 layers.py:1"]
    assert listing(tmp_path) == {"layers.py": b"mine\n"}


def test_a_folder_that_somebody_uses_since_stays(tmp_path: Path) -> None:
    assert write(tmp_path, [new(tmp_path / "new" / "layers.py", "z\n")]) == []
    (tmp_path / "new" / "mine.txt").write_text("mine\n")
    assert _codes(_undo(tmp_path)) == []
    assert listing(tmp_path) == {"new/mine.txt": b"mine\n"}


def test_an_old_text_that_was_tampered_with_is_not_put_back(tmp_path: Path) -> None:
    assert write(tmp_path, program(tmp_path, 1)) == []
    run = journal.last(tmp_path)
    assert run is not None
    run.backup(run.groups[0][0]).write_text("tampered\n")
    assert _codes(_undo(tmp_path)) == ["TFM004 m0.py:1"]
    assert listing(tmp_path) == {"m0.py": b"y = 0\n"}


def test_undo_needs_no_room_on_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    planned = program(tmp_path)
    before = listing(tmp_path)
    assert write(tmp_path, planned) == []
    monkeypatch.setattr("tfmigrate.writing.disk.put", failing(0, lambda *_: None, FULL))
    assert _codes(_undo(tmp_path)) == []
    assert listing(tmp_path) == before


@pytest.mark.parametrize("number", range(3))
def test_an_undo_that_failed_can_be_repeated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    planned = program(tmp_path)
    before = state(tmp_path)
    assert write(tmp_path, planned) == []
    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", failing(number, os.replace, FULL))
        assert len(_codes(_undo(tmp_path))) == 1
    assert _codes(_undo(tmp_path)) == []
    assert state(tmp_path) == before


def test_the_tree_may_have_moved_since(tmp_path: Path) -> None:
    (tmp_path / "here").mkdir()
    planned = program(tmp_path / "here")
    before = state(tmp_path / "here")
    assert write(tmp_path / "here", planned) == []
    (tmp_path / "here").rename(tmp_path / "there")
    _undo(tmp_path / "there")
    assert state(tmp_path / "there") == before


def test_a_journal_of_another_version_is_not_touched(tmp_path: Path) -> None:
    assert write(tmp_path, program(tmp_path, 1)) == []
    run = journal.last(tmp_path)
    assert run is not None
    (run.folder / "journal").write_text('{"groups": [[{"strange": 1}]]}\n')
    before = state(tmp_path)
    with pytest.raises(OSError, match="not a journal of this version"):
        undoing.undo(tmp_path)
    assert state(tmp_path) == before
