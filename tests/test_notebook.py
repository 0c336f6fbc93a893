"""Notebooks: the cells that change, and not a byte of anything else."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from tfmigrate.cli import main
from tfmigrate.notebook import Notebook, NotebookError
from tfmigrate.pipeline import migrate

NET = """\
def net(x, reuse=None):
    # shared by both
    with tf.variable_scope("net", reuse=reuse):
        return tf.matmul(x, tf.get_variable("w", [3, 4]))"""
USE = """\
x = tf.placeholder(tf.float32, [None, 3])
a = net(x)
b = net(x, reuse=True)"""
CELLS = (
    "# Imports \u00e9\n%matplotlib inline\nimport tensorflow as tf",
    NET,
    "",
    "!ls\n" + USE,
    "%%bash\nls",
    "print(a, b)\n",
)


def notebook(cells: Sequence[str], **style: object) -> str:
    """As Jupyter writes it, with a text cell and outputs between."""
    found: list[object] = [{"cell_type": "markdown", "metadata": {}, "source": ["# Title\n", "tf.get_variable"]}]
    for number, cell in enumerate(cells):
        outputs = [{"name": "stdout", "output_type": "stream", "text": ["1.0\n"]}]
        source: object = cell.splitlines(keepends=True)
        found.append(
            {"cell_type": "code", "execution_count": number, "metadata": {}, "outputs": outputs, "source": source}
        )
    whole = {"cells": found, "metadata": {"language_info": {"name": "python"}}, "nbformat": 4, "nbformat_minor": 2}
    return json.dumps(whole, **{"indent": 1, "ensure_ascii": False, **style}) + "\n"  # type: ignore[arg-type]


def _cells(text: str) -> list[str]:
    return ["".join(cell["source"]) for cell in json.loads(text)["cells"] if cell["cell_type"] == "code"]


STYLES: list[dict[str, object]] = [
    {},
    {"indent": None},
    {"indent": 4, "ensure_ascii": True},
    {"separators": (",", ":"), "indent": None},
]


@pytest.mark.parametrize("style", STYLES)
def test_what_does_not_change_keeps_its_bytes(style: dict[str, object]) -> None:
    raw = notebook(CELLS, **style)
    found = Notebook.read(raw)
    assert found.rendered(found.text) == raw


@pytest.mark.parametrize("style", STYLES)
def test_a_notebook_migrates_cell_by_cell(tmp_path: Path, style: dict[str, object]) -> None:
    (tmp_path / "train.ipynb").write_text(notebook(CELLS, **style), encoding="utf-8")
    [change] = migrate([tmp_path]).changes
    before, after = _cells(notebook(CELLS)), _cells(change.after)
    imports = "# Imports \u00e9\n%matplotlib inline\nimport keras\nimport tensorflow.compat.v1 as tf"
    assert after[0] == f"{imports}\n\ntf.disable_v2_behavior()"
    assert after[1].startswith("class Net(keras.layers.Layer):\n")
    assert "    # shared by both\n" in after[1]
    assert after[1] == after[1].strip("\n")
    assert after[3].startswith("!ls\nx = tf.placeholder(tf.float32, [None, 3])\nnet_layer = Net()\n")
    assert [after[n] for n in (2, 4, 5)] == [before[n] for n in (2, 4, 5)]
    expected = json.loads(notebook(CELLS))
    for cell, text in zip([c for c in expected["cells"] if c["cell_type"] == "code"], after):
        cell["source"] = text.splitlines(keepends=True)
    indented = {"indent": 1, "ensure_ascii": False, **style}
    assert change.after == json.dumps(expected, **indented) + "\n"  # type: ignore[arg-type]


def test_findings_stand_where_an_editor_shows_them(tmp_path: Path) -> None:
    cells = [
        "import tensorflow as tf",
        "name = input()\nwith tf.variable_scope(n):\n    w = tf.get_variable('w', [2])",
    ]
    path = tmp_path / "train.ipynb"
    path.write_text(notebook(cells))
    [finding] = migrate([path]).findings
    assert finding.code == "TFM201"
    assert "tf.variable_scope(n)" in path.read_text().split("\n")[finding.line - 1]


def test_a_notebook_that_uses_a_module_changes_with_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("nets.py").write_text("import tensorflow as tf\n\n\n" + NET + "\n")
    Path("train.ipynb").write_text(notebook(["import tensorflow as tf\nfrom nets import net", USE]))
    before = Path("train.ipynb").read_bytes()
    assert [finding.code for finding in migrate([Path("nets.py")]).findings][:1] in (["TFM308"], ["TFM301"])
    assert main(["apply", "."]) == 0
    assert "from nets import Net" in _cells(Path("train.ipynb").read_text())[0]
    assert migrate([Path()]).changes == ()
    assert main(["undo"]) == 0
    assert Path("train.ipynb").read_bytes() == before


def test_python_2_in_a_notebook(tmp_path: Path) -> None:
    raw = notebook(["import tensorflow as tf", NET, USE, "print 'a', a"])
    (tmp_path / "train.ipynb").write_text(raw)
    migration = migrate([tmp_path])
    [change] = migration.changes
    assert change.python3 is not None
    assert _cells(change.python3) == ["import tensorflow as tf", NET, USE, "print('a', a)"]
    assert _cells(change.after)[3] == "print('a', a)"
    [finding] = migration.findings
    assert finding.code == "TFM011"
    assert (
        "print 'a', a" in notebook(["import tensorflow as tf", NET, USE, "print 'a', a"]).split("\n")[finding.line - 1]
    )


@pytest.mark.parametrize(
    "cells",
    [
        ["import tensorflow as tf", NET, "%time a = net(x)"],
        ["import tensorflow as tf\nif", NET],
    ],
)
def test_what_is_no_python_is_a_finding(tmp_path: Path, cells: list[str]) -> None:
    (tmp_path / "train.ipynb").write_text(notebook(cells))
    migration = migrate([tmp_path])
    assert migration.changes == ()
    assert [finding.code for finding in migration.findings] == ["TFM003"]


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", "{", '{"cells": 1, "nbformat": 4}', '{"cells": [1], "nbformat": 4}', '{"nbformat": 3}']
)
def test_what_is_no_notebook_is_said_to_be_none(text: str) -> None:
    with pytest.raises(NotebookError, match="is not a notebook"):
        Notebook.read(text)


def test_cells_that_cannot_be_told_apart_do_not_go_back() -> None:
    found = Notebook.read(notebook(["a = 1", "%ls\nb = 2", "c = 3"]))
    first, second, _ = found.text.split('"tfmigrate: cell ')
    with pytest.raises(NotebookError, match="told apart"):
        found.rendered(first + '"tfmigrate: cell ' + second)
    with pytest.raises(NotebookError, match="move or get lost"):
        found.rendered(found.text.replace("pass  #", "pass  # not"))
