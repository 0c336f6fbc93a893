"""A side that hangs, dies, eats or shouts: what becomes of it, with a recorder that only plays these roles."""

from __future__ import annotations

import os
import sys
import threading
import time
from pathlib import Path

import pytest

from tfmigrate.verify.process import TAIL_BYTES, Limits, Outcome, Output, Side, resident_mb, run_side

PRELUDE = """
import json, os, subprocess, sys, time
job = json.load(open(sys.argv[1]))
def send(event, case=-1):
    os.write(int(sys.argv[2]), (json.dumps({"event": event, "case": case}) + chr(10)).encode())
send("ready")
for case in job["cases"]:
    os.write(1, (chr(30) + job["mark"] + ":%d" % case["index"] + chr(30)).encode())
    send("begin", case["index"])
    exec(case["code"])
    send("end", case["index"])
"""
FINE = "print('fine')"


@pytest.fixture
def recorder(tmp_path: Path) -> Path:
    path = tmp_path / "recorder.py"
    path.write_text(PRELUDE)
    return path


def run(recorder: Path, *codes: str, seconds: float = 30.0, memory_mb: int = 500, name: str = "before") -> Outcome:
    cases = [{"index": number, "code": code} for number, code in enumerate(codes)]
    side = Side(name, "tf1", Path(sys.executable), cases, recorder.parent, recorder)
    return run_side(side, Limits(seconds, memory_mb), threading.Event())


def test_all_is_well(recorder: Path) -> None:
    outcome = run(recorder, FINE, "print('two')")
    assert outcome.failures == {}
    assert outcome.tails == {0: "fine\n", 1: "two\n"}
    assert (recorder.parent / "gone").exists()


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("print('zzz', flush=True); time.sleep(60)", "takes more than 1.5 seconds"),
        ("os._exit(3)", "ended its process with exit status 3"),
        ("os.abort()", "was killed by SIGABRT"),
        ("1 / 0", "ended its process with exit status 1"),
        ("x = bytearray(600_000_000); time.sleep(60)", "uses more than 500 MB of memory"),
        (
            "subprocess.run([sys.executable, '-c', 'import time; x = bytearray(600_000_000); time.sleep(60)'])",
            "uses more than 500 MB of memory",
        ),
        ("os.close(1); os.close(2); time.sleep(60)", "takes more than 1.5 seconds"),
        ("\nwhile True: os.write(1, b'noise ' * 1000)", "takes more than 1.5 seconds"),
    ],
)
def test_one_breaks_and_the_others_go_on(recorder: Path, code: str, reason: str) -> None:
    outcome = run(recorder, FINE, code, FINE, seconds=1.5 if "1.5 seconds" in reason else 50.0)
    assert set(outcome.failures) == {1}
    assert outcome.failures[1].reason == reason
    assert set(outcome.tails) == {0, 2}
    assert (recorder.parent / "1.failed").exists()


def test_the_tail_is_the_end_of_what_this_case_printed(recorder: Path) -> None:
    outcome = run(recorder, "print('before')", "print('x' * 50_000); print('the end', flush=True); os._exit(1)")
    tail = outcome.failures[1].tail
    assert tail.endswith("xxx\nthe end\n")
    assert len(tail) == TAIL_BYTES
    assert "before" not in tail


def test_waiting_for_the_other_side_does_not_count(recorder: Path) -> None:
    outcome = run(recorder, "send('wait', 0); time.sleep(2.5); send('go', 0)", seconds=1.0, name="after")
    assert outcome.failures == {}


def test_an_interpreter_that_is_none(recorder: Path, tmp_path: Path) -> None:
    side = Side("before", "tf1", tmp_path / "python", [{"index": 7, "code": FINE}], tmp_path, recorder)
    outcome = run_side(side, Limits(1, 100), threading.Event())
    assert "could not be started" in outcome.failures[7].reason


def test_what_does_not_even_begin_fails_for_all(tmp_path: Path) -> None:
    path = tmp_path / "recorder.py"
    path.write_text("import sys; sys.exit('no TensorFlow here')")
    outcome = run(path, FINE, FINE)
    assert {number: failure.reason for number, failure in outcome.failures.items()} == {
        0: "ended its process with exit status 1",
        1: "ended its process with exit status 1",
    }
    assert "no TensorFlow here" in outcome.failures[0].tail


def test_an_interrupt_ends_it_at_once(recorder: Path) -> None:
    stop = threading.Event()
    threading.Timer(0.5, stop.set).start()
    side = Side(
        "before", "tf1", Path(sys.executable), [{"index": 0, "code": "time.sleep(60)"}], recorder.parent, recorder
    )
    started = time.monotonic()
    assert run_side(side, Limits(60, 500), stop).failures[0].reason == "was stopped"
    assert time.monotonic() - started < 10


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="needs /proc to find what left the process group")
@pytest.mark.parametrize("end", ["", "; time.sleep(60)", "; os._exit(1)"])
def test_no_process_is_left(recorder: Path, tmp_path: Path, end: str) -> None:
    note = tmp_path / "pid"
    child = f"import os, time; open({str(note)!r}, 'w').write(str(os.getpid())); time.sleep(60)"
    wait = f"\nwhile not os.path.exists({str(note)!r}) or not open({str(note)!r}).read(): time.sleep(0.01)"
    run(
        recorder,
        f"subprocess.Popen([sys.executable, '-c', {child!r}], start_new_session=True){wait}\n{end.strip('; ')}",
        seconds=1.5,
    )
    pid = int(note.read_text())
    limit = time.monotonic() + 5
    while _lives(pid) and time.monotonic() < limit:
        time.sleep(0.05)
    assert not _lives(pid)


def _lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc")
def test_memory_is_that_of_the_whole_group() -> None:
    assert resident_mb(os.getpgrp()) > 5


@pytest.mark.parametrize("size", [1, 2, 7, 1000])
def test_output_is_told_apart_wherever_it_is_cut(size: int) -> None:
    text = b"start\x1eab:\x1eab:0\x1ezero\x1e\x1eab:12\x1etwelve\x1eab"
    output = Output("ab")
    for begin in range(0, len(text), size):
        output.take(text[begin : begin + size])
    assert [output.tail(case) for case in (None, 0, 12, 3)] == ["start\x1eab:", "zero\x1e", "twelve", ""]
