"""Writes random TF1 programs, migrates them, and has both sides run: nothing may come out wrong.

    python benchmarks/random_programs.py --seed 1 --count 1000 [--without-tensorflow] [--keep DIR]

Program number n of seed s is always the same. What is wrong is kept in the folder of --keep.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from random_tf1.choices import Choices
from random_tf1.judging import Judged, analyse, run
from random_tf1.programs import write_program

BATCH = 40


def judge_batch(numbers: Sequence[int], folder: Path, tensorflow: bool, before_python: Path | None) -> list[Judged]:
    batch = [analyse(str(n), write_program(Choices.seeded(n)), folder / str(n)) for n in numbers]
    if tensorflow:
        run(batch, folder, before_python)
    return batch


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--without-tensorflow", action="store_true")
    parser.add_argument("--before-python", type=Path)
    parser.add_argument("--keep", type=Path)
    options = parser.parse_args(argv)
    outcomes: Counter[str] = Counter()
    codes: Counter[str] = Counter()
    reasons: dict[str, list[str]] = {}
    begun = time.monotonic()
    for start in range(0, options.count, BATCH):
        with tempfile.TemporaryDirectory() as scratch:
            numbers = [options.seed * 1_000_000 + n for n in range(start, min(start + BATCH, options.count))]
            for judged in judge_batch(numbers, Path(scratch), not options.without_tensorflow, options.before_python):
                outcomes[judged.outcome] += 1
                if judged.outcome in ("refused", "partly"):
                    codes.update(set(judged.codes))
                    for finding in judged.migration.findings if judged.migration else ():
                        reasons.setdefault(f"{finding.code}: {finding.message[:110]}", []).append(judged.name)
                if judged.outcome in ("wrong", "invalid"):
                    print(f"{judged.name} {judged.outcome}: {judged.why}", flush=True)
                    if options.keep is not None:
                        shutil.copytree(Path(scratch) / judged.name, options.keep / judged.name, dirs_exist_ok=True)
        print(f"{sum(outcomes.values())} programs, {time.monotonic() - begun:.0f} s: {dict(outcomes)}", flush=True)
    for code, count in codes.most_common():
        print(f"{code} in {count} programs")
    for reason, names in sorted(reasons.items(), key=lambda item: -len(item[1]))[:40]:
        print(f"{len(names):5d} {reason} [{' '.join(names[:3])}]")
    return 1 if outcomes["wrong"] else 0


if __name__ == "__main__":
    sys.exit(main())
