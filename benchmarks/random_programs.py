"""Writes random TF1 programs, migrates them, and has both sides run: nothing may come out wrong.

    python benchmarks/random_programs.py --seed 1 --count 1000 [--without-tensorflow] [--results FILE] [--keep DIR]
    python benchmarks/random_programs.py --summary FILE [FILE ...]

Program number n of seed s is always the same: s * 1,000,000 + n. With --results a run that was stopped goes on where it
stood. What is wrong is kept in the folder of --keep.

Both sides run by the quick check first, many programs in one process; what it does not call equivalent is checked once
more in full, and only that verdict counts.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from random_tf1.choices import Choices
from random_tf1.judging import Judged, analyse, run
from random_tf1.programs import write_program
from random_tf1.results import Result, Results


def judge_batch(numbers: Sequence[int], folder: Path, tensorflow: bool, before_python: Path | None) -> list[Judged]:
    batch = [analyse(str(n), write_program(Choices.seeded(n)), folder / str(n)) for n in numbers]
    if tensorflow:
        run(batch, folder, before_python)
    return batch


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--batch", type=int, default=100, help="programs for one start of TensorFlow")
    parser.add_argument("--without-tensorflow", action="store_true")
    parser.add_argument("--before-python", type=Path)
    parser.add_argument("--results", type=Path)
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--summary", type=Path, nargs="+", help="print the tables of these results, and run nothing")
    options = parser.parse_args(argv)
    if options.summary:
        results = Results(None)
        for path in options.summary:
            results.rows += Results(path).rows
        return show(results)
    results = Results(options.results)
    wanted = results.missing([options.seed * 1_000_000 + n for n in range(options.count)])
    begun = time.monotonic()
    for start in range(0, len(wanted), options.batch):
        with tempfile.TemporaryDirectory() as scratch:
            numbers = wanted[start : start + options.batch]
            batch = judge_batch(numbers, Path(scratch), not options.without_tensorflow, options.before_python)
            for judged in batch:
                if judged.outcome in ("wrong", "invalid"):
                    print(f"{judged.name} {judged.outcome}: {judged.why}", flush=True)
                    if options.keep is not None:
                        shutil.copytree(Path(scratch) / judged.name, options.keep / judged.name, dirs_exist_ok=True)
            results.add(Result.of(judged, not options.without_tensorflow) for judged in batch)
        done = dict(results.outcomes)
        print(f"{len(results.rows)} programs, {time.monotonic() - begun:.0f} s: {done}", flush=True)
    return show(results)


def show(results: Results) -> int:
    seeds = sorted({row.number // 1_000_000 for row in results.rows})
    for table in (results.summary(" ".join(map(str, seeds))), results.constructs(), results.refusals()):
        print()
        print("\n".join(table))
    return 1 if results.outcomes["wrong"] else 0


if __name__ == "__main__":
    sys.exit(main())
