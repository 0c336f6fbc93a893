"""The tests around what `__init__` and `build` make: what hangs on the same test stands under one `if`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

# an expression, and whether it must hold
Test = tuple[str, bool]


@dataclass
class Conditions:
    """Of lines that grow: the tests around the last one. turned: of which of them the `else` is written."""

    lines: list[str]
    indent: str
    open: list[Test] = field(default_factory=list)
    turned: list[bool] = field(default_factory=list)
    end: int = 0

    def enter(self, tests: Sequence[Test]) -> str:
        """Open what is not open yet for a statement under these tests; returns its indentation."""
        if len(self.lines) != self.end:
            self.open, self.turned = [], []
        kept = 0
        while kept < min(len(self.open), len(tests)) and self.open[kept] == tests[kept]:
            kept += 1
        turns = kept < min(len(self.open), len(tests)) and self._is_other(kept, tests[kept])
        self.turned = [*self.turned[:kept], *(turns and place == kept for place in range(kept, len(tests)))]
        self.open = list(tests)
        pad = self.indent * (kept + 1)
        for place in range(kept, len(tests)):
            text, wanted = tests[place]
            opening = "else:" if self.turned[place] else f"if {text if wanted else negated(text)}:"
            self.lines.append(pad + opening)
            pad += self.indent
        return pad

    def leave(self) -> None:
        """The statement is written."""
        self.end = len(self.lines)

    def _is_other(self, place: int, test: Test) -> bool:
        text, wanted = self.open[place]
        return test == (text, not wanted) and not self.turned[place]


def negated(text: str) -> str:
    """The expression that holds where another one does not."""
    if re.fullmatch(r"not [\w.]+", text):
        return text[4:]
    return f"not {text}" if re.fullmatch(r"[\w.]+", text) else f"not ({text})"
