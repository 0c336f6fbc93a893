"""`--out`: the whole tree in another place, with the changes in it."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from tests.writing.programs import FULL, change, failing, listing
from tfmigrate import source
from tfmigrate.model import FileChange
from tfmigrate.writing.copying import write_copy


def _tree(root: Path, *files: str) -> None:
    for name in files:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x = 1\n")


def _copy(folder: Path, out: Path, *roots: Path, add: tuple[FileChange, ...] = ()) -> list[str]:
    changes = [change(path, "y\n") for path in source.find(roots)]
    findings = write_copy(
        [*(change for change, _ in changes), *add], {read.path: read for _, read in changes}, out, roots
    )
    return [f"{finding.code} {os.path.relpath(finding.path, folder)}" for finding in findings]


def test_a_copy_holds_the_whole_tree_and_the_originals_stay(tmp_path: Path) -> None:
    _tree(tmp_path / "in", "a.py", "data/words.txt", ".hidden/config", ".git/HEAD", "x/__pycache__/a.pyc")
    (tmp_path / "in" / "a.py").chmod(0o755)
    before = listing(tmp_path / "in")
    new = FileChange(tmp_path / "in" / "layers.py", None, "z\n")
    assert _copy(tmp_path, tmp_path / "out", tmp_path / "in", add=(new,)) == []
    assert listing(tmp_path / "in") == before
    assert listing(tmp_path / "out") == {
        "a.py": b"y\n",
        "layers.py": b"z\n",
        "data/words.txt": b"x = 1\n",
        ".hidden/config": b"x = 1\n",
    }
    assert stat.S_IMODE((tmp_path / "out" / "a.py").stat().st_mode) == 0o755
    assert sorted(os.listdir(tmp_path)) == ["in", "out"]


def test_in_a_copy_that_is_not_to_last_large_files_are_links(tmp_path: Path) -> None:
    _tree(tmp_path / "program", "net.py", "small.txt")
    for name in ("large.bin", "large.py"):
        (tmp_path / "program" / name).write_bytes(b"#" * 2**21)
    assert write_copy([], {}, tmp_path / "copy", [tmp_path / "program"], link=True) == []
    links = {path.name for path in (tmp_path / "copy").iterdir() if path.is_symlink()}
    assert links == {"large.bin"}
    assert (tmp_path / "copy" / "large.bin").read_bytes() == b"#" * 2**21


def test_a_copy_may_lie_inside_the_tree(tmp_path: Path) -> None:
    _tree(tmp_path, "a.py", "sub/b.py")
    (tmp_path / "sub" / "out").mkdir()
    assert _copy(tmp_path, tmp_path / "sub" / "out", tmp_path) == []
    assert listing(tmp_path / "sub" / "out") == {"a.py": b"y\n", "sub/b.py": b"y\n"}


def test_a_copy_of_files_keeps_their_places(tmp_path: Path) -> None:
    _tree(tmp_path, "train.py", "nets/a.py", "nets/b.py", "other.py")
    assert _copy(tmp_path, tmp_path / "out", tmp_path / "train.py", tmp_path / "nets") == []
    assert sorted(listing(tmp_path / "out")) == ["nets/a.py", "nets/b.py", "train.py"]


def test_a_read_only_file_can_be_copied(tmp_path: Path) -> None:
    _tree(tmp_path / "in", "a.py")
    (tmp_path / "in" / "a.py").chmod(0o444)
    assert _copy(tmp_path, tmp_path / "out", tmp_path / "in") == []
    assert listing(tmp_path / "out") == {"a.py": b"y\n"}


def test_never_copies_over_something(tmp_path: Path) -> None:
    _tree(tmp_path, "in/a.py", "out/precious.txt", "file")
    before = listing(tmp_path)
    assert _copy(tmp_path, tmp_path / "out", tmp_path / "in") == ["TFM004 out"]
    assert _copy(tmp_path, tmp_path / "file", tmp_path / "in") == ["TFM004 file"]
    assert _copy(tmp_path, tmp_path / "file" / "below", tmp_path / "in") == ["TFM004 file/below"]
    assert listing(tmp_path) == before


def test_links_in_a_copy_still_mean_what_they_meant(tmp_path: Path) -> None:
    _tree(tmp_path, "in/a.py", "in/sub/b.txt", "data/big.bin")
    (tmp_path / "in" / "sub" / "data").symlink_to("../../data")
    (tmp_path / "in" / "near").symlink_to("sub/b.txt")
    assert _copy(tmp_path, tmp_path / "deep" / "er" / "out", tmp_path / "in") == []
    out = tmp_path / "deep" / "er" / "out"
    assert (out / "sub" / "data").resolve() == tmp_path / "data"
    assert os.readlink(out / "near") == "sub/b.txt"


@pytest.mark.parametrize("number", range(2))
def test_half_a_copy_is_no_copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    _tree(tmp_path / "in", "a.py", "b.py")
    monkeypatch.setattr(os, "fsync", failing(number, os.fsync, FULL))
    [problem] = _copy(tmp_path, tmp_path / "out", tmp_path / "in")
    assert problem.startswith("TFM004")
    assert os.listdir(tmp_path) == ["in"]


def test_a_missing_link_target_is_no_obstacle(tmp_path: Path) -> None:
    _tree(tmp_path / "in", "a.py")
    (tmp_path / "in" / "dangling").symlink_to("nowhere")
    assert _copy(tmp_path, tmp_path / "out", tmp_path / "in") == []
    assert os.readlink(tmp_path / "out" / "dangling") == "nowhere"


def test_the_common_root_of_a_directory_is_itself(tmp_path: Path) -> None:
    _tree(tmp_path, "a/b/c.py", "a/d.py")
    assert source.common_root([tmp_path / "a"]) == tmp_path / "a"
    assert source.common_root([tmp_path / "a" / "d.py"]) == tmp_path / "a"
    assert source.common_root([tmp_path / "a" / "b" / "c.py", tmp_path / "a" / "d.py"]) == tmp_path / "a"
