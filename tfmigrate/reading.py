"""What is read of a program: the files that belong to it, notebooks and Python 2 among them, and its modules."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from tfmigrate import source
from tfmigrate.choosing import BY_DEFAULT, Choice, choose, ignored
from tfmigrate.finding import Finding, Related
from tfmigrate.notebook import Notebook, NotebookError
from tfmigrate.progress import steps
from tfmigrate.python2 import to_python3
from tfmigrate.source import UNPARSABLE
from tfmigrate.staying import links_out, too_deep, why_left_out
from tfmigrate.tf1 import symbols

# not needed where a result is there from an earlier run
if TYPE_CHECKING:
    from tfmigrate.program.link import Module, Program

_IMPORT = re.compile(r"\b(?:from|import)\s+[\w., ]+")
_STARRED = re.compile(r"\bfrom\s+(?:[\w.]*\.)?(\w+)\s+import\s+\*")


@dataclass
class Read:
    """What was read: sources by path, what could not be read, which files were named, and which of all stay; the
    code of those in Python 2, and the notebooks."""

    sources: dict[Path, source.Source] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    named: set[Path] = field(default_factory=set)
    kept: set[Path] = field(default_factory=set)
    python2: dict[Path, str] = field(default_factory=dict)
    notebooks: dict[Path, Notebook] = field(default_factory=dict)

    def placed(self, finding: Finding) -> Finding:
        """Where an editor finds it: a notebook is a file of its own form."""
        notebook = self.notebooks.get(Path(finding.path))
        related = tuple(self._placed_there(other) for other in finding.related)
        line = finding.line if notebook is None else notebook.line(finding.line)
        return replace(finding, line=line, related=related)

    def _placed_there(self, related: Related) -> Related:
        notebook = self.notebooks.get(Path(related.path))
        return related if notebook is None else replace(related, line=notebook.line(related.line))

    def misfit(self, path: Path, text: str) -> Finding | None:
        """Why the text that a file is to have cannot go back into it."""
        try:
            if path in self.notebooks:
                self.notebooks[path].rendered(text)
        except NotebookError as error:
            return Finding(str(path), 1, 0, "TFM902", f"the emitted text does not fit into the notebook: {error}")
        return None


def read_files(paths: Sequence[Path], choice: Choice = BY_DEFAULT) -> Read:
    read = Read()
    links: list[Path] = []
    chosen = choose(source.find(paths, links), paths, choice)
    read.named.update(chosen.wanted)
    read.kept.update(chosen.kept)
    for path in steps("reading files", [*sorted(read.named), *_rest_of_program(paths, read, choice)]):
        try:
            found = source.read(path)
            too_large = None if path.suffix == source.NOTEBOOK else why_left_out(found)
            if too_large is None:
                read.sources[path] = found
            elif path in read.named and symbols.MARKER.search(found.text):
                read.findings.append(too_large)
        except source.SourceError as error:
            if path in read.named:
                read.findings.append(error.finding)
    read.findings += links_out(links, paths)
    return read


_NO_ROOM = "nests too deeply for Python's parser"


def parse_files(read: Read, roots: dict[Path, Path]) -> Program:
    """All modules, if any of them is TF1's; the others may call it, or know what it needs."""
    from tfmigrate.program.link import Program, module_name

    if not any(symbols.MARKER.search(text.text) for text in read.sources.values()):
        return Program({})
    modules: dict[str, Module] = {}
    packages = set()
    for path, text in steps("parsing files", read.sources.items()):
        name = module_name(absolute(path), roots[path])
        if path.name == "__init__.py":
            packages.add(name)
        while name in modules:
            name += "_"
        try:
            module = _module(name, text, read)
            if module is not None and not _left_out(module, read):
                modules[name] = module
        except UNPARSABLE as error:
            if path in read.named and symbols.MARKER.search(text.text):
                read.findings.append(read.placed(_syntax_error(path, error)))
    return Program(modules, frozenset(packages))


def _left_out(module: Module, read: Read) -> bool:
    line = too_deep(module.tree) if symbols.MARKER.search(module.text) else None
    if line is not None and module.path in read.named:
        told = Finding(str(module.path), line, 0, "TFM008", "nests too deeply to be followed")
        read.findings.append(read.placed(told))
    return line is not None


def _module(name: str, text: source.Source, read: Read) -> Module | None:
    """None for a notebook that has nothing to do with the program. Raises one of UNPARSABLE."""
    from tfmigrate.program.link import parse_module

    path, code = text.path, text.text
    if path.suffix == source.NOTEBOOK:
        if not _matters(text, read):
            return None
        read.notebooks[path] = Notebook.read(code)
        code = read.notebooks[path].text
    try:
        return parse_module(name, path, code)
    except UNPARSABLE:
        converted = to_python3(path, code) if _matters(text, read) else None
        if converted is None:
            raise
        read.python2[path] = code
        return parse_module(name, path, converted)


def _matters(text: source.Source, read: Read) -> bool:
    """Whether a file that is no Python 3 may be part of a program of TensorFlow 1, by its text."""
    if symbols.MARKER.search(text.text):
        return True
    if any(text.path.stem in _STARRED.findall(other.text) for other in read.sources.values()):
        return True  # what it has may stand for any name of the file that takes all of it
    stems = {path.parent.name if path.name == "__init__.py" else path.stem for path in read.sources}
    return any(stems.intersection(re.findall(r"\w+", found[0])) for found in _IMPORT.finditer(text.text))


def _syntax_error(path: Path, error: Exception) -> Finding:
    line = getattr(error, "lineno", None) or 1
    column = max(0, (getattr(error, "offset", None) or 1) - 1)
    return Finding(str(path), line, column, "TFM003", getattr(error, "msg", None) or str(error) or _NO_ROOM)


def roots_of(paths: Sequence[Path], read: Read) -> dict[Path, Path]:
    """For every file the folder from which its module name counts; several programs are told apart by their folders."""
    tops = {_above_packages(absolute(path if path.is_dir() else path.parent)) for path in paths}
    if len(tops) > 1:
        tops = {Path(os.path.commonpath(tops))}
    roots = {path: absolute(path) for path in read.sources}
    return {path: next((top for top in tops if full.is_relative_to(top)), full.parent) for path, full in roots.items()}


def absolute(path: Path) -> Path:
    return Path(os.path.abspath(path))


def _above_packages(folder: Path) -> Path:
    while (folder / "__init__.py").exists() and folder.parent != folder:
        folder = folder.parent
    return folder


def _rest_of_program(paths: Sequence[Path], read: Read, choice: Choice) -> list[Path]:
    """Files beside the named ones that belong to the same program."""
    rest: set[Path] = set()
    for path in paths:
        if path.is_dir():
            folder = _above_packages(path)
            if folder != path:
                rest.update(source.find([path]))
            continue
        folder = _above_packages(path.parent)
        if folder == path.parent:
            rest.update(p for p in source.find([folder]) if p.parent == folder)
        else:
            rest.update(source.find([folder / path.relative_to(folder).parts[0]]))
            rest.update(p for p in folder.glob("*.py"))
    rest -= read.named
    return sorted((rest - ignored(rest, paths, choice)) | read.kept)
