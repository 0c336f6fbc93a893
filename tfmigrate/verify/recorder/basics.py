"""What all parts use: JSON, what can go wrong, and how the runner is told."""

from __future__ import annotations

import json
import os
from typing import Any, Dict, FrozenSet

Json = Dict[str, Any]


def words(text: str) -> FrozenSet[str]:
    return frozenset(text.split())


class RefusedError(Exception):
    """The program cannot be recorded; the message says why, for the user."""


class WantsKerasError(ImportError):
    """The program imports Keras 3, which cannot be loaded beside stand-ins for TensorFlow 1."""


class GraphReady(BaseException):
    """Leaves a program that was started as a script at the point where it would begin to compute."""


class Events:
    """Writes one JSON object a line to the pipe that the runner reads."""

    def __init__(self, fd: int) -> None:
        os.set_inheritable(fd, False)
        self._fd = fd

    def send(self, event: str, case: int = -1) -> None:
        os.write(self._fd, (json.dumps({"event": event, "case": case}) + "\n").encode())


def write_json(path: str, value: Any) -> None:
    with open(path + ".part", "w") as file:
        json.dump(value, file)
    os.rename(path + ".part", path)
