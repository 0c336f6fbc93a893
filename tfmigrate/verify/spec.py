"""How a program is to be checked, as a user writes it in `[tool.tfmigrate.check]`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from tfmigrate.verify.recording import Tolerances


class SpecError(ValueError):
    """The table says something that a spec can't hold; the message names the key."""


@dataclass(frozen=True)
class Input:
    """What to feed a placeholder: a shape for unknown dimensions, and the range [low, high) of its values."""

    shape: tuple[int, ...] | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Call:
    """One call of the entry. An argument that is {"shape": [...], "dtype": "..."} becomes a placeholder.

    share: calls of the same name share their variables; it decides the instances where the entry is a layer class.
    """

    arguments: Mapping[str, Any] = field(default_factory=dict)
    share: str = ""


@dataclass(frozen=True)
class CheckSpec:
    """What to build and how strictly to compare.

    function, module: the entry, by default `build()` in the program's main module; after_function where it has another
    name after the migration. run: a command line instead, `("train.py", "--batch", "2")` or `("-m", "pkg.train")`.
    calls: how to call an entry that takes arguments. inputs: by placeholder name. steps: rounds of training.
    timeout: seconds of one case on one side, the start of TensorFlow apart. memory_mb: of one side, with its children.
    renamed_savers: savers may keep the same variables under other names, as a Saver without a list does (TFM604).
    """

    function: str = "build"
    after_function: str | None = None
    module: str | None = None
    run: tuple[str, ...] = ()
    calls: tuple[Call, ...] = ()
    inputs: Mapping[str, Input] = field(default_factory=dict)
    steps: int = 3
    timeout: float = 120.0
    memory_mb: int = 4096
    renamed_savers: bool = False
    tolerances: Tolerances = field(default_factory=Tolerances)

    @classmethod
    def from_table(cls, table: Mapping[str, Any]) -> CheckSpec:
        """The spec in a table of pyproject.toml. Raises SpecError.

        [tool.tfmigrate.check]
        entry = "model:build"          # or run = "train.py --batch 2"
        entry_after = "model:Model"
        steps = 3
        timeout = 60
        memory_mb = 4096
        renamed_savers = true
        [tool.tfmigrate.check.tolerances]
        float32 = 1e-4
        [tool.tfmigrate.check.inputs.tokens]
        shape = [2, 16]
        high = 30522
        [[tool.tfmigrate.check.calls]]
        share = "discriminator"
        arguments = { image = { shape = [4, 12] }, hidden = 8 }
        """
        known = {
            "entry", "entry_after", "run", "calls", "inputs", "steps", "timeout", "memory_mb", "renamed_savers",
            "tolerances",
        }  # fmt: skip
        for key in table:
            if key not in known:
                raise SpecError(f"{key}: not a key of tool.tfmigrate.check; there are {', '.join(sorted(known))}")
        spec = cls(
            run=_command(table.get("run", ())),
            calls=tuple(_call(number, call) for number, call in enumerate(_list(table, "calls"))),
            inputs={name: _input(name, value) for name, value in _table(table, "inputs").items()},
            steps=int(_number(table, "steps", 3)),
            timeout=_number(table, "timeout", 120.0),
            memory_mb=int(_number(table, "memory_mb", 4096)),
            renamed_savers=_switch(table, "renamed_savers"),
            tolerances=_tolerances(_table(table, "tolerances")),
        )
        if "entry" in table:
            module, function = _entry(table, "entry")
            spec = replace(spec, module=module, function=function)
        if "entry_after" in table:
            spec = replace(spec, after_function=_entry(table, "entry_after")[1])
        return spec


def _entry(table: Mapping[str, Any], key: str) -> tuple[str | None, str]:
    value = table[key]
    if not isinstance(value, str) or not value:
        raise SpecError(f'{key}: expected "module:function"')
    module, _, function = value.rpartition(":")
    return module or None, function


def _command(value: Any) -> tuple[str, ...]:
    import shlex

    if isinstance(value, str):
        return tuple(shlex.split(value))
    if not isinstance(value, Sequence) or not all(isinstance(part, str) for part in value):
        raise SpecError("run: expected a command line")
    return tuple(value)


def _list(table: Mapping[str, Any], key: str) -> list[Any]:
    value = table.get(key, [])
    if not isinstance(value, list):
        raise SpecError(f"{key}: expected an array of tables")
    return value


def _table(table: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = table.get(key, {})
    if not isinstance(value, Mapping):
        raise SpecError(f"{key}: expected a table")
    return value


def _number(table: Mapping[str, Any], key: str, default: float) -> float:
    value = table.get(key, default)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value <= 0:
        raise SpecError(f"{key}: expected a number above 0")
    return float(value)


def _switch(table: Mapping[str, Any], key: str) -> bool:
    value = table.get(key, False)
    if not isinstance(value, bool):
        raise SpecError(f"{key}: expected true or false")
    return value


def _call(number: int, value: Any) -> Call:
    if not isinstance(value, Mapping) or not set(value) <= {"arguments", "share"}:
        raise SpecError(f"calls[{number}]: expected a table with arguments and share")
    return Call(_table(value, "arguments"), str(value.get("share", "")))


def _input(name: str, value: Any) -> Input:
    if not isinstance(value, Mapping) or not set(value) <= {"shape", "low", "high"}:
        raise SpecError(f"inputs.{name}: expected a table with shape, low and high")
    shape = value.get("shape")
    if shape is not None and not (isinstance(shape, list) and all(isinstance(d, int) and d >= 0 for d in shape)):
        raise SpecError(f"inputs.{name}.shape: expected an array of whole numbers")
    for bound in ("low", "high"):
        if not isinstance(value.get(bound, 0), (int, float)):
            raise SpecError(f"inputs.{name}.{bound}: expected a number")
    return Input(None if shape is None else tuple(shape), value.get("low"), value.get("high"))


def _tolerances(table: Mapping[str, Any]) -> Tolerances:
    default = Tolerances()
    for name in table:
        _number(table, name, 1.0)
        if name not in ("update", "initial", *default.relative):
            raise SpecError(f"tolerances.{name}: expected a dtype, update or initial")
    relative = {name: float(table.get(name, value)) for name, value in default.relative.items()}
    update, initial = (float(table.get(name, getattr(default, name))) for name in ("update", "initial"))
    return Tolerances(relative, update, initial)
