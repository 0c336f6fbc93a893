"""The cases under `fixtures/`: a folder `<transform>/<sentence>` each.

    before.py, or before/ with before/before.py in it     the program as TF1 has it
    after.py, or after/ with after/after.py in it         what it becomes; missing where nothing may change

`# audit: TFM705` says in the same way what `tfmigrate audit` finds; the cases of `fixtures/audit` are about that alone.
`# expect: TFM201` at the end of a line says which findings that line causes, several codes with spaces between them.
Where there is a `build()`, it makes the whole graph and returns its tensors by name; names ending in `_step` train.
"""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from pathlib import Path

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures"
OTHER_USES = ("audit", "demo", "verify")
RUN_ALONE = {"explicit_reuse"}
NEVER_CHANGES = ("refuses_", "leaves_")

_EXPECT = re.compile(r"#\s*expect:\s*(TFM\d{3}(?:[ ,]+TFM\d{3})*)")
_CODE = re.compile(r"TFM\d{3}")

Files = dict[str, str]
"""Text by path, relative to the program's folder. Line endings are as they are on the disk."""


@dataclass(frozen=True, order=True)
class Expected:
    """One finding: the file relative to the program's folder, the line, the code."""

    path: str
    line: int
    code: str


@dataclass(frozen=True)
class Case:
    """One folder of fixtures."""

    folder: Path

    @property
    def name(self) -> str:
        return self.folder.relative_to(FIXTURES).as_posix()

    @property
    def must_not_change(self) -> bool:
        return self.folder.name.startswith(NEVER_CHANGES)

    @property
    def only(self) -> tuple[str, ...]:
        """The transform that runs, where it runs alone."""
        return tuple({self.folder.parent.name} & RUN_ALONE)

    @property
    def before(self) -> Path:
        return _side(self.folder, "before")

    @property
    def after(self) -> Path | None:
        """None where the program must not change, or where nobody has looked at the result yet."""
        side = _side(self.folder, "after")
        return side if side.exists() else None

    def expected(self) -> list[Expected]:
        return sorted(
            Expected(path, number, code)
            for path, text in read(self.before).items()
            for number, line in enumerate(text.splitlines(), start=1)
            for codes in _EXPECT.findall(line)
            for code in _CODE.findall(codes)
        )

    def copy_before(self, to: Path) -> Path:
        """Puts the program as it stands into a folder; gives the path to be named on the command line."""
        to.mkdir(parents=True)
        if self.before.is_dir():
            ignored = shutil.ignore_patterns("__pycache__")
            return shutil.copytree(self.before, to / "before", ignore=ignored)
        return Path(shutil.copyfile(self.before, to / "before.py"))

    def write_after(self, files: Files) -> None:
        """Makes the after side what these files are; no files, no after side."""
        shutil.rmtree(self.folder / "after", ignore_errors=True)
        (self.folder / "after.py").unlink(missing_ok=True)
        if set(files) == {"after.py"} and self.before.is_file():
            write(files, self.folder)
        else:
            write(files, self.folder / "after")


def collect(fixtures: Path = FIXTURES) -> list[Case]:
    folders = sorted(folder for folder in fixtures.glob("*/*") if folder.is_dir())
    wanted = (folder for folder in folders if folder.parent.name not in OTHER_USES)
    return [Case(folder) for folder in wanted if folder.name != "__pycache__"]


def read(program: Path) -> Files:
    """All Python files of a program, a file or a folder."""
    if program.is_file():
        return {program.name: _text(program)}
    return {path.relative_to(program).as_posix(): _text(path) for path in sorted(program.rglob("*.py"))}


def write(files: Files, folder: Path) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())


def as_after(files: Files) -> Files:
    """The files under the names that they have on the after side."""
    return {"after.py" if name == "before.py" else name: t for name, t in files.items()}


def has_build(files: Files) -> bool:
    return re.search(r"^def build\(", files.get("before.py", ""), re.MULTILINE) is not None


def _side(folder: Path, name: str) -> Path:
    directory = folder / name
    return directory if directory.is_dir() else folder / f"{name}.py"


def _text(path: Path) -> str:
    return path.read_bytes().decode()
