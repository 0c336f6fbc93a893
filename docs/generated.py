"""Pages that are made from what the tests run: transforms from their fixtures, findings from the table of codes.

MkDocs calls `on_files` while it builds. Nothing is written into the sources.
"""

from __future__ import annotations

import argparse
import re
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tfmigrate.cli import _parser
from tfmigrate.finding import CODES, Code, Severity
from tfmigrate.report import page

ROOT = Path(__file__).resolve().parent.parent
FIXTURES = ROOT / "fixtures"
_EXPECT = re.compile(r"(?:\s*#\s*(?:expect|audit):\s*TFM\d{3}(?:[ ,]+TFM\d{3})*)+\s*$")
_SEVERITIES = {
    Severity.REFUSED: "Refused: the code stays as it is",
    Severity.REVIEW: "Rewritten, but look at it",
    Severity.AUDIT: "What `tfmigrate audit` says of the original",
    Severity.ERROR: "The file could not be handled",
    Severity.BUG: "A mistake of tfmigrate, or what a check found; nothing of it is written",
}


def on_files(files: Any, config: Any) -> Any:
    from mkdocs.structure.files import File

    for name, text in pages().items():
        files.append(File.generated(config, name, content=text))
    return files


def pages() -> dict[str, str]:
    """Text by path below docs/."""
    return {
        "reference/transforms.md": _transforms(),
        "reference/findings.md": _findings(),
        "reference/commands.md": _commands(),
    }


# --- transforms


def _transforms() -> str:
    text = (
        "# Transforms\n\nEvery rewrite, with a program from the tests before and after. `--only NAME` runs just one;"
        " a cluster that needs another one too then stays as it is.\n"
    )
    for name, docstring in page.transforms().items():
        folder = FIXTURES / name
        if not folder.is_dir():  # of another pack
            continue
        title, _, rest = docstring.partition("\n")
        example = example_of(folder)
        text += f"\n## {name}\n\n{title}\n\n{_of_docstring(rest)}\n"
        text += f'=== "Before"\n\n{_indented(_fenced((example / "before.py").read_text(encoding="utf-8")))}\n\n'
        text += f'=== "After"\n\n{_indented(_fenced((example / "after.py").read_text(encoding="utf-8")))}\n\n'
        text += f"From `fixtures/{example.relative_to(FIXTURES).as_posix()}`.\n"
    return text


def example_of(folder: Path) -> Path:
    """The shortest case that changes, of those that are about more than layout."""
    cases = [
        case
        for case in sorted(folder.iterdir())
        if (case / "before.py").exists() and (case / "after.py").exists() and not case.name.startswith("keeps_")
    ]
    return min(cases, key=lambda case: len((case / "before.py").read_text(encoding="utf-8")))


def _of_docstring(text: str) -> str:
    """Its `Before:` and `After:` as code, the caveat as a note."""
    result = ""
    for part in re.split(r"^(?=Before:|After:|Caveat:)", text.strip(), flags=re.MULTILINE):
        head, _, body = part.partition(":")
        if head in ("Before", "After"):
            result += ("becomes\n\n" if head == "After" else "") + _fenced(textwrap.dedent(body.strip("\n"))) + "\n\n"
        else:
            result += f"{part.strip()}\n"
    return result


# --- findings


def _findings() -> str:
    text = "# Findings\n\nWhat may be said of a line, why, and what to do; `tfmigrate explain TFM201` says the same.\n"
    examples = dict(_examples())
    for severity, title in _SEVERITIES.items():
        text += f"\n## {title}\n"
        for code, row in CODES.items():
            if row.severity is severity:
                text += _finding(code, row, examples.get(code))
    return text


def _finding(code: str, row: Code, example: tuple[str, int, str] | None) -> str:
    text = f"\n### {code}: {row.title} {{ #{code} }}\n\n{row.why}\n\n**What to do:** {row.todo}\n"
    if example is not None:
        source, line, name = example
        code = _indented(_fenced(source, f' hl_lines="{line}"'))
        text += f'\\n??? example "For example"\\n\\n{code}\\n\\n'
        text += f"    From `fixtures/{name}`.\n"
    return text


def _examples() -> Iterator[tuple[str, tuple[str, int, str]]]:
    """For a code the shortest program of the tests that raises it, and the line."""
    cases = sorted(FIXTURES.glob("*/*/before.py"), key=lambda path: (path.stat().st_size, path))
    known: set[str] = set()
    for path in cases:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
        text = "\n".join(_EXPECT.sub("", line) for line in lines)
        for number, line in enumerate(lines, 1):
            for code in re.findall(r"TFM\d{3}", (_EXPECT.search(line) or [""])[0]):
                if code not in known:
                    known.add(code)
                    yield code, (text, number, path.parent.relative_to(FIXTURES).as_posix())


# --- commands


def _commands() -> str:
    parser = _parser()
    text = f"# Commands\n\n```text\n{parser.format_help()}```\n"
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, command in action.choices.items():
                shown = command.format_help().removesuffix(f"{parser.epilog}")
                text += f"\n## {name}\n\n```text\n{shown.rstrip()}\n```\n"
    return text


# --- Markdown


def _fenced(text: str, options: str = "") -> str:
    return f"```python{options}\n{text.rstrip()}\n```"


def _indented(text: str) -> str:
    return "\n".join(f"    {line}".rstrip() for line in text.split("\n"))
