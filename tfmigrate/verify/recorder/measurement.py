"""One case: its numbers."""

from __future__ import annotations

import contextlib
import functools
import time
from typing import TYPE_CHECKING, Any, Callable, Dict, List, Optional, Sequence, Tuple

from .exchange import Exchange
from .graph import group_of, has_effects
from .loaded import np, tf
from .numbers import FAR, TRAINED, ULPS, Arrays, Bench, combination, magnitude, read_values, same_bits
from .switches import FACTOR, PLAIN

if TYPE_CHECKING:
    from .case import Case


MAX_ACTIVATIONS = 600
AMPLIFIED = 1e-5  # relative; rounding that grows beyond is measured more often
LATE = (100, 1000, 10000, 100000, 1000000)  # what counters are set to, for schedules that a few rounds don't reach
FACTORS = (1e3, 1e-6)  # of gradients: beyond what clips them, and next to an optimizer's epsilon
SCALES = {"large": (30.0, 3.0, 1.0), "small": (0.01, 0.1, 1e-3)}  # of inputs, trainable weights and other variables
PATIENCE = 10.0  # seconds of training; what takes longer is not trained under special conditions as well


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
            if not self.wanted["quick"]:
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
