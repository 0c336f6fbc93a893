"""Runs tfmigrate over real packages of the TF1 years and writes what came of it to docs/corpus.md.

    python benchmarks/corpus.py [--cache DIR] [--only NAME ...]

The packages are pinned in core.txt, downloaded once into a cache outside the repository, and never executed. Each one
is planned, diffed and migrated into a copy; every changed file of the copy is parsed again, by ast and by LibCST, and
must be what the diff says, applied by git. Anything else counts as crashed.
"""

from __future__ import annotations

import argparse
import ast
import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import libcst

HERE = Path(__file__).parent
DOCS = HERE.parent / "docs" / "corpus.md"
CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "tfmigrate-corpus"

# --- TF1 sites

# slim's and contrib's functions that make variables
_SLIM_LAYERS = {
    "batch_norm", "bias_add", "conv1d", "conv2d", "conv2d_in_plane", "conv2d_transpose", "conv3d", "conv3d_transpose",
    "convolution", "convolution1d", "convolution2d", "convolution2d_in_plane", "convolution2d_transpose",
    "convolution3d", "convolution3d_transpose", "embed_sequence", "embedding_lookup_unique", "fully_connected",
    "group_norm", "instance_norm", "layer_norm", "legacy_fully_connected", "linear", "recurrent_conv2d", "relu",
    "relu6", "repeat",
    "separable_conv2d", "separable_convolution2d", "spatial_softmax", "stack",
}  # fmt: skip
_VARIABLES = {"get_variable", "get_local_variable", "model_variable", "local_variable"}


@dataclass
class _Imports(ast.NodeVisitor):
    """What the names of a module mean, as far as it matters here: dotted names from `tensorflow` on."""

    names: dict[str, str] = field(default_factory=dict)

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            top = alias.name.partition(".")[0]
            self.names[alias.asname or top] = alias.name if alias.asname else top

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        for alias in node.names:
            name = alias.asname or alias.name
            # many packages import TensorFlow once and hand it on: `from .compat import tf`
            ours = node.level or not (node.module or "").startswith(("tensorflow", "tf_slim"))
            handed_on = ours and alias.name in ("tf", "tfv1", "tf1")
            self.names[name] = "tensorflow" if handed_on else f"{node.module}.{alias.name}"


def sites(tree: ast.Module) -> int:
    """How many calls of the tree are about scopes, variables, reuse, or layers that make variables."""
    imports = _Imports()
    imports.visit(tree)
    calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call))
    return sum(_is_site(_dotted(call.func), imports.names) for call in calls)


def sites_in(folder: Path) -> tuple[int, int]:
    """How many Python files, and sites in them."""
    files = list(folder.rglob("*.py"))
    found = 0
    for file in files:
        with suppress(SyntaxError, ValueError):  # Python 2: has no sites that we could migrate
            found += sites(ast.parse(file.read_bytes()))
    return len(files), found


def _dotted(node: ast.expr) -> list[str]:
    """`a.b.c` as a list; ["?", "c"] where it does not begin with a name."""
    if isinstance(node, ast.Attribute):
        return [*_dotted(node.value), node.attr]
    return [node.id] if isinstance(node, ast.Name) else ["?"]


def _is_site(parts: list[str], names: dict[str, str]) -> bool:
    if parts[-1] == "reuse_variables":
        return True
    if len(parts) > 1 and parts[-2] == "tf" and parts[0] != "tf":  # compat.tf.get_variable
        parts = parts[-2:]
    first = names.get(parts[0], "tensorflow" if parts[0] == "tf" else parts[0])
    path = [*first.split("."), *parts[1:]]
    if path[0] not in ("tensorflow", "tf_slim") or len(path) == 1:
        return False
    top, *middle, last = path
    if last in _VARIABLES or last in ("variable_scope", "variable_op_scope", "make_template") or last.endswith("Cell"):
        return True
    if top == "tf_slim" or "contrib" in middle:
        return last in _SLIM_LAYERS
    return middle[-1:] == ["layers"] and "keras" not in middle


# --- download


def download(pins: Path, cache: Path) -> list[Path]:
    """The unpacked packages, one directory each."""
    wheels = cache / hashlib.sha256(pins.read_bytes()).hexdigest()[:12]
    done = wheels / "complete"
    if not done.exists():
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
        subprocess.run(
            [*pip, "--ignore-requires-python", "--require-hashes", "-r", str(pins), "-d", str(wheels)], check=True
        )
        for wheel in wheels.glob("*.whl"):
            with zipfile.ZipFile(wheel) as archive:
                archive.extractall(wheels / wheel.name.partition("-")[0])
        done.touch()
    return sorted((path for path in wheels.iterdir() if path.is_dir()), key=lambda path: path.name.lower())


# --- one package


@dataclass
class Result:
    package: str
    files: int = 0
    sites: int = 0
    groups: int = 0
    migrated: int = 0
    refused: int = 0
    changed: int = 0
    findings: int = 0
    # groups that a code keeps back; one group may have several reasons
    codes: Counter[str] = field(default_factory=Counter)
    crashes: list[str] = field(default_factory=list)
    seconds: float = 0.0


# an error of the tool that it got over
_ERROR = "TFM903"


class _CrashError(Exception):
    pass


def run(package: Path, timeout: float) -> Result:
    files, found = sites_in(package)
    result = Result(package.name, files, found)
    with tempfile.TemporaryDirectory() as scratch:
        try:
            _migrate(package, Path(scratch), timeout, result)
        except _CrashError as crash:
            result.crashes.append(str(crash))
    return result


def _migrate(package: Path, scratch: Path, timeout: float, result: Result) -> None:
    plan = json.loads(_tfmigrate(package, timeout, "plan", "--format", "json", "."))
    result.groups = len(plan["groups"])
    result.migrated = sum(group["state"] == "migrated" for group in plan["groups"])
    result.refused = sum(group["state"] == "refused" for group in plan["groups"])
    result.codes.update(code for group in plan["groups"] for code in group["codes"])
    result.findings = len(plan["findings"])
    result.crashes += [f["message"] for f in plan["findings"] if f["code"] == _ERROR]
    if result.migrated + result.refused != result.groups:
        result.crashes.append("the groups do not add up")

    began = time.perf_counter()
    patch = _tfmigrate(package, timeout, "diff", ".")
    result.seconds = time.perf_counter() - began

    copy, patched = scratch / "copy", scratch / "patched"
    _tfmigrate(package, timeout, "apply", ".", "--out", str(copy))
    shutil.copytree(package, patched)
    if patch:
        _run(["git", "init", "--quiet"], patched, timeout)
        _run(["git", "apply", "-"], patched, timeout, patch)
    for change in plan["changes"]:
        result.changed += change["path"].endswith(".py")
        _compare(copy / change["path"], patched / change["path"])


def _compare(file: Path, patched: Path) -> None:
    data = file.read_bytes()
    if data != patched.read_bytes():
        raise _CrashError(f"{file.name}: diff and apply differ")
    if file.suffix == ".py":
        try:
            ast.parse(data)
            libcst.parse_module(data)
        except (SyntaxError, ValueError, libcst.ParserSyntaxError) as error:
            raise _CrashError(f"{file.name}: what was written can't be parsed: {error}") from None


def _tfmigrate(package: Path, timeout: float, *arguments: str) -> bytes:
    return _run([sys.executable, "-m", "tfmigrate", *arguments], package, timeout)


def _run(command: Sequence[str], folder: Path, timeout: float, stdin: bytes = b"") -> bytes:
    """Standard output; status 0 and 1 are fine for all commands here."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, [str(HERE.parent), _pythonpath()]))}
    try:
        done = subprocess.run(
            command, cwd=folder, input=stdin, capture_output=True, timeout=timeout, check=False, env=environment
        )
    except subprocess.TimeoutExpired:
        raise _CrashError(f"{' '.join(command[2:])}: no end after {timeout:.0f} s") from None
    if done.returncode not in (0, 1) or b"Traceback (most recent call last)" in done.stderr:
        raise _CrashError(f"{' '.join(command[2:])}: {done.stderr.decode(errors='replace')[-2000:]}")
    return done.stdout


def _pythonpath() -> str:
    return os.environ.get("PYTHONPATH", "")


# --- the table

_COLUMNS = [
    "package",
    "files",
    "TF1 sites",
    "sharing groups",
    "migrated",
    "refused",
    "files changed",
    "findings",
    "refused by code",
    "crashed",
    "seconds",
]


def table(results: Sequence[Result]) -> str:
    rows = [_row(result) for result in [*results, _total(results)]]
    header = [_COLUMNS, ["---", *["---:"] * 7, "---", "---:", "---:"]]
    return "\n".join(f"| {' | '.join(row)} |" for row in [*header, *rows]) + "\n"


def _row(result: Result) -> list[str]:
    codes = ", ".join(f"{code} {count}" for code, count in sorted(result.codes.items()))
    numbers = [
        result.files, result.sites, result.groups, result.migrated, result.refused, result.changed, result.findings,
    ]  # fmt: skip
    return [result.package, *map(str, numbers), codes, str(len(result.crashes)), f"{result.seconds:.1f}"]


def _total(results: Sequence[Result]) -> Result:
    total = Result("all")
    for result in results:
        total.files += result.files
        total.sites += result.sites
        total.groups += result.groups
        total.migrated += result.migrated
        total.refused += result.refused
        total.changed += result.changed
        total.findings += result.findings
        total.codes += result.codes
        total.crashes += result.crashes
        total.seconds += result.seconds
    return total


def page(results: Sequence[Result]) -> str:
    total = _total(results)
    machine = f"{os.cpu_count()} cores, Python {platform.python_version()}"
    return f"""\
# Real packages

What `tfmigrate` makes of {len(results)} packages of the TF1 years that it was not written for. Made by
`python benchmarks/corpus.py`, which downloads them (pinned by hash in `benchmarks/core.txt`), plans, diffs and migrates
a copy, parses every changed file again, and checks that the diff, applied by git, is what was written.

Of {total.groups} sharing groups, {total.migrated} migrate and {total.refused} are refused,
each with its reasons at the line. These are libraries: their layers are handed functions, scopes and settings by
programs that are not in the package, and a whole cluster stays as it is when one part of it cannot be shown to mean
the same. The 60 % that we wanted are out of reach for a package by itself. What keeps most groups: nobody sees who
calls and shares them (TFM301, TFM307), networks are handed on as values or made by registries (TFM302, TFM407), names
and sizes come from settings and data (TFM201), and code of other packages runs under their scopes (TFM509).
What becomes of programs that use TensorFlow themselves is told in [probes.md](probes.md). Files change
without a migrated group where a library layer (`tf.layers.dense`) in plain code becomes a Keras layer, and where an
import must follow such a file.

{table(results)}
- *TF1 sites*: calls of `variable_scope`, `get_variable`, `reuse_variables`, `make_template`, `tf.layers.*`, layers of
  contrib and slim, and RNN cells.
- *sharing groups*: scope paths with variables that a program of the package reaches; each is migrated or refused.
- *findings*: all that is told, also of code that makes no group (a cell of `tf.nn.rnn_cell` in plain code, say).
- *refused by code*: how many groups a code keeps back. A group may have several reasons, so these add up to more than
  *refused*; `tfmigrate explain CODE` says what each means. TFM901 and TFM902 are bugs of ours that the recount caught.
- *crashed*: an error, also one that was got over (TFM903), no end, output that can't be parsed, or a diff that is not
  what was written. Must be 0.
- *seconds*: of `tfmigrate diff`, wall time, two packages at a time, {machine}.
"""


# --- command line


def _arguments(arguments: Sequence[str] | None) -> Any:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--cache", type=Path, default=CACHE, metavar="DIR")
    parser.add_argument("--pins", type=Path, default=HERE / "core.txt", metavar="FILE")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="some packages; docs/corpus.md stays as it is")
    parser.add_argument("--timeout", type=float, default=600, metavar="SECONDS", help="per command")
    parser.add_argument("--jobs", type=int, default=2, metavar="N")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    options = _arguments(arguments)
    packages = [path for path in download(options.pins, options.cache) if not options.only or path.name in options.only]
    if not packages:
        sys.exit(f"no package is called {' or '.join(options.only)}")
    with ThreadPoolExecutor(options.jobs) as pool:
        results = list(_watched(pool.map(lambda package: run(package, options.timeout), packages), len(packages)))
    print(table(results))
    for result in results:
        for crash in result.crashes:
            print(f"{result.package}: {crash}", file=sys.stderr)
    if not options.only:
        DOCS.write_text(page(results), encoding="utf-8")
    return int(any(result.crashes for result in results))


def _watched(results: Iterator[Result], number: int) -> Iterator[Result]:
    for done, result in enumerate(results, start=1):
        mark = "CRASHED" if result.crashes else f"{result.migrated} of {result.groups}"
        print(f"[{done}/{number}] {result.package}: {mark}, {result.seconds:.1f} s", file=sys.stderr)
        yield result


if __name__ == "__main__":
    sys.exit(main())
