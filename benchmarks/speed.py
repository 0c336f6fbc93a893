"""How long a run takes and how much memory, beside other tools on the same files; writes docs/performance.md.

    python benchmarks/speed.py TREE --write docs/performance.md

TREE: a folder of TensorFlow 1 code. Everything is a process of its own, started in the folder above a copy of TREE.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SIZES = (100, 300, 1_000, 3_000, 10_000)
LIMIT = 900.0

_AST = "import ast, pathlib, sys\nfor p in sorted(pathlib.Path(sys.argv[1]).rglob('*.py')): ast.parse(p.read_bytes())"
_LIBCST = "import libcst, sys\nfor p in sys.argv[1:]: libcst.parse_module(open(p, 'rb').read())"
_UPGRADE = "from tensorflow.tools.compatibility.tf_upgrade_v2_main import main; main()"

_NETWORK = """\
import tensorflow as tf

from {package}.plain_1 import scaled


def network_{n}(x, units, reuse=False):
    with tf.variable_scope("network_{n}", reuse=reuse):
        w = tf.get_variable("w", [x.get_shape()[-1], units])
        hidden = tf.nn.relu(tf.matmul(scaled(x), w))
        return tf.layers.dense(hidden, 2, name="out")


def build_{n}():
    x = tf.placeholder(tf.float32, [8, {n}])
    return network_{n}(x, 4), network_{n}(x, 4, reuse=True)
"""
_PLAIN = '''\
"""What every repository is full of."""


def scaled(value, factor={n}):
    return value * factor


class Table_{n}:
    def __init__(self, rows):
        self.rows = [row for row in rows if row is not None]

    def total(self, key):
        result = 0
        for row in self.rows:
            if row.get(key):
                result += row[key]
        return result
'''


@dataclass(frozen=True)
class Cost:
    """Of one process and those that it started. memory: of the largest of them, in MB. wall None: it was stopped."""

    wall: float | None
    cpu: float = 0.0
    memory: float = 0.0
    output: str = ""


def cost(command: Sequence[str], folder: Path, limit: float = LIMIT, environment: Mapping[str, str] = {}) -> Cost:
    """Start a process and wait for it."""
    with tempfile.TemporaryFile() as output:
        began = time.monotonic()
        given = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", **environment}
        process = subprocess.Popen(command, cwd=folder, env=given, stdout=output, stderr=subprocess.DEVNULL)
        while True:
            pid, _, usage = os.wait4(process.pid, os.WNOHANG)
            if pid:
                break
            if time.monotonic() - began > limit:
                process.kill()
                os.wait4(process.pid, 0)
                return Cost(None)
            time.sleep(0.005)
        wall = time.monotonic() - began
        output.seek(0)
        text = output.read().decode(errors="replace")
    process.returncode = 0
    return Cost(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, text)


def tools(tree: Path, scratch: Path) -> dict[str, Cost]:
    """What the tools cost on one tree, each over all of it."""
    python, folder, name = sys.executable, tree.parent, tree.name
    found: dict[str, Cost] = {}
    kept = {"TFMIGRATE_CACHE": str(scratch / "cache")}
    diff = [python, "-m", "tfmigrate", "diff", name]
    found["`ast.parse` of every file"] = cost([python, "-c", _AST, name], folder)
    found["`tfmigrate diff`, cold"] = cold = cost(diff, folder, environment=kept)
    found["`tfmigrate diff`, warm"] = cost(diff, folder, environment=kept)
    changed = [line[6:] for line in cold.output.splitlines() if line.startswith("--- a/") and line.endswith(".py")]
    files = [str(path) for path in (tree / c for c in changed) if path.exists()]
    files = files or [str(folder / c) for c in changed if (folder / c).exists()]
    found[f"LibCST's parse of the {len(files)} files that change"] = cost([python, "-c", _LIBCST, *files], folder)
    codemod = [python, "-m", "libcst.tool", "codemod", "noop.NOOPCommand", "--no-format", name]
    found["LibCST's codemod command line, a codemod that does nothing"] = cost(codemod, folder)
    trees = ["--intree", name, "--outtree", str(scratch / "upgraded"), "--reportfile", str(scratch / "report.txt")]
    found["`tf_upgrade_v2`"] = cost([python, "-c", _UPGRADE, *trees], folder)
    return found


def synthetic(number: int, folder: Path) -> None:
    """A repository of that many files, ten a package; one in ten holds a network."""
    for n in range(number):
        package = folder / f"package_{n // 10}"
        package.mkdir(parents=True, exist_ok=True)
        text = (_PLAIN if n % 10 else _NETWORK).format(n=n, package=package.name)
        (package / (f"plain_{n % 10}.py" if n % 10 else "network.py")).write_text(text)
        (package / "__init__.py").touch()


def growth(sizes: Sequence[int], scratch: Path) -> dict[int, tuple[Cost, Cost]]:
    """Cold and warm, by the number of files."""
    found: dict[int, tuple[Cost, Cost]] = {}
    for size in sizes:
        tree = scratch / f"synthetic_{size}"
        synthetic(size, tree)
        kept = {"TFMIGRATE_CACHE": str(scratch / f"cache_{size}")}
        diff = [sys.executable, "-m", "tfmigrate", "diff", tree.name]
        cold = cost(diff, scratch, environment=kept)
        found[size] = cold, cost(diff, scratch, environment=kept) if cold.wall is not None else cold
        print(size, *(f"{c.wall} s, {c.cpu:.1f} s CPU, {c.memory:.0f} MB" for c in found[size]), flush=True)
        shutil.rmtree(tree)
        if cold.wall is None:
            break
    return found


def _row(name: object, *costs: Cost) -> str:
    cells = [
        cell
        for one in costs
        for cell in (
            ("stopped", "", "")
            if one.wall is None
            else (f"{one.wall:.2f} s", f"{one.cpu:.2f} s", f"{one.memory:.0f} MB")
        )
    ]
    return f"| {name} | {' | '.join(cells)} |"


def tables(tree: Path, found: Mapping[str, Cost], grown: Mapping[int, tuple[Cost, Cost]]) -> str:
    files = sorted(tree.rglob("*.py"))
    size = sum(path.stat().st_size for path in files) / 1e6
    load = os.getloadavg()[0]
    lines = [
        (
            f"On {len(files)} files of {tree.name}, {size:.1f} MB; Python {platform.python_version()}, "
            f"{os.cpu_count()} processors, load {load:.1f} at the end."
        ),
        "",
        "| | wall | CPU | memory of the largest process |",
        "| --- | ---: | ---: | ---: |",
        *(_row(name, one) for name, one in found.items()),
        "",
        "Generated repositories, one file in ten with a network:",
        "",
        "| files | cold: wall | CPU | memory | warm: wall | CPU | memory |",
        "| ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
        *(_row(f"{number:,}", *pair) for number, pair in grown.items()),
    ]
    return "\n".join(lines) + "\n"


_BEGIN, _END = "<!-- measured -->\n", "<!-- end of what was measured -->\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tree", type=Path)
    parser.add_argument("--sizes", type=int, nargs="*", default=SIZES, help="numbers of files to generate")
    parser.add_argument("--write", type=Path, metavar="PAGE", help="put the tables into this page")
    options = parser.parse_args()
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        tree = shutil.copytree(options.tree, scratch / "tree" / options.tree.resolve().name)
        found = tools(tree, scratch)
        for what, one in found.items():
            print(_row(what, one), flush=True)
        text = tables(tree, found, growth(options.sizes, scratch))
    print(text)
    if options.write is not None:
        page = options.write.read_text(encoding="utf-8")
        before, _, rest = page.partition(_BEGIN)
        _, _, after = rest.partition(_END)
        options.write.write_text(f"{before}{_BEGIN}\n{text}\n{_END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
