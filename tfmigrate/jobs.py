"""The one seam to other processes: what can be done apart is mapped over a `concurrent.futures.Executor`."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context


def number_of(wanted: int) -> int:
    """How many processes; 0 is as many as there are processors for this one."""
    if wanted:
        return wanted
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def processes(number: int) -> Iterator[Executor]:
    """Fresh ones: a copy of this one would bring all it holds, and threads do not survive the copying."""
    with ProcessPoolExecutor(number, mp_context=get_context("spawn")) as executor:
        yield executor
