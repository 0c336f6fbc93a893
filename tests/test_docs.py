"""The examples of the pages under docs/ are run. `UPDATE=1 pytest tests/test_docs.py` writes what commands print.

A block with a title is a file, a block of `console` is run, in the order of the page and in one folder:

    ```python title="model.py"          ```console
    ...                                 $ tfmigrate plan .
    ```                                 what it prints; a line of "..." stands for any lines
                                        ```

What is typed at a prompt stands behind it. `pip install` is not run.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

import generated
from tfmigrate.cli import _parser
from tfmigrate.finding import CODES
from tfmigrate.report import page as pages

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
PAGES = sorted(
    path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md") if path.parent.name not in ("news", "decisions")
)
NEEDS_TENSORFLOW = re.compile(r"^\$ (tfmigrate (check|apply --check)|python)\b", re.MULTILINE)
UPDATE = os.environ.get("UPDATE") == "1"

_BLOCK = re.compile(r"^(?P<indent> *)```(?P<head>[^\n`]+)\n(?P<body>.*?)^(?P=indent)```$", re.MULTILINE | re.DOTALL)
_TITLE = re.compile(r'title="([^"]+)"')
_PROMPT = re.compile(r"(\]\? )(\S*)\n")
# what differs from run to run
_VARYING = [(re.compile(r"\(\d+ s\)"), "(5 s)"), (re.compile(r"deviation: \S+ \(.*\)"), "deviation: 1e-07 (y)")]


@dataclass(frozen=True)
class Block:
    head: str
    body: str
    span: tuple[int, int]

    @property
    def title(self) -> str | None:
        found = _TITLE.search(self.head)
        return found[1] if found else None

    def commands(self) -> Iterator[tuple[str, str]]:
        """Each command with what it prints."""
        for part in re.split(r"^\$ ", self.body, flags=re.MULTILINE)[1:]:
            command, _, printed = part.partition("\n")
            yield command, printed


def blocks(text: str) -> list[Block]:
    found = []
    for match in _BLOCK.finditer(text):
        body = re.sub(rf"^{match['indent']}", "", match["body"], flags=re.MULTILINE)
        found.append(Block(match["head"], body, match.span("body")))
    return found


def _page(name: str) -> Any:
    runs = NEEDS_TENSORFLOW.search((DOCS / name).read_text(encoding="utf-8"))
    return pytest.param(name, marks=pytest.mark.tensorflow if runs else ())


@pytest.mark.parametrize("name", [_page(name) for name in PAGES])
def test_the_examples_run(name: str, tmp_path: Path) -> None:
    path = DOCS / name
    text = path.read_text(encoding="utf-8")
    found = blocks(text)
    if not any(block.title or block.head.startswith("console") for block in found):
        return
    folder = tmp_path / "work"
    folder.mkdir()
    edits = []
    for block in found:
        if block.title:
            target = folder / block.title
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(block.body, encoding="utf-8")
        if block.head.startswith("console"):
            edits.append((block.span, _run_block(block, folder)))
    if UPDATE:
        for (start, end), body in reversed(edits):
            text = text[:start] + body + text[end:]
        path.write_text(text, encoding="utf-8")


def _run_block(block: Block, folder: Path) -> str:
    result = ""
    for command, expected in block.commands():
        if command.startswith("pip install"):
            result += f"$ {command}\n{expected}"
            continue
        answers = "".join(f"{answer}\n" for _, answer in _PROMPT.findall(expected))
        actual = _run(re.sub(r"\s+#.*$", "", command), folder, answers)
        wanted = _PROMPT.sub(r"\1", expected)
        if UPDATE and "...\n" not in expected and not answers:
            result += f"$ {command}\n{actual}"
            continue
        assert re.fullmatch(_pattern(wanted), _steady(actual)), f"$ {command}\n{actual}\n--- the page says\n{wanted}"
        result += f"$ {command}\n{expected}"
    return result


def _pattern(text: str) -> str:
    """`...` as a line stands for any lines."""
    lines = re.split(r"(?<=\n)", _steady(text))
    return "".join(r"(?:.*\n)*?" if line == "...\n" else re.escape(line) for line in lines)


def _steady(text: str) -> str:
    for varying, steady in _VARYING:
        text = varying.sub(steady, text)
    return text


def _run(command: str, folder: Path, answers: str) -> str:
    bin_ = folder.parent / "bin"
    bin_.mkdir(exist_ok=True)
    for name, start in (("tfmigrate", '-W ignore -m tfmigrate "$@"'), ("python", '"$@"')):
        script = bin_ / name
        script.write_text(f"#!/bin/sh\nexec {shlex.quote(sys.executable)} {start}\n")
        script.chmod(0o755)
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        input=answers,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={
            **os.environ,
            "PATH": f"{bin_}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
            "PYTHONUNBUFFERED": "1",
            "TF_CPP_MIN_LOG_LEVEL": "3",
            "TF_ENABLE_ONEDNN_OPTS": "0",
            "GIT_CONFIG_GLOBAL": os.devnull,
            "COLUMNS": "100",
        },
    )
    # TensorFlow talks to standard error before it can be told not to
    return "".join(
        line for line in done.stdout.splitlines(True) if not re.match(r"(WARNING: All log|[IWE]\d{4} )", line)
    )


@pytest.mark.parametrize("name", PAGES)
def test_what_is_named_exists(name: str) -> None:
    text = (DOCS / name).read_text(encoding="utf-8")
    assert set(re.findall(r"TFM\d{3}", text)) <= set(CODES)
    commands = set(_parser()._subparsers._group_actions[0].choices)  # type: ignore[union-attr,arg-type]
    for command in re.findall(r"`tfmigrate ([a-z]+)", text):
        assert command in commands, command


def test_every_transform_and_every_finding_has_its_place() -> None:
    made = generated.pages()
    for name in pages.transforms():
        assert f"\n## {name}\n" in made["reference/transforms.md"]
    for code in CODES:
        assert f"{{ #{code} }}" in made["reference/findings.md"]
    for command in ("plan", "audit", "diff", "apply", "review", "check"):
        assert f"\n## {command}\n" in made["reference/commands.md"]


def test_what_is_refused_has_an_example() -> None:
    text = generated.pages()["reference/findings.md"]
    shown = [part for part in text.split("\n### ")[1:] if "For example" in part]
    assert len(shown) > len(CODES) // 2
    assert "expect:" not in text


@pytest.mark.skipif(find_spec("material") is None, reason="mkdocs-material is not installed")
def test_the_site_builds_without_a_broken_link(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(tmp_path / "site")]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)}
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "site" / "reference" / "findings" / "index.html").exists()
