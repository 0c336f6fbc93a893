"""How far a run is, for whoever wants to show it; to everybody else it costs nothing."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar

T = TypeVar("T")
# what is being done, how much of it is done, and of how much
Listener = Callable[[str, int, int], None]

_listener: ContextVar[Listener | None] = ContextVar("listener", default=None)


@contextmanager
def told_to(listener: Listener) -> Iterator[None]:
    """Tell it of all that is done in here."""
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)


def steps(what: str, items: Collection[T]) -> Iterator[T]:
    """The items, each told of when its turn comes."""
    return counted(what, items, len(items))


def counted(what: str, items: Iterable[T], total: int) -> Iterator[T]:
    """The same for items that are still to come, but are known to be so many."""
    listener = _listener.get()
    if listener is not None:
        listener(what, 0, total)
    for done, item in enumerate(items):
        if listener is not None and done:
            listener(what, done, total)
        yield item
    if listener is not None:
        listener(what, total, total)
