"""A disk that is really full, where we may mount a small one."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.writing.programs import change, listing, write
from tfmigrate.writing import journal, undoing

PAGE = 4096
GROUPS = (("a.py", "b.py", "c.py"), ("d.py",), ("e.py", "f.py"))


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={64 * PAGE}", "tmpfs", folder], check=False, capture_output=True
    )
    if mounted.returncode:
        pytest.skip("nobody but an administrator may mount a disk")
    try:
        yield folder
    finally:
        subprocess.run(["umount", folder], check=True)


def _text(letter: str) -> bytes:
    return (f"# {letter}\n" * 1500).encode()


def test_groups_stay_whole_and_undo_works_however_little_is_left(disk: Path) -> None:
    outcomes = set()
    for free in range(30):
        old = {name: _text("x") for group in GROUPS for name in group}
        for name, data in old.items():
            (disk / name).write_bytes(data)
        filler = disk / "filler"
        room = 64 - sum(-(-len(data) // PAGE) for data in old.values())
        filler.write_bytes(b"#" * PAGE * (room - free))
        planned = [[change(disk / name, _text("y").decode()) for name in group] for group in GROUPS]
        try:
            found = write(disk, *planned)
        except OSError:  # no room for the journal itself
            found = ["raised"]
        now = {name: data for name, data in listing(disk).items() if name != "filler"}
        done = [{now[name] for name in group} for group in GROUPS]
        assert all(state in ({_text("x")}, {_text("y")}) for state in done), free
        assert set(now) == set(old)
        assert bool(found) or all(state == {_text("y")} for state in done)
        outcomes.add(tuple(state == {_text("y")} for state in done))
        if journal.last(disk) is not None:
            undone = undoing.undo(disk)
            assert undone is not None
            assert undone.findings == []
        assert {name: data for name, data in listing(disk).items() if name != "filler"} == old
        filler.unlink()
    # nothing, a part, everything
    assert {(False, False, False), (True, True, True)} < outcomes
