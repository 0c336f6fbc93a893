"""Lets TF1 programs run on an installed TensorFlow 2: `install()` puts stand-ins where TF1 had more.

Loaded by path, by the recorder, in its own process; imports nothing of ours. `import tensorflow` then gives
`tensorflow.compat.v1` with v2 behaviour off, `tf.layers` and the RNN cells come from tf_keras,
`tf.contrib` from tf_slim. A name that has no stand-in can be imported and passed around; calling it raises
`NotHereError` with its full name.
"""

from __future__ import annotations

import collections
import collections.abc
import contextlib
import functools
import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import inspect
import os
import sys
import types
import warnings
from collections.abc import Iterable, Sequence
from typing import Any

GONE_PACKAGES = ("tensorflow.contrib.", "tensorflow.estimator", "tensorflow_estimator", "tensorflow.python.estimator")


class NotHereError(NotImplementedError):
    """The program calls something of TF1 that TensorFlow 2 has no equivalent of."""


class Missing:
    """A name without a stand-in. Import it, subclass it, hand it on; only a call raises."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, attribute: str) -> Any:
        if attribute.startswith("__") and attribute.endswith("__"):
            raise AttributeError(attribute)
        return Missing(self._name + "." + attribute)

    def __call__(self, *_: Any, **__: Any) -> Any:
        raise NotHereError(self._name + " is not in TensorFlow 2; check with an interpreter that has TensorFlow 1.15")

    def __eq__(self, other: Any) -> bool:
        """A program that decides by a value that is not known must not go on by chance."""
        if isinstance(other, Missing):
            return self._name == other._name
        return bool(self())

    def __hash__(self) -> int:
        return hash(self._name)

    def __mro_entries__(self, bases: Any) -> Any:
        return ()

    def __repr__(self) -> str:
        return "<missing " + self._name + ">"


class StandIn(types.ModuleType):
    """A module that looks its names up in other modules, in order."""

    def __init__(self, name: str, sources: Sequence[Any] = (), **names: Any) -> None:
        super().__init__(name)
        self.__path__: list[str] = []
        self.__file__ = "<tfmigrate>"
        self.sources = list(sources)
        self.__dict__.update(names)
        sys.modules[name] = self

    def __getattr__(self, attribute: str) -> Any:
        if attribute.startswith("__") and attribute.endswith("__"):
            raise AttributeError(attribute)
        for source in self.__dict__.get("sources", ()):
            with contextlib.suppress(Exception):
                return getattr(source, attribute)
        full = self.__name__ + "." + attribute
        return sys.modules.get(full) or Missing(full)


class GoneFinder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Makes submodules of packages that are gone importable: `tensorflow.contrib.layers.python.layers.utils`."""

    def find_spec(
        self, name: str, path: Any = None, target: types.ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if name.startswith(GONE_PACKAGES):
            return importlib.util.spec_from_loader(name, self, is_package=True)
        return None

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> types.ModuleType:
        parent = sys.modules.get(".".join(spec.name.split(".")[:3]))
        return StandIn(spec.name, [parent] if parent is not None else [])

    def exec_module(self, module: types.ModuleType) -> None:
        pass


class LastResortFinder(GoneFinder):
    """Private modules of TF1 that moved or went: importable, their names raise when called."""

    def find_spec(
        self, name: str, path: Any = None, target: types.ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if name.startswith("tensorflow.python.") and ".generated" not in name:
            return importlib.util.spec_from_loader(name, self, is_package=True)
        return None


class HParams:
    """The part of tf.contrib.training.HParams that models use."""

    def __init__(self, hparam_def: Any = None, model_structure: Any = None, **values: Any) -> None:
        self.__dict__["_names"] = []
        for name, value in values.items():
            self.add_hparam(name, value)

    def add_hparam(self, name: str, value: Any) -> None:
        if name not in self._names:
            self._names.append(name)
        self.__dict__[name] = value

    def __setattr__(self, name: str, value: Any) -> None:
        self.add_hparam(name, value)

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(name)

    set_hparam = add_hparam

    def get(self, name: str, default: Any = None) -> Any:
        return self.__dict__.get(name, default)

    def values(self) -> dict[str, Any]:
        return {name: self.__dict__[name] for name in self._names}

    def __contains__(self, name: str) -> bool:
        return name in self._names

    def del_hparam(self, name: str) -> None:
        self._names.remove(name)
        del self.__dict__[name]

    def override_from_dict(self, values: dict[str, Any]) -> HParams:
        for name, value in values.items():
            self.set_hparam(name, value)
        return self

    def parse(self, text: str) -> HParams:
        for pair in filter(None, (text or "").split(",")):
            name, value = pair.split("=")
            old = self.__dict__[name]
            self.set_hparam(name, value in ("1", "true", "True") if isinstance(old, bool) else type(old)(value))
        return self


def python_names() -> None:
    """What Python and NumPy had in the TF1 years."""
    abstract = "Mapping MutableMapping Sequence MutableSequence Iterable Iterator Callable Set Hashable Sized Container"
    for name in abstract.split():
        if not hasattr(collections, name):
            setattr(collections, name, getattr(collections.abc, name))
    if not hasattr(inspect, "getargspec"):
        spec = collections.namedtuple("spec", "args varargs keywords defaults")
        vars(inspect)["getargspec"] = lambda function: spec(*inspect.getfullargspec(function)[:4])
    numpy = importlib.import_module("numpy")
    old = {
        "int": int,
        "float": float,
        "bool": bool,
        "object": object,
        "str": str,
        "complex": complex,
        "float_": numpy.float64,
        "Inf": numpy.inf,
        "Infinity": numpy.inf,
        "infty": numpy.inf,
        "NaN": numpy.nan,
        "product": numpy.prod,
        "cumproduct": numpy.cumprod,
        "bool8": numpy.bool_,
        "unicode_": numpy.str_,
        "string_": numpy.bytes_,
        "PINF": numpy.inf,
        "NINF": -numpy.inf,
        "in1d": numpy.isin,
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name, value in old.items():
            if not hasattr(numpy, name):
                setattr(numpy, name, value)


def private_names(tf: Any) -> None:
    """Private names that moved inside TensorFlow; slim and old models reach for them."""
    for part in ("", ".base", ".core", ".convolutional", ".normalization", ".pooling"):
        with contextlib.suppress(ImportError):
            sys.modules["tf_keras.legacy_tf_layers" + part] = importlib.import_module(
                "tf_keras.src.legacy_tf_layers" + part
            )
    ops = importlib.import_module("tensorflow.python.framework.ops")
    tensor = importlib.import_module("tensorflow.python.framework.tensor")
    fill(ops, {"Tensor": tensor.Tensor, "_TensorLike": tensor.Tensor, "IndexedSlices": tf.IndexedSlices})
    conversion = importlib.import_module("tensorflow.python.framework.tensor_conversion")
    registry = importlib.import_module("tensorflow.python.framework.tensor_conversion_registry")
    fill(
        ops,
        {
            "register_tensor_conversion_function": registry.register_tensor_conversion_function,
            "convert_to_tensor": conversion.convert_to_tensor_v1_with_dispatch,
            "internal_convert_to_tensor": conversion.convert_to_tensor_v1_with_dispatch,
            "convert_n_to_tensor": lambda values, dtype=None, name=None: [tf.convert_to_tensor(v) for v in values],
        },
    )
    flow = importlib.import_module("tensorflow.python.ops.control_flow_ops")
    fill(flow, {"cond": tf.cond, "while_loop": tf.while_loop, "case": tf.case, "Assert": tf.Assert})
    training: Any = importlib.import_module("tensorflow.python.training")
    training_ops = importlib.import_module("tensorflow.python.ops.gen_training_ops")
    training.training_ops = training_ops
    sys.modules["tensorflow.python.training.training_ops"] = training_ops
    nest = importlib.import_module("tensorflow.python.util.nest")
    fill(nest, {"is_sequence": nest.is_nested})


def whole_dimensions() -> None:
    """TF1 took 3.0 for a dimension, as Python 2's divisions turned Python 3's left it."""
    kind: Any = importlib.import_module("tensorflow.python.framework.tensor_shape").Dimension
    original = kind.__init__

    def init(self: Any, value: Any) -> None:
        whole = isinstance(value, float) and value == int(value)
        original(self, int(value) if whole else value)

    kind.__init__ = init


def whole_shapes_of_transposed_convolutions() -> None:
    """TF1 took the whole static shape from a constant `output_shape`, TF2 takes the batch from the input."""
    kernels: Any = importlib.import_module("tensorflow.python.ops.gen_nn_ops")
    ops: Any = importlib.import_module("tensorflow.python.framework.ops")
    tensor_util = importlib.import_module("tensorflow.python.framework.tensor_util")
    original = kernels.conv2d_backprop_input

    @functools.wraps(original)
    def conv2d_backprop_input(input_sizes: Any, *args: Any, **kwargs: Any) -> Any:
        sizes = ops.convert_to_tensor(input_sizes)
        result = original(sizes, *args, **kwargs)
        known = tensor_util.constant_value_as_shape(sizes)
        if known.ndims == result.shape.ndims:  # there may be no more than height and width
            result.set_shape(known)
        return result

    kernels.conv2d_backprop_input = conv2d_backprop_input


def fill(module: Any, names: dict[str, Any]) -> None:
    for name, value in names.items():
        if not hasattr(module, name):
            setattr(module, name, value)


def take_the_name(tf: Any, tf2: Any) -> None:
    """From here on `import tensorflow` gives compat.v1."""
    importlib.import_module("tensorflow.compat.v2")
    sys.modules["tensorflow"] = tf
    sys.modules["tensorflow.compat.v1"] = tf
    tf.compat.v1 = tf2.compat.v1 = tf
    importlib.import_module("tensorflow.python")
    fill(tf, {name: getattr(tf2, name) for name in ("python", "core", "lite") if hasattr(tf2, name)})
    tf.python = sys.modules["tensorflow.python"]
    # AutoGraph and others ask `type(x) is tf.Tensor`, which was true of graph tensors
    ops = importlib.import_module("tensorflow.python.framework.ops")
    if hasattr(ops, "SymbolicTensor"):
        tf.Tensor = ops.SymbolicTensor
    for name, module in (("layers", tf.layers), ("nn", tf.nn), ("nn.rnn_cell", tf.nn.rnn_cell), ("keras", tf.keras)):
        sys.modules["tensorflow." + name] = module
    tf.__version__ = tf.VERSION = "1.15.5"


EMPTY_CONTRIB = """
    seq2seq tpu opt learn distributions crf lookup legacy_seq2seq estimator cudnn_rnn quantize tensorboard memory_stats
    factorization gan cluster_resolver checkpoint lite predictor saved_model tensor_forest input_pipeline stateless
    deprecated mixed_precision model_pruning ffmpeg resampler integrate tfprof nccl batching all_reduce compiler hooks
    constrained_optimization graph_editor staging eager autograph signal nn bayesflow cloud kfac rpc solvers sparsemax
    specs text timeseries training util distribute
"""


def contrib(tf: Any) -> Any:
    """tf.contrib out of tf_slim and what TensorFlow kept elsewhere."""
    sys.meta_path.insert(0, GoneFinder())
    package = StandIn("tensorflow.contrib")
    made: dict[str, Any] = {name: StandIn("tensorflow.contrib." + name) for name in EMPTY_CONTRIB.split()}
    rnn = importlib.import_module("tensorflow.python.ops.rnn")
    data_flow = importlib.import_module("tensorflow.python.ops.data_flow_ops")
    made["rnn"] = StandIn(
        "tensorflow.contrib.rnn", [tf.nn.rnn_cell, rnn, tf.nn], transpose_batch_time=rnn._transpose_batch_time
    )
    made["learn"] = StandIn("tensorflow.contrib.learn", [], ModeKeys=LearnModeKeys)
    made["training"] = StandIn("tensorflow.contrib.training", [], HParams=HParams)
    for name, sources in (
        ("data", [tf.data.experimental]),
        ("image", [tf.image]),
        ("util", [tf]),
        ("summary", [tf.summary]),
        ("nn", [tf.nn]),
        ("signal", [tf.signal]),
        ("eager", [tf]),
        ("staging", [data_flow]),
        ("lookup", [importlib.import_module("tensorflow.python.ops.lookup_ops")]),
        ("autograph", [tf.autograph]),
        ("distribute", [tf.distribute]),
    ):
        made[name] = StandIn("tensorflow.contrib." + name, sources)
    with contextlib.suppress(ImportError):
        made.update(slim_modules(tf, importlib.import_module("tf_slim")))
    for name, module in made.items():
        setattr(package, name, module)
    return package


def slim_modules(tf: Any, tf_slim: Any) -> dict[str, Any]:
    part = {
        name: importlib.import_module("tf_slim." + name)
        for name in (
            "layers",
            "layers.layers",
            "layers.initializers",
            "layers.regularizers",
            "layers.utils",
            "layers.optimizers",
            "ops.arg_scope",
            "ops.variables",
            "ops",
        )
    }
    nest = importlib.import_module("tensorflow.python.util.nest")
    scope = part["ops.arg_scope"]
    return {
        "slim": StandIn("tensorflow.contrib.slim", [tf_slim]),
        "layers": StandIn(
            "tensorflow.contrib.layers",
            [
                part["layers"],
                part["layers.layers"],
                part["layers.initializers"],
                part["layers.regularizers"],
                part["layers.optimizers"],
                tf_slim,
                part["layers.utils"],
            ],
            utils=part["layers.utils"],
        ),
        "framework": StandIn(
            "tensorflow.contrib.framework",
            [part["ops"], part["ops.variables"], tf_slim, tf.train],
            nest=nest,
            is_tensor=tf.is_tensor,
            add_arg_scope=scope.add_arg_scope,
            arg_scope=scope.arg_scope,
            get_name_scope=lambda: tf.get_default_graph().get_name_scope(),
            sort=tf.sort,
            argsort=tf.argsort,
        ),
        "losses": StandIn("tensorflow.contrib.losses", [tf_slim.losses, tf.losses]),
        "metrics": StandIn("tensorflow.contrib.metrics", [tf_slim.metrics, tf.metrics]),
    }


class ModeKeys:
    """tf.estimator.ModeKeys."""

    TRAIN = "train"
    EVAL = "eval"
    PREDICT = "infer"


class LearnModeKeys:
    """tf.contrib.learn.ModeKeys."""

    TRAIN = "train"
    EVAL = "eval"
    INFER = "infer"


class EstimatorSpec:
    """tf.estimator.EstimatorSpec: what a model function returns."""

    def __init__(
        self, mode: Any, predictions: Any = None, loss: Any = None, train_op: Any = None, **others: Any
    ) -> None:
        self.mode = mode
        self.predictions = predictions
        self.loss = loss
        self.train_op = train_op
        self.__dict__.update(others)


class RunConfig:
    """tf.estimator.RunConfig: holds what it is given."""

    model_dir: str | None = None

    def __init__(self, *_: Any, **values: Any) -> None:
        self.__dict__.update(values)


class InputSpec:
    """tf.estimator.TrainSpec and EvalSpec."""

    def __init__(self, input_fn: Any, *_: Any, **values: Any) -> None:
        self.input_fn = input_fn
        self.__dict__.update(values)


def estimator(tf: Any, train: Any) -> None:
    """Estimators left TensorFlow with 2.16. These know one thing: `train` is what to do in place of training."""
    if not hasattr(tf, "contrib") and not any(isinstance(finder, GoneFinder) for finder in sys.meta_path):
        sys.meta_path.append(GoneFinder())

    class Estimator:
        def __init__(self, model_fn: Any, model_dir: Any = None, config: Any = None, params: Any = None, **_: Any):
            self.model_fn = model_fn
            self.config = config or RunConfig()
            self.params = params if params is not None else {}

        def train(self, input_fn: Any, *_: Any, **__: Any) -> Any:
            return train(self, input_fn)

        evaluate = predict = train

    def train_and_evaluate(estimator: Any, train_spec: Any, eval_spec: Any) -> Any:
        return estimator.train(train_spec.input_fn)

    tf.estimator = StandIn(
        "tensorflow.estimator",
        [],
        ModeKeys=ModeKeys,
        EstimatorSpec=EstimatorSpec,
        RunConfig=RunConfig,
        Estimator=Estimator,
        TrainSpec=InputSpec,
        EvalSpec=InputSpec,
        train_and_evaluate=train_and_evaluate,
    )
    StandIn("tensorflow.python.estimator", [tf.estimator])


def beside_keras() -> None:
    """What code that stays as it is needs next to Keras 3: the layers and cells of tf_keras, and tf.contrib."""
    tf: Any = importlib.import_module("tensorflow.compat.v1")
    load_libraries(("tf_keras", "tf_slim"))
    legacy: Any = importlib.import_module("tf_keras.api._v1.keras.__internal__.legacy")
    tf.layers, tf.nn.rnn_cell = legacy.layers, legacy.rnn_cell
    whole_dimensions()
    whole_shapes_of_transposed_convolutions()
    tf.contrib = contrib(tf)


def load_libraries(names: Iterable[str]) -> None:
    """Libraries that must see the real package under the name `tensorflow` while they are imported."""
    for name in names:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)


def install() -> Any:
    """Puts everything in place; returns the module that `import tensorflow` gives from now on."""
    os.environ["TF_USE_LEGACY_KERAS"] = "1"
    python_names()
    tf2 = importlib.import_module("tensorflow")
    tf: Any = importlib.import_module("tensorflow.compat.v1")
    tf.disable_v2_behavior()
    load_libraries(("tf_keras", "tf_slim"))
    private_names(tf)
    whole_dimensions()
    whole_shapes_of_transposed_convolutions()
    take_the_name(tf, tf2)
    tf.contrib = contrib(tf)
    sys.meta_path.append(LastResortFinder())
    return tf
