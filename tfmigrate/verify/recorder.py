"""Runs TF1 or Keras 3 programs and writes down what they do. One file, Python 3.7 to 3.13, imports nothing of ours.

    python recorder.py JOB.json EVENT_FD

The job names a side (`before` or `after`), a scratch folder and a list of cases. For each case the program is imported
freshly, its function is called inside a fresh graph, and `<scratch>/<index>.<side>.json` and `.npz` are written. The
before side also writes `<index>.exchange.json` and `.npz` (its weights and the inputs it was fed) and a checkpoint; the
after side waits for them, so both sides run at the same time and still see the same numbers.

Random numbers are pinned: the random ops of TensorFlow are replaced by draws that depend only on the shape, so that
dropout and initialisers can be compared exactly, in whatever order a program makes its layers.

Read `main` and `Case` first, near the end. Before them stands what they are made of, in the order in which a case
needs it:

    Events, Pins, PlainVariance, Watch   what is put into TensorFlow before a program runs
    sandbox                              what keeps the programs of one process apart
    Returned, Capture                    the results of a function, or of a script that was started
    Variable, find_reads, call_site      what the graph says: variables, who reads them, at which line
    Strategy, Feeds                      inputs
    Arrays, Bench                        numbers: initial values, weights, runs of a session
    Case, Exchange, Measurement          one program from its import to its files
"""

from __future__ import annotations

import contextlib
import copy
import functools
import importlib
import importlib.machinery
import importlib.util
import inspect
import json
import os
import random
import re
import runpy
import sys
import sysconfig
import time
import traceback
import zlib
from typing import Any, Callable, Dict, FrozenSet, Iterator, List, Optional, Sequence, Set, Tuple

Json = Dict[str, Any]

tf: Any = None  # tensorflow.compat.v1
VERSION = ""  # of TensorFlow, whatever a stand-in says
np: Any = None
load_arrays: Any = None  # numpy.load and savez as they were before a program could replace them
save_arrays: Any = None

FULL = 65536  # elements of an array that are written whole; larger ones are sampled evenly
TRAINED = 4096  # the same for what is written again after every training op
DRAWS, MORE_DRAWS = 8, 64  # samples of every initial value
GRADIENT_BUDGET = 300  # outputs times ops, for a gradient of each output
MAX_ACTIVATIONS = 600
MOST_SWITCHES = 8
ULPS, FAR = 4, 16  # by how many units in the last place weights are moved to see what rounding does, and times that
AMPLIFIED = 1e-5  # relative; rounding that grows beyond is measured more often
LATE = (100, 1000, 10000, 100000, 1000000)  # what counters are set to, for schedules that a few rounds don't reach
FACTORS = (1e3, 1e-6)  # of gradients: beyond what clips them, and next to an optimizer's epsilon
SCALES = {"large": (30.0, 3.0, 1.0), "small": (0.01, 0.1, 1e-3)}  # of inputs, trainable weights and other variables
PATIENCE = 10.0  # seconds of training; what takes longer is not trained under special conditions as well
MODES = ("eval", "infer")  # of an Estimator, besides training
POLL_SECONDS = 0.01
NETWORK_MODULES = ("tensorflow", "keras", "tf_keras", "tf_slim", "numpy", "absl", "google", "h5py")


def words(text: str) -> FrozenSet[str]:
    return frozenset(text.split())


class RefusedError(Exception):
    """The program cannot be recorded; the message says why, for the user."""


class WantsKerasError(ImportError):
    """The program imports Keras 3, which cannot be loaded beside stand-ins for TensorFlow 1."""


class GraphReady(BaseException):
    """Leaves a program that was started as a script at the point where it would begin to compute."""


# ---------------------------------------------------------------------------------------------------------------------
# Events: how the runner knows which case is under way.
# ---------------------------------------------------------------------------------------------------------------------


class Events:
    """Writes one JSON object a line to the pipe that the runner reads."""

    def __init__(self, fd: int) -> None:
        os.set_inheritable(fd, False)
        self._fd = fd

    def send(self, event: str, case: int = -1) -> None:
        os.write(self._fd, (json.dumps({"event": event, "case": case}) + "\n").encode())


# ---------------------------------------------------------------------------------------------------------------------
# Pinned randomness.
# ---------------------------------------------------------------------------------------------------------------------


class Pins:
    """Replaces the random ops. `kinds` tells for an op name which draw it is; `draw` is fed to get another sample.

    Draws of one shape are equal here, which they must not be in truth: `seeds` keeps what tells them apart, a number
    for an op with a seed of its own, a tensor for a stateless op.
    """

    def __init__(self) -> None:
        self.draws: Dict[int, Tuple[Any, Any]] = {}
        self.kinds: Dict[str, str] = {}
        self.seeds: Dict[str, Any] = {}

    def forget(self) -> None:
        self.draws.clear()
        self.kinds.clear()
        self.seeds.clear()

    def draw_of(self, graph: Any) -> Optional[Any]:
        found = self.draws.get(id(graph))
        return found[1] if found else None

    def _draw_tensor(self) -> Any:
        ops = importlib.import_module("tensorflow.python.framework.ops")
        graph = ops.get_default_graph()
        if graph.building_function:
            return tf.constant(0, tf.int64)
        if id(graph) not in self.draws:
            with ops.init_scope(), tf.name_scope(None):
                tensor = tf.placeholder_with_default(np.int64(0), [], name="tfmigrate_draw")
            self.draws[id(graph)] = (graph, tensor)
        return self.draws[id(graph)][1]

    def sample(self, kind: str, shape: Any, dtype: Any, extra: Sequence[Any] = (), seed: Any = None) -> Any:
        """A tensor of `dtype` and `shape` whose values follow `kind` and depend on nothing but shape and draw."""
        dtype = tf.as_dtype(dtype)
        function = functools.partial(draw, kind, dtype.as_numpy_dtype)
        if tf.executing_eagerly():
            values = [np.asarray(v) for v in (shape, 0, *extra)]
            return tf.constant(function(*values), dtype)
        tensor_util = importlib.import_module("tensorflow.python.framework.tensor_util")
        shape = tf.convert_to_tensor(shape, dtype=shape_dtype(shape))
        inputs = [shape, self._draw_tensor()] + [tf.convert_to_tensor(e) for e in extra]
        result = tf.py_func(function, inputs, dtype, stateful=False, name="pinned_" + kind)
        result.set_shape(tensor_util.constant_value_as_shape(shape))
        self.kinds[result.op.name] = kind
        if seed is not None:
            self.seeds[result.op.name] = seed
        return result

    def stream(self, op: Any, written: Set[str]) -> Tuple[str, bool]:
        """What a draw is known by, and whether it is the same in every run that writes no more than these variables.

        Two draws with one name and one shape are the same numbers.
        """
        seed = self.seeds.get(op.name)
        if seed is None or not is_tensor(seed) or seed.graph is not op.graph:
            return (op.name if seed is None else str(seed)), False
        sources = ancestors([seed.op])
        state = sorted(source.name for source in sources if source.type in VARIABLES)
        if written & set(state) or any(source.type in SOURCES or source.name in self.kinds for source in sources):
            return op.name, False
        values = [source.get_attr("value").SerializeToString() for source in sources if source.type == "Const"]
        fixed = zlib.crc32(b"".join(sorted(values)))
        return ("the state " + ", ".join(state)) if state else "the constant seed %d" % fixed, True


PINS = Pins()


class PlainVariance:
    """A switch that takes Bessel's correction out of TF1's fused batch normalisation.

    TF1 puts the batch variance times N/(N-1) into the moving average, Keras puts the variance itself there. The before
    side trains once as it is and once with the switch on, so that this one deviation can be told from all others.
    """

    def __init__(self) -> None:
        self.switches: Dict[int, Tuple[Any, Any]] = {}

    def of(self, graph: Any) -> Optional[Any]:
        found = self.switches.get(id(graph))
        return found[1] if found else None

    def install(self) -> None:
        kernels = importlib.import_module("tensorflow.python.ops.gen_nn_ops")
        for name in ("_fused_batch_norm", "fused_batch_norm_v2", "fused_batch_norm_v3"):
            setattr(kernels, name, self._wrapped(getattr(kernels, name)))

    def _wrapped(self, kernel: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(kernel)
        def fused(x: Any, scale: Any, *args: Any, **kwargs: Any) -> Any:
            result = kernel(x, scale, *args, **kwargs)
            ops = importlib.import_module("tensorflow.python.framework.ops")
            graph = ops.get_default_graph()
            if tf.executing_eagerly() or graph.building_function or not kwargs.get("is_training", True):
                return result
            if id(graph) not in self.switches:
                with ops.init_scope(), tf.name_scope(None):
                    tensor = tf.placeholder_with_default(np.float32(0), [], name="tfmigrate_plain_variance")
                self.switches[id(graph)] = (graph, tensor)
            variance = result.batch_variance
            count = tf.cast(tf.size(x) // tf.size(scale), variance.dtype)
            factor = 1 - tf.cast(self.switches[id(graph)][1], variance.dtype) / count
            return result._replace(batch_variance=variance * factor)

        return fused


PLAIN = PlainVariance()


class GradientFactor:
    """A factor for all gradients that a program takes, 1 unless it is fed.

    Whether gradients are clipped shows only where they are large, and what an optimizer adds to them only where they
    are small; those of made-up inputs are neither.
    """

    def __init__(self) -> None:
        self.factors: Dict[int, Tuple[Any, Any]] = {}

    def of(self, graph: Any) -> Optional[Any]:
        found = self.factors.get(id(graph))
        return found[1] if found else None

    def install(self) -> None:
        module: Any = importlib.import_module("tensorflow.python.ops.gradients_util")
        original = module._GradientsHelper

        @functools.wraps(original)
        def helper(ys: Any, xs: Any, grad_ys: Any = None, *args: Any, **kwargs: Any) -> Any:
            return original(ys, xs, self._scaled(ys, grad_ys), *args, **kwargs)

        module._GradientsHelper = helper

    def _scaled(self, ys: Any, grad_ys: Any) -> Any:
        ops = importlib.import_module("tensorflow.python.framework.ops")
        graph = ops.get_default_graph()
        if tf.executing_eagerly() or graph.building_function:
            return grad_ys
        outer = list(ys) if isinstance(ys, (list, tuple)) else [ys]
        given = [None] * len(outer) if grad_ys is None else grad_ys
        given = list(given) if isinstance(given, (list, tuple)) else [given]
        if len(given) != len(outer):
            return grad_ys
        return [self._factor(graph, y) if g is None and is_real(y) else g for y, g in zip(outer, given)]

    def _factor(self, graph: Any, y: Any) -> Any:
        ops = importlib.import_module("tensorflow.python.framework.ops")
        if id(graph) not in self.factors:
            with ops.init_scope(), tf.name_scope(None):
                tensor = tf.placeholder_with_default(np.float32(1), [], name="tfmigrate_gradients")
            self.factors[id(graph)] = (graph, tensor)
        return tf.ones_like(y) * tf.cast(self.factors[id(graph)][1], y.dtype)


FACTOR = GradientFactor()


def is_real(value: Any) -> bool:
    return is_tensor(value) and bool(value.dtype.is_floating)


def shape_dtype(shape: Any) -> Any:
    dtype = getattr(shape, "dtype", None)
    return dtype if dtype is not None and getattr(dtype, "is_integer", False) else tf.int32


def draw(kind: str, dtype: Any, shape: Any, number: Any, *extra: Any) -> Any:
    """The numbers themselves, the same under every NumPy: RandomState's streams are frozen."""
    size = tuple(int(d) for d in np.ravel(shape))
    state = np.random.RandomState(zlib.crc32(repr((size, int(number))).encode()) & 0xFFFFFFFF)
    if kind == "integers":
        low, high = (int(e) for e in extra)
        return np.asarray(state.randint(low, max(high, low + 1), size=size), dtype)
    if kind == "normal":
        return np.asarray(state.standard_normal(size), dtype)
    if kind == "truncated":
        return np.asarray(truncated(state, size), dtype)
    if kind == "gamma":
        return np.asarray(state.standard_gamma(np.broadcast_to(extra[0], size + np.shape(extra[0]))), dtype)
    values = np.asarray(state.random_sample(size), dtype)
    return np.minimum(values, np.nextafter(dtype(1), dtype(0)))


def truncated(state: Any, size: Tuple[int, ...]) -> Any:
    """Standard normal values, those beyond two standard deviations drawn again, as TensorFlow defines it."""
    values = state.standard_normal(size).ravel()
    while True:
        outside = np.abs(values) > 2
        if not outside.any():
            return values.reshape(size)
        values[outside] = state.standard_normal(int(outside.sum()))


def choose(logits: Any, samples: Any, dtype: Any) -> Any:
    """Categorical draws by the Gumbel trick, so that they follow the logits and the pinned numbers alone."""
    logits = tf.cast(logits, tf.float32)
    shape = tf.stack([tf.shape(logits)[0], tf.cast(samples, tf.int32), tf.shape(logits)[1]])
    noise = PINS.sample("uniform", shape, tf.float32)
    gumbel = -tf.log(-tf.log(noise + 1e-20) + 1e-20)
    result = tf.cast(tf.argmax(tf.expand_dims(logits, 1) + gumbel, axis=2), dtype)
    tensor_util = importlib.import_module("tensorflow.python.framework.tensor_util")
    result.set_shape([logits.shape[0], tensor_util.constant_value(tf.convert_to_tensor(samples))])
    return result


def shuffle(value: Any) -> Any:
    value = tf.convert_to_tensor(value)
    keys = PINS.sample("uniform", tf.stack([tf.shape(value)[0]]), tf.float32)
    result = tf.gather(value, tf.nn.top_k(keys, tf.shape(value)[0]).indices)
    result.set_shape(value.shape)
    return result


def pin_random_ops() -> None:
    """Puts the pinned draws where the Python functions of TensorFlow look for their kernels."""
    legacy: Any = importlib.import_module("tensorflow.python.ops.gen_random_ops")
    simple = {"random_uniform": "uniform", "random_standard_normal": "normal", "truncated_normal": "truncated"}
    for name, kind in simple.items():
        setattr(legacy, name, functools.partial(_stateful, kind))
    legacy.random_uniform_int = lambda shape, minval, maxval, **_: _integers(shape, minval, maxval)
    legacy.random_shuffle = lambda value, **_: shuffle(value)
    legacy.multinomial = lambda logits, num_samples, seed=0, seed2=0, output_dtype=None, name=None: choose(
        logits, num_samples, output_dtype or tf.int64
    )
    stateless = importlib.import_module("tensorflow.python.ops.gen_stateless_random_ops")
    _pin_stateless(stateless, "")
    with contextlib.suppress(ImportError):
        second: Any = importlib.import_module("tensorflow.python.ops.gen_stateless_random_ops_v2")
        _pin_stateless(second, "_v2")
        second.stateless_shuffle = lambda value, **_: shuffle(value)


def _pin_stateless(module: Any, suffix: str) -> None:
    for name, kind in (("uniform", "uniform"), ("normal", "normal")):
        setattr(module, "stateless_random_" + name + suffix, functools.partial(_stateless, kind))
    setattr(module, "stateless_truncated_normal" + suffix, functools.partial(_stateless, "truncated"))
    setattr(
        module,
        "stateless_random_uniform_int" + suffix,
        lambda shape, *_, minval, maxval, **__: _integers(shape, minval, maxval),
    )
    setattr(
        module,
        "stateless_multinomial" + suffix,
        lambda logits, num_samples, *_, output_dtype=None, **__: choose(logits, num_samples, output_dtype or tf.int64),
    )


def _stateful(kind: str, shape: Any, dtype: Any, *_: Any, **kwargs: Any) -> Any:
    seeds = (kwargs.get("seed") or 0, kwargs.get("seed2") or 0)
    return PINS.sample(kind, shape, dtype, seed="the seeds %d and %d" % seeds if any(seeds) else None)


def _stateless(kind: str, shape: Any, seed: Any = None, *_: Any, **kwargs: Any) -> Any:
    seed = kwargs.get("seed", kwargs.get("key", seed))
    return PINS.sample(kind, shape, kwargs.get("dtype") or tf.float32, seed=seed)


def _integers(shape: Any, minval: Any, maxval: Any) -> Any:
    dtype = getattr(minval, "dtype", None) or getattr(maxval, "dtype", None) or tf.int32
    low, high = tf.convert_to_tensor(minval, dtype), tf.convert_to_tensor(maxval, dtype)
    return PINS.sample("integers", shape, low.dtype, [low, high])


# ---------------------------------------------------------------------------------------------------------------------
# Watching what a program makes.
# ---------------------------------------------------------------------------------------------------------------------


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
        if CAPTURE is not None:
            CAPTURE.stop(self.graph)
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


# ---------------------------------------------------------------------------------------------------------------------
# Isolation between the cases of one process.
# ---------------------------------------------------------------------------------------------------------------------


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
    global WATCH
    WATCH = Watch()
    PINS.forget()
    PLAIN.switches.clear()
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


# ---------------------------------------------------------------------------------------------------------------------
# What a program returned.
# ---------------------------------------------------------------------------------------------------------------------


def is_tensor(value: Any) -> bool:
    return hasattr(value, "op") and hasattr(value, "graph") and hasattr(value, "dtype") and hasattr(value, "consumers")


def is_operation(value: Any) -> bool:
    return isinstance(value, tf.Operation)


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


# ---------------------------------------------------------------------------------------------------------------------
# Programs that are started as scripts: their names are those of their own local variables.
# ---------------------------------------------------------------------------------------------------------------------

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
        if (is_tensor(value) and value.op.type not in SOURCES) or is_operation(value):
            self.found[name] = value
        elif isinstance(value, dict):
            for key, item in list(value.items())[:20]:
                if is_tensor(item):
                    self.note("%s/%s" % (name, key), item)
        elif isinstance(value, (list, tuple)):
            for key, item in enumerate(value[:20]):
                if is_tensor(item):
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


CAPTURE: Optional[Capture] = None


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


# ---------------------------------------------------------------------------------------------------------------------
# Variables.
# ---------------------------------------------------------------------------------------------------------------------


class Variable:
    """One variable by identity. `name` is the one of this side, `key` the TF1 name it stands for."""

    def __init__(self, tf_variable: Any, name: str, key: str) -> None:
        self.tf_variable = tf_variable
        self.name = name
        self.key = key
        self.trainable = False
        self.role = "variable"
        self.regularizer: Optional[Any] = None
        self.reads: List[Any] = []
        self.source = ""

    @property
    def op(self) -> Any:
        return self.tf_variable.op

    @property
    def dtype(self) -> str:
        return str(self.tf_variable.dtype.base_dtype.name)

    @property
    def shape(self) -> Optional[List[Optional[int]]]:
        shape = self.tf_variable.shape
        return None if shape.ndims is None else [None if d is None else int(d) for d in shape.as_list()]


def renamed(name: str, names: Dict[str, str]) -> str:
    """What a map makes of a name. `{i}` in a name of the map is any text within a segment, the same on both sides."""
    if name in names:
        return names[name]
    for old, new in names.items():
        pieces = re.split(r"(\{[^{}]*\})", old)
        found = re.fullmatch("".join("([^/]+)" if p.startswith("{") else re.escape(p) for p in pieces), name)
        if found is not None:
            values = iter(found.groups())
            return "".join(next(values) if p.startswith("{") else p for p in re.split(r"(\{[^{}]*\})", new))
    return name


def find_variables(graph: Any, renames: Dict[str, str]) -> List[Variable]:
    """All variables of the graph, each once, in order of creation. `renames` maps a name of this side to a TF1 name."""
    keras = keras_values()
    seeds = {id(seed.state) for seed in WATCH.seeds if getattr(seed, "state", None) is not None}
    trainable = {id(v) for v in graph.get_collection(tf.GraphKeys.TRAINABLE_VARIABLES)}
    local = {id(v) for v in graph.get_collection(tf.GraphKeys.LOCAL_VARIABLES)}
    found: Dict[str, Variable] = {}
    for tf_variable in WATCH.variables:
        if tf_variable.graph is not graph or tf_variable.op.name in found:
            continue
        wrapper = keras.get(id(tf_variable))
        name = wrapper.path if wrapper is not None else tf_variable.op.name
        variable = Variable(tf_variable, name, renamed(name, renames))
        if wrapper is not None:
            variable.trainable = bool(wrapper.trainable)
            variable.regularizer = wrapper.regularizer
            variable.role = "seed" if id(wrapper) in seeds else "variable"
        else:
            variable.trainable = id(tf_variable) in trainable
        if id(tf_variable) in local:
            variable.role = "local"
        found[tf_variable.op.name] = variable
    name_slots(found)
    return [variable for variable in found.values() if variable.role != "seed"]


def keras_values() -> Dict[int, Any]:
    """Keras variables by the identity of the TensorFlow variable inside."""
    values = {}
    for variable in WATCH.keras:
        inner = getattr(variable, "_value", None)
        if inner is not None:
            values[id(inner)] = variable
    return values


def name_slots(found: Dict[str, Variable]) -> None:
    """A slot is named after its variable, whose name in the graph is not the path: put the TF1 name in its place."""
    for variable in [found.get(state.op.name) for state in WATCH.state]:
        if variable is not None:
            variable.role = "slot"
    for slot, primary in WATCH.slots:
        variable = found.get(slot.op.name)
        owner = found.get(getattr(getattr(primary, "op", None), "name", ""))
        if variable is None or owner is None:
            continue
        variable.role = "slot"
        for text in (owner.op.name, getattr(primary, "_shared_name", owner.op.name)):
            if text in variable.name:
                variable.key = variable.name.replace(text, owner.key, 1)
                break


# ---------------------------------------------------------------------------------------------------------------------
# Graph walks: who reads what, what depends on what.
# ---------------------------------------------------------------------------------------------------------------------

TRANSPARENT = words(
    "Identity ReadVariableOp Cast Enter RefEnter Switch RefSwitch Reshape Transpose ExpandDims Squeeze StopGradient "
    "Snapshot CheckNumerics RefIdentity Slice StridedSlice ReverseV2 Split SplitV Unpack Neg"
)
FUNCTIONAL = words("If StatelessIf While StatelessWhile Case StatelessCase PartitionedCall StatefulPartitionedCall")
VARIABLES = words("Variable VariableV2 VarHandleOp")
SHAPE_ONLY = words("Shape ShapeN Size Rank VariableShape IsVariableInitialized VarIsInitializedOp")
GROUPS = {
    "matmul": words("MatMul BatchMatMul BatchMatMulV2 BatchMatMulV3 Einsum SparseTensorDenseMatMul"),
    "conv": words(
        "Conv Conv2D Conv3D DepthwiseConv2dNative Conv2DBackpropInput Conv2DBackpropInputV2 Conv3DBackpropInput "
        "Conv3DBackpropInputV2"
    ),
    "gather": words("Gather GatherV2 GatherNd ResourceGather ResourceGatherNd"),
}


def group_of(op_type: str) -> str:
    """`matmul`, `conv`, `gather` for ops that every implementation of a layer needs; the type itself for the rest."""
    for group, types in GROUPS.items():
        if op_type in types:
            return group
    return op_type


def read_inputs(op: Any) -> List[Any]:
    """The inputs whose values an op reads: in training, fused batch normalisation ignores the moving averages."""
    inputs = list(op.inputs)
    if op.type.startswith("FusedBatchNorm") and "Grad" not in op.type and op.get_attr("is_training"):
        with contextlib.suppress(ValueError):
            if op.get_attr("exponential_avg_factor") != 1.0:
                return inputs
        return inputs[:3]
    return inputs


def ancestors(roots: Sequence[Any]) -> Set[Any]:
    """The ops that the roots (ops) need for their values."""
    seen, stack = set(roots), list(roots)
    while stack:
        for tensor in read_inputs(stack.pop()):
            if tensor.op not in seen:
                seen.add(tensor.op)
                stack.append(tensor.op)
    return seen


WRITERS = ("Assign", "ResourceApply", "Apply", "ResourceScatter", "Scatter", "ResourceSparseApply", "SparseApply")


def writes(op: Any) -> bool:
    return str(op.type).startswith(WRITERS)


def find_reads(graph: Any, variables: Sequence[Variable], roots: Sequence[Any]) -> None:
    """Fills `reads` of each variable: the ops on the way to the roots that take its value, in order of creation."""
    needed = ancestors(roots)
    order = {op.name: number for number, op in enumerate(graph.get_operations())}
    for variable in variables:
        reads: Dict[str, Any] = {}
        stack, seen = [variable.op.outputs[0]], {variable.op.outputs[0].name}
        while stack:
            tensor = stack.pop()
            for op in tensor.consumers():
                if op not in needed or op.type in SHAPE_ONLY or writes(op):
                    continue
                if not any(tensor is read for read in read_inputs(op)):
                    continue
                if op.type not in TRANSPARENT:
                    reads[op.name] = op
                    continue
                for output in op.outputs:
                    if output.name not in seen:
                        seen.add(output.name)
                        stack.append(output)
        variable.reads = sorted(reads.values(), key=lambda op: order[op.name])


def call_site(op: Any, root: str) -> List[str]:
    """Where the program made an op: `file:line` of its own frames, outermost first."""
    sites = []
    for frame in op.traceback or ():
        filename, line = (frame[0], frame[1]) if isinstance(frame, tuple) else (frame.filename, frame.lineno)
        path = os.path.realpath(filename)
        if path.startswith(root + os.sep):
            sites.append("%s:%d" % (os.path.relpath(path, root), line))
    return sites


def data_ancestors(root: Any) -> Set[Any]:
    """Like `ancestors`, without the way through the shape of a tensor."""
    seen, stack = {root}, [root]
    while stack:
        op = stack.pop()
        if op.type in SHAPE_ONLY:
            continue
        for tensor in read_inputs(op):
            if tensor.op not in seen:
                seen.add(tensor.op)
                stack.append(tensor.op)
    return seen


# ---------------------------------------------------------------------------------------------------------------------
# Inputs.
# ---------------------------------------------------------------------------------------------------------------------

SOURCES = words(
    "Placeholder PlaceholderV2 IteratorGetNext QueueDequeue QueueDequeueV2 QueueDequeueMany "
    "QueueDequeueManyV2 QueueDequeueUpTo QueueDequeueUpToV2 ReaderRead ReaderReadV2"
)


class Strategy:
    """How inputs are made up. Tried in turn until the program accepts one and its outputs are finite."""

    def __init__(self, floats: str, integers_below: int, batch: int, other: int) -> None:
        self.floats = floats
        self.integers_below = integers_below
        self.batch = batch
        self.other = other


STRATEGIES = (
    Strategy("normal", 5, 4, 5),
    Strategy("unit", 2, 4, 5),
    Strategy("normal", 5, 2, 32),
    Strategy("unit", 2, 2, 32),
    Strategy("unit", 1, 1, 64),
)


def find_inputs(graph: Any, needed: Set[Any]) -> List[Any]:
    """The tensors through which data enters what is needed, in order of creation."""
    tensors: list[Any] = []
    for op in graph.get_operations():
        if op not in needed:
            continue
        fed_switch = op.type == "PlaceholderWithDefault" and op.outputs[0].dtype == tf.bool
        if op.type in SOURCES or fed_switch:
            values = [t for t in op.outputs if t.dtype not in (tf.resource, tf.variant)]
            tensors.extend(t for t in values if graph.is_feedable(t))
    return tensors


def static_shape(tensor: Any) -> Optional[List[Optional[int]]]:
    shape = tensor.shape
    return None if shape.ndims is None else [None if d is None else int(d) for d in shape.as_list()]


def make_input(tensor: Any, strategy: Strategy, number: int, case: Json) -> Any:
    """A deterministic value for one input; `number` is the round, so that training sees new data each time."""
    name = tensor.op.name
    given = case.get("inputs", {}).get(name, {})
    shape = given.get("shape")
    if shape is None:
        dims = static_shape(tensor) or []
        shape = [d if d is not None else (strategy.other if axis else strategy.batch) for axis, d in enumerate(dims)]
    state = np.random.RandomState(zlib.crc32(repr((name, number)).encode()) & 0xFFFFFFFF)
    dtype = tensor.dtype.base_dtype
    if dtype == tf.bool:
        return np.zeros(shape, bool)
    if dtype == tf.string:
        return np.full(shape, b"a", dtype=object)
    low, high = given.get("low"), given.get("high")
    if dtype.is_integer:
        low, high = int(low or 0), int(high if high is not None else (low or 0) + strategy.integers_below)
        return np.asarray(state.randint(low, max(high, low + 1), size=shape), dtype.as_numpy_dtype)
    if low is not None or high is not None:
        low, high = float(low or 0.0), float(1.0 if high is None else high)
        values = low + (high - low) * state.random_sample(shape)
    elif not shape:
        values = scalar_input(name, state)
    elif strategy.floats == "normal":
        values = 0.7 * state.standard_normal(shape)
    else:
        values = 0.05 + 0.9 * state.random_sample(shape)
    return np.asarray(values, dtype.as_numpy_dtype)


def scalar_input(name: str, state: Any) -> float:
    """A lone number is mostly a rate. Keep what stands for a probability inside (0, 1) and a learning rate small."""
    last = name.split("/")[-1].lower()
    if re.search(r"learning|(^|_)lr($|_|\d)|step_size", last):
        return 0.01
    return 0.3 + 0.5 * float(state.random_sample())


class Feeds:
    """The values of all inputs for some rounds and both settings of the boolean switches."""

    def __init__(self, tensors: Sequence[Any], rounds: List[List[Any]], names: Sequence[str] = ()) -> None:
        self.tensors = list(tensors)
        self.rounds = rounds
        self.names = list(names) or [tensor.op.name for tensor in tensors]  # those of the before side

    @property
    def has_switch(self) -> bool:
        return any(tensor.dtype == tf.bool for tensor in self.tensors)

    @property
    def switches(self) -> List[str]:
        """The names of the switches, where there are several, but not too many to try them one by one."""
        names = [name for name, tensor in zip(self.names, self.tensors) if tensor.dtype == tf.bool]
        return names if 1 < len(names) <= MOST_SWITCHES else []

    def of(self, number: int, switch: bool, scale: float = 1.0, only: str = "") -> Dict[Any, Any]:
        """`scale` is for arrays; a lone number is mostly a rate. `only` names the one switch that is set."""
        feed = {}
        for name, tensor, value in zip(self.names, self.tensors, self.rounds[number]):
            if tensor.dtype == tf.bool:
                value = np.full(np.shape(value), switch and only in ("", name))
            elif scale != 1.0 and tensor.dtype.is_floating and np.ndim(value):
                value = np.asarray(value * scale, value.dtype)
            feed[tensor] = value
        return feed


def match_inputs(tensors: Sequence[Any], described: Sequence[Json]) -> Tuple[List[int], List[str]]:
    """Which input of the before side each of ours is: by name, by last segment, then by dtype and shape in order.

    Returns the positions and a sentence for each input that has no counterpart.
    """
    free = dict(enumerate(described))
    chosen: Dict[int, int] = {}
    tests: List[Callable[[Any, Json], bool]] = [
        lambda t, d: t.name == d["name"],
        lambda t, d: t.op.name.split("/")[-1] == d["name"].split(":")[0].split("/")[-1],
        lambda t, d: t.dtype.base_dtype.name == d["dtype"] and static_shape(t) == d["shape"],
    ]
    for test in tests:
        for position, tensor in enumerate(tensors):
            if position in chosen:
                continue
            for index, description in free.items():
                if test(tensor, description):
                    chosen[position] = index
                    del free[index]
                    break
    missing = [t.name for position, t in enumerate(tensors) if position not in chosen]
    return [chosen.get(position, -1) for position in range(len(tensors))], missing


# ---------------------------------------------------------------------------------------------------------------------
# Numbers.
# ---------------------------------------------------------------------------------------------------------------------


class Arrays:
    """Arrays under readable names, for an .npz whose members are numbered."""

    def __init__(self) -> None:
        self.values: Dict[str, Any] = {}

    def add(self, name: str, value: Any, most: int = FULL) -> None:
        value = np.asarray(value)
        if value.dtype.kind in "OSU":
            value = np.asarray([zlib.crc32(repr(v).encode()) for v in value.ravel()], np.int64)
        if value.dtype.name == "bfloat16":
            value = value.astype(np.float32)
        self.values[name] = sampled(value, most)

    def gaps(self, other: Arrays) -> Dict[str, float]:
        """The largest difference of each float array that both have and that is finite."""
        found = {}
        for name, value in self.values.items():
            twin = other.values.get(name)
            if twin is None or value.dtype.kind != "f" or twin.shape != value.shape or not value.size:
                continue
            gap = float(np.abs(value.astype(np.float64) - twin).max())
            if gap > 0 and np.isfinite(gap):
                found[name] = gap
        return found

    def save(self, path: str) -> None:
        members = {"a%d" % number: value for number, value in enumerate(self.values.values())}
        with open(path + ".part", "wb") as file:
            save_arrays(file, **members)
        os.rename(path + ".part", path)


def sampled(value: Any, most: int = FULL) -> Any:
    """The array, or an evenly spaced part of it when it is large; shapes are compared apart."""
    if value.size <= most:
        return np.array(value)
    return value.ravel()[:: value.size // most + 1].copy()


def session_for(graph: Any) -> Any:
    """One thread and no rewriting: the same order of additions in every run, and quick small runs."""
    config = tf.ConfigProto(
        intra_op_parallelism_threads=1,
        inter_op_parallelism_threads=1,
        allow_soft_placement=True,
        device_count={"GPU": 0},
    )
    config.graph_options.rewrite_options.disable_meta_optimizer = True
    return tf.Session(graph=graph, config=config)


def initialise(session: Any, variables: Sequence[Variable], number: int) -> None:
    """Runs every initializer; number selects the draw of the pinned random ops."""
    pin = PINS.draw_of(session.graph)
    feed = {pin: number} if pin is not None else {}
    pending = [v.tf_variable.initializer for v in variables]
    session.run(pending, feed)


def read_values(session: Any, variables: Sequence[Variable]) -> List[Any]:
    return [np.array(value) for value in session.run([v.tf_variable for v in variables])] if variables else []


def record_initial(session: Any, variables: Sequence[Variable], record: Json, arrays: Arrays) -> None:
    """Initial values of draw 0, and of more draws of small variables, what distribution they follow."""
    sources = [initial_sources(variable) for variable in variables]
    initialise(session, variables, 0)
    pooled = [[sampled(value)] for value in read_values(session, variables)]
    small = [n for n, values in enumerate(pooled) if sources[n] and values[0].size < FULL // 4]
    number = 1
    while small and number < (MORE_DRAWS if number >= DRAWS and needs_more(sources, pooled, small) else DRAWS):
        initialise(session, variables, number)
        for n, value in zip(small, read_values(session, [variables[n] for n in small])):
            pooled[n].append(value)
        number += 1
    for variable, names, values, row in zip(variables, sources, pooled, record["variables"]):
        arrays.add("initial/" + variable.key, values[0])
        row["distribution"] = distribution(names, values, [d or 0 for d in variable.shape or ()])
    initialise(session, variables, 0)


def needs_more(sources: Sequence[List[str]], pooled: Sequence[List[Any]], small: Sequence[int]) -> bool:
    """Whether some variable is random in a way that only its moments can tell."""
    return any(distribution(sources[n], pooled[n][:DRAWS], pooled[n][0].shape)["kind"] == "other" for n in small)


def initial_sources(variable: Variable) -> List[str]:
    """The random draws that an initial value is made of."""
    return sorted(PINS.kinds[op.name] for op in ancestors([variable.tf_variable.initializer]) if op.name in PINS.kinds)


def distribution(sources: List[str], values: Sequence[Any], shape: Sequence[int]) -> Json:
    """What a variable of a shape starts as. `values` are samples, number n of them made with draw n.

    A value that is offset + scale * draw is told by its parameters, which no sample size blurs.
    """
    found: Json = {"kind": "other", "sources": sources}
    first = values[0]
    if first.dtype.kind not in "fiub" or not first.size:
        return found
    pooled = np.concatenate([np.ravel(v) for v in values]).astype(np.float64)
    if pooled.min() == pooled.max():
        return {"kind": "constant", "sources": sources, "offset": float(pooled[0])}
    if len(sources) == 1 and sources[0] in ("uniform", "normal", "truncated"):
        draws = [np.ravel(sampled(draw(sources[0], np.float32, shape, n))) for n in range(len(values))]
        parameters = affine(np.concatenate(draws).astype(np.float64), pooled)
        if parameters is not None:
            return {"kind": sources[0], "sources": sources, "offset": parameters[0], "scale": parameters[1]}
    found.update(
        count=int(pooled.size),
        mean=float(pooled.mean()),
        std=float(pooled.std()),
        quantiles=[float(q) for q in np.percentile(pooled, (5, 25, 50, 75, 95))],
    )
    return found


def affine(draws: Any, values: Any) -> Optional[Tuple[float, float]]:
    """Offset and scale, when the values are an affine function of the draws."""
    spread = draws - draws.mean()
    scale = float((spread * (values - values.mean())).sum() / max(float((spread**2).sum()), 1e-30))
    offset = float(values.mean() - scale * draws.mean())
    rest = float(np.abs(offset + scale * draws - values).max())
    return (offset, scale) if rest <= 1e-4 * abs(scale) + 1e-6 * abs(offset) else None


def distinct_weights(variables: Sequence[Variable], values: Sequence[Any]) -> List[Any]:
    """Values that tell variables apart: no two alike, no zero biases, variances stay positive.

    Initial values hide mistakes (a bias of zeros may be left out), and pinned draws of one shape are equal.
    """
    result = []
    for variable, value in zip(variables, values):
        if variable.role == "slot" or value.dtype.kind != "f" or (value.ndim == 0 and not variable.trainable):
            result.append(value)
            continue
        state = np.random.RandomState(zlib.crc32(variable.key.encode()) & 0xFFFFFFFF)
        spread = float(value.std()) if value.size else 0.0
        if not variable.trainable:
            changed = value + 0.05 * max(1.0, spread) * state.random_sample(value.shape)
        elif spread > 0:
            changed = state.permutation(value.ravel()).reshape(value.shape)
            changed = changed + 0.05 * spread * state.standard_normal(value.shape)
        else:
            changed = value + 0.1 * state.standard_normal(value.shape)
        result.append(np.asarray(changed, value.dtype))
    return result


class Bench:
    """A session, and the weights that every run of it starts from."""

    def __init__(self, session: Any, graph: Any, variables: Sequence[Variable]) -> None:
        self.session = session
        self.weights: List[Any] = []
        with graph.as_default(), tf.name_scope("tfmigrate_set"), tf.device(None), tf.control_dependencies(None):
            self._inputs = [tf.placeholder(v.tf_variable.dtype.base_dtype, v.shape) for v in variables]
            self._assign = [tf.assign(v.tf_variable, i).op for v, i in zip(variables, self._inputs)]

    def shaken(self, ulps: int, number: int) -> Bench:
        """The same with weights that differ in the last bits: what changes then is rounding, not a difference."""
        other = copy.copy(self)
        other.weights = []
        state = np.random.RandomState(number)
        for weight in self.weights:
            if weight.dtype.kind == "f":
                signs = state.choice([-1, 1], size=weight.shape)
                eps = float(np.finfo(weight.dtype).eps)
                step = min(ulps * eps, max(ULPS * eps, 1e-5))  # of float16, the larger step would be coarse
                weight = np.asarray(weight * (1 + step * signs), weight.dtype)
            other.weights.append(weight)
        return other

    def scaled(self, variables: Sequence[Variable], trainable: float, others: float) -> Bench:
        """The same with larger or smaller weights; what an optimizer keeps stays as it is."""
        other = copy.copy(self)
        other.weights = [
            weight
            if weight.dtype.kind != "f" or variable.role == "slot"
            else np.asarray(weight * (trainable if variable.trainable else others), weight.dtype)
            for variable, weight in zip(variables, self.weights)
        ]
        return other

    def at(self, count: int, counters: Sequence[int]) -> Bench:
        """The same with some variables, given by position, set to a number."""
        other = copy.copy(self)
        other.weights = [
            np.asarray(count, weight.dtype) if n in counters else weight for n, weight in enumerate(self.weights)
        ]
        return other

    def restart(self) -> None:
        self.session.run(self._assign, dict(zip(self._inputs, self.weights)))

    def run(self, fetches: Any, feed: Dict[Any, Any]) -> Any:
        """From the weights on: fetching an output may run update ops, and must not leave a trace in the next run."""
        self.restart()
        return self.session.run(fetches, feed)

    def run_apart(self, fetches: Sequence[Any], alone: Sequence[int], feed: Dict[Any, Any]) -> List[Any]:
        """Those with effects on their own, since what they change would reach the others sooner or later."""
        together = [n for n in range(len(fetches)) if n not in alone]
        values = dict(zip(together, self.run([fetches[n] for n in together], feed)))
        values.update({n: self.run(fetches[n], feed) for n in alone})
        return [values[n] for n in range(len(fetches))]


# ---------------------------------------------------------------------------------------------------------------------
# One case: what a program is.
# ---------------------------------------------------------------------------------------------------------------------


class Case:
    """Records one case: builds the program, then writes down what it is and what it computes.

    What fails on the way is noted, and leaves what was recorded before it standing.
    """

    def __init__(self, job: Json, case: Json, events: Events) -> None:
        self.side: str = job["side"]
        self.library: str = job["library"]
        self.wanted = case
        self.events = events
        self.root = os.path.realpath(case["root"])
        mode = "." + case["mode"] if "mode" in case else ""
        self.prefix = os.path.join(job["scratch"], str(case["index"]) + mode)
        self.exchange = os.path.join(job["scratch"], str(case["exchange"]) + mode)
        self.of_estimator = False
        self.scratch = job["scratch"]
        self.record: Json = {"errors": {}, "notes": [], "variables": [], "library": self.library, "tensorflow": VERSION}
        self.arrays = Arrays()
        # what an earlier migration renamed has its new name on both sides
        renames = {v: k for k, v in case.get("map", {}).items()} if self.library == "keras3" else {}
        self.renames: Dict[str, str] = renames
        self.graph: Any = None
        self.returned = Returned()
        self.variables: List[Variable] = []
        self.applied: List[Dict[str, Any]] = []
        self.collected: Set[int] = set()

    def run(self) -> bool:
        """False when the program needs another process, one that has Keras 3."""
        fresh_tensorflow(self.library)
        try:
            with sandbox(self.root, [os.path.join(self.root, self.wanted["module"] + ".py")]):
                state = np.random.get_state()[1].tolist()
                self.build()
                self.record["numpy_random"] = state != np.random.get_state()[1].tolist()
                self.guarded("numbers", self.numbers)
        except WantsKerasError:
            return False
        except BaseException as error:  # noqa: BLE001 - the program is foreign: whatever it raises is a result
            self.fail("build", error)
        self.finish()
        return True

    def fail(self, phase: str, error: BaseException) -> None:
        text = "".join(traceback.format_exception(type(error), error, error.__traceback__))
        self.record["errors"][phase] = {
            "type": type(error).__name__,
            "message": str(error)[:2000],
            "traceback": text[-6000:],
            "site": program_site(error, self.root),
        }
        if isinstance(error, KeyboardInterrupt):
            raise error

    def guarded(self, phase: str, action: Callable[[], None]) -> None:
        try:
            action()
        except Exception as error:  # noqa: BLE001 - the program's ops may raise anything
            self.fail(phase, error)

    def finish(self) -> None:
        if self.side == "before" and not os.path.exists(self.exchange + ".exchange.json"):
            open(self.exchange + ".failed", "w").close()
        self.record["arrays"] = list(self.arrays.values)
        self.arrays.save("%s.%s.npz" % (self.prefix, self.side))
        write_json("%s.%s.json" % (self.prefix, self.side), self.record)

    def build(self) -> None:
        if self.wanted.get("run"):
            self.build_by_running(self.wanted["run"])
        else:
            graph = tf.Graph()
            with graph.as_default():
                function = load_function(self.wanted["module"], self.wanted["function"])
                calls = self.wanted.get("calls")
                self.returned.add("", call_entry(function, calls) if calls else function())
            self.graph = self.graph_of_results(graph)
        self.structure()

    def build_by_running(self, arguments: Sequence[str]) -> None:
        """Runs a script, or `-m module`, up to its first Session.run, Estimator.train or its end."""
        global CAPTURE
        CAPTURE = capture = Capture(self.root, self.wanted.get("mode", "train"))
        try:
            if arguments[0] == "-m":
                sys.argv[:] = list(arguments[1:])
                names = runpy.run_module(arguments[1], run_name="__main__", alter_sys=True)
            else:
                script = os.path.join(self.root, arguments[0])
                sys.argv[:] = [script, *arguments[1:]]
                sys.path.insert(0, os.path.dirname(script))
                names = runpy.run_path(script, run_name="__main__")
            if capture.graph is None:
                capture.take(names)
        except GraphReady:
            pass
        except SystemExit as error:
            if capture.graph is None and error.code not in (None, 0):
                raise
        finally:
            CAPTURE = None
            self.of_estimator = capture.of_estimator
        graphs = [v.graph for v in WATCH.variables if hasattr(v.graph, "as_graph_def")]
        self.graph = capture.graph or (graphs[-1] if graphs else None)
        if self.graph is None:
            raise RefusedError("the program ended without making a variable in a graph")
        self.graph._unsafe_unfinalize()
        for name, value in capture.results(self.graph).items():
            self.returned.add(name, value)
            if is_tensor(value) and has_effects(value):
                self.returned.steps[name] = value.op
        self.record["captured"] = True

    def graph_of_results(self, graph: Any) -> Any:
        graphs = [v.graph for v in list(self.returned.tensors.values()) + list(self.returned.steps.values())]
        if any(g is not graphs[0] for g in graphs):
            raise RefusedError("the results belong to more than one graph")
        return graphs[0] if graphs else graph

    def structure(self) -> None:
        graph, record = self.graph, self.record
        self.variables = find_variables(graph, self.renames)
        self.collected = {id(v) for v in graph.get_collection(tf.GraphKeys.GLOBAL_VARIABLES)}
        tensors = self.returned.tensors
        roots = [t.op for t in tensors.values()] + [t.op for t in WATCH.losses if t.graph is graph]
        find_reads(graph, self.variables, roots)
        by_op = {v.op.name: v for v in self.variables}
        self.train_all(by_op)
        record["variables"] = [self.row(v) for v in self.variables]
        starts_together(self.variables, record["variables"])
        record["outputs"] = {
            n: {"dtype": t.dtype.base_dtype.name, "shape": static_shape(t)} for n, t in sorted(tensors.items())
        }
        record["constants"] = {n: np.asarray(v).tolist() for n, v in sorted(self.returned.constants.items())}
        record["steps"] = sorted(self.returned.steps)
        record["skipped"] = self.returned.skipped
        needs = {name: data_ancestors(tensor.op) for name, tensor in tensors.items()}
        record["dependencies"] = {n: sorted(v.key for v in self.variables if v.op in ops) for n, ops in needs.items()}
        if record.get("captured"):
            self.note_reached(needs)
        record["savers"] = [saver_keys(saver, by_op) for saver in WATCH.savers]
        record["checkpoints"] = [checkpoint_keys(checkpoint, by_op) for checkpoint in WATCH.checkpoints]
        record["optimizers"] = [sorted(gradients) for gradients in self.applied]
        record["draws"] = {n: drawn(graph, op) for n, op in self.results()}
        record["update_ops"] = update_counts(graph, self.variables)

    def results(self) -> List[Tuple[str, Any]]:
        """Outputs and training ops by name."""
        outputs = [(name, tensor.op) for name, tensor in self.returned.tensors.items()]
        return sorted(outputs + list(self.returned.steps.items()), key=lambda item: item[0])

    def train_all(self, by_op: Dict[str, Variable]) -> None:
        """An optimizer whose step is not among the results is trained as well."""
        found = [item for item in applied_by_key(by_op, self.graph) if item[0]]
        self.applied = [gradients for gradients, _ in found]
        if self.record.get("captured"):  # has all of them already
            return
        known = step_ancestors(self.returned.steps.values())
        known |= step_ancestors([t.op for t in self.returned.tensors.values()])
        for number, (_, update) in enumerate(found):
            op = getattr(update, "op", update)
            if is_operation(op) and op not in known:
                self.returned.steps["optimizer %d" % number] = op

    def note_reached(self, needs: Dict[str, Set[Any]]) -> None:
        """Which outputs each read is for: only those count that both scripts have."""
        for row, variable in zip(self.record["variables"], self.variables):
            for read, op in zip(row["reads"], variable.reads):
                read["for"] = sorted(name for name, ops in needs.items() if op in ops)

    def row(self, variable: Variable) -> Json:
        return {
            "name": variable.name,
            "key": variable.key,
            "shape": variable.shape,
            "dtype": variable.dtype,
            "trainable": variable.trainable,
            "role": variable.role,
            "initialised": id(variable.tf_variable) in self.collected,
            "reads": [
                {"group": group_of(op.type), "op": op.type, "sites": call_site(op, self.root)} for op in variable.reads
            ],
        }

    def numbers(self) -> None:
        with self.graph.as_default(), session_for(self.graph) as session:
            regularisation = regularisation_tensors(self.graph, self.variables)
            bench = Bench(session, self.graph, self.variables)
            run_if_any(session, self.graph.get_collection(tf.GraphKeys.TABLE_INITIALIZERS))
            record_initial(session, self.variables, self.record, self.arrays)
            inputs = find_inputs(self.graph, self.computed())
            self.record["inputs"] = [describe(t) for t in inputs]
            exchange = Exchange(self, bench)
            if self.side == "before":
                exchange.give(inputs)
            elif not exchange.take(inputs):
                return
            for variable, value in zip(self.variables, bench.weights):
                self.arrays.add("weights/" + variable.key, value, TRAINED)
            self.record["computed"] = True
            Measurement(self, exchange, bench).run(self.side, regularisation)

    def computed(self) -> Set[Any]:
        """The ops that the numbers need: an optimizer that is not among the results may read inputs of its own."""
        applied = [gradient for gradients in self.applied for gradient in gradients.values()]
        tensors = [*self.returned.tensors.values(), *WATCH.losses, *map(as_tensor, applied)]
        ops = [tensor.op for tensor in tensors if tensor is not None and tensor.graph is self.graph]
        return ancestors(ops) | step_ancestors(self.returned.steps.values())


# ---------------------------------------------------------------------------------------------------------------------
# One case: its weights and inputs, the same on both sides.
# ---------------------------------------------------------------------------------------------------------------------


class Exchange:
    """Weights and inputs: the before side chooses and gives them, the after side takes them."""

    def __init__(self, case: Case, bench: Bench) -> None:
        self.wanted, self.record, self.guarded = case.wanted, case.record, case.guarded
        self.returned, self.variables = case.returned, case.variables
        self.events, self.scratch = case.events, case.scratch
        self.path = case.exchange
        self.bench = bench
        self.feeds = Feeds([], [[]])
        self.scales: Dict[str, float] = {}
        self.combined = False
        self.dropped: List[str] = []

    def give(self, inputs: Sequence[Any]) -> None:
        """Chooses weights and inputs that the program accepts, and hands them to the other side."""
        self.bench.weights = distinct_weights(self.variables, read_values(self.bench.session, self.variables))
        self.feeds = self.choose_feeds(inputs)
        tensors = self.returned.tensors.values()
        self.combined = len(tensors) * len(ancestors([t.op for t in tensors])) > GRADIENT_BUDGET
        members = {"w%d" % n: w for n, w in enumerate(self.bench.weights)}
        for number, values in enumerate(self.feeds.rounds):
            members.update({"f%d_%d" % (number, n): v for n, v in enumerate(values)})
        with open(self.path + ".exchange.npz", "wb") as file:
            save_arrays(file, **members)
        self.bench.restart()
        self.guarded("checkpoint", lambda: self.save_checkpoint(self.bench.session))
        write_json(
            self.path + ".exchange.json",
            {
                "keys": [v.key for v in self.variables],
                "inputs": [describe(t) for t in inputs],
                "rounds": len(self.feeds.rounds),
                "scales": self.scales,
                "combined": self.combined,
                "dropped": self.dropped,
                "checkpoint": "checkpoint" not in self.record["errors"],
            },
        )

    def choose_feeds(self, inputs: Sequence[Any]) -> Feeds:
        failure: Optional[Exception] = None
        names = sorted(self.returned.tensors)
        fetches = [self.returned.tensors[name] for name in names]
        alone = [n for n, tensor in enumerate(fetches) if has_effects(tensor)]
        fallback = None
        for strategy in STRATEGIES:
            rounds = [
                [make_input(t, strategy, n, self.wanted) for t in inputs] for n in range(self.wanted["steps"] + 1)
            ]
            feeds = Feeds(inputs, rounds)
            try:
                values = self.bench.run_apart(fetches, alone, feeds.of(0, False)) if fetches else []
            except (tf.errors.OpError, ValueError) as error:
                failure = failure or error
                continue
            self.scales = {name: magnitude(value) for name, value in zip(names, values)}
            if all(np.isfinite(v).all() for v in map(np.asarray, values) if v.dtype.kind == "f"):
                return feeds
            fallback = fallback or feeds
        if fallback is None and self.record.get("captured") and self.drop_failing(inputs):
            return self.choose_feeds(inputs)
        if fallback is not None:
            self.record["notes"].append("some outputs are not finite for any input that was tried")
            return fallback
        raise failure or RefusedError("no input was accepted")

    def drop_failing(self, inputs: Sequence[Any]) -> List[str]:
        """A script holds tensors that need inputs we can't guess: those are left out, and the other side told so."""
        strategy = STRATEGIES[1]
        feeds = Feeds(inputs, [[make_input(t, strategy, 0, self.wanted) for t in inputs]])
        for name, tensor in list(self.returned.tensors.items()):
            try:
                self.bench.run(tensor, feeds.of(0, False))
            except (tf.errors.OpError, ValueError):
                self.dropped.append(name)
        self.leave_out(self.dropped)
        return self.dropped

    def take(self, inputs: Sequence[Any]) -> bool:
        """Takes weights and inputs from the other side. False when there is nothing to go on with."""
        if not self.arrives():
            self.record["notes"].append("the before side gave no weights")
            return False
        with open(self.path + ".exchange.json") as file:
            exchange = json.load(file)
        members = load_arrays(self.path + ".exchange.npz", allow_pickle=True)
        keys = [v.key for v in self.variables]
        if sorted(keys) != sorted(exchange["keys"]):
            self.record["notes"].append("the variables differ, so no weights were copied")
            return False
        weights = {key: members["w%d" % n] for n, key in enumerate(exchange["keys"])}
        unequal = [v for v in self.variables if list(weights[v.key].shape) != v.shape]
        if unequal or len(set(keys)) != len(keys):
            self.record["notes"].append("the shapes differ, so no weights were copied")
            return False
        positions, missing = match_inputs(inputs, exchange["inputs"])
        if missing and self.record.get("captured"):
            self.leave_out_reading([t for t, p in zip(inputs, positions) if p < 0])
            inputs = [t for t, p in zip(inputs, positions) if p >= 0]
            positions = [p for p in positions if p >= 0]
        elif missing:
            self.record["unmatched_inputs"] = missing
            return False
        rounds = [[members["f%d_%d" % (n, p)] for p in positions] for n in range(exchange["rounds"])]
        self.feeds = Feeds(inputs, rounds, [exchange["inputs"][p]["name"].split(":")[0] for p in positions])
        self.bench.weights = [np.asarray(weights[key]) for key in keys]
        self.scales, self.combined = exchange["scales"], exchange["combined"]
        self.leave_out(exchange["dropped"])
        if exchange["checkpoint"]:
            self.guarded("checkpoint", lambda: self.restore_checkpoint(self.bench.session, weights))
        return True

    def leave_out_reading(self, inputs: Sequence[Any]) -> None:
        """Of a script, what needs an input that the other side has not; the other side has it under no such name."""
        sources = {tensor.op for tensor in inputs}
        self.leave_out([n for n, t in self.returned.tensors.items() if ancestors([t.op]) & sources])
        for name, op in list(self.returned.steps.items()):
            if step_ancestors([op]) & sources:
                self.returned.steps.pop(name)
                self.record["steps"].remove(name)

    def leave_out(self, names: Sequence[str]) -> None:
        if names:
            self.record["notes"].append("no input was found that these accept: " + ", ".join(names))
        for name in names:
            self.returned.tensors.pop(name, None)
            self.record["outputs"].pop(name, None)
            self.record["dependencies"].pop(name, None)

    def arrives(self) -> bool:
        self.events.send("wait", self.wanted["index"])
        try:
            while not os.path.exists(self.path + ".exchange.json"):
                gone = os.path.exists(self.path + ".failed") or os.path.exists(os.path.join(self.scratch, "gone"))
                if gone and not os.path.exists(self.path + ".exchange.json"):
                    return False
                time.sleep(POLL_SECONDS)
            return True
        finally:
            self.events.send("go", self.wanted["index"])

    def save_checkpoint(self, session: Any) -> None:
        saver = tf.train.Saver({v.key: v.tf_variable for v in self.variables}) if self.variables else None
        if saver is not None:
            saver.save(session, self.path + ".ckpt", write_meta_graph=False, write_state=False)

    def restore_checkpoint(self, session: Any, weights: Dict[str, Any]) -> None:
        """Restores what the before side saved, under the names that it saved."""
        if not self.variables:
            return
        saver = tf.train.Saver({v.key: v.tf_variable for v in self.variables})
        saver.restore(session, self.path + ".ckpt")
        restored = read_values(session, self.variables)
        wrong = [v.key for v, value in zip(self.variables, restored) if not same_bits(value, weights[v.key])]
        self.record["checkpoint"] = {"restored": len(self.variables), "wrong": wrong}


# ---------------------------------------------------------------------------------------------------------------------
# One case: its numbers.
# ---------------------------------------------------------------------------------------------------------------------


class Measurement:
    """All numbers of one program: what it computes, from given weights and inputs."""

    def __init__(self, case: Case, exchange: Exchange, bench: Bench) -> None:
        self.wanted, self.record, self.arrays, self.guarded = case.wanted, case.record, case.arrays, case.guarded
        self.graph, self.returned = case.graph, case.returned
        self.variables, self.applied = case.variables, case.applied
        self.feeds, self.scales, self.combined = exchange.feeds, exchange.scales, exchange.combined
        self.bench = bench
        self.of_outputs: Dict[str, Any] = {}
        self.of_optimizers: Dict[str, Any] = {}

    def run(self, side: str, regularisation: Dict[str, Any]) -> None:
        self.guarded("gradients", self.make_gradients)
        self.guarded("outputs", lambda: self.regularisation(regularisation))
        self.guarded("outputs", self.unsteady)
        for phase, action in self.phases():
            self.guarded(phase, functools.partial(action, self.bench, self.arrays))
        if side == "before":
            self.measure_noise()
            self.train_without_bessel()

    def phases(self) -> List[Tuple[str, Callable[[Bench, Arrays], None]]]:
        return [
            ("outputs", self.outputs),
            ("activations", self.activations),
            ("gradients", self.gradients),
            ("training", lambda bench, arrays: self.training(bench, arrays, "", {})),
        ]

    def outputs(self, bench: Bench, arrays: Arrays) -> None:
        names = sorted(self.returned.tensors)
        fetches = [self.returned.tensors[n] for n in names]
        alone = [n for n, tensor in enumerate(fetches) if has_effects(tensor)]
        for switch in (False, True) if self.feeds.has_switch else (False,):
            values = bench.run_apart(fetches, alone, self.feeds.of(0, switch)) if fetches else []
            for name, value in zip(names, values):
                arrays.add("output/%s/%s" % ("true" if switch else "false", name), value)
                self.record["outputs"][name]["run_shape"] = list(np.shape(value))
        for only in self.feeds.switches if fetches else ():
            for name, value in zip(names, bench.run_apart(fetches, alone, self.feeds.of(0, True, only=only))):
                arrays.add("output/only %s/%s" % (only.replace("/", "."), name), value)
        for size in SCALES if fetches else ():
            with contextlib.suppress(tf.errors.OpError):
                self.scaled_outputs(bench, arrays, size, names)

    def scaled_outputs(self, bench: Bench, arrays: Arrays, size: str, names: Sequence[str]) -> None:
        """With large or small numbers: limits show in the ones, what is added to a divisor in the others."""
        real = [n for n in names if self.returned.tensors[n].dtype.is_floating]
        fetches = [self.returned.tensors[n] for n in real]
        alone = [n for n, tensor in enumerate(fetches) if has_effects(tensor)]
        scaled = bench.scaled(self.variables, *SCALES[size][1:])
        for switch in (False, True) if self.feeds.has_switch else (False,):
            feed = self.feeds.of(0, switch, SCALES[size][0])
            for name, value in zip(real, scaled.run_apart(fetches, alone, feed)):
                if np.isfinite(np.asarray(value, np.float64)).all():
                    arrays.add("output/%s %s/%s" % (size, "true" if switch else "false", name), value)

    def unsteady(self) -> None:
        """Outputs that are not the same twice, from the same weights and inputs."""
        names = sorted(self.returned.tensors)
        fetches = [self.returned.tensors[n] for n in names]
        alone = [n for n, tensor in enumerate(fetches) if has_effects(tensor)]
        feed = self.feeds.of(0, self.feeds.has_switch)
        runs = [self.bench.run_apart(fetches, alone, feed) if fetches else [] for _ in range(2)]
        self.record["unsteady"] = [n for n, a, b in zip(names, *runs) if not same_bits(a, b)]

    def regularisation(self, tensors: Dict[str, Any]) -> None:
        if tensors:
            sums = self.bench.run(tensors, self.feeds.of(0, False))
            self.record["regularisation"] = {k: float(v) for k, v in sums.items()}

    def activations(self, bench: Bench, arrays: Arrays) -> None:
        """What each reader of a variable computes: it names the first layer that diverges."""
        wanted = []
        order = {op.name: number for number, op in enumerate(self.graph.get_operations())}
        for variable in self.variables:
            counts: Dict[str, int] = {}
            for op in variable.reads:
                group = group_of(op.type)
                counts[group] = counts.get(group, 0) + 1
                usable = op.outputs and op.outputs[0].dtype.is_floating and self.graph.is_fetchable(op)
                if usable and op._get_control_flow_context() is None:
                    name = "activation/%s/%s/%d" % (variable.key, group, counts[group] - 1)
                    wanted.append((order[op.name], name, op.outputs[0]))
        wanted = sorted(wanted, key=lambda item: item[0])[:MAX_ACTIVATIONS]
        values = bench.run([tensor for _, _, tensor in wanted], self.feeds.of(0, False)) if wanted else []
        for (_, name, _), value in zip(wanted, values):
            arrays.add(name, value)

    def make_gradients(self) -> None:
        """Of a fixed random combination of each float output, for every trainable variable."""
        targets = [v for v in self.variables if v.trainable and v.tf_variable.dtype.base_dtype.is_floating]
        tensors = {n: t for n, t in self.returned.tensors.items() if t.dtype.base_dtype.is_floating}
        if self.record.get("captured"):  # which of its many tensors the other side has is not known here
            tensors = {n: t for n, t in tensors.items() if n.startswith("optimizer ")}
        combined = {n: combination(t, n, self.scales.get(n, 1.0)) for n, t in sorted(tensors.items())}
        if self.combined and combined and not self.record.get("captured"):
            # one gradient of all outputs, each on a scale of its own, where one for each would take too long
            combined = {"all outputs": tf.add_n([tf.cast(c, tf.float64) for c in combined.values()])}
        self.record["gradient_errors"] = failed = {}
        for name, scalar in combined.items() if targets else ():
            try:
                gradients = tf.gradients(scalar, [v.tf_variable for v in targets])
            except (LookupError, ValueError, TypeError) as error:  # an op without a gradient
                failed[name] = "%s: %s" % (type(error).__name__, str(error)[:300])
                continue
            for variable, gradient in zip(targets, gradients):
                if gradient is not None:
                    self.of_outputs["gradient/%s/%s" % (name, variable.key)] = tf.convert_to_tensor(gradient)
        for number, applied in enumerate(self.applied):
            for key, gradient in applied.items():
                if getattr(gradient, "graph", None) is self.graph:
                    self.of_optimizers["applied/%d/%s" % (number, key)] = tf.convert_to_tensor(gradient)

    def gradients(self, bench: Bench, arrays: Arrays) -> None:
        """Those of the outputs, and those that the optimizers of the program apply, in training."""
        for fetches, switch in ((self.of_outputs, self.feeds.has_switch), (self.of_optimizers, True)):
            for name, value in bench.run(fetches, self.feeds.of(0, switch)).items() if fetches else ():
                arrays.add(name, value)

    def training(self, bench: Bench, arrays: Arrays, prefix: str, extra: Dict[Any, Any]) -> None:
        """Some rounds of all training ops in order of name, and all variables after each op.

        A script has no fixed list of them: there each op is trained alone, from the same weights.
        """
        names = sorted(self.returned.steps)
        started = time.monotonic()
        for group in [[name] for name in names] if self.record.get("captured") else [names] * bool(names):
            bench.restart()
            for number in range(1, self.wanted["steps"] + 1):
                self.round(bench, arrays, prefix, number, group, {**self.feeds.of(number, True), **extra})
        if names and not prefix and "rounds" not in self.record:
            quick = time.monotonic() - started < PATIENCE
            self.record["rounds"] = {str(n): text for n, text, _, _ in self.special_rounds()} if quick else {}
            self.record["impatient"] = not quick
        for number, _, counter, factor in self.special_rounds():
            if str(number) in self.record.get("rounds", {}):
                self.special_round(bench, arrays, prefix, number, counter, {**factor, **extra})

    def round(
        self, bench: Bench, arrays: Arrays, prefix: str, number: int, group: Sequence[str], feed: Dict[Any, Any]
    ) -> None:
        if not self.record.get("captured"):
            self.losses(bench, arrays, "%sloss/%d/" % (prefix, number), feed)
        for name in group:
            bench.session.run(self.returned.steps[name], feed)
            self.changed(bench, arrays, "%strain/%d/%s/" % (prefix, number, name))

    def special_rounds(self) -> List[Tuple[int, str, Optional[int], Dict[Any, Any]]]:
        """Rounds apart, each from the same weights: number, description, what counters stand at, and a feed."""
        factor, first = FACTOR.of(self.graph), self.wanted["steps"] + 1
        rounds: List[Tuple[int, str, Optional[int], Dict[Any, Any]]] = []
        for number, size in enumerate(FACTORS, first):
            if factor is not None:
                rounds.append((number, "gradients times %g" % size, None, {factor: size}))
        for number, count in enumerate(LATE, first + len(FACTORS)):
            if self.counters():
                rounds.append((number, "counters at %d" % count, count, {}))
        return rounds

    def counters(self) -> List[int]:
        """Positions of the variables that hold one whole number, such as the global step."""
        return [n for n, v in enumerate(self.variables) if v.shape == [] and v.tf_variable.dtype.base_dtype.is_integer]

    def special_round(
        self,
        bench: Bench,
        arrays: Arrays,
        prefix: str,
        number: int,
        count: Optional[int],
        extra: Dict[Any, Any],
    ) -> None:
        """All of it or nothing: not every program bears it."""
        if count is not None:
            bench = bench.at(count, self.counters())
        found = Arrays()
        try:
            for group in [[name] for name in sorted(self.returned.steps)]:
                bench.restart()
                self.round(bench, found, prefix, number, group, {**self.feeds.of(1, True), **extra})
        except tf.errors.OpError:
            found.values = {"": np.float64("nan")}
        if all(np.isfinite(value).all() for value in found.values.values() if value.dtype.kind == "f"):
            arrays.values.update(found.values)
        elif arrays is self.arrays:
            self.record["rounds"].pop(str(number), None)

    def losses(self, bench: Bench, arrays: Arrays, prefix: str, feed: Dict[Any, Any]) -> None:
        scalars = {n: t for n, t in self.returned.tensors.items() if t.shape.ndims == 0 and t.dtype.is_floating}
        for name, value in bench.session.run(scalars, feed).items() if scalars else ():
            arrays.add(prefix + name, value)

    def changed(self, bench: Bench, arrays: Arrays, prefix: str) -> None:
        """The variables that are no longer what training started from."""
        values = read_values(bench.session, self.variables)
        for variable, value, weight in zip(self.variables, values, bench.weights):
            if not same_bits(value, weight):
                arrays.add(prefix + variable.key, value, TRAINED)

    def measure_noise(self) -> None:
        """How far rounding alone carries each number: some programs amplify it, and must not be blamed for that.

        Where rounding decides on which side of a kink a value falls, a gradient jumps, by how much has nothing to do
        with how little it takes. Such a jump is rare, so it is looked for with larger steps: there the number moves by
        more than the step grew.
        """
        noise = self.gaps_of(self.bench.shaken(ULPS, 0))
        far = self.gaps_of(self.bench.shaken(FAR * ULPS, 1))
        self.record["jumps"] = {name: gap for name, gap in far.items() if gap > 2 * FAR * noise.get(name, 0.0)}
        if any(gap > AMPLIFIED * magnitude(self.arrays.values[name]) for name, gap in noise.items()):
            # one direction of growth outruns all others then, and one step may happen to have next to nothing of it
            for number in range(2, 5):
                for name, gap in self.gaps_of(self.bench.shaken(ULPS, number)).items():
                    noise[name] = max(gap, noise.get(name, 0.0))
        self.record["noise"] = noise

    def gaps_of(self, bench: Bench) -> Dict[str, float]:
        """How far the numbers are from those that were recorded when all runs once more on another bench."""
        scratch = Arrays()
        for phase, action in self.phases():
            if phase not in self.record["errors"]:
                with contextlib.suppress(Exception):
                    action(bench, scratch)
        return self.arrays.gaps(scratch)

    def train_without_bessel(self) -> None:
        plain = PLAIN.of(self.graph)
        if plain is not None and "training" not in self.record["errors"]:
            self.guarded("training", lambda: self.training(self.bench, self.arrays, "plain/", {plain: 1.0}))


# ---------------------------------------------------------------------------------------------------------------------
# What a case asks of tensors, ops and savers.
# ---------------------------------------------------------------------------------------------------------------------


def describe(tensor: Any) -> Json:
    return {"name": tensor.name, "dtype": tensor.dtype.base_dtype.name, "shape": static_shape(tensor)}


def same_bits(one: Any, other: Any) -> bool:
    one, other = np.asarray(one), np.asarray(other)
    return bool(one.shape == other.shape and one.tobytes() == other.tobytes())


def inner_variable(variable: Any) -> Any:
    """The TensorFlow variable of a Keras one; itself otherwise."""
    return getattr(variable, "_value", None) if any(variable is v for v in WATCH.keras) else variable


def combination(tensor: Any, name: str, scale: float) -> Any:
    """A scalar that depends on every element of the tensor with a weight of its own, and is of the order of one."""
    seed = zlib.crc32(name.encode()) & 0xFFFFFFFF

    def factors(shape: Any) -> Any:
        values = np.random.RandomState(seed).standard_normal([int(d) for d in shape]) / scale
        return np.asarray(values, tensor.dtype.base_dtype.as_numpy_dtype)

    weights = tf.py_func(factors, [tf.shape(tensor)], tensor.dtype.base_dtype, stateful=False)
    weights.set_shape(tensor.shape)
    return tf.reduce_sum(tensor * weights)


def magnitude(value: Any) -> float:
    value = np.asarray(value)
    finite = np.isfinite(value) if value.dtype.kind == "f" else np.zeros(value.shape, bool)
    return float(np.abs(value[finite]).max() or 1.0) if finite.any() else 1.0


def step_ancestors(ops: Any) -> Set[Any]:
    """What training ops need, control dependencies included."""
    seen, stack = set(ops), list(ops)
    while stack:
        op = stack.pop()
        for other in [t.op for t in op.inputs] + list(op.control_inputs):
            if other not in seen:
                seen.add(other)
                stack.append(other)
    return seen


def has_effects(tensor: Any) -> bool:
    """Whether fetching it changes a variable: the loss that a training op of slim returns does."""
    return any(writes(op) for op in step_ancestors([tensor.op]))


def run_if_any(session: Any, ops: Sequence[Any]) -> None:
    if ops:
        session.run(list(ops))


def applied_by_key(by_op: Dict[str, Variable], graph: Any) -> List[Tuple[Dict[str, Any], Any]]:
    """Of each optimizer the gradients that it applies, by variable, and its update; ordered by their variables, not
    by creation."""
    found = []
    for pairs, update in zip(WATCH.applied, WATCH.updates):
        gradients = {}
        for gradient, variable in pairs:
            variable = inner_variable(variable)
            name = getattr(getattr(variable, "op", None), "name", "")
            if name in by_op:
                gradients[by_op[name].key] = gradient
        found.append((gradients, update if getattr(update, "graph", None) is graph else None))
    return sorted(found, key=lambda item: sorted(item[0]))


def starts_together(variables: Sequence[Variable], rows: Sequence[Json]) -> None:
    """Notes of each variable the random draws that it starts from: two with the same draws start alike."""
    by_op = {variable.op.name: variable for variable in variables}
    direct: Dict[str, Tuple[Set[str], Set[str]]] = {}
    for variable in variables:
        needed = ancestors([variable.tf_variable.initializer])
        draws = {PINS.stream(op, set())[0] for op in needed if op.name in PINS.kinds}
        direct[variable.op.name] = draws, {op.name for op in needed if op.name in by_op} - {variable.op.name}
    for variable, row in zip(variables, rows):
        seen: Set[str] = set()
        stack = [variable.op.name]
        while stack:
            name = stack.pop()
            if name not in seen:
                seen.add(name)
                stack.extend(direct[name][1])
        row["starts_from"] = sorted(set().union(*(direct[name][0] for name in seen)))


def drawn(graph: Any, op: Any) -> Json:
    """How many independent random draws an op needs, and what makes some of them the same in every run."""
    needed = step_ancestors([op])
    written = {target.name for other in needed if writes(other) for target in [written_variable(other)] if target}
    streams: Set[str] = set()
    same: Set[str] = set()
    for other in needed:
        if other.name in PINS.kinds:
            name, repeats = PINS.stream(other, written)
            streams.add(name)
            same |= {name} if repeats else set()
    return {"number": len(streams) + drawn_in_functions(graph, needed), "same": sorted(same)}


def drawn_in_functions(graph: Any, needed: Set[Any]) -> int:
    """The draws in the bodies of conditions and loops that are functions."""
    called = {name for op in needed if op.type in FUNCTIONAL for name in functions_of(op.node_def)}
    if not called:
        return 0
    bodies = {f.signature.name: f for f in graph.as_graph_def().library.function}
    count, stack = 0, list(called)
    seen: Set[str] = set()
    while stack:
        name = stack.pop()
        if name in seen or name not in bodies:
            continue
        seen.add(name)
        for node in bodies[name].node_def:
            count += node.op.startswith("PyFunc") and node.name.split("/")[-1].startswith("pinned_")
            stack.extend(functions_of(node))
    return count


def functions_of(node: Any) -> List[str]:
    """The functions that a node calls."""
    values = [value for _, value in sorted(node.attr.items())]
    return [f.name for value in values for f in [value.func, *value.list.func] if f.name]


def written_variable(op: Any) -> Optional[Any]:
    """The op of the variable that an op writes."""
    if not op.inputs:
        return None
    target = op.inputs[0].op
    while target.type in TRANSPARENT and target.inputs:
        target = target.inputs[0].op
    return target


def saver_keys(saver: Any, by_op: Dict[str, Variable]) -> Dict[str, str]:
    """Name in the checkpoint to the variable that a saver of the program keeps under it."""
    listed = getattr(saver, "_var_list", None)
    if isinstance(listed, dict):
        pairs = list(listed.items())
    else:
        pairs = [(v.op.name, v) for v in listed or () if hasattr(v, "op")]
    found = {}
    for key, variable in pairs:
        variable = inner_variable(variable)
        op = getattr(variable, "op", None)
        if op is not None and op.name in by_op:
            found[str(key)] = by_op[op.name].key
    return found


def checkpoint_keys(checkpoint: Any, by_op: Dict[str, Variable]) -> List[str]:
    """The variables that a tf.train.Checkpoint of the program reaches through its objects."""
    try:
        views = importlib.import_module("tensorflow.python.checkpoint.graph_view")
    except ImportError:
        views = importlib.import_module("tensorflow.python.training.tracking.graph_view")
    view = views.ObjectGraphView(checkpoint)
    walk = getattr(view, "breadth_first_traversal", None) or view._breadth_first_traversal
    reached, _ = walk()
    names = [getattr(getattr(inner_variable(item), "op", None), "name", "") for item in reached]
    return sorted({by_op[name].key for name in names if name in by_op})


def update_counts(graph: Any, variables: Sequence[Variable]) -> Dict[str, int]:
    """How often the ops in UPDATE_OPS write each variable."""
    ops = {getattr(item, "op", item) for item in graph.get_collection(tf.GraphKeys.UPDATE_OPS)}
    needed = step_ancestors([op for op in ops if is_operation(op) and op.graph is graph])
    by_op = {v.op.name: v.key for v in variables}
    counts: Dict[str, int] = {}
    for op in needed:
        target = written_variable(op) if writes(op) else None
        if target is not None and target.name in by_op:
            counts[by_op[target.name]] = counts.get(by_op[target.name], 0) + 1
    return counts


def regularisation_tensors(graph: Any, variables: Sequence[Variable]) -> Dict[str, Any]:
    """The sum of the collection, and what the Keras variables of this graph would add through `layer.losses`."""
    sums = {}
    collected = [as_tensor(t) for t in graph.get_collection(tf.GraphKeys.REGULARIZATION_LOSSES)]
    collected = [tf.cast(tf.reduce_sum(t), tf.float32) for t in collected if t is not None]
    if collected:
        sums["collection"] = tf.add_n(collected)
    own = [v.regularizer(tf.convert_to_tensor(v.tf_variable)) for v in variables if v.regularizer is not None]
    if own:
        sums["layers"] = tf.add_n([tf.cast(t, tf.float32) for t in own])
    return sums


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


def write_json(path: str, value: Any) -> None:
    with open(path + ".part", "w") as file:
        json.dump(value, file)
    os.rename(path + ".part", path)


# ---------------------------------------------------------------------------------------------------------------------
# Start.
# ---------------------------------------------------------------------------------------------------------------------


def load_tensorflow(job: Json) -> None:
    """Sets `tf` and `np`: real TF1 as it is, TF2 with stand-ins before, TF2 with Keras 3 after."""
    global tf, np, load_arrays, save_arrays, VERSION
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
    os.environ["CUDA_VISIBLE_DEVICES"] = ""
    legacy = job["library"] == "tf1"
    if legacy:
        os.environ["TF_USE_LEGACY_KERAS"] = "1"
    else:
        os.environ.pop("TF_USE_LEGACY_KERAS", None)
    np = importlib.import_module("numpy")
    load_arrays, save_arrays = np.load, np.savez
    package = importlib.import_module("tensorflow")
    VERSION = package.__version__
    tf = importlib.import_module("tensorflow.compat.v1")
    if package.__version__.startswith("2"):
        standins = load_file("tfmigrate_standins", job["standins"])
        if legacy:
            tf = standins.install()
            sys.meta_path.insert(0, KerasFinder())
        standins.estimator(tf, capture_estimator)
    else:
        tf.estimator.Estimator.train = lambda self, input_fn, *_, **__: capture_estimator(self, input_fn)
    tf.logging.set_verbosity(tf.logging.ERROR)
    watch_tensorflow()
    if not legacy:
        # our gradients of a loop are added when a session has run it already
        tf.experimental.output_all_intermediates(True)
        importlib.import_module("keras")
        watch_keras()
    if job["side"] == "before":
        PLAIN.install()
    FACTOR.install()
    pin_random_ops()


class KerasFinder:
    """Says so when a program imports the Keras that it does not get on this side."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> None:
        if name != "keras":
            return
        spec = importlib.machinery.PathFinder.find_spec(name)
        if spec is None or not str(spec.origin).startswith(os.getcwd() + os.sep):
            raise WantsKerasError("the program imports keras")


def load_file(name: str, path: str) -> Any:
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def limit_memory(megabytes: int) -> None:
    """Lets an allocation beyond the limit fail at once, where the system can; the runner watches the rest."""
    with contextlib.suppress(ImportError, OSError, ValueError):
        resource = importlib.import_module("resource")
        with open("/proc/self/status") as file:
            used = next(int(line.split()[1]) * 1024 for line in file if line.startswith("VmData"))
        _, hard = resource.getrlimit(resource.RLIMIT_DATA)
        resource.setrlimit(resource.RLIMIT_DATA, (used + megabytes * 2**20, hard))


def main(argv: Sequence[str]) -> int:
    with open(argv[1]) as file:
        job = json.load(file)
    events = Events(int(argv[2]))
    sys.dont_write_bytecode = True
    sys.path.pop(0)  # our own folder, whose modules must not stand for others
    load_tensorflow(job)
    limit_memory(job["memory_mb"])
    events.send("ready")
    for case in job["cases"]:
        sys.stdout.flush()
        sys.stderr.flush()
        with contextlib.suppress(OSError):
            os.write(1, ("\x1e%s:%d\x1e" % (job["mark"], case["index"])).encode())
        events.send("begin", case["index"])
        recorded = Case(job, case, events)
        ended = recorded.run()
        for mode in MODES if recorded.of_estimator else ():
            Case(job, {**case, "mode": mode}, events).run()
        events.send("end" if ended else "again", case["index"])
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)  # a program's threads must not keep the process


if __name__ == "__main__":
    sys.exit(main(sys.argv))
