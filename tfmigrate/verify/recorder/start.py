"""The start: TensorFlow is watched, then one case follows the other."""

from __future__ import annotations

import contextlib
import gc
import importlib
import os
import sys
from typing import Any

from .basics import Events, Json
from .capture import capture_estimator
from .case import Case
from .loaded import tf
from .pins import pin_random_ops
from .switches import EPSILON, FACTOR, PLAIN
from .watch import watch_keras, watch_tensorflow

MODES = ("eval", "infer")  # of an Estimator, besides training


def prepare(job: Json, standins: Any) -> None:
    """Puts into TensorFlow what is to be there before a program runs."""
    if standins is not None:
        standins.estimator(tf, capture_estimator)
    else:
        tf.estimator.Estimator.train = lambda self, input_fn, *_, **__: capture_estimator(self, input_fn)
    tf.logging.set_verbosity(tf.logging.ERROR)
    watch_tensorflow()
    if job["library"] != "tf1":
        # our gradients of a loop are added when a session has run it already
        tf.experimental.output_all_intermediates(True)
        tf.debugging.disable_traceback_filtering()
        importlib.import_module("keras")
        watch_keras()
        if job["partly"]:
            standins.beside_keras()
    if job["side"] == "before":
        PLAIN.install()
    if job["side"] == "before" and standins is None:
        EPSILON.install()
    FACTOR.install()
    pin_random_ops()


def limit_memory(megabytes: int) -> None:
    """Lets an allocation beyond the limit fail at once, where the system can; the runner watches the rest."""
    with contextlib.suppress(ImportError, OSError, ValueError):
        resource = importlib.import_module("resource")
        with open("/proc/self/status") as file:
            used = next(int(line.split()[1]) * 1024 for line in file if line.startswith("VmData"))
        _, hard = resource.getrlimit(resource.RLIMIT_DATA)
        resource.setrlimit(resource.RLIMIT_DATA, (used + megabytes * 2**20, hard))


def run(job: Json, events: Events, standins: Any) -> None:
    """All cases of a job; ends the process."""
    prepare(job, standins)
    limit_memory(job["memory_mb"])
    # what TensorFlow consists of stays, and a graph makes many objects: else a tenth of the time goes into looking
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
    events.send("ready")
    for case in job["cases"]:
        sys.stdout.flush()
        sys.stderr.flush()
        with contextlib.suppress(OSError):
            os.write(1, ("\x1e%s:%d\x1e" % (job["mark"], case["index"])).encode())
        events.send("begin", case["index"])
        recorded = Case(job, case, events)
        ended = recorded.run()
        for mode in MODES if recorded.of_estimator else ():
            Case(job, {**case, "mode": mode}, events).run()
        events.send("end" if ended else "again", case["index"])
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)  # a program's threads must not keep the process
