"""The README says what is so."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from tfmigrate.cli import _parser, main
from tfmigrate.finding import CODES
from tfmigrate.pipeline import migrate_text
from tfmigrate.report import page

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
PROOF = (ROOT / "docs" / "how-it-proves.md").read_text(encoding="utf-8")


def test_the_example_is_what_comes_out() -> None:
    before, after = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    migration = migrate_text("gan.py", before)
    assert migration.findings == ()
    assert [change.after for change in migration.changes] == [after]


@pytest.mark.parametrize(
    "command", sorted(set(re.findall(r"tfmigrate (plan|diff|apply|review|explain|checkpoint|check|probe)\b", README)))
)
def test_the_command_exists(command: str) -> None:
    with pytest.raises(SystemExit) as stop:
        main([command, "--help"])
    assert stop.value.code == 0


def test_the_options_exist() -> None:
    source = (ROOT / "tfmigrate" / "cli.py").read_text(encoding="utf-8")
    for option in re.findall(r"(?<![\w-])--[a-z][a-z-]*", README + PROOF):
        assert f'"{option}"' in source or option in ("--strict", "--batch"), option  # mypy's, and a program's


@pytest.mark.parametrize("line", re.findall(r"^\$ tfmigrate (.*?)(?:\s+#.*)?$", README + PROOF, re.MULTILINE))
def test_the_command_line_is_understood(line: str) -> None:
    _parser().parse_args(shlex.split(line))


def test_what_is_named_can_be_explained() -> None:
    assert set(re.findall(r"TFM\d{3}", README)) <= set(CODES)
    for topic in re.findall(r"tfmigrate explain ([\w]+)", README):
        assert page.render(topic)


def test_the_files_exist() -> None:
    for link in re.findall(r"\]\(([\w/.-]+)\)", README):
        assert (ROOT / link).exists(), link
