"""One case: its weights and inputs, the same on both sides."""

from __future__ import annotations

import json
import os
import time
from typing import TYPE_CHECKING, Any, Dict, List, Optional, Sequence

from .basics import RefusedError, write_json
from .graph import ancestors, describe, has_effects, step_ancestors
from .inputs import STRATEGIES, Feeds, make_input, match_inputs
from .loaded import load_arrays, np, save_arrays, tf
from .numbers import Bench, distinct_weights, magnitude, read_values, same_bits

if TYPE_CHECKING:
    from .case import Case


GRADIENT_BUDGET = 300  # outputs times ops, for a gradient of each output
POLL_SECONDS = 0.01


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
        many = len(tensors) * len(ancestors([t.op for t in tensors])) > GRADIENT_BUDGET
        self.combined = many or self.wanted["quick"]
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
