"""The before sides under a real TensorFlow 1.15: the stand-ins must not have made the verdict."""

from __future__ import annotations

from pathlib import Path

import pytest

from tfmigrate.verify import Status, Verdict, check_many

from .pairs import NAMES, case

pytestmark = [pytest.mark.tensorflow, pytest.mark.xdist_group("verify")]


@pytest.fixture(scope="module")
def verdicts(tf1_python: Path) -> dict[str, Verdict]:
    return {verdict.name: verdict for verdict in check_many([case(name) for name in NAMES], before_python=tf1_python)}


@pytest.mark.parametrize("name", NAMES)
def test_agrees_with_tensorflow_1(name: str, verdicts: dict[str, Verdict]) -> None:
    verdict = verdicts[name]
    assert verdict.status is Status.EQUIVALENT, "\n".join([verdict.reason, *map(str, verdict.differences)])
