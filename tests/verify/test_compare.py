"""The comparison on its own, with recordings made up by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tfmigrate.verify import KINDS, Status, Verdict
from tfmigrate.verify.compare import compare
from tfmigrate.verify.recording import Recording, Tolerances, deviation
from tfmigrate.verify.verdict import Difference

np = pytest.importorskip("numpy")

W = np.linspace(-1, 1, 6, dtype="float32").reshape(3, 2)
Change = Callable[[dict[str, Any], dict[str, Any]], None]


def variable(key: str, **others: Any) -> dict[str, Any]:
    row = {
        "name": key,
        "key": key,
        "shape": [3, 2],
        "dtype": "float32",
        "trainable": True,
        "role": "variable",
        "distribution": {"kind": "constant", "sources": [], "offset": 0.0},
        "reads": [{"group": "matmul", "op": "MatMul", "sites": ["main.py:9", "net.py:3"]}],
    }
    return {**row, **others}


def recording(change: Change | None = None) -> Recording:
    """A program with one variable, one output, one step; `change` gets the record and the arrays."""
    record: dict[str, Any] = {
        "variables": [variable("w")],
        "errors": {},
        "notes": [],
        "outputs": {"y": {"dtype": "float32", "shape": [None, 2], "run_shape": [4, 2]}},
        "steps": ["train_step"],
        "constants": {},
        "dependencies": {"y": ["w"]},
        "savers": [],
        "optimizers": [["w"]],
        "update_ops": {},
        "inputs": [],
        "unsteady": [],
        "computed": True,
    }
    arrays = {
        "initial/w": np.zeros([3, 2], "float32"),
        "weights/w": W,
        "output/false/y": np.ones([4, 2], "float32"),
        "activation/w/matmul/0": np.ones([4, 2], "float32"),
        "gradient/y/w": np.ones([3, 2], "float32"),
        "applied/0/w": np.ones([3, 2], "float32"),
        "train/1/train_step/w": W - 0.01,
    }
    if change is not None:
        change(record, arrays)
    return Recording(record, arrays)


def judge(after: Change | None = None, before: Change | None = None, tolerances: Tolerances | None = None) -> Verdict:
    return compare(recording(before), recording(after), tolerances)


def setter(name: str, value: Any) -> Change:
    """Puts a value into the arrays, under a name with a slash, or into the record."""

    def change(record: dict[str, Any], arrays: dict[str, Any]) -> None:
        (arrays if "/" in name else record)[name] = value

    return change


def test_equal_recordings_are_equivalent() -> None:
    verdict = judge()
    assert verdict.status is Status.EQUIVALENT
    numbers = {"initial": 1, "outputs": 1, "gradients": 2, "training": 2}
    structure = {"count": 1, "names": 1, "shape": 1, "dtype": 1, "trainable": 1, "sharing": 2, "optimizer": 1}
    assert verdict.compared == {**structure, "results": 2, **numbers}
    assert verdict.reason == "same variables, initial values, sharing, outputs, gradients and training"
    assert verdict.biggest == ("output/false/y", 0.0)


@pytest.mark.parametrize(
    ("after", "first"),
    [
        (setter("variables", []), "count: 1 variables before, 0 after; only before: w"),
        (
            setter("variables", [variable("w"), variable("w")]),
            "count: 1 variables before, 2 after; made more than once after: w; w is read at net.py:3",
        ),
        (setter("variables", [variable("v")]), "names: only before: w; only after: v; v is read at net.py:3"),
        (setter("variables", [variable("w", shape=[2, 3])]), "shape: w is [3, 2] before and [2, 3] after"),
        (setter("variables", [variable("w", dtype="float16")]), "dtype: w is float32 before and float16 after"),
        (
            setter("variables", [variable("w", trainable=False)]),
            "trainable: w is trainable before and not trainable after",
        ),
        (
            setter("variables", [variable("w"), variable("w/Adam", role="slot", reads=[])]),
            "slots: 0 variables of an optimizer or an average before, 1 after; only after: w/Adam",
        ),
        (
            setter("variables", [variable("w", reads=[])]),
            "sharing: w is read by 1 matmul (net.py:3) before and by no layer (nowhere) after",
        ),
        (setter("dependencies", {"y": []}), "sharing: after, the output y no longer depends on w"),
        (
            setter("optimizers", [[]]),
            "optimizer: after, an optimizer no longer changes w",
        ),
        (setter("update_ops", {"w": 2}), "update_ops: UPDATE_OPS write w 0 times before and 2 times after"),
        (setter("outputs", {}), "results: the output y is returned only before"),
        (setter("steps", []), "results: the training op train_step is returned only before"),
        (setter("constants", {"n": 3}), "results: the number n is returned only after"),
        (setter("unmatched_inputs", ["x:0"]), "inputs: after reads x:0, before reads "),
        (
            setter("output/false/y", np.full([4, 2], 1.001, "float32")),
            "outputs: the output y differs by 0.001, where values go up to 1",
        ),
        (
            setter("output/false/y", np.ones([4, 3], "float32")),
            "outputs: the output y has the shape [4, 2] before and [4, 3] after",
        ),
        (
            setter("output/false/y", np.full([4, 2], np.nan, "float32")),
            "outputs: the output y differs by inf, where values go up to 1",
        ),
        (
            setter("gradient/y/w", np.full([3, 2], 1.01, "float32")),
            "gradients: the gradient of y by w differs by 0.01, where values go up to 1",
        ),
        (
            setter("gradient/y/v", np.ones([3, 2], "float32")),
            "gradients: the gradient of y by v exists only after",
        ),
        (
            setter("applied/0/w", np.zeros([3, 2], "float32")),
            "gradients: the gradient that an optimizer applies to w differs by 1, where values go up to 1",
        ),
        (
            setter("train/1/train_step/w", W - 0.0101),
            "training: w after train_step of round 1 differs by 0.0001, where values go up to 1.01",
        ),
        (
            setter("regularisation", {"layers": 0.5}),
            "regularisation: the regularisation losses sum up to 0 before and to 0.5 after",
        ),
        (
            setter("checkpoint", {"restored": 1, "wrong": ["w"]}),
            "checkpoint: restored from the checkpoint, w has other values",
        ),
        (
            setter("errors", {"training": {"type": "OpError", "message": "no\nmore", "site": "main.py:3"}}),
            "training: the after side fails in training: OpError at main.py:3: no",
        ),
    ],
)
def test_what_differs_is_said(after: Change, first: str) -> None:
    verdict = judge(after)
    assert verdict.status is Status.DIFFERENT
    assert verdict.reason.removesuffix("; the first layer") == first
    assert {difference.kind for difference in verdict.differences} <= set(KINDS)


def test_the_first_layer_is_named() -> None:
    def change(record: dict[str, Any], arrays: dict[str, Any]) -> None:
        arrays["output/false/y"] = arrays["activation/w/matmul/0"] = np.full([4, 2], 2, "float32")
        record["variables"][0]["reads"][0]["sites"] = ["main.py:9", "layers.py:7"]

    assert judge(change).reason.endswith(
        "the first layer that diverges is w (before net.py:3, after layers.py:7), by 1"
    )


def test_structure_comes_before_numbers() -> None:
    def change(record: dict[str, Any], arrays: dict[str, Any]) -> None:
        record["variables"][0]["trainable"] = False
        arrays["output/false/y"] = np.zeros([4, 2], "float32")

    assert [difference.kind for difference in judge(change).differences] == ["trainable"]


def initial(values: Any, **distribution: Any) -> Change:
    def change(record: dict[str, Any], arrays: dict[str, Any]) -> None:
        arrays["initial/w"] = np.asarray(values, "float32")
        record["variables"][0]["distribution"] = {"sources": [], **distribution}

    return change


ANY = {
    "kind": "other",
    "sources": ["normal"],
    "count": 48,
    "mean": 0.0,
    "std": 1.0,
    "quantiles": [-1.6, -0.7, 0, 0.7, 1.6],
}


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        (initial(W, **ANY), initial(W, kind="fixed"), None),  # equal values need no reason
        (
            initial(W, kind="normal", offset=0.0, scale=0.02),
            initial(W * 2.5, kind="normal", offset=0.0, scale=0.05),
            "normal(mean 0, stddev 0.02) before and as normal(mean 0, stddev 0.05)",
        ),
        (
            initial(W, kind="uniform", offset=-1.0, scale=2.0),
            initial(W[::-1], kind="truncated", offset=0.0, scale=1.0),
            "uniform(-1, 1) before and as truncated normal(mean 0, stddev 1)",
        ),
        (initial(W, **ANY), initial(W[::-1] ** 3, **{**ANY, "mean": 0.1}), None),
        (initial(W, **ANY), initial(W[::-1] ** 3, **{**ANY, "std": 3.0}), "normal (mean 0, std 1) before"),
        (initial(W, **ANY), initial(W * 1.1, **ANY), "1.1 times that"),
        (initial(W, **{**ANY, "sources": []}), initial(W**2, **{**ANY, "sources": []}), "fixed values (mean 0, std 1)"),
    ],
)
def test_initial_values(before: Change, after: Change, says: str | None) -> None:
    verdict = judge(after, before)
    assert (verdict.status is Status.EQUIVALENT) == (says is None)
    assert says is None or says in verdict.reason


def test_numbers_drawn_by_numpy_need_not_come_in_the_same_order() -> None:
    def change(turn: int) -> Change:
        def inner(record: dict[str, Any], arrays: dict[str, Any]) -> None:
            initial(W[::turn] ** 3, **{**ANY, "sources": []})(record, arrays)
            record["numpy_random"] = True

        return inner

    assert judge(change(-1), change(1)).status is Status.EQUIVALENT


def test_a_gradient_of_rounding_noise_is_not_trained_on() -> None:
    def change(noise: float) -> Change:
        def inner(record: dict[str, Any], arrays: dict[str, Any]) -> None:
            record["variables"] += [variable("bias"), variable("bias/Adam", role="slot")]
            record["optimizers"] = [["bias", "w"]]
            for key in ("bias", "bias/Adam"):
                arrays["initial/" + key] = arrays["initial/w"]
                arrays["weights/" + key] = W
                arrays["train/1/train_step/" + key] = W + noise * 1e6
            arrays["applied/0/bias"] = np.full([3, 2], noise, "float32")

        return inner

    verdict = judge(change(1e-9), change(-1e-9))
    assert verdict.status is Status.EQUIVALENT, verdict.reason
    assert "the gradient of bias, bias/Adam is rounding noise, so its training was not compared" in verdict.notes
    assert judge(change(1e-4), change(-1e-4)).status is Status.DIFFERENT


def test_what_changes_from_run_to_run_is_left_out() -> None:
    def change(record: dict[str, Any], arrays: dict[str, Any]) -> None:
        record["unsteady"] = ["y"]
        arrays["output/false/y"] = np.zeros([4, 2], "float32")

    verdict = judge(change, change)
    assert verdict.status is Status.EQUIVALENT
    assert "y changes from run to run and was not compared" in verdict.notes
    assert str(judge(change).differences[0]) == "random: after, y changes from run to run, by no random op of tf.random"


def test_draws_that_were_independent_stay_so() -> None:
    one: dict[str, Any] = {"y": {"number": 1, "same": []}}
    two: dict[str, Any] = {"y": {"number": 2, "same": []}}
    assert judge(setter("draws", two), setter("draws", two)).compared["random"] == 1
    verdict = judge(setter("draws", one), setter("draws", two))
    assert str(verdict.differences[0]) == "random: y takes 2 independent random draws before and 1 after"
    verdict = judge(setter("draws", {"y": {"number": 1, "same": ["the state s"]}}), setter("draws", one))
    assert "the same in every run of a session: the state s does not change" in verdict.reason


def starting(*draws: str) -> Change:
    def change(record: dict[str, Any], arrays: dict[str, Any]) -> None:
        names = ["w", "v"]
        record["variables"] = [variable(n, starts_from=[d]) for n, d in zip(names, draws, strict=True)]
        for kind in ("initial", "weights"):
            arrays[f"{kind}/v"] = arrays[f"{kind}/w"]

    return change


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        (starting("a", "b"), starting("c", "d"), "same "),
        (starting("a", "a"), starting("b", "b"), "same "),
        (starting("a", "b"), starting("c", "c"), "initial: after, w starts with the same numbers as v"),
        (starting("a", "a"), starting("b", "c"), "initial: after, w no longer starts with the same numbers as v"),
        (starting("the seeds 1 and 2", "the seeds 1 and 2"), starting("b", "c"), "same "),
    ],
)
def test_variables_that_start_alike(before: Change, after: Change, says: str) -> None:
    assert judge(after, before).reason.startswith(says)


def test_a_variable_that_nobody_initialises() -> None:
    verdict = judge(setter("variables", [variable("w", initialised=False)]))
    assert verdict.reason == "initial: w is initialised by global_variables_initializer only before"


def special(value: Any, rounds: bool = True, name: str = "train/4/train_step/w") -> Change:
    def change(record: dict[str, Any], arrays: dict[str, Any]) -> None:
        record["rounds"] = {"4": "counters at 100"} if rounds else {}
        arrays[name] = value

    return change


def test_special_rounds_are_compared_where_both_sides_have_them() -> None:
    before = special(W - 0.01)
    assert judge(special(W - 0.01), before).status is Status.EQUIVALENT
    assert "w after train_step of a round with counters at 100 differs by" in judge(special(W - 0.02), before).reason
    assert "counters at 100 fails" in judge(special(W - 0.01, rounds=False), before).reason
    assert judge(before).status is Status.EQUIVALENT


def test_a_round_that_would_take_too_long_is_left_out_and_named() -> None:
    def impatient(record: dict[str, Any], arrays: dict[str, Any]) -> None:
        record["impatient"] = True

    verdict = judge(impatient, special(W - 0.01))
    assert verdict.status is Status.EQUIVALENT
    assert any("training takes long" in note for note in verdict.notes)


def test_large_and_small_numbers() -> None:
    name = "output/large false/y"
    before = setter(name, np.full([4, 2], 30, "float32"))
    assert judge(before, before).status is Status.EQUIVALENT
    verdict = judge(setter(name, np.full([4, 2], 6, "float32")), before)
    assert verdict.reason.startswith("outputs: the output y of large inputs and weights differs by 24")
    assert judge(before=before).reason == "outputs: the output y of large inputs and weights is finite only before"
    assert judge(before).status is Status.EQUIVALENT


def test_an_optimizer_that_only_one_side_steps() -> None:
    verdict = judge(setter("steps", ["optimizer 0", "train_step"]))
    assert verdict.reason == "optimizer: only after, no training op runs the optimizer that changes w"

    def script(record: dict[str, Any], arrays: dict[str, Any]) -> None:
        record["captured"] = True
        record["variables"][0]["reads"][0]["for"] = ["y"]

    def lost(record: dict[str, Any], arrays: dict[str, Any]) -> None:
        script(record, arrays)
        record["optimizers"] = [["v"], ["w"]]

    verdict = judge(lost, script)
    assert verdict.reason.startswith("optimizer: 1 optimizers of tf.train before, 2 after; only one side")


def test_what_rounding_alone_would_do_is_no_difference() -> None:
    after = setter("output/false/y", np.full([4, 2], 1.001, "float32"))
    assert judge(after, setter("noise", {"output/false/y": 1e-4})).status is Status.DIFFERENT
    verdict = judge(after, setter("noise", {"output/false/y": 3e-4}))
    assert verdict.status is Status.EQUIVALENT
    assert verdict.notes == ("y amplifies rounding, and was compared the more loosely",)


def test_a_jump_that_rounding_may_cause_is_no_difference() -> None:
    after = setter("gradient/y/w", np.full([3, 2], 1.01, "float32"))
    assert judge(after, setter("jumps", {"gradient/y/w": 0.009})).status is Status.DIFFERENT
    assert judge(after, setter("jumps", {"gradient/y/w": 0.011})).status is Status.EQUIVALENT


def test_what_is_all_rounding_proves_nothing() -> None:
    noise = setter("noise", {"gradient/y/w": 0.3})
    verdict = judge(before=noise)
    assert verdict.compared["gradients"] == 1
    assert "the gradient of y by w may be rounding and nothing else, and was not counted as compared" in verdict.notes
    assert judge(setter("gradient/y/w", np.full([3, 2], 9, "float32")), noise).status is Status.DIFFERENT


def test_the_variance_without_bessels_correction_is_accepted_and_named() -> None:
    def before(record: dict[str, Any], arrays: dict[str, Any]) -> None:
        arrays["plain/train/1/train_step/w"] = arrays["train/1/train_step/w"]
        arrays["train/1/train_step/w"] = W - 0.0102

    verdict = judge(before=before)
    assert verdict.status is Status.EQUIVALENT
    assert "Bessel" in verdict.notes[-1]
    assert judge(setter("train/1/train_step/w", W - 0.0101), before).status is Status.DIFFERENT


def test_update_ops_may_be_empty_where_training_shows_that_nothing_is_lost() -> None:
    assert judge(before=setter("update_ops", {"w": 1})).status is Status.EQUIVALENT

    def no_steps(record: dict[str, Any], arrays: dict[str, Any]) -> None:
        record["steps"] = []

    def collected(record: dict[str, Any], arrays: dict[str, Any]) -> None:
        no_steps(record, arrays)
        record["update_ops"] = {"w": 1}

    assert judge(no_steps, collected).reason == "update_ops: UPDATE_OPS write w 1 times before and 0 times after"


def test_optimizers_of_another_number_are_compared_by_what_they_do() -> None:
    verdict = judge(setter("optimizers", []))
    assert verdict.status is Status.EQUIVALENT
    assert "1 optimizers of tf.train before, 0 after: compared by what they do" in verdict.notes


def test_a_reader_that_hides_its_reads_is_not_counted() -> None:
    loop = [{"group": "While", "op": "While", "sites": ["net.py:3"]}]
    assert judge(setter("variables", [variable("w", reads=loop)])).status is Status.EQUIVALENT


def test_savers() -> None:
    def kept(names: dict[str, str]) -> Change:
        return setter("savers", [names])

    assert judge(kept({"w": "w"}), kept({"w": "w"})).status is Status.EQUIVALENT
    verdict = judge(kept({"w_1": "w"}), kept({"w": "w"}))
    assert verdict.reason.startswith("saver: after, a saver keeps the same variables under other names, as w_1 for w;")
    assert judge(kept({"v": "v"}), kept({"w": "w"})).reason == "saver: a saver keeps nothing under v before and v after"
    one, other = recording(kept({"w": "w"})), recording(kept({"w_1": "w"}))
    verdict = compare(one, other, renamed_savers=True)
    assert verdict.status is Status.EQUIVALENT
    assert "after, a saver keeps the same variables under other names" in verdict.notes
    assert compare(one, recording(kept({"w": "v"})), renamed_savers=True).status is Status.DIFFERENT
    assert "1 savers before, 0 after: not compared" in judge(before=kept({"w": "w"})).notes


def test_a_saver_of_names_that_became_a_checkpoint_of_objects() -> None:
    named, objects = setter("savers", [{"w": "w"}]), setter("checkpoints", [["w"]])
    verdict = judge(objects, named)
    assert verdict.status is Status.EQUIVALENT
    assert any("have to be converted" in note for note in verdict.notes)
    verdict = judge(setter("checkpoints", [["v"]]), named)
    assert verdict.reason == "saver: after, a checkpoint of objects no longer keeps w and keeps v"


@pytest.mark.parametrize("side", ["before", "after"])
def test_what_fails_on_the_way_can_not_be_told(side: str) -> None:
    def failed(record: dict[str, Any], arrays: dict[str, Any]) -> None:
        record["errors"]["numbers"] = {"type": "OpError", "message": "", "site": ""}
        record["computed"] = False
        arrays.clear()

    verdict = judge(after=failed) if side == "after" else judge(before=failed)
    assert verdict.status is Status.COULD_NOT_TELL
    assert verdict.reason == f"the {side} side fails in numbers: OpError: "


def test_nothing_to_compare() -> None:
    def empty(record: dict[str, Any], arrays: dict[str, Any]) -> None:
        arrays.clear()
        record.update(outputs={}, steps=[], dependencies={}, optimizers=[])

    def bare(record: dict[str, Any], arrays: dict[str, Any]) -> None:
        empty(record, arrays)
        record["variables"] = []

    assert judge(empty, empty).reason == "the variables agree, but there is no output and no training op to compare"
    assert judge(bare, bare).reason == "neither program makes a variable, so there is nothing to compare"
    assert judge(bare, bare).status is Status.COULD_NOT_TELL


def test_only_what_was_compared_is_called_the_same() -> None:
    def untrained(record: dict[str, Any], arrays: dict[str, Any]) -> None:
        record.update(steps=[], optimizers=[])
        for name in ("applied/0/w", "gradient/y/w", "train/1/train_step/w", "initial/w"):
            del arrays[name]

    verdict = judge(untrained, untrained)
    assert verdict.status is Status.EQUIVALENT
    assert verdict.reason == "same variables, sharing and outputs"
    assert not {"training", "gradients", "initial", "checkpoint", "saver"} & set(verdict.compared)


def test_an_output_that_reads_no_variable_proves_nothing() -> None:
    def apart(record: dict[str, Any], arrays: dict[str, Any]) -> None:
        record.update(steps=[], optimizers=[], dependencies={"y": []})
        del arrays["train/1/train_step/w"]
        record["variables"][0]["reads"] = []

    verdict = judge(apart, apart)
    assert verdict.status is Status.COULD_NOT_TELL
    assert verdict.reason == "the variables agree, but no output that was compared reads any of them"


def test_code_from_elsewhere_is_not_what_was_to_be_checked() -> None:
    elsewhere = [{"group": "matmul", "op": "MatMul", "sites": []}]
    verdict = judge(setter("variables", [variable("w", reads=elsewhere)]))
    assert verdict.status is Status.COULD_NOT_TELL
    assert verdict.reason == "no line of the after side reads a variable: it runs code from elsewhere"
    both = setter("variables", [variable("w", reads=elsewhere)])
    assert judge(both, both).status is Status.EQUIVALENT


@pytest.mark.parametrize("value", [np.zeros([0, 2], "float32"), np.ones([4, 2], "float32")])
def test_an_output_that_is_empty_or_left_out_was_not_compared(value: Any) -> None:
    def change(record: dict[str, Any], arrays: dict[str, Any]) -> None:
        record.update(steps=[], optimizers=[], unsteady=["y"] if value.size else [])
        del arrays["train/1/train_step/w"]
        arrays["output/false/y"] = value

    verdict = judge(change, change)
    assert verdict.status is Status.COULD_NOT_TELL
    assert "outputs" not in verdict.compared


def test_tolerances_can_be_given() -> None:
    after = setter("output/false/y", np.full([4, 2], 1.001, "float32"))
    assert judge(after, tolerances=Tolerances({"float32": 0.01})).status is Status.EQUIVALENT


def test_scripts_are_compared_by_the_names_that_both_have() -> None:
    def script(extra: str) -> Change:
        def change(record: dict[str, Any], arrays: dict[str, Any]) -> None:
            record["captured"] = True
            record["outputs"][extra] = {"dtype": "float32", "shape": []}
            record["dependencies"][extra] = [extra]
            record["steps"] = ["train_step", extra]
            reads = record["variables"][0]["reads"]
            reads[0]["for"] = ["y"]
            reads += [{**reads[0], "for": [extra]}] * len(extra)

        return change

    assert judge(script("a"), script("bb")).status is Status.EQUIVALENT


def test_optimizers_are_told_apart_by_what_they_change() -> None:
    def change(*names: list[str]) -> Change:
        def inner(record: dict[str, Any], arrays: dict[str, Any]) -> None:
            record["variables"].append(variable("v"))
            record["optimizers"] = list(names)

        return inner

    assert judge(change(["v"], ["w"]), change(["w"], ["v"])).status is Status.EQUIVALENT
    verdict = judge(change(["v"], ["w"]), change(["w"], ["w"]))
    assert verdict.reason == "optimizer: after, an optimizer no longer changes w and changes v"


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ([1.0, 2.0], [1.0, 2.0], 0.0),
        ([1.0, 2.0], [1.0, 2.2], 0.1),
        ([1.0, np.nan], [1.0, np.nan], 0.0),
        ([1.0, np.inf], [1.0, 2.0], np.inf),
        ([np.nan], [np.nan], 0.0),
        ([0.0], [0.0], 0.0),
    ],
)
def test_deviation(one: list[float], other: list[float], expected: float) -> None:
    assert deviation(np.array(one), np.array(other)) == pytest.approx(expected)
    assert deviation(np.array([1, 2]), np.array([1, 2])) == 0
    assert deviation(np.array([1, 2]), np.array([1, 3])) == np.inf


def test_a_difference_is_one_line() -> None:
    assert str(Difference("count", "w", "one more")) == "count: one more"
    assert [status.exit_code for status in Status] == [0, 1, 2]
