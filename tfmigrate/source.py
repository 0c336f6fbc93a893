"""Source files: find, read, decode, and back to bytes. Nothing here writes; that is the part of `tfmigrate/writing`.

Everything between reading and writing works on text with "\\n" newlines. What that hides (encoding, byte order mark,
newline style) is kept in Source and put back by `encode`, so that a rewrite changes the lines it means to and no other
byte.
"""

from __future__ import annotations

import difflib
import errno
import hashlib
import io
import os
import re
import stat
import tokenize
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tfmigrate.finding import Finding

_BOM = b"\xef\xbb\xbf"
_NEWLINE = re.compile("\r\n|\r|\n")
_NOT_OURS = {"__pycache__", "__pypackages__", "node_modules", "site-packages"}
_MADE_BY_BUILDS = {"build", "dist"}
_LARGEST = 2**26
NOTEBOOK = ".ipynb"
# what Python's parser raises for text that is no program, or too deep for it
UNPARSABLE = (SyntaxError, ValueError, RecursionError, MemoryError)
_ENVIRONMENT_MARKS = ("pyvenv.cfg", "conda-meta")


@dataclass(frozen=True)
class Source:
    """A decoded file.

    text: its newlines are "\\n". encoding: the codec, without the mark. bom: it began with a UTF-8 byte order mark.
    newline: the one it uses (the most frequent if it mixes them). digest: SHA-256 of the bytes.
    endings: the newline of each line, only for a file that mixes them.
    """

    path: Path
    text: str
    encoding: str
    bom: bool
    newline: str
    digest: str
    endings: tuple[str, ...] = ()


class SourceError(Exception):
    """A file that can't be handled; the finding says why."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding)  # the finding is all there is to pickle
        self.finding = finding

    def __str__(self) -> str:
        return f"{self.finding.path}:{self.finding.line}: {self.finding.code} {self.finding.message}"


# --- find


def find(paths: Iterable[Path], links: list[Path] | None = None) -> list[Path]:
    """The Python files and notebooks at and below the paths, sorted, each once.

    A file that is named is taken whatever its name. Below a directory only `*.py` and `*.ipynb` are, and no
    symbolic link is followed: what a link inside the tree points to is found where it lies, what lies outside is not
    ours to change. A path that is missing, or a directory that can't be listed, is returned like a file, so that
    reading it reports it.

    links: gets the links on the way that could lead to Python files.
    """
    found: dict[str, Path] = {}
    for path in paths:
        for file in _below(path, [] if links is None else links) if path.is_dir() else [path]:
            found.setdefault(os.path.abspath(file), file)
    return sorted(found.values(), key=lambda file: file.as_posix())


def _below(root: Path, links: list[Path]) -> Iterator[Path]:
    unlistable: list[Path] = []
    for folder, directories, files in os.walk(root, onerror=lambda error: unlistable.append(Path(error.filename))):
        here = Path(folder)
        directories[:] = [name for name in directories if not _skipped(here / name)]
        links += (here / name for name in directories if os.path.islink(here / name))
        for name in files:
            if name.endswith((".py", NOTEBOOK)):
                if _is_plain_file(here / name):
                    yield here / name
                elif os.path.islink(here / name):
                    links.append(here / name)
    yield from unlistable


def _skipped(directory: Path) -> bool:
    """Environments, caches, build results and version control; never a package that happens to be called `build`."""
    name = directory.name
    if name.startswith(".") or name in _NOT_OURS or name.endswith((".egg-info", ".egg")):
        return True
    if name in _MADE_BY_BUILDS:
        return not (directory / "__init__.py").exists()
    return is_environment(directory)


def is_environment(directory: Path) -> bool:
    return any((directory / mark).exists() for mark in _ENVIRONMENT_MARKS)


def _is_plain_file(path: Path) -> bool:
    return stat.S_ISREG(os.lstat(path).st_mode)


# --- decode and encode


def read(path: Path) -> Source:
    """Reads and decodes a file as Python would. Raises SourceError."""
    try:
        status = os.stat(path)
        if not stat.S_ISREG(status.st_mode):
            raise OSError(errno.EINVAL, "not a regular file")
        if status.st_size > _LARGEST:
            raise SourceError(problem(path, "TFM008", f"is too large to be a program: {status.st_size >> 20} MiB"))
        data = path.read_bytes()
    except (OSError, ValueError) as error:  # ValueError: a path with a zero byte
        raise SourceError(problem(path, "TFM001", f"cannot be read: {reason(error)}")) from None
    return decode(path, data)


def decode(path: Path, data: bytes) -> Source:
    """Bytes to text, by byte order mark, encoding cookie (PEP 263) or UTF-8. Raises SourceError."""
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
    except SyntaxError as error:
        raise SourceError(problem(path, "TFM002", f"cannot be decoded: {error.msg}")) from None
    bom = encoding == "utf-8-sig"
    codec = "utf-8" if bom else encoding
    try:
        raw = data[len(_BOM) if bom else 0 :].decode(codec)
    except (UnicodeError, LookupError) as error:  # LookupError: codecs from bytes to bytes, such as "hex"
        line = data.count(b"\n", 0, error.start) + 1 if isinstance(error, UnicodeDecodeError) else 1
        raise SourceError(problem(path, "TFM002", f"is not valid {codec}: {reason(error)}", line)) from None
    endings = tuple(_NEWLINE.findall(raw))
    kinds = Counter(endings).most_common()
    return Source(
        path=path,
        text=raw if kinds in ([], [("\n", len(endings))]) else _NEWLINE.sub("\n", raw),
        encoding=codec,
        bom=bom,
        newline=kinds[0][0] if kinds else "\n",
        digest=digest_of(data),
        endings=endings if len(kinds) > 1 else (),
    )


def added(path: Path) -> Source:
    """The style of a file that does not exist yet."""
    return Source(path=path, text="", encoding="utf-8", bom=False, newline="\n", digest="")


def encode(source: Source, text: str) -> bytes:
    """The text in the file's own encoding and newlines. Raises UnicodeEncodeError."""
    lines = text.split("\n")
    if source.endings:
        last = lines.pop()
        raw = "".join(map("".join, zip(lines, _endings(source, lines), strict=True))) + last
    else:
        raw = text if source.newline == "\n" else source.newline.join(lines)
    return (_BOM if source.bom else b"") + raw.encode(source.encoding)


def _endings(source: Source, lines: list[str]) -> list[str]:
    """In a file that mixes newlines, a line that stays keeps its own."""
    result = [source.newline] * len(lines)
    before = source.text.split("\n")[: len(source.endings)]
    for block in difflib.SequenceMatcher(None, before, lines, autojunk=False).get_matching_blocks():
        result[block.b : block.b + block.size] = source.endings[block.a : block.a + block.size]
    for at in reversed(range(len(lines) - 1)):
        if (result[at], lines[at + 1], result[at + 1]) == ("\r", "", "\n"):  # together they would be one newline
            result[at] = "\n"
    return result


# --- small things


def is_read_only(path: Path) -> bool:
    """Also for an administrator, whom the system would let write."""
    try:
        return not (os.stat(path).st_mode & 0o222 and os.access(path, os.W_OK))
    except OSError:
        return False


def common_root(paths: Sequence[Path]) -> Path:
    """The directory itself if it is one, else the nearest directory that holds all the paths."""
    folders = [os.path.abspath(path if path.is_dir() else path.parent) for path in paths]
    return Path(os.path.commonpath(folders))


def digest_of(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def problem(path: Path, code: str, message: str, line: int = 1) -> Finding:
    return Finding(path=str(path), line=line, column=0, code=code, message=message)


def reason(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
