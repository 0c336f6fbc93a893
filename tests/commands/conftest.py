"""A command line with a pipeline that says what the test wants: streams, exit status, what is on the disk."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

import pytest

from tests.commands.fake_pipeline import Options, Pipeline, Run
from tfmigrate.cli import main
from tfmigrate.finding import CODES, Code, Severity


@pytest.fixture
def pipeline(monkeypatch: pytest.MonkeyPatch) -> Pipeline:
    fake = Pipeline()
    module = ModuleType("tfmigrate.pipeline")
    module.__dict__.update(migrate=fake.migrate, migrate_text=fake.migrate_text, Options=Options)
    monkeypatch.setitem(sys.modules, "tfmigrate.pipeline", module)
    monkeypatch.setitem(CODES, "TFM299", Code(Severity.REFUSED, "a refusal", "Because.", "Do this."))
    return fake


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = Path("net.py")
    path.write_text("a\nb\n")
    return path


@pytest.fixture
def run(capfdbinary: pytest.CaptureFixture[bytes]) -> Run:
    def call(*arguments: object) -> tuple[int, str, str]:
        status = main([str(argument) for argument in arguments])
        out, err = capfdbinary.readouterr()
        return status, out.decode(), err.decode()

    return call
