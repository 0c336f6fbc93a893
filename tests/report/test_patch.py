"""What the patch says is what git does with it, byte for byte."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tfmigrate import source
from tfmigrate.model import FileChange, Migration
from tfmigrate.report import locating, patch


def _git(folder: Path, *arguments: str, stdin: bytes | None = None) -> None:
    environment = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    done = subprocess.run(
        ["git", *arguments], cwd=folder, input=stdin, capture_output=True, check=False, env=environment
    )
    assert done.returncode == 0, done.stderr.decode()


def _patch(folder: Path, files: dict[str, tuple[bytes | None, str]]) -> bytes:
    """Writes the files' first state; returns the patch to the second, which is text."""
    changes, sources = [], {}
    for name, (before, after) in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if before is not None:
            path.write_bytes(before)
            sources[path] = source.read(path)
        changes.append(FileChange(path, sources[path].text if before is not None else None, after))
    text = patch.render(Migration(changes=tuple(changes)), sources, folder)
    return text.encode("utf-8", "surrogateescape")


def _applied(folder: Path, files: dict[str, tuple[bytes | None, str]]) -> dict[str, bytes]:
    data = _patch(folder, files)
    _git(folder, "init", "-q")
    if data:
        _git(folder, "apply", "-", stdin=data)
    return {name: (folder / name).read_bytes() for name in files}


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (b"a\nb\nc\n", "a\nB\nc\n", b"a\nB\nc\n"),
        (b"a\nb", "a\nc", b"a\nc"),
        (b"a\nb", "a\nb\n", b"a\nb\n"),
        (b"a\nb\n", "a\nb", b"a\nb"),
        (b"", "x\n", b"x\n"),
        (b"x\n", "", b""),
        (b"a\r\nb\r\nc", "a\nB\nc", b"a\r\nB\r\nc"),
        (b"a\r\nb\nc\r\n", "a\nb\nC\n", b"a\r\nb\nC\r\n"),
        (b"a\rb\rc\r", "a\nB\nc\n", b"a\rB\rc\r"),
        (b"\xef\xbb\xbfa\nb\n", "A\nb\n", b"\xef\xbb\xbfA\nb\n"),
        (
            b"# coding: latin-1\n# \xe9\nx\n",
            "# coding: latin-1\n# \xe9\ny\xfc\n",
            b"# coding: latin-1\n# \xe9\ny\xfc\n",
        ),
        (b"a\x0cb\x1c\xe2\x80\xa8c\nd\n", "a\x0cb\x1c\u2028c\nD\n", b"a\x0cb\x1c\xe2\x80\xa8c\nD\n"),
        (b"-- a\n++ b\n", "-- c\n++ b\n", b"-- c\n++ b\n"),
        (None, "new\nfile", b"new\nfile"),
        (None, "", b""),
    ],
)
def test_git_applies_it(tmp_path: Path, before: bytes | None, after: str, expected: bytes) -> None:
    assert _applied(tmp_path, {"net.py": (before, after)}) == {"net.py": expected}


@pytest.mark.parametrize(
    "name", ["a b.py", 'a"b.py', "a\\b.py", "t\tab.py", "n\xe9w.py", "sub/dir/x.py", "sub dir/\n.py"]
)
def test_git_finds_the_file(tmp_path: Path, name: str) -> None:
    files: dict[str, tuple[bytes | None, str]] = {name: (b"x\n", "y\n"), f"new {name}": (None, "z\n")}
    assert _applied(tmp_path, files) == {name: b"y\n", f"new {name}": b"z\n"}


def test_patch_finds_a_name_with_a_space_too(tmp_path: Path) -> None:
    assert b"\n--- a/a b.py\t\n+++ b/a b.py\t\n" in _patch(tmp_path, {"a b.py": (b"x\n", "y\n")})


def test_several_files_come_in_order_and_unchanged_ones_not_at_all(tmp_path: Path) -> None:
    data = _patch(tmp_path, {"b.py": (b"x\n", "y\n"), "c.py": (b"same\n", "same\n"), "a.py": (None, "z\n")})
    assert [line for line in data.splitlines() if line.startswith(b"diff")] == [
        b"diff --git a/a.py b/a.py",
        b"diff --git a/b.py b/b.py",
    ]


_LINE = st.text("ab \t\x0c\x85\u2028\xe9+-@\\", max_size=4)
_TEXT = st.builds(
    lambda lines, last: "".join(line + "\n" for line in lines) + last, st.lists(_LINE, max_size=12), _LINE
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(_TEXT, _TEXT, st.sampled_from(["\n", "\r\n", "\r"]))
def test_any_change_arrives(tmp_path_factory: pytest.TempPathFactory, before: str, after: str, newline: str) -> None:
    folder = tmp_path_factory.mktemp("tree")
    data = before.replace("\n", newline).encode()
    style = source.decode(folder / "a.py", data)
    assert _applied(folder, {"a.py": (data, after)}) == {"a.py": source.encode(style, after)}


# --- where the paths begin


def _tree(root: Path, *names: str) -> list[Path]:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    return [root / name for name in names]


def test_paths_begin_at_the_top_of_the_work_tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "repo" / ".git").mkdir(parents=True)
    paths = _tree(tmp_path / "repo", "pkg/a.py", "train.py")
    monkeypatch.chdir(tmp_path / "repo" / "pkg")
    assert locating.base_of(paths) == tmp_path / "repo"


def test_without_a_work_tree_they_begin_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert locating.base_of(_tree(tmp_path, "pkg/a.py", "b.py")) == tmp_path
    assert locating.base_of([]) == tmp_path


def test_elsewhere_they_begin_where_the_files_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    assert locating.base_of(_tree(tmp_path, "there/pkg/a.py", "there/b.py")) == tmp_path / "there"


def test_two_work_trees_have_no_common_top(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in "one", "two":
        (tmp_path / name / ".git").mkdir(parents=True)
    paths = _tree(tmp_path, "one/a.py", "two/b.py")
    monkeypatch.chdir(tmp_path)
    assert locating.base_of(paths) == tmp_path


def test_git_applies_it_from_a_directory_of_the_work_tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _git(tmp_path, "init", "-q")
    monkeypatch.chdir(_tree(tmp_path, "pkg/a.py")[0].parent)
    path = Path("a.py")
    change = FileChange(path, "", "new\n")
    text = patch.render(Migration(changes=(change,)), {path: source.read(path)}, locating.base_of([path]))
    _git(tmp_path / "pkg", "apply", "-", stdin=text.encode())
    assert path.read_text() == "new\n"


def test_a_link_is_patched_where_it_leads(tmp_path: Path) -> None:
    (tmp_path / "real.py").write_bytes(b"x\n")
    (tmp_path / "link.py").symlink_to("real.py")
    path = tmp_path / "link.py"
    text = patch.render(Migration(changes=(FileChange(path, "x\n", "y\n"),)), {path: source.read(path)}, tmp_path)
    _git(tmp_path, "init", "-q")
    _git(tmp_path, "apply", "-", stdin=text.encode())
    assert (tmp_path / "real.py").read_bytes() == b"y\n"


# --- for a terminal


def test_colours_change_no_byte() -> None:
    text = "diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1,2 +1 @@\n a\n-b\n\\ No newline at end of file\n"
    styled = list(patch.pieces(text))
    assert "".join(line for line, _ in styled) == text
    assert [style for _, style in styled] == ["bold", "bold", "bold", "cyan", "", "red", ""]
