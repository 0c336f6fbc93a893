"""Files come back byte for byte, all of them or none."""

from __future__ import annotations

import errno
import os
import pickle
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tfmigrate import source
from tfmigrate.source import Source, SourceError

# --- find


def _tree(root: Path, *files: str) -> None:
    for name in files:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x = 1\n")


def _found(root: Path, *paths: Path) -> list[str]:
    return [path.relative_to(root).as_posix() for path in source.find(paths or [root])]


def test_finds_python_files_in_order(tmp_path: Path) -> None:
    _tree(tmp_path, "b.py", "a/z.py", "a/y.py", "a/data.txt", "a/notebook.ipynb")
    assert _found(tmp_path) == ["a/notebook.ipynb", "a/y.py", "a/z.py", "b.py"]


@pytest.mark.parametrize(
    "name",
    [
        ".git/hook.py",
        ".venv/lib/a.py",
        "env/pyvenv.cfg",
        "conda/conda-meta/history",
        "__pycache__/a.py",
        "node_modules/gyp/a.py",
        "build/lib/a.py",
        "dist/a.py",
        "x.egg-info/a.py",
    ],
)
def test_skips_what_is_not_the_program(tmp_path: Path, name: str) -> None:
    _tree(tmp_path, "model.py", name, name.split("/", 1)[0] + "/lib/tf1.py")
    assert _found(tmp_path) == ["model.py"]


def test_a_package_called_build_belongs_to_the_program(tmp_path: Path) -> None:
    _tree(tmp_path, "build/__init__.py", "build/graph.py")
    assert _found(tmp_path) == ["build/__init__.py", "build/graph.py"]


def test_a_skipped_directory_is_read_when_it_is_named(tmp_path: Path) -> None:
    _tree(tmp_path, "build/lib/a.py")
    assert _found(tmp_path, tmp_path / "build") == ["build/lib/a.py"]


def test_a_named_file_is_taken_whatever_its_name_and_only_once(tmp_path: Path) -> None:
    _tree(tmp_path, "train", "a.py")
    assert _found(tmp_path, tmp_path / "train", tmp_path, tmp_path / "a.py") == ["a.py", "train"]


def test_follows_no_links_and_takes_no_pipes(tmp_path: Path) -> None:
    inside, outside = tmp_path / "tree", tmp_path / "elsewhere"
    _tree(inside, "a.py")
    _tree(outside, "secret.py")
    (inside / "out").symlink_to(outside)
    (inside / "out.py").symlink_to(outside / "secret.py")
    (inside / "loop").symlink_to(inside)
    os.mkfifo(inside / "pipe.py")
    assert _found(inside) == ["a.py"]


def test_what_cannot_be_listed_is_reported_by_reading_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _tree(tmp_path, "a.py", "locked/b.py")
    scandir = os.scandir

    def refuse(path: str) -> object:
        if os.path.basename(path) == "locked":
            raise PermissionError(errno.EACCES, "Permission denied", path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    assert _found(tmp_path) == ["a.py", "locked"]
    assert _problem(tmp_path / "locked") == ("TFM001", 1)


# --- read


def _problem(path: Path) -> tuple[str, int]:
    with pytest.raises(SourceError) as caught:
        source.read(path)
    finding = caught.value.finding
    assert finding.path == str(path)
    assert finding.path in str(caught.value)
    return finding.code, finding.line


def _file(folder: Path, data: bytes) -> Source:
    path = folder / "a.py"
    path.write_bytes(data)
    return source.read(path)


@pytest.mark.parametrize(
    ("data", "text", "encoding", "bom", "newline"),
    [
        (b"", "", "utf-8", False, "\n"),
        (b"x", "x", "utf-8", False, "\n"),
        (b"x\ny", "x\ny", "utf-8", False, "\n"),
        (b"x\r\ny\r\n", "x\ny\n", "utf-8", False, "\r\n"),
        (b"x\ry\r", "x\ny\n", "utf-8", False, "\r"),
        (b"\xef\xbb\xbf# \xc3\xa9\n", "# \xe9\n", "utf-8", True, "\n"),
        (b"# coding: latin-1\n# \xe9\n", "# coding: latin-1\n# \xe9\n", "iso-8859-1", False, "\n"),
        (b"#!python\n# coding: cp1252\n# \x80", "#!python\n# coding: cp1252\n# \u20ac", "cp1252", False, "\n"),
        (b"x\x0cy\xe2\x80\xa8z\n", "x\x0cy\u2028z\n", "utf-8", False, "\n"),
    ],
)  # fmt: skip
def test_decodes_as_python_does(tmp_path: Path, data: bytes, text: str, encoding: str, bom: bool, newline: str) -> None:
    read = _file(tmp_path, data)
    assert (read.text, read.encoding, read.bom, read.newline, read.endings) == (text, encoding, bom, newline, ())
    assert source.encode(read, read.text) == data


def test_says_where_a_file_cannot_be_decoded(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_bytes(b"x = 1\ny = 2\n# \xe9\n")
    assert _problem(path) == ("TFM002", 3)


@pytest.mark.parametrize("cookie", [b"# coding: klingon\n", b"# coding: hex\nx", b"\xef\xbb\xbf# coding: latin-1\n"])
def test_a_wrong_cookie_is_a_finding(tmp_path: Path, cookie: bytes) -> None:
    path = tmp_path / "a.py"
    path.write_bytes(cookie)
    assert _problem(path) == ("TFM002", 1)


def test_what_cannot_be_opened_is_a_finding(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "missing.py", tmp_path / "pipe", Path("a\0b")):
        assert _problem(path) == ("TFM001", 1)


def test_the_error_survives_a_process_boundary(tmp_path: Path) -> None:
    with pytest.raises(SourceError) as caught:
        source.read(tmp_path / "missing.py")
    assert pickle.loads(pickle.dumps(caught.value)).finding == caught.value.finding


_LINE = st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"]), max_size=8)
_LINES = st.lists(st.tuples(_LINE, st.sampled_from(["\n", "\r\n", "\r"])), max_size=8)


@settings(deadline=None)  # the machine may be busy
@given(_LINES, _LINE, st.booleans())
def test_every_file_comes_back_byte_for_byte(lines: list[tuple[str, str]], last: str, bom: bool) -> None:
    data = (b"\xef\xbb\xbf" if bom else b"") + ("x" + "".join(map("".join, lines)) + last).encode()
    try:
        read = source.decode(Path("a.py"), data)
    except SourceError:  # it happens to begin with a cookie
        return
    assert source.encode(read, read.text) == data


@given(
    st.lists(st.sampled_from(["", "x", "y = 1"]), min_size=2),
    st.lists(st.sampled_from(["\n", "\r", "\r\n"]), min_size=1),
    st.lists(st.sampled_from(["", "x", "z"])),
)
def test_what_is_written_into_mixed_newlines_is_read_as_it_was_meant(
    lines: list[str], endings: list[str], after: list[str]
) -> None:
    data = "".join(line + endings[n % len(endings)] for n, line in enumerate(lines)).encode()
    read = source.decode(Path("a.py"), data)
    text = "\n".join(after)
    assert source.decode(Path("a.py"), source.encode(read, read.text)).text == read.text
    assert source.decode(Path("a.py"), source.encode(read, text)).text == text
    assert source.encode(read, read.text) == data


def test_in_a_file_of_mixed_newlines_only_new_lines_get_the_usual_one(tmp_path: Path) -> None:
    read = _file(tmp_path, b"a\r\nb\nc\r\nd\r\ne\nf")
    assert source.encode(read, "new\na\nb\nC\nd\ne\nf\n") == b"new\r\na\r\nb\nC\r\nd\r\ne\nf\r\n"
