"""While a long run goes on: a bar with counts and the time left, on a terminal only; with --verbose, lines."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from tfmigrate import progress

if TYPE_CHECKING:
    from rich.progress import Progress

# seconds until a bar is worth looking at, and between two looks
_PATIENCE = 1.0
_PAUSE = 0.1


@contextmanager
def watched(arguments: argparse.Namespace) -> Iterator[None]:
    """Show how far the run is that goes on in here."""
    with ExitStack() as stack:
        if arguments.verbose:
            stack.enter_context(progress.told_to(_Lines()))
        elif not arguments.quiet and sys.stderr.isatty() and os.environ.get("TERM") != "dumb":
            bar = _Bar()
            stack.callback(bar.close)
            stack.enter_context(progress.told_to(bar))
        yield


class _Lines:
    """One line for each part of the work when it begins, with the seconds since the start."""

    def __init__(self) -> None:
        self.began = time.monotonic()
        self.last = ""

    def __call__(self, what: str, done: int, total: int) -> None:
        if what != self.last and total:
            self.last = what
            sys.stderr.write(f"{time.monotonic() - self.began:7.1f} s  {what}, {total}\n")


class _Bar:
    """rich's bar; it is drawn when it is told something, so it needs no thread."""

    def __init__(self) -> None:
        self.began = self.drawn = time.monotonic()
        self.task: tuple[str, int] | None = None
        self.bar: Progress | None = None

    def __call__(self, what: str, done: int, total: int) -> None:
        now = time.monotonic()
        if now - self.began < _PATIENCE or now - self.drawn < _PAUSE:
            return
        self.drawn = now
        if self.bar is None:
            self.bar = _new_bar()
            self.bar.start()
        if self.task != (what, total):
            self.task = (what, total)
            for task in self.bar.task_ids:
                self.bar.remove_task(task)
            self.bar.add_task(what, total=total)
        self.bar.update(self.bar.task_ids[0], completed=done)
        self.bar.refresh()

    def close(self) -> None:
        if self.bar is not None:
            self.bar.stop()


def _new_bar() -> Progress:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    # the console heeds NO_COLOR itself
    return Progress(*columns, console=Console(stderr=True), transient=True, auto_refresh=False)
