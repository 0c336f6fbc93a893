"""Bowler's prompt over our hunks: y, n, a, d, q, e, and ? for help.

Bowler shows the hunks and asks; what it is told is kept here. It writes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum
from itertools import groupby
from pathlib import Path

from tfmigrate.reviewing.hunks import Edit, Hunk, reworked

_HELP = {
    "y": "apply this hunk",
    "n": "leave this group as it is; a group is taken whole or not at all",
    "a": "apply this hunk and all remaining hunks of this group",
    "d": "leave this group, and all remaining groups that change this file, as they are",
    "q": "stop here; what was decided is kept, and the same command goes on from there",
    "e": "edit the new code of this hunk",
    "?": "show help",
}
_Ask = Callable[[str, str, str], str]


class Said(Enum):
    """What became of a group."""

    TAKEN = "taken"
    LEFT = "left"
    FILE_LEFT = "file left"
    STOPPED = "stopped"


class _Left(Exception):
    """The rest of the group need not be shown."""

    def __init__(self, said: Said) -> None:
        super().__init__(said)
        self.said = said


@dataclass
class Asking:
    """One group. above: shows what is to be known of a hunk. problem: why an edit can't be taken, if it can't.

    taken: how many hunks were accepted in a row. at: the file of the last hunk that was shown.
    """

    above: Callable[[Hunk], None]
    problem: Callable[[Edit], str | None]
    taken: int = 0
    edits: list[Edit] = field(default_factory=list)
    at: Path = Path()
    _hunk: Hunk | None = None
    _edit: Edit | None = None
    _all: bool = False

    def group(self, hunks: Sequence[Hunk]) -> Said:
        """Asks about hunk after hunk, file by file."""
        from bowler.types import BowlerQuit

        try:
            for path, of_file in groupby(hunks, lambda hunk: hunk.path):
                self.at = path
                self._file(str(path), list(of_file))
        except (BowlerQuit, EOFError):
            return Said.STOPPED
        except _Left as left:
            return left.said
        return Said.TAKEN

    def _file(self, name: str, hunks: list[Hunk]) -> None:
        from bowler.tool import BowlerTool

        waiting = iter(hunks)

        def before(_: str, __: list[str]) -> bool:
            self._hunk, self._edit = next(waiting), None
            self.above(self._hunk)
            return True

        tool = BowlerTool([], hunk_processor=before)
        tool.apply_hunks = lambda accepted, filename: None
        with _asked_by(self._ask, _HELP):
            tool.process_hunks(name, [hunk.diff() for hunk in hunks])

    def _ask(self, ask: _Ask, question: str, options: str, default: str) -> str:
        letter = "y" if self._all else ask(question, options + "e", default)
        while letter == "e":
            self._change()
            letter = ask(question, options + "e", default)
        if letter in ("n", "d"):
            raise _Left(Said.LEFT if letter == "n" else Said.FILE_LEFT)
        if letter == "q":
            return "q"
        self._all = self._all or letter == "a"
        self.taken += 1
        if self._edit is not None:
            self.edits.append(self._edit)
        return "y"

    def _change(self) -> None:
        """The new code of the hunk in the user's editor; what it was stays in place if that comes to nothing."""
        import click

        assert self._hunk is not None
        now = self._edit.edited if self._edit is not None else self._hunk.new
        try:
            text = click.edit("\n".join(now) + "\n", extension=".py")
        except click.ClickException as error:
            click.echo(error.format_message())
            return
        if text is None:
            click.echo("not changed")
            return
        edit = Edit(self._hunk.path, self._hunk.new, tuple(text.removesuffix("\n").split("\n")))
        problem = self.problem(edit)
        if problem is not None:
            click.echo(f"not taken: {problem}")
            return
        self._edit = edit
        for line in reworked(self._hunk, edit):
            click.secho(line, fg={"+": "green", "-": "red"}.get(line[0]))


def choose(question: str, options: Mapping[str, str], default: str) -> str:
    """One letter, asked for as Bowler does; the default at the end of the input."""
    with _asked_by(lambda ask, *given: ask(*given), {**options, "?": "show help"}):
        from bowler import tool

        try:
            letter: str = tool.prompt_user(question, "".join(options), default)
        except EOFError:
            return default
        return letter


@contextmanager
def _asked_by(answer: Callable[..., str], help_text: Mapping[str, str]) -> Iterator[None]:
    """Bowler's loop asks through a name of its module, and that is the only way to add a letter to its prompt."""
    from bowler import tool

    ask, known = tool.prompt_user, tool.PROMPT_HELP
    tool.prompt_user = lambda question, options, default="": answer(ask, question, options, default)
    tool.PROMPT_HELP = dict(help_text)
    try:
        yield
    finally:
        tool.prompt_user, tool.PROMPT_HELP = ask, known
