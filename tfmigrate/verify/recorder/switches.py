"""What graphs get for the check: plain variances instead of Bessel's, epsilons as given, and a factor for gradients."""

from __future__ import annotations

import functools
import importlib
import inspect
from typing import Any, Callable, Dict, Optional, Set, Tuple

from .graph import is_real
from .loaded import np, tf


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


class GivenEpsilon:
    """Takes the lower limit of 1.001e-5 away from the epsilon of TF1's fused batch normalisation.

    cuDNN wants it, so TF1 applies it everywhere; TensorFlow 2 computes with what is given. It shows only where
    variances are next to nothing, as with the small inputs of the check.
    """

    LEAST = 1.001e-5

    def __init__(self) -> None:
        self.graphs: Set[int] = set()

    def install(self) -> None:
        modules = [importlib.import_module("tensorflow.python.ops." + name) for name in ("nn_impl", "nn")]
        original = modules[0].fused_batch_norm
        signature = inspect.signature(original)

        @functools.wraps(original)
        def fused(*args: Any, **kwargs: Any) -> Any:
            bound = signature.bind(*args, **kwargs)
            epsilon = bound.arguments.get("epsilon")
            if isinstance(epsilon, float) and epsilon < self.LEAST:
                ops = importlib.import_module("tensorflow.python.framework.ops")
                self.graphs.add(id(ops.get_default_graph()))
                bound.arguments["epsilon"] = _AsGiven(epsilon)
            return original(*bound.args, **bound.kwargs)

        for module in [*modules, tf.nn]:
            module.fused_batch_norm = fused


class _AsGiven(float):
    """Is above any limit, so that none takes its place."""

    def __gt__(self, other: Any) -> bool:
        return True


EPSILON = GivenEpsilon()


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
