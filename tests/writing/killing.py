"""Kills runs, and undoing, with SIGKILL: `python -m tests.writing.killing --kills 200`.

Every trial writes a program of several groups in a process of its own, kills it, lets a later run find what is left
(that too is killed sometimes), and looks at every byte and mode.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from tests.writing.programs import change, listing, new, state, write
from tfmigrate.writing import journal, undoing

GROUPS = (("a.py", "b.py", "sub/c.py"), ("d.py", "new/layers.py"), ("link.py",), ("e.py", "f.py"))
_OLD = {
    "a.py": b"\xef\xbb\xbfx = 1\r\ny = 2",
    "b.py": b"# coding: latin-1\n# \xe9\n",
    "sub/c.py": b"x\n" * 20_000,
    "d.py": b"x\r\ny\n",
    "real.py": b"real\n",
    "e.py": b"",
    "f.py": b"x",
}

Step = Callable[[Path], None]


def make(folder: Path) -> None:
    for name, data in _OLD.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    (folder / "a.py").chmod(0o750)
    (folder / "link.py").symlink_to("real.py")


def migrate(folder: Path) -> None:
    groups = []
    for group in GROUPS:
        planned = []
        for name in group:
            path = folder / name
            planned.append(change(path, f"new {name}\n") if path.exists() else new(path, "new\n"))
        groups.append(planned)
    assert write(folder, *groups) == []


def undo(folder: Path) -> None:
    undoing.undo(folder)


def recover(folder: Path) -> None:
    undoing.recover(folder)


def mixed(old: dict[str, bytes], done: dict[str, bytes], now: dict[str, bytes]) -> list[str]:
    """What is wrong: files that are neither old nor new, groups that are partly old and partly new."""
    wrong = [name for name in {*old, *done} if now.get(name) not in (old.get(name), done.get(name))]
    for group in GROUPS:
        names = ["real.py" if name == "link.py" else name for name in group]
        if len({now.get(name) == done.get(name) for name in names}) > 1:
            wrong.append(" and ".join(names))
    return wrong


def child(step: Step, folder: Path, prepare: Callable[[], None] = lambda: None) -> int:
    process = os.fork()
    if process == 0:
        status = 1
        try:
            prepare()
            step(folder)
            status = 0
        finally:
            os._exit(status)
    return process


def killed_after(step: Step, folder: Path, seconds: float) -> None:
    """Nothing happens if it is ready before."""
    process = child(step, folder)
    time.sleep(seconds)
    os.kill(process, signal.SIGKILL)
    os.waitpid(process, 0)


def killed_before(step: Step, folder: Path, number: int) -> bool:
    """Kills itself before it changes the disk for this time; False if it was ready before."""
    left = [number]

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        writes = event == "open" and isinstance(arguments[2], int) and bool(arguments[2] & (os.O_WRONLY | os.O_RDWR))
        if writes or event in ("os.link", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.chmod", "os.chown"):
            if not left[0]:
                os.kill(os.getpid(), signal.SIGKILL)
            left[0] -= 1

    _, status = os.waitpid(child(step, folder, lambda: sys.addaudithook(hook)), 0)
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0
    return os.WIFSIGNALED(status)


class Trial:
    """A program in a folder of its own, how it was and how it is to become."""

    def __init__(self, top: Path, name: str) -> None:
        self.folder = top / name
        self.folder.mkdir()
        make(self.folder)
        self.before = state(self.folder)
        self.old = listing(self.folder)
        done = {name: f"new {name}\n".encode() for group in GROUPS for name in group}
        done["real.py"] = done.pop("link.py")
        self.new = {**self.old, **done, "new/layers.py": b"new\n"}
        # what stands in the file besides its text is kept
        self.new["a.py"] = b"\xef\xbb\xbfnew a.py\r\n"
        self.new["d.py"] = b"new d.py\r\n"

    def found(self) -> str:
        """What the kill has left, in a word."""
        now = listing(self.folder)
        if now == self.old:
            return "old"
        return "new" if now == self.new else "half"

    def settle(self, later: Step) -> None:
        """What a later run makes of it, and that an undo still works."""
        later(self.folder)
        now = listing(self.folder)
        assert not mixed(self.old, self.new, now), mixed(self.old, self.new, now)
        assert set(now) <= {*self.old, *self.new}, "something was left behind"
        run = journal.last(self.folder)
        assert run is None or not run.interrupted
        assert now == (self.old if run is None else self.new)
        if run is not None:
            undo(self.folder)
        assert state(self.folder) == self.before
        shutil.rmtree(self.folder)


LATER: dict[str, Step] = {"undo": undo, "recover": recover, "apply": lambda folder: _again(folder)}


def _again(folder: Path) -> None:
    """A second apply; what the first one wrote is taken back before, so that it has the same to do."""
    recover(folder)
    if journal.last(folder) is None:
        migrate(folder)


def at_random(top: Path, kills: int, seed: int) -> Counter[str]:
    """Counts what was found. Both the run and what comes later are killed at random moments."""
    chance = random.Random(seed)
    probe = Trial(top, "timed")
    start = time.perf_counter()
    os.waitpid(child(migrate, probe.folder), 0)
    longest = time.perf_counter() - start
    probe.settle(undo)
    counts: Counter[str] = Counter()
    for number in range(kills):
        trial = Trial(top, str(number))
        killed_after(migrate, trial.folder, chance.uniform(0, longest * 1.1))
        counts[trial.found()] += 1
        name, later = chance.choice(list(LATER.items()))
        if chance.random() < 0.5:
            killed_after(later, trial.folder, chance.uniform(0, longest))
            counts[f"killed in {name} too"] += 1
        trial.settle(later)
    return counts


def at_every_step(top: Path, later: Step) -> Counter[str]:
    """Kills before each single change of the disk."""
    counts: Counter[str] = Counter()
    alive = False
    while not alive:
        trial = Trial(top, f"step{counts.total()}")
        alive = not killed_before(migrate, trial.folder, counts.total())
        counts[trial.found()] += 1
        trial.settle(later)
    return counts


def in_undo_at_every_step(top: Path) -> int:
    """Kills the undoing of a whole run before each single change of the disk."""
    steps = 0
    alive = False
    while not alive:
        trial = Trial(top, f"undo{steps}")
        migrate(trial.folder)
        alive = not killed_before(undo, trial.folder, steps)
        steps += 1
        trial.settle(undo)
    return steps


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--folder", type=Path, help="where to write; default: where temporary files are")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        start = time.perf_counter()
        found = at_random(Path(folder), arguments.kills, arguments.seed)
        steps = at_every_step(Path(folder), undo)
        undone = in_undo_at_every_step(Path(folder))
        seconds = time.perf_counter() - start
    sys.stdout.write(
        f"{arguments.kills} kills at random moments: {dict(found)}\n"
        f"{steps.total()} kills, one before each change of the disk: {dict(steps)}\n"
        f"{undone} kills in undo, one before each change of the disk\n"
        f"after each: no group mixed, nothing left behind, everything as before after undo ({seconds:.0f} s)\n"
    )


if __name__ == "__main__":
    main()
