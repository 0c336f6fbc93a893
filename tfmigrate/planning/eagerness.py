"""Programs that TF1 executes eagerly: it shares no variable by its name there."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from tfmigrate.program.link import Module
from tfmigrate.program.texts import unparsed

_SWITCH = "enable_eager_execution"


def eager_switch(modules: Iterable[Module]) -> tuple[ast.Call, Module] | None:
    """The first call, by file, that switches to eager execution."""
    for module in sorted(modules, key=lambda module: str(module.path)):
        for call in module.of_kind(ast.Call) if _SWITCH in module.text else ():
            if unparsed(call.func).rsplit(".", 1)[-1] == _SWITCH:
                return call, module
    return None
