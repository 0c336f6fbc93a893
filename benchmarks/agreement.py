"""Runs the same unmodified TF1 program on both before sides of `tfmigrate check`; writes docs/agreement.md.

    python benchmarks/agreement.py CHECKOUTS --before-python PYTHON [--programs DIR ...] [--only NAME ...] [--keep DIR]

A before side runs under a real TensorFlow 1.15 (PYTHON) or on the stand-ins of an installed TensorFlow 2. Here one and
the same program runs on the one and on the other, and the checker's own comparison judges. A verdict on a migration is
worth no more than the stand-ins, so every disagreement is a mistake of theirs, or has an explanation below.

CHECKOUTS holds the repositories at the commits named here and in probes.py, whose `build()` stands in
benchmarks/probes/. DIR holds programs of one folder each, `before.py` or `before/before.py` with a `build()`; the
fixtures of this project are always among them.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import probes
from probes import Probe

from tfmigrate.verify import Case, Tolerances, check_many

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "agreement.md"
SECONDS = 900.0
MEMORY_MB = 8192

MORE_PROBES = (
    Probe("dcgan", "carpedm20/DCGAN-tensorflow", "62c9a2a7f7", beside="dcgan_small"),
    Probe("cyclegan_vanhuyz", "vanhuyz/CycleGAN-TensorFlow", "befe2f5703"),
    Probe("cyclegan_xhujoy", "xhujoy/CycleGAN-tensorflow", "bd19873a2e"),
    Probe("began", "carpedm20/BEGAN-tensorflow", "722b3f1a2f"),
    Probe("pix2pix", "affinelayer/pix2pix-tensorflow", "0f21744243"),
    Probe("simulated_unsup", "carpedm20/simulated-unsupervised-tensorflow", "eafa49f0a9"),
    Probe("dtn", "yunjey/domain-transfer-network", "eaa2d5ec3d"),
    Probe("draw", "ericjang/draw", "56bb9404bc"),
    Probe("gpt2", "openai/gpt-2", "9b63575ef4", folder="src"),
    Probe("bert", "google-research/bert", "eedf5716ce"),
    Probe("albert", "google-research/albert", "b772393d3d"),
    Probe("transformer_xl", "kimiyoung/transformer-xl", "44781ed21d"),
    Probe("nmt", "tensorflow/nmt", "0be864257a"),
    Probe("bilm", "allenai/bilm-tf", "7cffee2b09"),
    Probe("seq_tagging", "guillaumegenthial/sequence_tagging", "5cb9890e7c"),
    Probe("show_attend", "yunjey/show-attend-and-tell", "1b8ca3a002"),
    Probe("wavenet", "ibab/tensorflow-wavenet", "3c973c038c"),
    Probe("pixelcnn", "openai/pixel-cnn", "bbc15688dd"),
    Probe("ry_resnet", "ry/tensorflow-resnet", "ccb9cc8cc2"),
    Probe("maml", "cbfinn/maml", "a7f45f1bcd"),
    Probe("spinup_td3", "openai/spinningup", "038665d62d", folder="spinup/algos/tf1/td3"),
    Probe("baselines_deepq", "openai/baselines", "ea25b9e8b2"),
    Probe("baselines_her", "openai/baselines", "ea25b9e8b2"),
    Probe("yolov3_training", "YunYang1994/tensorflow-yolov3", "03cb272af2"),
)
"""Programs that are here for what they use of TF1; not all of each migrates."""

_UNORDERED = (
    "the graphs agree, with all outputs and gradients. After a training op, moving averages of batch normalisation"
    " differ where one function is called several times for training. Each call updates the same averages, and"
    " nothing in the graph orders these updates, so TensorFlow 1.15 itself has no one answer:"
    " it depends on which op is run first."
)
_FUSED = (
    "the two fused batch normalisations round in another way. In the discriminator, inputs that are the same to the"
    " last bit give results that are 3e-4 apart, where values of small spread lie far from zero. Its gradients are 4e-4"
    " apart, twice what is tolerated. The sampler reads averages that another call updates in place, before or after."
)
_THROUGH = (
    "outputs and gradients agree. One training op updates the discriminator and takes the generator's gradients"
    " through it; whether these read its weights before or after is left open by the graph, and Adam's first step"
    " turns on signs."
)
_ATTENTION = (
    "the attention of `tf.contrib.seq2seq` has no equivalent in TensorFlow 2, so that the stand-ins could not tell."
    " Such a program needs `--before-python`."
)
EXPLAINED = {"dtn": _UNORDERED, "dcgan": _FUSED, "pix2pix": _THROUGH, "nmt": _ATTENTION}
"""Why the two TensorFlows do not do the same, by the name of the program."""


Json = dict[str, Any]


@dataclass(frozen=True)
class Program:
    """One program to run twice. probe: where it comes from, None for the folders of our own."""

    name: str
    case: Case
    probe: Probe | None = None


Results = Sequence[tuple[Program, Json]]


def folders(roots: Sequence[Path]) -> Iterator[Program]:
    """Those with a `build()` below the given folders."""
    for root in roots:
        for path in sorted(root.rglob("before.py")):
            folder = path.parent.parent if path.parent.name == "before" else path.parent
            if re.search(r"^def build\(", path.read_text("utf-8"), re.MULTILINE):
                yield Program(folder.relative_to(root.parent).as_posix(), Case(path, path))


def probed(checkouts: Path, scratch: Path) -> Iterator[Program]:
    for probe in (*probes.PROBES, *MORE_PROBES):
        checkout = probes.find_checkout(checkouts, probe.repository)
        if checkout is None:
            print(f"{probe.name}: no checkout of {probe.repository}", file=sys.stderr)
            continue
        folder = scratch / probe.name
        shutil.rmtree(folder, ignore_errors=True)
        probes.copy_program(probe, checkout, folder)
        yield Program(probe.name, Case(folder, folder, module=probes.MODULE), probe)


def run(programs: Sequence[Program], python: Path) -> Iterator[tuple[Program, Json]]:
    """One after the other: what a program of a repository does to its process must not reach the next."""
    together = [program for program in programs if program.probe is None]
    verdicts = _check(together, python) if together else []
    yield from zip(together, verdicts, strict=True)
    for program in programs:
        if program.probe is not None:
            yield program, _check([program], python)[0]


def _check(programs: Sequence[Program], python: Path) -> list[Json]:
    verdicts = check_many(
        [program.case for program in programs],
        before_python=python,
        after_is_tf1=True,
        timeout=SECONDS,
        memory_mb=MEMORY_MB,
    )
    return [verdict.to_json() for verdict in verdicts]


# --- the page


def page(results: Results, left_out: Sequence[str] = (), earlier: Sequence[str] = ()) -> str:
    """The same text from the same verdicts, in whatever order they were made."""
    probed = [(program, verdict) for program, verdict in results if program.probe is not None]
    own = [(program, verdict) for program, verdict in results if program.probe is None]
    return f"""\
# Does the before side on TensorFlow 2 do what TensorFlow 1.15 does?

`tfmigrate check` runs the before side under `tf.compat.v1` with stand-ins for what TensorFlow 1 had more, or under a
real TensorFlow 1.15 with `--before-python`. Here both run the same unmodified program, and the comparison of `check`
judges: variables, initial values, sharing, optimizers, outputs, gradients, a checkpoint of the one restored into the
other, and three rounds of training. Made by `python benchmarks/agreement.py` with TensorFlow 1.15.5 and 2.21.

*deviation* is the largest difference of all numbers that were compared, in parts of what is tolerated of `float32`; of
`float16` a hundred times as much is.

## Programs of public repositories

Each with a `build()` of ours (`benchmarks/probes/`) that calls the model as the repository's own training code does, on
tiny inputs. {_count(probed)}{_left_out(left_out)}{_earlier(earlier)}

{_table(probed)}
{_explained(probed)}## Programs of our own

Those of each folder that have a `build()`. {_count(own)}

{_folders(own)}
{_unequal(own)}"""


def _count(results: Results) -> str:
    equal = sum(verdict["status"] == "equivalent" for _, verdict in results)
    return f"{equal} of {len(results)} are equivalent."


def _left_out(names: Sequence[str]) -> str:
    return f" Not in this run: {', '.join(names)}." if names else ""


def _earlier(names: Sequence[str]) -> str:
    if not names:
        return ""
    return (
        f"\n\nNot run again since the checker compares large and small numbers, late counters and random draws as well:"
        f" {', '.join(names)}."
    )


def _table(results: Results) -> str:
    lines = ["| program | commit | variables | verdict | deviation |", "| --- | --- | ---: | --- | ---: |"]
    for program, verdict in results:
        assert program.probe is not None
        said = verdict["status"] + (", see below" if program.name in EXPLAINED else "")
        name = f"{program.name}: {program.probe.repository}"
        cells = [name, program.probe.commit, str(len(verdict["variables"])), said, _deviation([verdict])]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _folders(results: Results) -> str:
    lines = ["| folder | programs | equivalent | deviation |", "| --- | ---: | ---: | ---: |"]
    for folder, group in groupby(results, key=lambda result: result[0].name.rpartition("/")[0]):
        verdicts = [verdict for _, verdict in group]
        equal = [verdict for verdict in verdicts if verdict["status"] == "equivalent"]
        lines.append(f"| {folder} | {len(verdicts)} | {len(equal)} | {_deviation(equal)} |")
    return "\n".join(lines) + "\n"


def _deviation(verdicts: Sequence[Json]) -> str:
    """The largest; a verdict names it relative to the tolerance of float32."""
    sizes = [verdict["biggest"][1] for verdict in verdicts if verdict["biggest"]]
    return f"{max(sizes) / Tolerances().of('float32'):.1g}" if sizes else ""


def _explained(results: Results) -> str:
    lines = [f"- **{program.name}**: {EXPLAINED[program.name]}" for program, _ in results if program.name in EXPLAINED]
    return "\n".join([*lines, "", ""]) if lines else ""


def _unequal(results: Results) -> str:
    """Programs that run on neither side, mostly because TensorFlow 1 rejects them: that is what these fixtures show."""
    others = [(program, verdict) for program, verdict in results if verdict["status"] != "equivalent"]
    return (
        "\n".join(f"- {program.name}: {verdict['status']}: {verdict['reason']}" for program, verdict in others) + "\n"
    )


# --- command line


def _arguments(arguments: Sequence[str] | None) -> Any:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("checkouts", type=Path, metavar="CHECKOUTS")
    parser.add_argument("--before-python", type=Path, required=True, metavar="PYTHON", help="with TensorFlow 1.15")
    parser.add_argument("--programs", type=Path, nargs="+", default=[], metavar="DIR", help="further programs")
    parser.add_argument("--only", nargs="+", metavar="TEXT", help="those with TEXT in their name; no page is written")
    parser.add_argument("--without", nargs="+", default=[], metavar="NAME", help="programs too large for this machine")
    parser.add_argument("--earlier", nargs="+", default=[], metavar="NAME", help="verdicts of an earlier checker")
    parser.add_argument(
        "--keep", type=Path, metavar="DIR", help="for copies and verdicts; one in there is not made again"
    )
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    options = _arguments(arguments)
    with tempfile.TemporaryDirectory() as temporary:
        scratch = (options.keep or Path(temporary)).resolve()
        programs = [*folders([path.resolve() for path in options.programs] + [ROOT / "fixtures"])]
        programs += probed(options.checkouts, scratch)
        programs = [program for program in programs if program.name not in options.without]
        if options.only:
            programs = [program for program in programs if any(text in program.name for text in options.only)]
        files = {program.name: scratch / f"{program.name.replace('/', '+')}.json" for program in programs}
        for program, verdict in run([p for p in programs if not files[p.name].exists()], options.before_python):
            print(f"{program.name}: {verdict['status']}: {verdict['reason']} ({verdict['seconds']:.0f} s)", flush=True)
            files[program.name].write_text(json.dumps(verdict, indent=2), encoding="utf-8")
        results = [(program, json.loads(files[program.name].read_text("utf-8"))) for program in programs]
    if not options.only:
        PAGE.write_text(page(results, options.without, options.earlier), encoding="utf-8")
    unequal = [program.name for program, verdict in results if verdict["status"] == "different"]
    return int(any(name not in EXPLAINED for name in unequal))


if __name__ == "__main__":
    sys.exit(main())
