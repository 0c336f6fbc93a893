"""The benchmark counts what it says, and calls a crash a crash."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

import corpus


@pytest.mark.parametrize(
    "source",
    [
        "import tensorflow as tf\ntf.variable_scope('a')",
        "import tensorflow.compat.v1 as tf1\ntf1.get_variable('a')",
        "import tensorflow\ntensorflow.make_template('a', f)",
        "from tensorflow import variable_scope as vs\nvs('a')",
        "from tensorflow.python.ops import variable_scope as vs\nvs.get_variable('a')",
        "from .compat import tf\ntf.layers.dense(x, 2)",
        "from pkg import compat\ncompat.tf.get_variable('a')",
        "scope.reuse_variables()",
        "import tensorflow as tf\ntf.get_variable_scope().reuse_variables()",
        "from tensorflow.contrib import slim\nslim.conv2d(x, 2, 3)",
        "import tensorflow.contrib.layers as L\nL.fully_connected(x, 2)",
        "import tf_slim as slim\nslim.batch_norm(x)",
        "import tensorflow as tf\ntf.nn.rnn_cell.BasicLSTMCell(4)",
        "import tensorflow as tf\ntf.contrib.rnn.GRUCell(4)",
    ],
)
def test_counts_a_site(source: str) -> None:
    assert corpus.sites(ast.parse(source)) == 1


@pytest.mark.parametrize(
    "source",
    [
        "import numpy as tf\ntf.layers.dense(x)",
        "import tensorflow as tf\ntf.matmul(x, y)",
        "import tensorflow as tf\ntf.keras.layers.Dense(3)(x)",
        "from tensorflow.contrib import slim\nslim.get_variables()",
        "import tensorflow as tf\ntf.variable_scope",
        "get_variable('a')",
        "stem.Cell()",
    ],
)
def test_counts_nothing_else(source: str) -> None:
    assert corpus.sites(ast.parse(source)) == 0


def _package(folder: Path) -> Path:
    package = folder / "acme"
    package.mkdir()
    (package / "net.py").write_text("import tensorflow as tf\ntf.get_variable('a')\n")
    (package / "old.py").write_text("print 'Python 2'\n")
    return package


# `python` stands in for tfmigrate: the arguments are `-m tfmigrate COMMAND ...`
_FAKE = """#!{python}
import sys, pathlib, shutil
command = sys.argv[3]
if command == "plan":
    print('{{"groups": [{{"state": "migrated", "codes": []}}, {{"state": "refused", "codes": ["TFM201", "TFM302"]}}],'
          ' "findings": [{findings}], "changes": [{{"path": "net.py"}}]}}')
elif command == "diff":
    print("diff --git a/net.py b/net.py\\n--- a/net.py\\n+++ b/net.py\\n@@ -1,2 +1 @@\\n"
          "-import tensorflow as tf\\n-tf.get_variable('a')\\n+{diff}")
else:
    shutil.copytree(".", sys.argv[-1])
    pathlib.Path(sys.argv[-1], "net.py").write_text("{written}\\n")
sys.exit({status})
"""


def _run(
    folder: Path, monkeypatch: pytest.MonkeyPatch, diff: str, written: str, status: int = 1, code: str = "TFM201"
) -> corpus.Result:
    fake = folder / "python"
    finding = f'{{"code": "{code}", "message": "a message"}}'
    fake.write_text(_FAKE.format(python=sys.executable, diff=diff, written=written, status=status, findings=finding))
    fake.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(fake))
    return corpus.run(_package(folder), timeout=60)


def test_a_package_that_goes_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    result = _run(tmp_path, monkeypatch, diff="x = 1", written="x = 1")
    assert result.crashes == []
    assert (result.files, result.sites, result.groups, result.migrated, result.changed) == (2, 1, 2, 1, 1)
    assert "| acme | 2 | 1 | 2 | 1 | 1 | 1 | 1 | TFM201 1, TFM302 1 | 0 |" in corpus.table([result])
    assert "Of 2 sharing groups, 1 migrate and 1 are refused" in corpus.page([result])


@pytest.mark.parametrize(
    ("diff", "written", "status", "crash"),
    [
        ("x = 1", "x = 2", 1, "net.py: diff and apply differ"),
        ("x = ", "x = ", 1, "net.py: what was written can't be parsed"),
        ("x = 1", "x = 1", 2, "tfmigrate plan"),
    ],
)
def test_a_package_that_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, diff: str, written: str, status: int, crash: str
) -> None:
    [found] = _run(tmp_path, monkeypatch, diff, written, status).crashes
    assert found.startswith(crash)


def test_an_error_that_was_got_over_is_a_crash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert _run(tmp_path, monkeypatch, "x = 1", "x = 1", code="TFM903").crashes == ["a message"]
