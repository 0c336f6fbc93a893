"""Which TensorFlow a file means by `tf`: programs that are upgraded spell out `tf.compat.v1`, and `tf` is version 2."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from enum import Enum
from functools import lru_cache

from tfmigrate.program.aliases import dotted, library_names
from tfmigrate.program.link import Module
from tfmigrate.tf1 import only_v1

_V1 = "tensorflow.compat.v1"


class Dialect(Enum):
    """UPGRADED: what only TensorFlow 1 has is spelled `tf.compat.v1.name`, so that `tf.name` is TensorFlow 2's."""

    TF1 = "tf1"
    UPGRADED = "upgraded"
    EITHER = "either"


@lru_cache(maxsize=2_000)
def dialect(module: Module) -> Dialect:
    """What the library names in a file say of its dialect."""
    names = library_names(module)
    if any(_is_only_v1(known) for known in names.values()):
        return Dialect.TF1
    if "tensorflow" not in names.values():
        return Dialect.EITHER
    spelled = any(known.startswith(_V1) for known in names.values())
    for node in module.of_kind(ast.Attribute):
        known = dotted(node, names)
        if known.startswith(_V1):
            spelled = True
        elif _is_only_v1(known):
            return Dialect.TF1
    return Dialect.UPGRADED if spelled else Dialect.EITHER


def keep_tensorflow(modules: Iterable[Module]) -> set[Module]:
    """The files of one program whose `import tensorflow` stays: what it gives them is meant to be version 2."""
    files = {module: dialect(module) for module in modules}
    kept = {Dialect.UPGRADED}
    if Dialect.UPGRADED in files.values() and Dialect.TF1 not in files.values():
        kept.add(Dialect.EITHER)
    return {module for module, said in files.items() if said in kept}


@lru_cache(maxsize=1024)
def v1_name(module: Module) -> str:
    """The name by which the emitted code of a file reaches what only TensorFlow 1 has."""
    alias = tensorflow_alias(module)
    if dialect(module) is not Dialect.UPGRADED:
        return alias
    return next((name for name, known in library_names(module).items() if known == _V1), f"{alias}.compat.v1")


def spelled(module: Module, code: str) -> str:
    """Code that calls TensorFlow `tf`, as this file has to write it."""
    alias, v1 = tensorflow_alias(module), v1_name(module)

    def name(match: re.Match[str]) -> str:
        return f"{v1 if _is_only_v1(f'tensorflow.{match[1]}') else alias}.{match[1]}"

    return re.sub(r"(?<![\w.])tf\.([\w.]+)", name, code)


@lru_cache(maxsize=1024)
def tensorflow_alias(module: Module) -> str:
    """The name by which a file calls tensorflow."""
    for node in module.of_kind(ast.Import):
        for alias in node.names:
            if alias.name in ("tensorflow", _V1):
                return alias.asname or "tensorflow"
    return "tf"


def _is_only_v1(known: str) -> bool:
    if not known.startswith("tensorflow.") or known.startswith(("tensorflow.compat.", "tensorflow.python.")):
        return False
    parts = known.split(".")[1:]
    return any(
        ".".join(parts[: i + 1]) in names for i in range(len(parts)) for names in (only_v1.NAMES, only_v1.NAMESPACES)
    )
