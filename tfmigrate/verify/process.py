"""One side of a check as a process: limits on time and memory, its output kept, nothing of it left behind."""

from __future__ import annotations

import contextlib
import json
import os
import re
import selectors
import signal
import subprocess
import threading
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

TAIL_BYTES = 8192
START_SECONDS = 180.0
POLL_SECONDS = 0.05
CHECK_SECONDS = 0.25
CHUNK = 65536
MARK = "TFMIGRATE_CHECK"
NOT_INHERITED = ("PYTHONHOME", "PYTHONSTARTUP", "TF_USE_LEGACY_KERAS", "KERAS_BACKEND")


@dataclass(frozen=True)
class Limits:
    """seconds: for one case. memory_mb: resident, of the process and all its children."""

    seconds: float
    memory_mb: int


@dataclass(frozen=True)
class Failure:
    """Why a case has no recording: a clause that goes on from `the before side`, and the end of its output."""

    reason: str
    tail: str


@dataclass(frozen=True)
class Side:
    """What one process is to do. library: `tf1` or `keras3`. cases: entries for the recorder, with an `index` each."""

    name: str
    library: str
    python: Path
    cases: Sequence[dict[str, Any]]
    scratch: Path
    recorder: Path
    partly: bool = False


@dataclass
class Outcome:
    """What became of the cases of one side, by index; `tails` holds the end of what each one printed."""

    failures: dict[int, Failure] = field(default_factory=dict)
    tails: dict[int, str] = field(default_factory=dict)


def run_side(side: Side, limits: Limits, stop: threading.Event) -> Outcome:
    """Runs all cases; a case that breaks the process is given up and the rest goes on in a new one.

    A program that was migrated in part already can't run on the stand-ins: it runs on Keras 3, as the other side.
    """
    outcome = Outcome()
    again = _run_cases(side, limits, stop, outcome)
    if again:
        _run_cases(replace(side, library="keras3", cases=again), limits, stop, outcome)
    if side.name == "before":
        (side.scratch / "gone").touch()
    return outcome


def _run_cases(side: Side, limits: Limits, stop: threading.Event, outcome: Outcome) -> list[dict[str, Any]]:
    """What has to run once more, with Keras 3."""
    again: list[dict[str, Any]] = []
    pending = list(side.cases)
    while pending and not stop.is_set():
        process = RecorderProcess(side, pending, limits, stop)
        broken = process.run()
        outcome.tails.update(process.tails)
        again += [case for case in pending if case["index"] in process.again]
        pending = [case for case in pending if case["index"] not in process.again | set(process.tails)]
        if broken is None:
            break
        if process.current is None:  # TensorFlow itself did not start: no other case will do better
            outcome.failures.update({case["index"]: broken for case in pending})
            break
        outcome.failures[process.current] = broken
        pending = [case for case in pending if case["index"] != process.current]
        _release(side, process.current)
    return again


def _release(side: Side, index: int) -> None:
    """Tells the other side not to wait for the weights of this case."""
    if side.name == "before":
        (side.scratch / f"{index}.failed").touch()


class Output:
    """The end of what a process printed, for each case: the recorder prints a mark where a case begins."""

    def __init__(self, mark: str) -> None:
        self._head = b"\x1e" + mark.encode() + b":"
        self._pattern = re.compile(re.escape(self._head) + rb"(\d+)\x1e")
        self._tails: dict[int | None, bytes] = {None: b""}
        self._current: int | None = None
        self._rest = b""

    def take(self, chunk: bytes) -> None:
        first, *others = self._pattern.split(self._rest + chunk)
        texts = [first, *others[1::2]]
        self._rest = self._cut_mark(texts[-1])
        texts[-1] = texts[-1][: len(texts[-1]) - len(self._rest)]
        for text, case in zip(texts, [self._current, *map(int, others[::2])], strict=True):
            self._current = case
            self._tails[case] = (self._tails.get(case, b"") + text)[-TAIL_BYTES:]

    def _cut_mark(self, text: bytes) -> bytes:
        """The beginning of a mark at the end of a text."""
        start = text.rfind(b"\x1e")
        part = text[start:] if start >= 0 else b""
        begun = self._head.startswith(part) or (part.startswith(self._head) and part[len(self._head) :].isdigit())
        return part if begun else b""

    def tail(self, case: int | None) -> str:
        return self._tails.get(case, b"").decode("utf-8", "replace")


class RecorderProcess:
    """One process of the recorder and what is known of its progress."""

    def __init__(self, side: Side, cases: Sequence[dict[str, Any]], limits: Limits, stop: threading.Event) -> None:
        self._stop = stop
        self._side = side
        self._cases = cases
        self._limits = limits
        self._mark = uuid.uuid4().hex
        self._output = Output(self._mark)
        self._line = b""
        self._since = time.monotonic()
        self._waiting = False
        self._ready = False
        self.current: int | None = None
        self.again: set[int] = set()
        self._ended: set[int] = set()

    @property
    def tails(self) -> dict[int, str]:
        """What the cases that ended printed last."""
        return {case: self._output.tail(case) for case in self._ended}

    def run(self) -> Failure | None:
        """None when every case ended; else why not."""
        try:
            process, events = self._start()
        except OSError as error:
            return Failure(f"could not be started: {error}", "")
        assert process.stdout is not None
        try:
            with process.stdout, os.fdopen(events, "rb", buffering=0) as event_pipe:
                for pipe in (process.stdout, event_pipe):
                    os.set_blocking(pipe.fileno(), False)
                reason = self._watch(process, process.stdout.fileno(), event_pipe.fileno())
        finally:
            code = kill_all(process, self._mark)
        if reason is None and len(self._ended) + len(self.again) < len(self._cases):
            reason = _ended_early(code)
        return None if reason is None else Failure(reason, self._output.tail(self.current))

    def _start(self) -> tuple[subprocess.Popen[bytes], int]:
        job = self._side.scratch / f"{self._side.name}.job.json"
        job.write_text(
            json.dumps(
                {
                    "side": self._side.name,
                    "library": self._side.library,
                    "scratch": str(self._side.scratch),
                    "cases": list(self._cases),
                    "partly": self._side.partly,
                    "standins": str(self._side.recorder.with_name("tf1_standins.py")),
                    "memory_mb": self._limits.memory_mb,
                    "mark": self._mark,
                }
            )
        )
        read_end, write_end = os.pipe()
        environment = {**os.environ, MARK: self._mark, "PYTHONUNBUFFERED": "1", "PYTHONHASHSEED": "0"}
        for name in NOT_INHERITED:
            environment.pop(name, None)
        try:
            process = subprocess.Popen(
                [str(self._side.python), str(self._side.recorder), str(job), str(write_end)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                pass_fds=[write_end],
                start_new_session=True,
                env=environment,
                cwd=self._side.scratch,
            )
        except OSError:
            os.close(read_end)
            raise
        finally:
            os.close(write_end)
        return process, read_end

    def _watch(self, process: subprocess.Popen[bytes], output: int, events: int) -> str | None:
        """Until the process ends or has to be ended; the reason for the latter."""
        with selectors.DefaultSelector() as selector:
            selector.register(output, selectors.EVENT_READ)
            selector.register(events, selectors.EVENT_READ)
            checked = 0.0
            while True:
                ended = has_ended(process)
                selector.select(0 if ended else POLL_SECONDS)
                self._read(output, events)
                if self._stop.is_set():
                    return "was stopped"
                if ended:
                    return None
                if time.monotonic() - checked >= CHECK_SECONDS:
                    checked = time.monotonic()
                    reason = self._over_limit(process.pid)
                    if reason is not None:
                        return reason

    def _read(self, output: int, events: int) -> None:
        read = 0
        for _ in range(4):  # a program may never stop printing
            chunk = _chunk(output)
            self._output.take(chunk)
            read += len(chunk)
        lines = _chunk(events)
        *complete, self._line = (self._line + lines).split(b"\n")
        for line in complete:
            event = json.loads(line)
            self._note(event["event"], event["case"])
        if not read and not lines:
            time.sleep(0.01)  # an end that the program closed is always ready

    def _note(self, event: str, case: int) -> None:
        self._ready = True
        self._waiting = event == "wait"
        self._since = time.monotonic()
        if event == "begin":
            self.current = case
        elif event in ("end", "again"):
            (self._ended if event == "end" else self.again).add(case)
            self.current = None

    def _over_limit(self, pid: int) -> str | None:
        spent = 0.0 if self._waiting else time.monotonic() - self._since
        limit = self._limits.seconds if self._ready else START_SECONDS
        if spent > limit:
            return f"takes more than {limit:g} seconds" if self._ready else f"has no TensorFlow after {limit:g} seconds"
        if resident_mb(pid) > self._limits.memory_mb:
            return f"uses more than {self._limits.memory_mb} MB of memory"
        return None


def _chunk(fd: int) -> bytes:
    try:
        return os.read(fd, CHUNK)
    except BlockingIOError:
        return b""


def _ended_early(code: int) -> str:
    if code < 0:
        return f"was killed by {signal.Signals(-code).name}"
    return f"ended its process with exit status {code}"


def resident_mb(group: int) -> int:
    """Resident memory of a process group in MB; 0 where /proc does not tell."""
    total = 0
    page = os.sysconf("SC_PAGE_SIZE")
    for pid in _pids():
        with contextlib.suppress(OSError, ValueError, IndexError):
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            if int(fields[2]) == group:
                total += int(fields[21]) * page
    return total // 2**20


def _pids() -> list[int]:
    try:
        return [int(name) for name in os.listdir("/proc") if name.isdigit()]
    except OSError:
        return []


def has_ended(process: subprocess.Popen[bytes]) -> bool:
    """Without reaping it where that can be: until then nobody else gets its number, and its group can be killed."""
    if not hasattr(os, "waitid"):
        return process.poll() is not None
    return os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT | os.WNOHANG) is not None


def kill_all(process: subprocess.Popen[bytes], mark: str) -> int:
    """Kills the process group, then whatever left it but carries our mark in its environment; the exit status."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    code = process.wait()
    needle = f"{MARK}={mark}".encode()
    for pid in _pids():
        with contextlib.suppress(OSError, ValueError):
            if needle in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0"):
                os.kill(pid, signal.SIGKILL)
    return code
