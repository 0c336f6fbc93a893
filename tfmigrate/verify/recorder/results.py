"""What a function returned, and how it is called."""

from __future__ import annotations

import importlib
import inspect
import os
import traceback
from typing import Any, Callable, Dict, List, Sequence

from .basics import Json, RefusedError
from .graph import is_operation, is_tensor
from .loaded import np, tf
from .watch import as_tensor


class Returned:
    """The named results of a program: tensors to compare, ops to run, constants, and what could not be understood."""

    def __init__(self) -> None:
        self.tensors: Dict[str, Any] = {}
        self.steps: Dict[str, Any] = {}
        self.constants: Dict[str, Any] = {}
        self.skipped: List[str] = []

    def add(self, name: str, value: Any) -> None:
        if value is None:
            return
        if isinstance(value, dict):
            for key in value:
                self.add(join(name, str(key)), value[key])
        elif isinstance(value, (list, tuple)) and not hasattr(value, "dense_shape"):
            fields = getattr(value, "_fields", None) or range(len(value))
            for key, item in zip(fields, value):
                self.add(join(name, str(key)), item)
        elif hasattr(value, "indices") and hasattr(value, "values") and hasattr(value, "dense_shape"):
            for part in ("indices", "values"):
                self.add(join(name, part), getattr(value, part))
        else:
            self._add_leaf(name or "result", value)

    def _add_leaf(self, name: str, value: Any) -> None:
        if is_operation(value):
            self.steps[name] = value
            return
        tensor = as_tensor(value)
        if tensor is not None and "Summary" in tensor.op.type:
            self.skipped.append("%s: a summary" % name)
        elif tensor is not None and name.endswith(("_step", "_op")):
            self.steps[name] = tensor.op
        elif tensor is not None:
            self.tensors[name] = tensor
        elif isinstance(value, (bool, int, float, complex, np.ndarray, np.generic)):
            self.constants[name] = np.asarray(value)
        else:
            self.skipped.append("%s: %s" % (name, type(value).__name__))


def join(prefix: str, name: str) -> str:
    return prefix + "/" + name if prefix else name


def call_entry(function: Any, calls: Sequence[Json]) -> Json:
    """Calls a function, or instances of a layer class, as a spec says; tensors are given as {shape, dtype}."""
    results: Json = {}
    instances: Dict[str, Any] = {}
    for number, call in enumerate(calls):
        given = {name: argument_value(name, number, value) for name, value in call["arguments"].items()}
        target = function
        if inspect.isclass(function):
            share = str(call.get("share", ""))
            taken = inspect.signature(function.__init__).parameters
            own = {name: given.pop(name) for name in list(given) if name in taken and not is_tensor(given[name])}
            if share not in instances:
                instances[share] = function(**own)
            target = instances[share]
            accepted = inspect.signature(target.call).parameters
            given = {name: value for name, value in given.items() if name in accepted}
        results["call %d" % number] = target(**given)
    return results


def argument_value(name: str, number: int, value: Any) -> Any:
    """A placeholder for {"shape": ..., "dtype": ...}; anything else as it is."""
    if isinstance(value, dict) and "shape" in value:
        return tf.placeholder(value.get("dtype", "float32"), value["shape"], name="%s_%d" % (name, number))
    return value


def program_site(error: BaseException, root: str) -> str:
    """The last line of the program that an error went through, `file:line`, or nothing."""
    site = ""
    for frame in traceback.extract_tb(error.__traceback__):
        path = os.path.realpath(frame.filename)
        if path.startswith(root + os.sep):
            site = "%s:%d" % (os.path.relpath(path, root), frame.lineno or 0)
    return site


def load_function(module: str, function: str) -> Callable[..., Any]:
    found: Any = importlib.import_module(module)
    for part in function.split("."):
        found = getattr(found, part, None)
    if not callable(found):
        raise RefusedError("%s has no function %s()" % (module, function))
    result: Callable[..., Any] = found
    return result
