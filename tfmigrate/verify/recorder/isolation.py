"""What keeps the programs of one process apart."""

from __future__ import annotations

import contextlib
import importlib
import os
import random
import sys
import sysconfig
from typing import Any, Dict, Iterator, Sequence, Set

from .loaded import NETWORK_MODULES, np, tf
from .pins import PINS
from .switches import EPSILON, FACTOR, PLAIN
from .watch import WATCH


@contextlib.contextmanager
def sandbox(root: str, argv: Sequence[str]) -> Iterator[None]:
    """Modules, path, arguments, directory, environment, flags and Python's random state are as before afterwards."""
    modules, path, environ = dict(sys.modules), list(sys.path), dict(os.environ)
    arguments, directory, finders = list(sys.argv), os.getcwd(), list(sys.meta_path)
    shared = [(module, dict(vars(module))) for module in (np, np.random, os, os.path, tf, tf.nn, tf.train)]
    flags = known_flags()
    hide_modules(root)
    sys.path.insert(0, root)
    sys.argv[:] = list(argv)
    os.chdir(root)
    importlib.invalidate_caches()
    random.seed(0)
    np.random.seed(0)
    try:
        yield
    finally:
        forget_flags(flags)
        for module, names in shared:
            restore(module, names)
        sys.argv[:] = arguments
        sys.path[:] = path
        sys.meta_path[:] = finders
        os.chdir(directory)
        os.environ.clear()
        os.environ.update(environ)
        forget_modules(modules)


def restore(module: Any, names: Dict[str, Any]) -> None:
    """Takes back what a program put in place of functions of a library."""
    for name in [name for name in vars(module) if vars(module)[name] is not names.get(name, module)]:
        if name in names:
            setattr(module, name, names[name])
        elif not isinstance(vars(module)[name], type(sys)):  # a submodule that was only loaded meanwhile
            delattr(module, name)


def hide_modules(root: str) -> None:
    """A program's `ops.py` or `code.py` wins over a module of that name that TensorFlow's import left behind."""
    for entry in os.listdir(root):
        name = entry[:-3] if entry.endswith(".py") else entry
        local = os.path.join(root, entry)
        if not (entry.endswith(".py") or os.path.isdir(local)) or name in NETWORK_MODULES:
            continue
        loaded = sys.modules.get(name)
        origin = getattr(loaded, "__file__", None)
        if loaded is not None and origin and not origin.startswith(root):
            for known in [m for m in sys.modules if m == name or m.startswith(name + ".")]:
                del sys.modules[known]


def forget_modules(snapshot: Dict[str, Any]) -> None:
    """Drops the program's modules; libraries stay loaded, since importing them again is slow or impossible."""
    libraries = tuple(os.path.realpath(sysconfig.get_paths()[k]) for k in ("stdlib", "purelib", "platlib"))
    for name in list(sys.modules):
        if name in snapshot:
            continue
        origin = getattr(sys.modules[name], "__file__", None)
        if name.split(".")[0] in NETWORK_MODULES or (origin and os.path.realpath(origin).startswith(libraries)):
            continue
        del sys.modules[name]
    sys.modules.update(snapshot)


def known_flags() -> Set[str]:
    flags = sys.modules.get("absl.flags")
    return set(flags.FLAGS) if flags is not None else set()


def forget_flags(known: Set[str]) -> None:
    flags = sys.modules.get("absl.flags")
    if flags is None:
        return
    for name in set(flags.FLAGS) - known:
        with contextlib.suppress(Exception):
            delattr(flags.FLAGS, name)
    flags.FLAGS.unparse_flags()


def fresh_tensorflow(library: str) -> None:
    """Undoes what a program of the batch before switched: v2 behaviour, names, learning phase."""
    WATCH.forget()
    PINS.forget()
    PLAIN.switches.clear()
    EPSILON.graphs.clear()
    FACTOR.factors.clear()
    if library == "tf1":
        return
    context: Any = importlib.import_module("tensorflow.python.eager.context")
    if not tf.executing_eagerly():
        context.default_execution_mode = context.EAGER_MODE
        context.context()._thread_local_data.is_eager = True
    tf.enable_v2_behavior()
    keras = importlib.import_module("keras")
    keras.utils.clear_session(free_memory=False)
    keras.config.set_floatx("float32")
