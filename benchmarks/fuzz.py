"""Gives the tool inputs that nobody would write: programs of a grammar, and real ones changed, cut and corrupted.

    python benchmarks/fuzz.py --count 100000 [--seed 1] [--jobs 1] [--start 0] [--keep DIR] [--sources DIR ...]

For each: no crash, no hang over 10 s, nothing on the disk touched, no file changed that should not be, every result
parses and survives its own encoding, and a second run changes nothing. Input number n of seed s is always the same for
the same sources. What is wrong is kept in the folder of --keep, `--shrink` makes it smaller first.
"""

from __future__ import annotations

import argparse
import gc
import json
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import BrokenExecutor, Future
from functools import cache
from itertools import islice
from pathlib import Path

from fuzzing.inputs import Input, Material, make
from fuzzing.judging import Judged, judge
from random_tf1.choices import Choices
from random_tf1.shrinking import shrink

from tfmigrate.jobs import processes

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures"
CHUNK = 50
# chunks until a process is replaced by a fresh one
_PER_PROCESS = 100
_MOST_KEPT = 3

Row = tuple[int, Judged]


@cache
def material(roots: tuple[str, ...]) -> Material:
    read = Material.read([Path(root) for root in roots])
    gc.freeze()  # it stays: looking at it again and again for garbage would take longer than the inputs
    return read


def input_of(seed: int, number: int, roots: tuple[str, ...]) -> tuple[Input, Choices]:
    choices = Choices.seeded(seed * 10_000_000 + number)
    return make(choices, material(roots)), choices


def judge_numbers(seed: int, numbers: Sequence[int], roots: tuple[str, ...]) -> list[Row]:
    with tempfile.TemporaryDirectory() as scratch:
        return [(n, judge(input_of(seed, n, roots)[0], Path(scratch) / str(n))) for n in numbers]


def signature(why: str) -> str:
    """The same for what is likely the same mistake."""
    return re.sub(r"'[^']*'|\"[^\"]*\"|\d+", "_", why)[:160]


def shrunk(seed: int, number: int, roots: tuple[str, ...], why: str) -> Input:
    """The smallest input that is wrong in the same way."""
    known = material(roots)

    def fails(candidates: Sequence[list[int]]) -> list[tuple[bool, list[int], int]]:
        found = []
        with tempfile.TemporaryDirectory() as scratch:
            for n, candidate in enumerate(candidates):
                choices = Choices.replayed(candidate)
                made = make(choices, known)
                same = signature(judge(made, Path(scratch) / str(n)).why) == signature(why)
                found.append((same, choices.made, sum(map(len, made.files.values()))))
        return found

    return make(Choices.replayed(shrink(input_of(seed, number, roots)[1].made, fails, rounds=40)), known)


def keep(made: Input, judged: Judged, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in made.files.items():
        (folder / name).write_bytes(data)
    told = {"why": judged.why, "named": made.named, "with_callers": made.with_callers, "history": made.history}
    (folder / "why.json").write_text(json.dumps(told, indent=1))


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--start", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--sources", type=Path, nargs="+", default=[FIXTURES])
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--shrink", action="store_true")
    options = parser.parse_args(argv)
    roots = tuple(map(str, options.sources))
    outcomes: Counter[str] = Counter()
    wrong: dict[str, list[int]] = {}
    begun = time.monotonic()
    for rows in _all_rows(options.seed, options.start, options.count, options.jobs, roots):
        for number, judged in rows:
            outcomes[judged.outcome] += 1
            if judged.outcome not in ("wrong", "caught"):
                continue
            seen = wrong.setdefault(f"{judged.outcome}: {signature(judged.why)}", [])
            seen.append(number)
            if len(seen) <= _MOST_KEPT:
                print(f"{number} {judged.outcome}: {judged.why}", flush=True)
                if options.keep is not None:
                    smaller = options.shrink and judged.outcome == "wrong"
                    made = shrunk(options.seed, number, roots, judged.why) if smaller else None
                    keep(made or input_of(options.seed, number, roots)[0], judged, options.keep / str(number))
        done = sum(outcomes.values())
        if done % 1000 < CHUNK:
            print(f"{done} inputs, {time.monotonic() - begun:.0f} s: {dict(outcomes)}", flush=True)
    for what, numbers in sorted(wrong.items(), key=lambda item: -len(item[1])):
        print(f"{len(numbers):6d} {what} [{' '.join(map(str, numbers[:5]))}]")
    print(f"{sum(outcomes.values())} inputs, {time.monotonic() - begun:.0f} s: {dict(outcomes)}")
    return 1 if outcomes["wrong"] else 0


def _all_rows(seed: int, start: int, count: int, jobs: int, roots: tuple[str, ...]) -> Iterator[list[Row]]:
    """In other processes: one that dies, of too deep a recursion in a parser, say, is an answer too."""
    chunks = iter([range(n, min(n + CHUNK, start + count)) for n in range(start, start + count, CHUNK)])
    while True:
        waiting: list[tuple[Future[list[Row]], range]] = []
        with processes(jobs) as executor:
            for numbers in islice(chunks, _PER_PROCESS * jobs):
                waiting.append((executor.submit(judge_numbers, seed, numbers, roots), numbers))
            if not waiting:
                return
            for future, numbers in waiting:
                try:
                    yield future.result()
                except BrokenExecutor:
                    yield from (_alone(seed, number, roots) for number in numbers)


def _alone(seed: int, number: int, roots: tuple[str, ...]) -> list[Row]:
    with processes(1) as executor:
        try:
            return executor.submit(judge_numbers, seed, [number], roots).result()
        except BrokenExecutor:
            return [(number, Judged("wrong", "the process dies"))]


if __name__ == "__main__":
    sys.exit(main())
