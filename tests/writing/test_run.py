"""Files are written byte for byte as planned, each group whole or not at all."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.writing.programs import FULL, change, failing, listing, new, program, state, write
from tfmigrate.model import FileChange
from tfmigrate.writing import disk, journal, run
from tfmigrate.writing.changes import prepare


def test_writes_and_leaves_only_the_journal_behind(tmp_path: Path) -> None:
    assert write(tmp_path, program(tmp_path, 2)) == []
    assert listing(tmp_path) == {"m0.py": b"y = 0\n", "m1.py": b"y = 1\n"}
    assert sorted(os.listdir(tmp_path)) == [".tfmigrate", "m0.py", "m1.py"]
    assert (tmp_path / ".tfmigrate" / ".gitignore").read_text() == "*\n"


def test_nothing_to_write_leaves_nothing_behind(tmp_path: Path) -> None:
    assert write(tmp_path) == []
    assert os.listdir(tmp_path) == []


def test_keeps_encoding_newlines_mark_and_mode(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_bytes(b"\xef\xbb\xbfx = '\xc3\xa9'\r\nz = 1")
    path.chmod(0o750)
    assert write(tmp_path, [change(path, "y = '\xe9'\nz = 1")]) == []
    assert path.read_bytes() == b"\xef\xbb\xbfy = '\xc3\xa9'\r\nz = 1"
    assert stat.S_IMODE(path.stat().st_mode) == 0o750


def test_a_private_file_is_never_readable_for_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    [planned] = program(tmp_path, 1)
    (tmp_path / "m0.py").chmod(0o600)
    modes: list[int] = []
    fsync = os.fsync

    def watched(handle: int) -> None:
        modes.extend(stat.S_IMODE(path.stat().st_mode) for path in tmp_path.glob(".tfmigrate-*"))
        fsync(handle)

    monkeypatch.setattr(os, "fsync", watched)
    assert write(tmp_path, [planned]) == []
    assert set(modes) == {0o600}


def test_writes_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    target, link = tmp_path / "real" / "a.py", tmp_path / "a.py"
    target.write_text("x\n")
    link.symlink_to(target)
    assert write(tmp_path, [change(link, "y\n")]) == []
    assert link.is_symlink()
    assert target.read_text() == "y\n"
    assert listing(tmp_path) == {"real/a.py": b"y\n"}


def test_adds_a_file_with_its_folder(tmp_path: Path) -> None:
    umask = os.umask(0o027)
    try:
        assert write(tmp_path, [new(tmp_path / "new" / "deep" / "a.py", "# \xe9\n")]) == []
    finally:
        os.umask(umask)
    assert listing(tmp_path) == {"new/deep/a.py": b"# \xc3\xa9\n"}
    assert stat.S_IMODE((tmp_path / "new" / "deep" / "a.py").stat().st_mode) == 0o640


def _touched(path: Path) -> None:
    path.write_text("x = 'theirs'\n")


def _read_only(path: Path) -> None:
    path.chmod(0o444)


def _gone(path: Path) -> None:
    path.unlink()


_HAPPENS = [(_touched, "TFM005 m1.py:1"), (_read_only, "TFM004 m1.py:1"), (_gone, "TFM001 m1.py:1")]


@pytest.mark.parametrize(("happens", "code"), _HAPPENS)
def test_checks_every_file_of_a_group_before_it_writes_the_first(
    tmp_path: Path, happens: Callable[[Path], None], code: str
) -> None:
    planned = program(tmp_path)
    happens(tmp_path / "m1.py")
    before = state(tmp_path)
    assert write(tmp_path, planned) == [code]
    assert state(tmp_path) == before


@pytest.mark.parametrize(("happens", "code"), _HAPPENS)
def test_the_other_groups_go_on(tmp_path: Path, happens: Callable[[Path], None], code: str) -> None:
    m0, m1, m2 = program(tmp_path)
    happens(tmp_path / "m1.py")
    before = listing(tmp_path)
    assert write(tmp_path, [m0], [m1], [m2]) == [code]
    assert listing(tmp_path) == {**before, "m0.py": b"y = 0\n", "m2.py": b"y = 2\n"}


def test_a_plan_made_for_other_text_is_not_written(tmp_path: Path) -> None:
    [(planned, read)] = program(tmp_path, 1)
    assert write(tmp_path, [(FileChange(planned.path, "x = 'older'\n", planned.after), read)]) == ["TFM005 m0.py:1"]


def test_does_not_overwrite_a_file_that_appeared(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_text("theirs\n")
    assert write(tmp_path, [new(path, "ours\n")]) == ["TFM005 a.py:1"]
    assert path.read_text() == "theirs\n"


def test_text_without_a_place_in_the_encoding_is_a_finding(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_bytes(b"# coding: latin-1\nx = 1\n")
    text = "# coding: latin-1\nx = 1\n\n# \u20ac\n"
    assert write(tmp_path, [change(tmp_path / "a.py", text)]) == ["TFM004 a.py:4"]


def test_a_rewrite_that_loses_the_cookie_is_a_finding(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_bytes(b"# coding: latin-1\nx = '\xe9'\n")
    text = "import keras\n\n# coding: latin-1\nx = '\xe9'\n"
    assert write(tmp_path, [change(tmp_path / "a.py", text)]) == ["TFM002 a.py:4"]


def test_two_names_of_one_file_are_not_both_written(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("x\n")
    (tmp_path / "b.py").symlink_to("a.py")
    pairs = change(tmp_path / "a.py", "y\n"), change(tmp_path / "b.py", "z\n")
    assert write(tmp_path, pairs) == ["TFM004 a.py:1", "TFM004 b.py:1"]
    assert (tmp_path / "a.py").read_text() == "x\n"


# --- failures on the way


def _steps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str) -> int:
    """How often a run of three files in two groups, one of them new, takes this step."""
    calls = []
    call = getattr(os, step)

    def counted(*arguments: object, **keywords: object) -> object:
        calls.append(1)
        return call(*arguments, **keywords)

    with monkeypatch.context() as patch:
        patch.setattr(os, step, counted)
        folder = tmp_path / "counted"
        folder.mkdir()
        assert _two_groups(folder) == []
    return len(calls)


def _two_groups(folder: Path) -> list[str]:
    planned = program(folder)
    return write(folder, planned[:2], [planned[2], new(folder / "new" / "layers.py", "z\n")])


@pytest.mark.parametrize("step", ["fsync", "replace", "link", "open", "chmod"])
def test_a_full_disk_at_any_step_leaves_each_group_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    outcomes = set()
    for number in range(_steps(tmp_path, monkeypatch, step)):
        folder = tmp_path / str(number)
        folder.mkdir()
        with monkeypatch.context() as patch:
            patch.setattr(os, step, failing(number, getattr(os, step), FULL))
            try:
                found = _two_groups(folder)
            except OSError:
                found = ["raised"]
        after = listing(folder)
        one = {name: after[name] for name in ("m0.py", "m1.py")}
        two = {name: after.get(name) for name in ("m2.py", "new/layers.py")}
        first, second = one["m0.py"] == b"y = 0\n", two["m2.py"] == b"y = 2\n"
        assert one == (
            {"m0.py": b"y = 0\n", "m1.py": b"y = 1\n"} if first else {"m0.py": b"x = 0\n", "m1.py": b"x = 1\n"}
        )
        assert two == {"m2.py": b"y = 2\n" if second else b"x = 2\n", "new/layers.py": b"z\n" if second else None}
        assert set(after) <= {*one, *two}
        assert bool(found) or (first and second)
        assert (folder / "new").exists() == second
        outcomes.add((first, second, bool(found)))
    if step == "replace":
        assert outcomes == {(False, True, True), (True, False, True)}


def test_works_where_there_are_no_hard_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EPERM, "not permitted")

    planned = program(tmp_path)
    before = listing(tmp_path)
    monkeypatch.setattr(os, "link", refuse)
    monkeypatch.setattr(os, "replace", failing(2, os.replace, FULL))
    assert write(tmp_path, planned) == ["TFM004 m2.py:1"]
    assert listing(tmp_path) == before


@pytest.mark.parametrize("number", range(3))
def test_an_interrupt_leaves_everything_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    planned = program(tmp_path)
    before = state(tmp_path)
    monkeypatch.setattr(os, "replace", failing(number, os.replace, KeyboardInterrupt()))
    with pytest.raises(KeyboardInterrupt):
        write(tmp_path, *[[one] for one in planned])
    assert state(tmp_path) == before


def test_a_change_at_the_last_moment_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    planned = program(tmp_path, 3)
    link = os.link

    def theirs(old: str, new: str) -> None:
        link(old, new)
        (tmp_path / "m1.py").write_text("x = 'theirs'\n")

    monkeypatch.setattr(os, "link", theirs)
    assert write(tmp_path, planned[:2], planned[2:]) == ["TFM005 m1.py:1"]
    assert listing(tmp_path) == {"m0.py": b"x = 0\n", "m1.py": b"x = 'theirs'\n", "m2.py": b"y = 2\n"}


def test_says_where_the_old_text_is_when_it_cannot_be_put_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    planned = program(tmp_path, 2)
    replace = os.replace
    done: list[str] = []

    def once(old: str, new: str) -> None:
        if done:
            raise FULL
        done.append(new)
        replace(old, new)

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", once)
        assert write(tmp_path, planned) == ["TFM004 m1.py:1", "TFM004 m0.py:1"]
    left = journal.last(tmp_path)
    assert left is not None
    assert left.backup(left.groups[0][0]).read_bytes() == b"x = 0\n"


def test_only_one_process_writes(tmp_path: Path) -> None:
    planned = program(tmp_path, 1)
    with journal.locked(tmp_path), pytest.raises(journal.BusyError):
        write(tmp_path, planned)
    assert write(tmp_path, planned) == []


def test_a_folder_without_room_for_a_journal_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    planned = program(tmp_path, 1)
    before = listing(tmp_path)
    monkeypatch.setattr(os, "fsync", failing(0, os.fsync, FULL))
    assert write(tmp_path, planned) == [f"TFM004 {'0001'}:1"]
    assert listing(tmp_path) == before
    assert not list(tmp_path.glob(".tfmigrate-*"))


def test_a_single_file_is_written_without_a_journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "probe.py"
    disk.replace_one(path, b"x\n", None)
    disk.replace_one(path, b"y\n", os.stat(path))
    monkeypatch.setattr(os, "replace", failing(0, os.replace, FULL))
    with pytest.raises(OSError, match="No space"):
        disk.replace_one(path, b"z\n", os.stat(path))
    assert state(tmp_path) == {"probe.py": ("file", stat.S_IMODE(path.stat().st_mode), b"y\n")}


def test_stopping_a_run_takes_it_back(tmp_path: Path) -> None:
    [(planned, read)] = program(tmp_path, 1)
    assert read is not None
    before = state(tmp_path)

    def stop() -> None:
        with run.begin(tmp_path) as running:
            assert running.write([prepare([planned], {planned.path: read})[0]]) == [[]]
            assert (tmp_path / "m0.py").read_text() == "y = 0\n"
            raise run.StoppedError([])

    with pytest.raises(run.StoppedError):
        stop()
    assert state(tmp_path) == before
