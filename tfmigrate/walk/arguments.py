"""The arguments of a call."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field

from tfmigrate.walk.values import Value


@dataclass
class Arguments:
    """The arguments of one call, each with its expression. `star` if `*args` or `**kwargs` could not be spread.

    ahead: those that a `functools.partial` gives, by name or by position. more: whether there may be more by position.
    """

    positional: list[tuple[Value, ast.expr]] = field(default_factory=list)
    keywords: dict[str, tuple[Value, ast.expr]] = field(default_factory=dict)
    star: bool = False
    ahead: frozenset[str | int] = frozenset()
    more: bool = False

    def get(self, position: int, name: str) -> Value | None:
        """The value of the parameter `name` that stands at `position`; None if it is not given."""
        if name in self.keywords:
            return self.keywords[name][0]
        return self.positional[position][0] if 0 <= position < len(self.positional) else None

    def including(self, name: str, given: tuple[Value, ast.expr]) -> Arguments:
        """With one more, by its name; what stands at its position counts no longer."""
        return Arguments(self.positional, {**self.keywords, name: given}, self.star, self.ahead - {name}, self.more)

    def behind(self, first: Arguments) -> Arguments:
        """These arguments of a call, with those that were given before it."""
        ahead: set[str | int] = {*range(len(first.positional)), *first.keywords} - self.keywords.keys()
        ahead |= {key + len(first.positional) if isinstance(key, int) else key for key in self.ahead}
        return Arguments(
            [*first.positional, *self.positional],
            {**first.keywords, **self.keywords},
            first.star or self.star,
            frozenset(ahead),
            first.more or self.more,
        )

    def values(self) -> Iterator[Value]:
        yield from (value for value, _ in self.positional)
        yield from (value for value, _ in self.keywords.values())
