"""One case: what a program is."""

from __future__ import annotations

import os
import runpy
import sys
import traceback
from typing import Any, Callable, Dict, List, Sequence, Set, Tuple

from .basics import Events, GraphReady, Json, RefusedError, WantsKerasError, write_json
from .capture import capturing
from .exchange import Exchange
from .graph import (
    ancestors,
    call_site,
    data_ancestors,
    describe,
    group_of,
    has_effects,
    is_operation,
    is_tensor,
    static_shape,
    step_ancestors,
)
from .inputs import find_inputs
from .isolation import fresh_tensorflow, sandbox
from .loaded import VERSION, np, tf
from .measurement import Measurement
from .numbers import TRAINED, Arrays, Bench, run_if_any, session_for
from .ordering import run_in_order
from .results import Returned, call_entry, load_function, program_site
from .starts import drawn, record_initial, starts_together
from .switches import EPSILON
from .training import applied_by_key, checkpoint_keys, regularisation_tensors, saver_keys, update_counts
from .variables import Variable, find_reads, find_variables
from .watch import WATCH, as_tensor


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
        self.record["raised_epsilon"] = id(self.graph) in EPSILON.graphs
        self.structure()

    def build_by_running(self, arguments: Sequence[str]) -> None:
        """Runs a script, or `-m module`, up to its first Session.run, Estimator.train or its end."""
        with capturing(self.root, self.wanted.get("mode", "train")) as capture:
            try:
                names = self.started(arguments)
                if capture.graph is None:
                    capture.take(names)
            except GraphReady:
                pass
            except SystemExit as error:
                if capture.graph is None and error.code not in (None, 0):
                    raise
            finally:
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

    def started(self, arguments: Sequence[str]) -> Dict[str, Any]:
        """The names of a script or module after it ran."""
        if arguments[0] == "-m":
            sys.argv[:] = list(arguments[1:])
            return runpy.run_module(arguments[1], run_name="__main__", alter_sys=True)
        script = os.path.join(self.root, arguments[0])
        sys.argv[:] = [script, *arguments[1:]]
        sys.path.insert(0, os.path.dirname(script))
        return runpy.run_path(script, run_name="__main__")

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
        self.order(by_op)

    def order(self, by_op: Dict[str, Variable]) -> None:
        """What TensorFlow may run in any order runs in the program's; last, since it changes the graph."""
        effects = [tensor.op for tensor in self.returned.tensors.values() if has_effects(tensor)]
        opened = run_in_order(self.graph, [*self.returned.steps.values(), *effects])
        self.record["unordered"] = sorted(by_op[name].key for name in opened if name in by_op)

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
