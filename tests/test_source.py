"""Files come back byte for byte, all of them or none."""

from __future__ import annotations

import errno
import os
import pickle
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tfmigrate import source
from tfmigrate.model import FileChange
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
    assert _found(tmp_path) == ["a/y.py", "a/z.py", "b.py"]


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


def test_in_a_file_of_mixed_newlines_only_new_lines_get_the_usual_one(tmp_path: Path) -> None:
    read = _file(tmp_path, b"a\r\nb\nc\r\nd\r\ne\nf")
    assert source.encode(read, "new\na\nb\nC\nd\ne\nf\n") == b"new\r\na\r\nb\nC\r\nd\r\ne\nf\r\n"


# --- write


def _change(path: Path, after: str) -> tuple[FileChange, Source]:
    read = source.read(path)
    return FileChange(path, read.text, after), read


def _write(*pairs: tuple[FileChange, Source], add: tuple[FileChange, ...] = ()) -> list[str]:
    findings = source.write([*(change for change, _ in pairs), *add], {read.path: read for _, read in pairs})
    return [f"{finding.code} {Path(finding.path).name}:{finding.line}" for finding in findings]


def _listing(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def _program(folder: Path, count: int = 3) -> list[tuple[FileChange, Source]]:
    for number in range(count):
        (folder / f"m{number}.py").write_text(f"x = {number}\n")
    return [_change(folder / f"m{number}.py", f"y = {number}\n") for number in range(count)]


def test_writes_and_leaves_nothing_behind(tmp_path: Path) -> None:
    assert _write(*_program(tmp_path, 2)) == []
    assert _listing(tmp_path) == {"m0.py": b"y = 0\n", "m1.py": b"y = 1\n"}


def test_keeps_encoding_newlines_mark_and_mode(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_bytes(b"\xef\xbb\xbfx = '\xc3\xa9'\r\nz = 1")
    path.chmod(0o750)
    assert _write(_change(path, "y = '\xe9'\nz = 1")) == []
    assert path.read_bytes() == b"\xef\xbb\xbfy = '\xc3\xa9'\r\nz = 1"
    assert stat.S_IMODE(path.stat().st_mode) == 0o750


def test_writes_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    target, link = tmp_path / "real" / "a.py", tmp_path / "a.py"
    target.write_text("x\n")
    link.symlink_to(target)
    assert _write(_change(link, "y\n")) == []
    assert link.is_symlink()
    assert target.read_text() == "y\n"
    assert _listing(tmp_path) == {"real/a.py": b"y\n"}


def test_adds_a_file_with_its_folder(tmp_path: Path) -> None:
    umask = os.umask(0o027)
    try:
        assert _write(add=(FileChange(tmp_path / "new" / "deep" / "a.py", None, "# \xe9\n"),)) == []
    finally:
        os.umask(umask)
    assert _listing(tmp_path) == {"new/deep/a.py": b"# \xc3\xa9\n"}
    assert stat.S_IMODE((tmp_path / "new" / "deep" / "a.py").stat().st_mode) == 0o640


def _touched(path: Path) -> None:
    path.write_text("x = 'theirs'\n")


def _read_only(path: Path) -> None:
    path.chmod(0o444)


def _gone(path: Path) -> None:
    path.unlink()


@pytest.mark.parametrize(
    ("happens", "code"), [(_touched, "TFM005 m1.py:1"), (_read_only, "TFM004 m1.py:1"), (_gone, "TFM001 m1.py:1")]
)
def test_checks_every_file_before_it_writes_the_first(
    tmp_path: Path, happens: Callable[[Path], None], code: str
) -> None:
    program = _program(tmp_path)
    happens(tmp_path / "m1.py")
    before = _listing(tmp_path)
    assert _write(*program) == [code]
    assert _listing(tmp_path) == before


def test_a_plan_made_for_other_text_is_not_written(tmp_path: Path) -> None:
    [(change, read)] = _program(tmp_path, 1)
    assert _write((FileChange(change.path, "x = 'older'\n", change.after), read)) == ["TFM005 m0.py:1"]


def test_does_not_overwrite_a_file_that_appeared(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_text("theirs\n")
    assert _write(add=(FileChange(path, None, "ours\n"),)) == ["TFM005 a.py:1"]
    assert path.read_text() == "theirs\n"


def test_text_without_a_place_in_the_encoding_is_a_finding(tmp_path: Path) -> None:
    read = _file(tmp_path, b"# coding: latin-1\nx = 1\n")
    assert _write((FileChange(read.path, read.text, read.text + "\n# \u20ac\n"), read)) == ["TFM004 a.py:4"]


def test_a_rewrite_that_loses_the_cookie_is_a_finding(tmp_path: Path) -> None:
    read = _file(tmp_path, b"# coding: latin-1\nx = '\xe9'\n")
    assert _write((FileChange(read.path, read.text, "import keras\n\n" + read.text), read)) == ["TFM002 a.py:4"]


def test_two_names_of_one_file_are_not_both_written(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("x\n")
    (tmp_path / "b.py").symlink_to("a.py")
    pairs = _change(tmp_path / "a.py", "y\n"), _change(tmp_path / "b.py", "z\n")
    assert _write(*pairs) == ["TFM004 a.py:1", "TFM004 b.py:1"]
    assert (tmp_path / "a.py").read_text() == "x\n"


# --- all or none


def _failing(number: int, call: Callable[..., object], error: BaseException) -> Callable[..., object]:
    """The call, but the given time it fails."""
    calls = iter(range(number + 1))

    def wrapper(*arguments: object, **keywords: object) -> object:
        if next(calls, None) == number:
            raise error
        return call(*arguments, **keywords)

    return wrapper


_FULL = OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("step", ["fsync", "replace"])
@pytest.mark.parametrize("number", range(4))
def test_a_failure_at_any_step_leaves_everything_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, number: int
) -> None:
    program = _program(tmp_path)
    before = _listing(tmp_path)
    new = FileChange(tmp_path / "new" / "layers.py", None, "z\n")
    monkeypatch.setattr(os, step, _failing(number, getattr(os, step), _FULL))
    [code] = _write(*program, add=(new,))
    assert code == f"TFM004 {['m0.py', 'm1.py', 'm2.py', 'layers.py'][number]}:1"
    assert _listing(tmp_path) == before
    assert not (tmp_path / "new").exists()


def test_works_where_there_are_no_hard_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = _program(tmp_path)
    before = _listing(tmp_path)
    monkeypatch.setattr(os, "link", _failing(0, os.link, OSError(errno.EPERM, "not permitted")))
    monkeypatch.setattr(os, "replace", _failing(2, os.replace, _FULL))
    assert _write(*program) == ["TFM004 m2.py:1"]
    assert _listing(tmp_path) == before


@pytest.mark.parametrize("number", range(3))
def test_an_interrupt_leaves_everything_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    program = _program(tmp_path)
    before = _listing(tmp_path)
    monkeypatch.setattr(os, "replace", _failing(number, os.replace, KeyboardInterrupt()))
    with pytest.raises(KeyboardInterrupt):
        _write(*program)
    assert _listing(tmp_path) == before


def test_a_change_at_the_last_moment_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = _program(tmp_path, 2)
    link = os.link

    def theirs(old: str, new: str) -> None:
        link(old, new)
        (tmp_path / "m1.py").write_text("x = 'theirs'\n")

    monkeypatch.setattr(os, "link", theirs)
    assert _write(*program) == ["TFM005 m1.py:1"]
    assert _listing(tmp_path) == {"m0.py": b"x = 0\n", "m1.py": b"x = 'theirs'\n"}


def test_says_where_the_old_text_is_when_it_cannot_be_put_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = _program(tmp_path, 2)
    replace = os.replace
    done: list[str] = []

    def once(old: str, new: str) -> None:
        if done:
            raise _FULL
        done.append(new)
        replace(old, new)

    monkeypatch.setattr(os, "replace", once)
    findings = source.write([change for change, _ in program], {read.path: read for _, read in program})
    assert [finding.code for finding in findings] == ["TFM004", "TFM004"]
    backup = Path(findings[1].message.rsplit(" ", 1)[1])
    assert backup.read_bytes() == b"x = 0\n"


# --- into a copy


def _copy(folder: Path, out: Path, *roots: Path, add: tuple[FileChange, ...] = ()) -> list[str]:
    changes = [_change(path, "y\n") for path in source.find(roots)]
    findings = source.write(
        [*(change for change, _ in changes), *add], {read.path: read for _, read in changes}, out, roots
    )
    return [f"{finding.code} {os.path.relpath(finding.path, folder)}" for finding in findings]


def test_a_copy_holds_the_whole_tree_and_the_originals_stay(tmp_path: Path) -> None:
    _tree(tmp_path / "in", "a.py", "data/words.txt", ".hidden/config", ".git/HEAD", "x/__pycache__/a.pyc")
    (tmp_path / "in" / "a.py").chmod(0o755)
    before = _listing(tmp_path / "in")
    new = FileChange(tmp_path / "in" / "layers.py", None, "z\n")
    assert _copy(tmp_path, tmp_path / "out", tmp_path / "in", add=(new,)) == []
    assert _listing(tmp_path / "in") == before
    assert _listing(tmp_path / "out") == {
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
    assert source.write([], {}, tmp_path / "copy", [tmp_path / "program"], link=True) == []
    links = {path.name for path in (tmp_path / "copy").iterdir() if path.is_symlink()}
    assert links == {"large.bin"}
    assert (tmp_path / "copy" / "large.bin").read_bytes() == b"#" * 2**21


def test_a_copy_may_lie_inside_the_tree(tmp_path: Path) -> None:
    _tree(tmp_path, "a.py", "sub/b.py")
    (tmp_path / "sub" / "out").mkdir()
    assert _copy(tmp_path, tmp_path / "sub" / "out", tmp_path) == []
    assert _listing(tmp_path / "sub" / "out") == {"a.py": b"y\n", "sub/b.py": b"y\n"}


def test_a_copy_of_files_keeps_their_places(tmp_path: Path) -> None:
    _tree(tmp_path, "train.py", "nets/a.py", "nets/b.py", "other.py")
    assert _copy(tmp_path, tmp_path / "out", tmp_path / "train.py", tmp_path / "nets") == []
    assert sorted(_listing(tmp_path / "out")) == ["nets/a.py", "nets/b.py", "train.py"]


def test_a_read_only_file_can_be_copied(tmp_path: Path) -> None:
    _tree(tmp_path / "in", "a.py")
    (tmp_path / "in" / "a.py").chmod(0o444)
    assert _copy(tmp_path, tmp_path / "out", tmp_path / "in") == []
    assert _listing(tmp_path / "out") == {"a.py": b"y\n"}


def test_never_copies_over_something(tmp_path: Path) -> None:
    _tree(tmp_path, "in/a.py", "out/precious.txt", "file")
    before = _listing(tmp_path)
    assert _copy(tmp_path, tmp_path / "out", tmp_path / "in") == ["TFM004 out"]
    assert _copy(tmp_path, tmp_path / "file", tmp_path / "in") == ["TFM004 file"]
    assert _copy(tmp_path, tmp_path / "file" / "below", tmp_path / "in") == ["TFM004 file/below"]
    assert _listing(tmp_path) == before


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
    monkeypatch.setattr(os, "fsync", _failing(number, os.fsync, _FULL))
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
