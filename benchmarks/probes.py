"""Migrates programs of public repositories and runs both sides; writes what came of it to docs/probes.md.

    python benchmarks/probes.py CHECKOUTS [--before-python PYTHON] [--only NAME ...] [--keep DIR]

CHECKOUTS holds one directory per repository, `owner+name` or `owner__name`, at the commit named below. Of each the
Python files are copied, with a file of ours more: benchmarks/probes/<name>.py. Its `build()` calls the model as the
repository's own training code does, on tiny inputs. The copy is migrated, this file with the rest, and
`tfmigrate check` runs both sides. --before-python names an interpreter that has TensorFlow 1.15; without it the before
side runs on stand-ins.
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import corpus

HERE = Path(__file__).parent
DOCS = HERE.parent / "docs" / "probes.md"
MODULE = "tfm_probe"  # what our file is called in the copy


@dataclass(frozen=True)
class Probe:
    """One program. folder: the part of the repository that is a program of its own. leave_out: files that are not.

    beside: another file of ours that its own imports.
    """

    name: str
    repository: str
    commit: str
    folder: str = "."
    leave_out: tuple[str, ...] = ()
    beside: str = ""


_MORVAN = "MorvanZhou/Reinforcement-learning-with-tensorflow"
PROBES = (
    Probe("dqn_devsisters", "devsisters/DQN-tensorflow", "c7b1f1051d"),
    Probe("mnist_vae", "hwalsuklee/tensorflow-mnist-VAE", "e7903ac398"),
    Probe("gan_collections", "hwalsuklee/tensorflow-generative-model-collections", "3abde8a9bc"),
    Probe("kyub_transformer", "Kyubyong/transformer", "fb023bb097", leave_out=("tf1.2_legacy",)),
    Probe("alexnet", "kratzert/finetune_alexnet_with_tensorflow", "669f32226a"),
    Probe("dcgan", "carpedm20/DCGAN-tensorflow", "62c9a2a7f7", beside="dcgan_small"),
    Probe("dcgan_conditional", "carpedm20/DCGAN-tensorflow", "62c9a2a7f7", beside="dcgan_small"),
    Probe("cyclegan_vanhuyz", "vanhuyz/CycleGAN-TensorFlow", "befe2f5703"),
    Probe("deep_rl", "carpedm20/deep-rl-tensorflow", "95d3e2dde7"),
    Probe("mnist_aae", "hwalsuklee/tensorflow-mnist-AAE", "ddca54fcc7"),
    Probe("mnist_cvae", "hwalsuklee/tensorflow-mnist-CVAE", "c3ed2d83c2"),
    Probe("sugyan_dcgan", "sugyan/tf-dcgan", "10ad3a2a2a"),
    Probe("shaohua_dcgan", "shaohua0116/DCGAN-Tensorflow", "c49b980186"),
    Probe("cgan_mnist", "zhangqianhui/Conditional-GAN", "2ee2e84a41"),
    Probe("yadiraf_infogan", "YadiraF/GAN", "45bde57d96", beside="yadiraf_standins"),
    Probe("yadiraf_wgan", "YadiraF/GAN", "45bde57d96", beside="yadiraf_standins"),
    Probe("siamese_mnist", "ywpkwon/siamese_tf_mnist", "addcae7a8b"),
    Probe("morvan_dqn", _MORVAN, "93e333484b", "contents/5_Deep_Q_Network"),
    Probe("morvan_double", _MORVAN, "93e333484b", "contents/5.1_Double_DQN"),
    Probe("morvan_dueling", _MORVAN, "93e333484b", "contents/5.3_Dueling_DQN"),
    Probe("golbin_dqn", "golbin/TensorFlow-Tutorials", "c8ac1e45ca", "12 - DQN"),
    Probe("pix2pix", "affinelayer/pix2pix-tensorflow", "0f21744243"),
    Probe("seq_tagging", "guillaumegenthial/sequence_tagging", "5cb9890e7c"),
    Probe("ppo_uidilr", "uidilr/ppo_tf", "222f3c53a7"),
    Probe("gail_uidilr", "uidilr/gail_ppo_tf", "0bdee5ac8e"),
    Probe("mnist_cnn", "hwalsuklee/tensorflow-mnist-cnn", "14f14ea0cf"),
    Probe("taki_resnet", "taki0112/ResNet-Tensorflow", "f395de3a53", leave_out=("main.py",), beside="taki_standins"),
    Probe("taki_stargan", "taki0112/StarGAN-Tensorflow", "277bfc3323", leave_out=("main.py",), beside="taki_standins"),
    Probe("text_classification", "dongjun-Lee/text-classification-models-tf", "768ea13547"),
    Probe(
        "yolov3",
        "YunYang1994/tensorflow-yolov3",
        "03cb272af2",
        # these find variables by name, the last is Python 2
        leave_out=("train.py", "convert_weight.py", "from_darknet_weights_to_ckpt.py"),
    ),
)


@dataclass
class Result:
    probe: Probe
    files: int = 0
    sites: int = 0
    groups: int = 0
    migrated: int = 0
    codes: Counter[str] = field(default_factory=Counter)
    status: str = ""
    reason: str = ""
    variables: int = 0


# --- one probe


def run(probe: Probe, checkout: Path, scratch: Path, before_python: Path | None) -> Result:
    result = Result(probe)
    before, after = scratch / probe.name / "before", scratch / probe.name / "after"
    for side in (before, after):
        shutil.rmtree(side, ignore_errors=True)
    copy_program(probe, checkout, before)
    for file in before.rglob("*.py"):
        result.files += 1
        try:
            result.sites += corpus.sites(ast.parse(file.read_bytes()))
        except (SyntaxError, ValueError):  # Python 2: has no sites that we could migrate
            continue

    plan = json.loads(_tfmigrate(before, "plan", "--format", "json", "."))
    result.groups = len(plan["groups"])
    result.migrated = sum(group["state"] == "migrated" for group in plan["groups"])
    result.codes.update(finding["code"] for finding in plan["findings"])
    _tfmigrate(before, "apply", ".", "--out", str(after))

    python = [] if before_python is None else ["--before-python", str(before_python)]
    entry = ["--entry", f"{MODULE}:build", "--timeout", "600", "--format", "json"]
    verdict = json.loads(_tfmigrate(before, "check", str(before), str(after), *entry, *python))
    result.status, result.reason = verdict["status"], verdict["reason"]
    result.variables = len(verdict["variables"])
    (scratch / probe.name / "verdict.json").write_text(json.dumps(verdict, indent=2), encoding="utf-8")
    return result


def copy_program(probe: Probe, checkout: Path, to: Path) -> None:
    """The Python files of the repository, and our own beside them."""
    root = checkout / probe.folder
    for file in sorted(root.rglob("*.py")):
        name = file.relative_to(root)
        if not any(name.is_relative_to(part) for part in probe.leave_out):
            (to / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, to / name)
    shutil.copy(HERE / "probes" / f"{probe.name}.py", to / f"{MODULE}.py")
    if probe.beside:
        shutil.copy(HERE / "probes" / f"{probe.beside}.py", to)


def _tfmigrate(folder: Path, *arguments: str) -> str:
    search = [str(HERE.parent), os.environ.get("PYTHONPATH", "")]
    done = subprocess.run(
        [sys.executable, "-m", "tfmigrate", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, search))},
    )
    if "Traceback (most recent call last)" in done.stderr:
        raise RuntimeError(f"tfmigrate {' '.join(arguments)}: {done.stderr[-2000:]}")
    return done.stdout


# --- the table

_COLUMNS = ["repository", "commit", "files", "TF1 sites", "groups", "migrated", "findings", "variables", "verdict"]


def table(results: Sequence[Result]) -> str:
    header = [_COLUMNS, ["---", "---", *["---:"] * 4, "---", "---:", "---"]]
    return "\n".join(f"| {' | '.join(row)} |" for row in [*header, *map(_row, results)]) + "\n"


def _row(result: Result) -> list[str]:
    probe = result.probe
    name = probe.repository if probe.folder == "." else f"{probe.repository}, {probe.folder}"
    without = f" without {', '.join(probe.leave_out)}" if probe.leave_out else ""
    codes = ", ".join(f"{code} {count}" for code, count in sorted(result.codes.items()))
    numbers = [str(n) for n in (result.files, result.sites, result.groups, result.migrated)]
    return [name + without, probe.commit, *numbers, codes, str(result.variables), result.status]


def page(results: Sequence[Result]) -> str:
    return f"""\
# Programs of public repositories

What `tfmigrate` makes of programs that it was not written for, and whether both sides do the same. Made by
`python benchmarks/probes.py`, which adds one file of ours to a checkout (`benchmarks/probes/`), a `build()` that calls
the model as the repository's own training code does, migrates it all together, and runs both sides.

{table(results)}
- *TF1 sites*: as in [corpus.md](corpus.md).
- *groups*: scope paths with variables that the program reaches; each is migrated or refused.
- *findings*: by code; `tfmigrate explain CODE` says what each means.
- *variables*: of the graph that `build()` makes, the optimizer's included.
- *verdict*: of `tfmigrate check`: the same variables, sharing, initial values, outputs, gradients and training.
"""


# --- command line


def _arguments(arguments: Sequence[str] | None) -> Any:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("checkouts", type=Path, metavar="CHECKOUTS")
    parser.add_argument("--before-python", type=Path, metavar="PYTHON", help="an interpreter with TensorFlow 1.15")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="some probes; docs/probes.md stays as it is")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="where both sides and the verdicts are kept")
    return parser.parse_args(arguments)


def find_checkout(checkouts: Path, repository: str) -> Path | None:
    owner, _, name = repository.partition("/")
    found = (checkouts / f"{owner}{between}{name}" for between in ("+", "__", "/"))
    return next((path for path in found if path.is_dir()), None)


def _runs(options: Any, scratch: Path) -> Iterator[Result]:
    for probe in PROBES:
        checkout = find_checkout(options.checkouts, probe.repository)
        if options.only and probe.name not in options.only:
            continue
        if checkout is None:
            print(f"{probe.name}: no checkout of {probe.repository}", file=sys.stderr)
            continue
        result = run(probe, checkout, scratch, options.before_python)
        print(f"{probe.name}: {result.migrated} of {result.groups}, {result.status}: {result.reason}", file=sys.stderr)
        yield result


def main(arguments: Sequence[str] | None = None) -> int:
    options = _arguments(arguments)
    with tempfile.TemporaryDirectory() as scratch:
        results = list(_runs(options, (options.keep or Path(scratch)).resolve()))
    print(table(results))
    if not options.only:
        DOCS.write_text(page(results), encoding="utf-8")
    return int(any(result.status == "different" for result in results))


if __name__ == "__main__":
    sys.exit(main())
