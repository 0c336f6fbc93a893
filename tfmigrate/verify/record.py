"""Starts the recorder in a process of its own: `python record.py JOB.json EVENT_FD`. Python 3.7 to 3.13."""

from __future__ import annotations

import importlib
import json
import sys
from typing import Sequence


def main(argv: Sequence[str]) -> None:
    with open(argv[1]) as file:
        job = json.load(file)
    sys.dont_write_bytecode = True
    basics, loaded = importlib.import_module("recorder.basics"), importlib.import_module("recorder.loaded")
    events = basics.Events(int(argv[2]))
    sys.path.pop(0)  # our own folder, whose modules must not stand for others
    standins = loaded.load(job)
    importlib.import_module("recorder.start").run(job, events, standins)


if __name__ == "__main__":
    main(sys.argv)
