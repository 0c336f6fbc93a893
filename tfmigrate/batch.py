"""Many checkouts: each is migrated by a process of its own, which may crash or hang and harms no other."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tfmigrate.jobs import Crew
from tfmigrate.model import Ending, Outcome

# found where this process finds it, and never in the checkout
_CHILD = "import sys; sys.path[:] = sys.argv[1:]; from tfmigrate.commands import alone; alone.main()"
# for each that works one more waits, so that nobody is idle; a result is taken before the next one is asked for
_AHEAD = 2


@dataclass(frozen=True)
class Task:
    """A checkout to migrate. given: what is said of files and transforms, as `api.options` takes it.

    known: the outcome of an earlier run, which counts if its key is still right. timeout: in seconds.
    """

    path: Path
    given: Mapping[str, Any]
    timeout: float
    known: Outcome | None = None


def run(crew: Crew, tasks: Iterable[Task]) -> Iterator[tuple[Task, Outcome]]:
    """Each task with its outcome, in the order in which they are done. Tasks are asked for as there is room."""
    waiting: dict[Future[Outcome], Task] = {}
    try:
        for task in tasks:
            key = task.known.key if task.known is not None else ""
            waiting[crew.executor.submit(migrate_alone, str(task.path), dict(task.given), task.timeout, key)] = task
            while len(waiting) >= _AHEAD * crew.size():
                yield from _done(waiting)
        while waiting:
            yield from _done(waiting)
    finally:
        for future in waiting:
            future.cancel()


def _done(waiting: dict[Future[Outcome], Task]) -> Iterator[tuple[Task, Outcome]]:
    for future in wait(waiting, return_when=FIRST_COMPLETED).done:
        task = waiting.pop(future)
        try:
            outcome = future.result()
        except Exception as error:  # noqa: BLE001 - a machine of the cluster was lost, say; the others go on
            outcome = _failed(f"could not be run: {type(error).__name__}: {error}")
        yield task, task.known if task.known is not None and outcome.key == task.known.key else outcome


def migrate_alone(path: str, given: dict[str, Any], timeout: float, known: str) -> Outcome:
    """Runs wherever the executor wants it. An outcome with nothing but the known key says that what has it is right."""
    begun = time.monotonic()
    task = json.dumps({"path": path, "given": given, "known": known}).encode()
    command = [sys.executable, "-c", _CHILD, *map(os.path.abspath, filter(None, sys.path))]
    try:
        done = subprocess.run(command, input=task, capture_output=True, timeout=timeout, check=False)
    except subprocess.TimeoutExpired:
        return _failed(f"was not done after {timeout:g} s", begun)
    except OSError as error:
        return _failed(f"cannot be started: {error}", begun)
    if done.returncode:
        return _failed(_why(done.returncode, done.stderr.decode("utf-8", "replace")), begun)
    told = json.loads(done.stdout)
    return Outcome(**{**told, "ending": Ending(told["ending"]), "seconds": _since(begun)})


def _failed(error: str, begun: float | None = None) -> Outcome:
    seconds = 0.0 if begun is None else _since(begun)
    return Outcome(Ending.ERROR, error=" ".join(error.split()), seconds=seconds)


def _since(begun: float) -> float:
    return round(time.monotonic() - begun, 2)


def _why(status: int, said: str) -> str:
    if status < 0:
        known = {number.value: number.name for number in signal.Signals}
        return f"was killed by {known.get(-status, f'signal {-status}')}"
    lines = [line for line in said.splitlines() if line.strip()]
    return f"crash: {lines[-1] if lines else f'exit status {status}'}"
