"""What a program makes, noted while it makes it."""

from __future__ import annotations

import functools
import importlib
from typing import Any, Callable, List, Optional, Tuple

from .graph import is_tensor
from .loaded import tf


class Watch:
    """What was made while one case was built, in order of creation."""

    def __init__(self) -> None:
        self.variables: List[Any] = []
        self.keras: List[Any] = []
        self.seeds: List[Any] = []
        self.slots: List[Tuple[Any, Any]] = []
        self.state: List[Any] = []
        self.savers: List[Any] = []
        self.checkpoints: List[Any] = []
        self.losses: List[Any] = []
        self.applied: List[List[Tuple[Any, Any]]] = []
        self.updates: List[Any] = []
        self.on_run: Optional[Callable[[Any], None]] = None  # called with the graph before a session runs

    def forget(self) -> None:
        vars(self).update(vars(Watch()))


WATCH = Watch()


def after_call(owner: Any, name: str, note: Callable[..., None]) -> None:
    """Calls note(result, *args, **kwargs) after owner.name; of a method the first argument is the object."""
    original = getattr(owner, name)

    @functools.wraps(original)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        result = original(*args, **kwargs)
        note(result, *args, **kwargs)
        return result

    setattr(owner, name, wrapper)


def watch_tensorflow() -> None:
    resource = importlib.import_module("tensorflow.python.ops.resource_variable_ops").ResourceVariable
    try:
        ref = importlib.import_module("tensorflow.python.ops.ref_variable").RefVariable
    except ImportError:
        ref = importlib.import_module("tensorflow.python.ops.variables").RefVariable
    for kind in (resource, ref):
        after_call(kind, "__init__", lambda _, self, *a, **k: WATCH.variables.append(self))
    slot_creator = importlib.import_module("tensorflow.python.training.slot_creator")
    after_call(slot_creator, "_create_slot_var", lambda result, primary, *a, **k: WATCH.slots.append((result, primary)))
    saver = importlib.import_module("tensorflow.python.training.saver").Saver
    after_call(saver, "__init__", lambda _, self, *a, **k: WATCH.savers.append(self))
    for checkpoint in {tf.train.Checkpoint, getattr(getattr(tf, "compat", tf), "v2", tf).train.Checkpoint}:
        after_call(checkpoint, "__init__", lambda _, self, *a, **k: WATCH.checkpoints.append(self))
    optimizer = importlib.import_module("tensorflow.python.training.optimizer").Optimizer
    after_call(optimizer, "_create_non_slot_variable", lambda result, *a, **k: WATCH.state.append(result))
    after_call(optimizer, "compute_gradients", _note_loss)
    original = optimizer.apply_gradients

    @functools.wraps(original)
    def apply_gradients(self: Any, grads_and_vars: Any, *args: Any, **kwargs: Any) -> Any:
        pairs = list(grads_and_vars)
        WATCH.applied.append([(gradient, variable) for gradient, variable in pairs if gradient is not None])
        WATCH.updates.append(None)
        number = len(WATCH.updates) - 1  # an optimizer may wrap another
        result = WATCH.updates[number] = original(self, pairs, *args, **kwargs)
        return result

    optimizer.apply_gradients = apply_gradients
    session = importlib.import_module("tensorflow.python.client.session").BaseSession
    run = session.run

    @functools.wraps(run)
    def stop_or_run(self: Any, *args: Any, **kwargs: Any) -> Any:
        if WATCH.on_run is not None:
            WATCH.on_run(self.graph)
        return run(self, *args, **kwargs)

    session.run = stop_or_run


def _note_loss(_: Any, self: Any, loss: Any = None, *args: Any, **kwargs: Any) -> None:
    if is_tensor(loss):
        WATCH.losses.append(loss)


def watch_keras() -> None:
    """Keras 3 only: its variables wrap one of TensorFlow's and carry the path that we compare."""
    variables = importlib.import_module("keras.src.backend.common.variables")
    original = variables.Variable.__init__

    @functools.wraps(original)
    def init(self: Any, *args: Any, **kwargs: Any) -> None:
        WATCH.keras.append(self)
        original(self, *args, **kwargs)

    variables.Variable.__init__ = init
    seeds = importlib.import_module("keras.src.random.seed_generator")
    after_call(seeds.SeedGenerator, "__init__", lambda _, self, *a, **k: WATCH.seeds.append(self))


def as_tensor(value: Any) -> Optional[Any]:
    """A graph tensor for anything that stands for one: tensors, variables of either library, None for the rest."""
    if is_tensor(value):
        return value
    # what an assignment returns is a variable that is no tf.Variable; TF2 keeps a regularisation loss as a promise
    promised = hasattr(value, "read_value") or hasattr(value, "_as_tensor")
    if isinstance(value, tf.Variable) or (promised and hasattr(value, "dtype")):
        return tf.convert_to_tensor(value)
    inner = getattr(value, "value", None)
    if any(value is v for v in WATCH.keras) and inner is not None:
        return tf.convert_to_tensor(inner)
    return None


def inner_variable(variable: Any) -> Any:
    """The TensorFlow variable of a Keras one; itself otherwise."""
    return getattr(variable, "_value", None) if any(variable is v for v in WATCH.keras) else variable
