"""The one seam to other processes and machines: what can be done apart goes to a `concurrent.futures.Executor`."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context

# seconds to find a scheduler
_PATIENCE = 20
# seconds between two looks at how many workers there are
_PAUSE = 5.0


class ClusterError(Exception):
    """There is no cluster to work on; the text is one line for the user."""


@dataclass(frozen=True)
class Crew:
    """Who works, and how many at a time; a cluster may grow and shrink meanwhile."""

    executor: Executor
    size: Callable[[], int]


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


@contextmanager
def crew(number: int, cluster: str | None) -> Iterator[Crew]:
    """For work that starts a process of its own, so that threads are enough here. Raises ClusterError."""
    if cluster is not None:
        with _cluster(cluster) as found:
            yield found
        return
    many = number_of(number)
    executor = ThreadPoolExecutor(many)
    try:
        yield Crew(executor, lambda: many)
    finally:
        executor.shutdown(cancel_futures=True)


@contextmanager
def _cluster(address: str) -> Iterator[Crew]:
    try:
        from distributed import Client
    except ImportError:
        raise ClusterError("a cluster needs dask: pip install 'tfmigrate[cluster]'") from None
    try:
        client = Client(address, timeout=_PATIENCE, set_as_default=False, name="tfmigrate")
    except (OSError, ValueError, TypeError) as error:
        raise ClusterError(f"no dask scheduler answers at {address}: {error}") from None
    with client:
        executor = client.get_executor(pure=False)

        asked, threads = float("-inf"), 1

        def size() -> int:
            nonlocal asked, threads
            if time.monotonic() - asked > _PAUSE:
                try:
                    asked, threads = time.monotonic(), sum(client.nthreads().values()) or 1
                except OSError as error:
                    raise ClusterError(f"the scheduler at {address} was lost: {error}") from None
            return threads

        try:
            yield Crew(executor, size)
        finally:
            executor.shutdown(wait=False)
