"""Programs that are started as scripts: their names are those of their own local variables."""

from __future__ import annotations

import contextlib
import inspect
import os
import sys
from typing import Any, Callable, Dict, Iterator, Optional

from .basics import GraphReady, RefusedError
from .graph import SOURCES, is_operation, is_tensor, step_ancestors, writes
from .loaded import tf
from .watch import WATCH

MAX_CAPTURED = 120


class Capture:
    """Waits for a script to begin computing, then takes what its frames hold."""

    def __init__(self, root: str, mode: str) -> None:
        self.root = root
        self.mode = mode
        self.of_estimator = False
        self.graph: Any = None
        self.found: Dict[str, Any] = {}

    def stop(self, graph: Any) -> None:
        """Called in place of the first Session.run: notes the names of all frames and leaves the program."""
        if self.graph is None:
            self.graph = graph
            frame: Any = sys._getframe(2)
            while frame is not None:
                if os.path.realpath(frame.f_code.co_filename).startswith(self.root + os.sep):
                    self.take(frame.f_locals)
                frame = frame.f_back
        raise GraphReady()

    def take(self, names: Dict[str, Any]) -> None:
        for name, value in list(names.items()):
            if name.startswith("__"):
                continue
            self.note(name, value)
            if self.is_of_program(type(value)):
                for attribute, inner in list(getattr(value, "__dict__", {}).items()):
                    self.note(name + "." + attribute, inner)

    def is_of_program(self, kind: type) -> bool:
        file = getattr(sys.modules.get(kind.__module__), "__file__", None)
        return bool(file) and os.path.realpath(str(file)).startswith(self.root + os.sep)

    def note(self, name: str, value: Any) -> None:
        if name in self.found or len(self.found) >= MAX_CAPTURED:
            return
        if is_assignment(value):
            self.found[name] = value.op
        elif (is_tensor(value) and value.op.type not in SOURCES) or is_operation(value):
            self.found[name] = value
        elif isinstance(value, dict):
            for key, item in list(value.items())[:20]:
                if is_tensor(item) or is_assignment(item):
                    self.note("%s/%s" % (name, key), item)
        elif isinstance(value, (list, tuple)):
            for key, item in enumerate(value[:20]):
                if is_tensor(item) or is_assignment(item):
                    self.note("%s/%d" % (name, key), item)

    def results(self, graph: Any) -> Dict[str, Any]:
        """Tensors to compare and ops that change variables, by name; of the optimizers also the loss and the update."""
        named = {name: value for name, value in self.found.items() if value.graph is graph}
        for number, loss in enumerate(WATCH.losses):
            named["optimizer %d/loss" % number] = loss
        for number, update in enumerate(WATCH.updates):
            if update is not None:
                named["optimizer %d/update_op" % number] = update
        initializers = {v.initializer for v in WATCH.variables if v.graph is graph}
        return {
            name: value
            for name, value in named.items()
            if is_tensor(value) or any(writes(op) for op in step_ancestors([value]) - initializers)
        }


def is_assignment(value: Any) -> bool:
    """Whether it is what assigning to the variable of a layer gives, where TF1 gives a tensor."""
    return hasattr(value, "read_value") and hasattr(value, "op") and not isinstance(value, tf.Variable)


CAPTURE: Optional[Capture] = None


@contextlib.contextmanager
def capturing(root: str, mode: str) -> Iterator[Capture]:
    """What runs inside stops where it would begin to compute."""
    global CAPTURE
    CAPTURE = capture = Capture(root, mode)
    WATCH.on_run = capture.stop
    try:
        yield capture
    finally:
        CAPTURE = WATCH.on_run = None


def capture_estimator(estimator: Any, input_fn: Callable[[], Any]) -> None:
    """In place of Estimator.train: builds the graph that training, evaluation or prediction would run, and leaves the
    program with it."""
    if CAPTURE is None:
        raise RefusedError("an Estimator can only be recorded in a program that is started as a script")
    mode = CAPTURE.mode
    CAPTURE.of_estimator = True
    graph = tf.Graph()
    with graph.as_default():
        tf.train.get_or_create_global_step()
        data = with_known_arguments(input_fn, {"params": estimator.params, "mode": mode, "config": estimator.config})
        if hasattr(data, "output_shapes") or hasattr(data, "element_spec"):
            data = tf.data.make_one_shot_iterator(data).get_next()
        features, labels = data if isinstance(data, tuple) and len(data) == 2 else (data, None)
        labels = None if mode == "infer" else labels
        known = {"labels": labels, "mode": mode, "params": estimator.params, "config": estimator.config}
        model_fn = getattr(estimator, "_model_fn", None) or estimator.model_fn
        spec = with_known_arguments(model_fn, known, features)
    named = {"loss": spec.loss, "train_op": spec.train_op if mode == "train" else None}
    predictions = spec.predictions if isinstance(spec.predictions, dict) else {"predictions": spec.predictions}
    named.update({"predictions/%s" % key: value for key, value in predictions.items()})
    CAPTURE.found = {name: value for name, value in named.items() if is_tensor(value) or is_operation(value)}
    CAPTURE.graph = graph
    raise GraphReady()


def with_known_arguments(function: Callable[..., Any], known: Dict[str, Any], *args: Any) -> Any:
    """Calls a function with those of the arguments that it has."""
    wanted = inspect.signature(function).parameters
    return function(*args, **{name: value for name, value in known.items() if name in wanted})
