"""Many checkouts: what is kept of each, what is not done again, and that none stops the others."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests.report.test_formats import _schema, _strict
from tests.small_programs import shared
from tfmigrate import UsageError, batch, migrate_many
from tfmigrate.batch import Task
from tfmigrate.cli import main
from tfmigrate.commands import alone
from tfmigrate.commands.batching import read_list
from tfmigrate.jobs import Crew
from tfmigrate.model import Ending, Outcome

REFUSED = """\
import tensorflow as tf

from names_of_the_day import scope


def head(x):
    with tf.variable_scope(scope()):
        return tf.matmul(x, tf.get_variable("w", [4, 2]))
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three checkouts and a list of them, with one that is not there."""
    files = {
        "org/net/net.py": shared("net"),
        "org/net/lib/other.py": "x = 1\n",
        "head/head.py": REFUSED,
        "plain/a.py": "x = 1\n",
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (tmp_path / "list.txt").write_text("# ours\norg/net\n\n  head/  \nplain\nnowhere\norg/../head\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """No processes: in this one, one after the other. What is worked out is in the list."""
    done: list[str] = []

    def inline(path: str, given: dict[str, Any], timeout: float, known: str) -> Outcome:
        before = os.getcwd()
        try:
            outcome = alone.migrated({"path": path, "given": given, "known": known})
        finally:
            os.chdir(before)
        if outcome.ending is Ending.ERROR or outcome.key != known:
            done.append(Path(path).name)
        return outcome

    monkeypatch.setattr(batch, "migrate_alone", inline)
    return done


def rows(out: Path = Path("out")) -> dict[str, dict[str, Any]]:
    return {row["name"]: row for row in json.loads((out / "summary.json").read_text())["checkouts"]}


def run(*arguments: object) -> int:
    out = os.path.abspath("out")  # what runs in this process changes its folder
    return main(["batch", "list.txt", "--out", out, "--jobs", "1", *map(str, arguments)])


# --- the list


def test_a_list_holds_comments_and_is_read_from_its_own_folder(here: Path) -> None:
    (here / "lists").mkdir()
    (here / "lists" / "all.txt").write_text(f"# c\n\n../plain\n../plain/\nmine\n{here}/head\n~no-such-user\n.\n")
    found = read_list(Path("lists/all.txt"))
    outside = here.relative_to(here.anchor).as_posix()
    assert found == {
        here / "plain": f"{outside}/plain",
        here / "lists" / "mine": "mine",
        here / "head": f"{outside}/head",
        here / "lists" / "~no-such-user": "~no-such-user",
        here / "lists": f"{outside}/lists",
    }


def test_a_list_of_nothing_and_no_list_are_errors(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "list.txt").write_text("# nothing\n")
    assert run() == 2
    assert "names no checkout" in capsys.readouterr().err
    assert main(["batch", "none.txt", "--out", "out"]) == 2
    assert "none.txt: cannot be read" in capsys.readouterr().err
    assert not Path("out").exists()


# --- what is kept


def test_each_has_a_report_and_a_patch_and_all_have_a_summary(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = {path: path.read_bytes() for path in here.rglob("*.py")}
    subprocess.run(["git", "init", "-q", "org/net"], check=True)
    assert run() == 2  # one is missing
    said = capsys.readouterr().out.splitlines()
    assert [line.split()[:2] for line in said[:4]] == [
        ["org/net", "changed"], ["head", "left"], ["plain", "done"], ["nowhere", "error"]
    ]  # fmt: skip
    assert said[4] == "4 checkouts: 1 changed, 1 with findings only, 1 nothing to do, 1 error."
    assert {path: path.read_bytes() for path in here.rglob("*.py")} == before
    kept = sorted(path.relative_to("out").as_posix() for path in Path("out").rglob("*") if path.is_file())
    assert kept == [
        "head/report.json", "nowhere/report.json", "org/net/migration.patch", "org/net/report.json",
        "plain/report.json", "summary.json",
    ]  # fmt: skip
    summary = json.loads(Path("out/summary.json").read_text())
    jsonschema.validate(summary, _strict(_schema("batch-1")))
    assert summary["complete"]
    for path in Path("out").rglob("report.json"):
        report = json.loads(path.read_text())
        jsonschema.validate(report, _strict(_schema("checkout-1")))
        if report["diff"] is not None:
            jsonschema.validate(report["diff"], _schema("migration-1"))
    assert rows()["head"]["findings"] == {"TFM301": 1}
    assert rows()["nowhere"]["error"] == "no checkout: No such file or directory"
    subprocess.run(["git", "-C", "org/net", "apply", here / "out" / "org" / "net" / "migration.patch"], check=True)
    assert "class Net(keras.layers.Layer)" in (here / "org" / "net" / "net.py").read_text()


@pytest.mark.parametrize(("names", "status"), [("plain", 0), ("head", 1), ("org/net\nplain", 1)])
def test_the_status_says_what_is_left(here: Path, asked: list[str], names: str, status: int) -> None:
    (here / "list.txt").write_text(names)
    assert run("--quiet") == status


def test_what_cannot_be_asked_for_is_said_once(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--only", "nothing-of-the-kind") == 2
    assert "no transform is called 'nothing-of-the-kind'" in capsys.readouterr().err
    assert not Path("out").exists()


def test_a_mistake_in_the_settings_of_one_is_its_own_error(here: Path, asked: list[str]) -> None:
    (here / "head" / "pyproject.toml").write_text("[tool.tfmigrate]\nwrong = 1\n")
    assert run() == 2
    assert "wrong: not known" in rows()["head"]["error"]
    assert rows()["org/net"]["state"] == "changed"


def test_what_others_wrote_is_not_touched(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "out").mkdir()
    (here / "out" / "mine.txt").write_text("mine")
    assert run() == 2
    assert "is not what an earlier `tfmigrate batch` wrote" in capsys.readouterr().err
    assert os.listdir("out") == ["mine.txt"]


# --- going on


def test_what_is_done_is_not_done_again(here: Path, asked: list[str]) -> None:
    assert run() == 2
    assert asked == ["net", "head", "plain", "nowhere"]
    first = Path("out/summary.json").read_bytes()
    asked.clear()
    assert run() == 2
    assert asked == ["nowhere"]  # an error is tried again
    assert json.loads(first)["checkouts"][:3] == json.loads(Path("out/summary.json").read_text())["checkouts"][:3]


@pytest.mark.parametrize(
    ("change", "again"),
    [
        (lambda here: (here / "plain" / "a.py").write_text("y = 1\n"), ["plain"]),
        (lambda here: (here / "plain" / "a.py").write_bytes(b"x = 1\r\n"), ["plain"]),
        (lambda here: (here / "head" / "new.py").write_text(""), ["head"]),
        (lambda here: (here / "org" / "net" / "tfmigrate-map.json").write_text("{}"), ["net"]),
        (
            lambda here: (here / "org" / "net" / "pyproject.toml").write_text("[tool.tfmigrate]\nexclude=['lib']"),
            ["net"],
        ),
        (lambda here: (here / "out" / "org" / "net" / "migration.patch").unlink(), ["net"]),
        (lambda here: (here / "out" / "org" / "net" / "migration.patch").write_text("other"), ["net"]),
        (lambda here: (here / "out" / "head" / "report.json").write_text("{"), ["head"]),
        (lambda here: (here / "out" / "head" / "report.json").write_text('{"kind": "other"}'), ["head"]),
    ],
)
def test_what_another_result_may_follow_from_is_done_again(
    here: Path, asked: list[str], change: Any, again: list[str]
) -> None:
    run()
    asked.clear()
    change(here)
    run()
    assert asked == [*again, "nowhere"]


def test_other_options_and_another_version_are_another_result(
    here: Path, asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    run()
    asked.clear()
    run("--exclude", "net.py")
    assert asked == ["net", "nowhere"]  # the others have no such file
    assert rows()["org/net"]["state"] == "done"
    assert not Path("out/org/net/migration.patch").exists()
    asked.clear()
    monkeypatch.setattr("tfmigrate.caching._code", lambda: "another version")
    run("--exclude", "net.py")
    assert asked == ["net", "head", "plain", "nowhere"]


def test_an_interrupted_run_goes_on_where_it_stopped(
    here: Path, asked: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    inline = batch.migrate_alone

    def interrupted(path: str, *rest: Any) -> Outcome:
        if path.endswith("plain"):
            raise KeyboardInterrupt
        return inline(path, *rest)

    monkeypatch.setattr(batch, "migrate_alone", interrupted)
    monkeypatch.setattr(batch, "_AHEAD", 1)
    assert run() == 2
    assert "interrupted" in capsys.readouterr().err
    assert json.loads(Path("out/summary.json").read_text())["complete"] is False
    asked.clear()
    monkeypatch.setattr(batch, "migrate_alone", inline)
    run()
    assert asked == ["plain", "nowhere"]


# --- one that fails stops no other


@pytest.mark.parametrize(
    ("child", "error"),
    [
        ("raise ValueError('a mistake')", "crash: ValueError: a mistake"),
        ("import os; os.abort()", "was killed by SIGABRT"),
        ("import time; time.sleep(60)", "was not done after 0.5 s"),
        ("import sys; sys.exit(3)", "crash: exit status 3"),
    ],
)
def test_a_process_that_fails_is_an_error_of_its_checkout(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, child: str, error: str
) -> None:
    monkeypatch.setattr(batch, "_CHILD", child)
    outcome = batch.migrate_alone(str(tmp_path), {}, 0.5 if "sleep" in child else 60, "")
    assert (outcome.ending, outcome.error) == (Ending.ERROR, error)


def test_what_the_executor_cannot_do_is_an_error_of_its_checkout(monkeypatch: pytest.MonkeyPatch) -> None:
    def lost(path: str, *_: Any) -> Outcome:
        if path == "/b":
            raise ConnectionError("a machine is gone")
        return Outcome(Ending.DONE, "key")

    monkeypatch.setattr(batch, "migrate_alone", lost)
    with ThreadPoolExecutor(2) as executor:
        done = batch.run(Crew(executor, lambda: 2), [Task(Path(name), {}, 1) for name in ("/a", "/b", "/c")])
        found = {str(task.path): outcome.error for task, outcome in done}
    assert found == {
        "/a": "", "/b": "could not be run: ConnectionError: a machine is gone", "/c": ""
    }  # fmt: skip


def test_modules_of_a_checkout_are_not_imported(here: Path) -> None:
    """A checkout may hold a `json.py` or a `tfmigrate` of its own."""
    for name in ("json.py", "libcst.py", "tfmigrate.py", "sitecustomize.py"):
        (here / "org" / "net" / name).write_text("raise SystemExit('imported')\n")
    ((path, outcome),) = migrate_many([here / "org" / "net"], jobs=1)
    assert path == here / "org" / "net"
    assert (outcome.error, outcome.ending, outcome.files_changed) == ("", Ending.CHANGED, 1)
    assert outcome.groups == {"migrated": 1}
    assert outcome.patch.startswith("diff --git a/net.py b/net.py\n")


# --- a cluster


@pytest.fixture
def scheduler() -> Iterator[str]:
    """A scheduler and two workers, each a process."""
    distributed = pytest.importorskip("distributed", reason="needs dask: pip install 'tfmigrate[cluster]'")
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, protocol="tcp://"
    ) as cluster:
        yield cluster.scheduler_address


@pytest.mark.filterwarnings("default")  # what dask does when it stops
def test_a_cluster_does_the_same(here: Path, scheduler: str, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "list.txt").write_text("nowhere\norg/net\n")
    assert run("--cluster", scheduler) == 2
    assert "2 checkouts: 1 changed, 1 error." in capsys.readouterr().out
    assert {name: row["state"] for name, row in rows().items()} == {"org/net": "changed", "nowhere": "error"}
    assert Path("out/org/net/migration.patch").stat().st_size


@pytest.mark.filterwarnings("default")
def test_where_no_scheduler_answers_is_said(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("distributed")
    monkeypatch.setattr("tfmigrate.jobs._PATIENCE", 1)
    assert run("--cluster", "tcp://127.0.0.1:9") == 2
    assert "no dask scheduler answers at tcp://127.0.0.1:9" in capsys.readouterr().err
    with pytest.raises(UsageError, match="no dask scheduler"):
        list(migrate_many([here], cluster="tcp://127.0.0.1:9"))
