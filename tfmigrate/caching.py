"""Results of earlier runs, found by all that they depend on: a result can be missing, but never out of date.

An entry is a file whose name is the key: a hash of the tool's own code, the options and every source file of the
program. Nothing is ever changed in place, so two runs may share the folder, and it may be deleted at any time.
"""

from __future__ import annotations

import hashlib
import os
import pickle
import sys
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from functools import cache
from importlib.metadata import PackageNotFoundError, entry_points, version
from importlib.util import find_spec
from pathlib import Path

from tfmigrate.model import Migration

VARIABLE = "TFMIGRATE_CACHE"
_OFF = ("0", "off", "no")
_MOST_ENTRIES = 100
_SUFFIX = ".migration"
_HASH = hashlib.sha256
# as `transform.py` has it, which would cost the import of LibCST
_PACKS = "tfmigrate.transforms"
# what an unforeseen error gives: the next run may have more luck
_PASSING = "TFM903"


def folder() -> Path | None:
    """Where entries lie; None where the user wants no cache."""
    named = os.environ.get(VARIABLE, "")
    if named.lower() in _OFF:
        return None
    if named:
        return Path(named)
    from platformdirs import user_cache_path

    return user_cache_path("tfmigrate", appauthor=False)


def key(parts: Iterable[object]) -> str:
    """The name of what is made of these parts: texts, numbers and tuples of them."""
    digest = _HASH(_code().encode())
    for part in parts:
        data = repr(part).encode("utf-8", "surrogatepass")
        digest.update(b"%d:" % len(data) + data)
    return digest.hexdigest()


def load(name: str) -> Migration | None:
    where = folder()
    if where is None:
        return None
    path = where / (name + _SUFFIX)
    try:
        data = path.read_bytes()
    except OSError:
        return None
    size = _HASH().digest_size
    # what is damaged is not even looked at
    if _HASH(data[size:]).digest() != data[:size]:
        return None
    with suppress(OSError):
        os.utime(path)  # the oldest go first
    found = pickle.loads(data[size:])
    return found if isinstance(found, Migration) else None


def save(name: str, migration: Migration) -> None:
    """Keep a result; where that is not possible, the next run works it out again."""
    where = folder()
    if where is None or any(finding.code == _PASSING for finding in migration.findings):
        return
    data = pickle.dumps(migration, protocol=pickle.HIGHEST_PROTOCOL)
    with suppress(OSError):
        where.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=where, prefix=".", suffix=".new")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(_HASH(data).digest() + data)
            os.replace(temporary, where / (name + _SUFFIX))
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
        _drop_oldest(where)


def _drop_oldest(where: Path) -> None:
    entries = [(entry.stat().st_mtime, entry.path) for entry in os.scandir(where) if entry.name.endswith(_SUFFIX)]
    for _, path in sorted(entries)[:-_MOST_ENTRIES]:
        Path(path).unlink(missing_ok=True)


@cache
def _code() -> str:
    """The tool as it is installed here: its version, its code, the packs of transforms, and what it is built on."""
    digest = _HASH()
    for name in ("tfmigrate", "libcst"):
        with suppress(PackageNotFoundError):
            digest.update(f"{name} {version(name)}\n".encode())
    digest.update(sys.version.encode())
    folders = {Path(__file__).parent}
    for point in sorted(entry_points(group=_PACKS), key=lambda point: point.value):
        digest.update(f"{point.name} {point.value} {point.dist.version if point.dist else ''}\n".encode())
        spec = find_spec(point.module)
        if spec is not None and spec.origin is not None:
            folders.add(Path(spec.origin).parent)
    for path in sorted({file for root in folders for file in root.rglob("*.py")}):
        data = path.read_bytes()
        digest.update(b"%d:" % len(data) + data)
    return digest.hexdigest()
