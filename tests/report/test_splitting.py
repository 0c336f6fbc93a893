"""A patch for each part: git takes it, with its message, and what comes out is that part migrated and nothing else."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tfmigrate.cli import main
from tfmigrate.commands.splitting import Sources, shares
from tfmigrate.model import Cluster, Migration, Part
from tfmigrate.report import message

from . import small_program


def _git(*arguments: str, stdin: bytes | None = None) -> str:
    identity = ["-c", "user.name=A", "-c", "user.email=a@localhost", "-c", "core.autocrlf=false"]
    environment = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    done = subprocess.run(
        ["git", *identity, *arguments], input=stdin, capture_output=True, check=False, env=environment
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with the program in a folder of it."""
    folder = tmp_path / "program"
    folder.mkdir()
    small_program.write(folder)
    monkeypatch.chdir(tmp_path)
    _git("init", "--quiet")
    _git("add", ".")
    _git("commit", "--quiet", "-m", "before")
    return Path("program")


def _split(program: Path) -> list[Path]:
    assert main(["diff", "--split", "group", "--out", "parts", str(program)]) == 1
    return sorted(Path("parts").iterdir())


def test_each_part_is_a_commit_of_its_own(program: Path) -> None:
    parts = _split(program)
    assert [part.name for part in parts] == [
        "0001-Keras-layers-for-encoder.patch",
        "0002-Keras-layers-for-decoder.patch",
    ]
    for part, made, kept in (parts[0], "Encoder", "def decoder"), (parts[1], "Decoder", "def encoder"):
        _git("am", "--quiet", str(part))
        text = (program / "model.py").read_text()
        assert f"class {made}(" in text
        assert kept in text
        _git("reset", "--quiet", "--hard", "HEAD~")
    _git("am", "--quiet", str(parts[1]))
    assert _git("log", "-1", "--format=%an%n%B") == (
        "tfmigrate\n"
        "Keras layers for decoder\n\n"
        "1 sharing group with 2 variable names made by variable scopes and reuse:\n"
        "layers that are shared by instance.\n\n"
        "- decoder: Decoder, held by build; made at program/model.py:17\n\n"
    )


def test_without_a_folder_they_come_one_after_the_other_and_the_same_each_time(
    program: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    shown = []
    for _ in range(2):
        assert main(["diff", "--split", "group", str(program)]) == 1
        shown.append(capfdbinary.readouterr().out)
    assert shown[0] == shown[1]
    assert shown[0].count(b"\nSubject: ") == 2
    parts = _split(program)
    assert b"".join(part.read_bytes() for part in parts) == shown[0]


def test_bytes_of_the_file_arrive(program: Path) -> None:
    (program / "model.py").write_bytes(
        b"# -*- coding: latin-1 -*-\r\n# \xfcber\r\n" + small_program.FILES["model.py"].replace("\n", "\r\n").encode()
    )
    _git("commit", "--quiet", "-a", "-m", "latin")
    _git("am", "--quiet", "--keep-cr", str(_split(program)[0]))
    data = (program / "model.py").read_bytes()
    assert b"# \xfcber\r\n" in data
    assert b"class Encoder(keras.layers.Layer):\r\n" in data


def test_what_is_there_is_not_written_over(program: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    _split(program)
    assert main(["diff", "--split", "group", "--out", "parts", str(program)]) == 2
    assert b"exists already" in capfdbinary.readouterr().err


@pytest.mark.parametrize(
    "arguments", [["--split", "group", "-"], ["--out", "parts", "x.py"], ["--split", "group", "--format", "json", "."]]
)
def test_what_cannot_be_split_is_one_line(arguments: list[str], capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert main(["diff", *arguments]) == 2
    assert capfdbinary.readouterr().err.count(b"\n") == 1


@pytest.mark.tensorflow
@pytest.mark.xdist_group("tensorflow")
def test_each_part_does_the_same(program: Path) -> None:
    for number, part in enumerate(_split(program)):
        _git("worktree", "add", "--quiet", str(number))
        _git("-C", str(number), "am", "--quiet", str(part.resolve()))
        assert main(["check", "program/model.py", f"{number}/program/model.py"]) == 0


# --- parts that need each other


def _cluster(name: str, line: int) -> Cluster:
    return Cluster(name, (Part("a.py", line, line),), frozenset({f"{name}/w"}))


A, B, C = (_cluster(name, line) for line, name in enumerate("abc", 1))


def _trial(*possible: frozenset[Cluster]) -> tuple[list[frozenset[Cluster]], list[tuple[Cluster, ...]]]:
    """What was tried and what came out, where only these migrate."""
    tried = []

    def trial(clusters: frozenset[Cluster]) -> tuple[Migration, Sources]:
        tried.append(clusters)
        return Migration(clusters=tuple(clusters) if clusters in possible else ()), {}

    return tried, [share.clusters for share in shares([A, B, C], trial)]


def test_parts_that_need_each_other_come_together() -> None:
    _, found = _trial(frozenset([A]), frozenset([B, C]), frozenset([A, B, C]))
    assert found == [(A,), (B, C)]


def test_if_they_need_one_that_stands_alone_all_come_again() -> None:
    tried, found = _trial(frozenset([A]), frozenset([A, B, C]))
    assert found == [(A,), (A, B, C)]
    assert len(tried) == 5


# --- messages


def test_a_message_ends_where_the_patch_begins() -> None:
    assert [message._harmless(line) for line in ("--- a", "diff --git", "-- a", "---")] == [
        " --- a", " diff --git", "-- a", " ---"
    ]  # fmt: skip


def test_many_names_are_counted() -> None:
    assert message.subject([_cluster("a, b, c, d", 1)]) == "Keras layers for a, b and 2 more"
    assert message.subject([_cluster("the layers of build", 1)]) == "Keras layers in build"
