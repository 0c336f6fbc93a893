"""Compares what two programs compute: outputs, gradients, checkpoint, regularisation, training."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tfmigrate.verify.recording import Comparison, Json, Recording, describe_error, deviation, listed
from tfmigrate.verify.verdict import Difference

BESSEL = (
    "TF1's fused batch normalisation puts the variance with Bessel's correction, N/(N-1), into the moving average, "
    "Keras the one without: the moving variances differ by that factor and by nothing else"
)
EPSILON = (
    "TF1's fused batch normalisation computes with an epsilon of 1.001e-5 where a smaller one is given, TensorFlow 2 "
    "with the given one: both were compared with the given one"
)
# a value such as exp(x) - 1 is rounded to the last bits of one, however small it is
ULP_OF_ONE = 1.2e-7


def numbers(c: Comparison) -> None:
    """Outputs, gradients, checkpoint, regularisation and training; needs equal structure."""
    if not all(side.record.get("computed") for side in (c.before, c.after)):
        c.notes.extend(note for side in (c.before, c.after) for note in side.record["notes"])
        return
    failures(c)
    amplified(c)
    outputs(c)
    gradients(c)
    applied_gradients(c)
    regularisation(c)
    checkpoint(c)
    training(c)


def amplified(c: Comparison) -> None:
    """Notes the outputs for which rounding, not the tolerance, decides what can be told apart."""
    loose = [
        name.split("/", 1)[1]
        for name, value in c.before.under("output/").items()
        if name.split("/", 1)[0] in ("true", "false") and c.rounding("output/" + name) > 10 * limit_of(c, value)
    ]
    if loose:
        c.notes.append(f"{listed(sorted(set(loose)))} amplifies rounding, and was compared the more loosely")


def failures(c: Comparison) -> None:
    """A phase that only the after side could not run is a difference; one that neither could run is a note."""
    kinds = {"outputs": "outputs", "gradients": "gradients", "training": "training", "checkpoint": "checkpoint"}
    before, after = c.before.record["errors"], c.after.record["errors"]
    for phase, kind in kinds.items():
        if phase in after and phase not in before and not {"numbers", "build"} & set(before):
            c.add(kind, phase, describe_error("after", phase, after[phase]))


def check_arrays(
    c: Comparison, kind: str, prefix: str, allowed: Callable[[str, Any], float], say: Callable[[str], str]
) -> None:
    """Compares the arrays under a prefix; `allowed` gives the absolute tolerance of an array of the before side."""
    import numpy as np

    one, other = c.before.under(prefix), c.after.under(prefix)
    drowned = []
    for name in one:
        if name not in other:
            continue
        if one[name].shape != other[name].shape:
            c.add(
                kind,
                name,
                f"{say(name)} has the shape {list(one[name].shape)} before and {list(other[name].shape)} after",
            )
            continue
        limit = allowed(name, one[name]) + c.rounding(prefix + name)
        if not one[name].size or limit == float("inf"):
            continue
        if c.rounding(prefix + name) < largest(one[name]) or not np.any(one[name]):
            c.compared[kind] += 1
        else:
            drowned.append(say(name))
        gap = deviation(one[name], other[name], 1.0)
        note_biggest(c, prefix + name, gap, limit, one[name])
        if gap > limit:
            c.add(kind, name, f"{say(name)} differs by {gap:.3g}, where values go up to {largest(one[name]):.3g}", gap)
    if drowned:
        c.notes.append(f"{listed(drowned)} may be rounding and nothing else, and was not counted as compared")


def note_biggest(c: Comparison, name: str, gap: float, limit: float, value: Any) -> None:
    """Keeps the largest deviation, relative to the scale on which the tolerance was applied."""
    if limit in (0.0, float("inf")):
        return
    relative = gap / limit * c.tolerances.of(value.dtype.name)
    if c.biggest is None or relative > c.biggest[1]:
        c.biggest = (name, relative)


def largest(value: Any) -> float:
    """The largest finite absolute value; 0 where there is none."""
    import numpy as np

    finite = np.abs(value[np.isfinite(value)]) if value.dtype.kind in "fc" else np.abs(value.astype(float))
    return float(finite.max()) if finite.size else 0.0


def outputs(c: Comparison) -> None:
    if c.before.record.get("raised_epsilon"):
        c.notes.append(EPSILON)
    unsteady = set(c.before.record.get("unsteady", ()))
    if unsteady:
        c.notes.append(f"{listed(sorted(unsteady))} changes from run to run and was not compared")
    for name in sorted(set(c.after.record.get("unsteady", ())) & set(c.after.record["outputs"]) - unsteady):
        c.add("random", name, f"after, {name} changes from run to run, by no random op of tf.random")

    def allowed(name: str, value: Any) -> float:
        if name.split("/", 1)[1] in unsteady:
            return float("inf")
        return limit_of(c, value) + (ULP_OF_ONE if name.startswith("small ") and value.dtype.name == "float32" else 0.0)

    def say(name: str) -> str:
        mode, output = name.split("/", 1)
        size, _, switch = mode.rpartition(" ")
        if size == "only":
            return f"the output {output} with only {switch} switched on"
        scaled = f" of {size} inputs and weights" if size else ""
        return f"the output {output}{scaled}" + (" with its switches on" if switch == "true" else "")

    known = len(c.differences)
    check_arrays(c, "outputs", "output/", allowed, say)
    after = c.after.under("output/")
    for name in c.before.under("output/"):
        if (
            name.startswith(("large", "small"))
            and name not in after
            and name.split("/", 1)[1] in c.after.record["outputs"]
        ):
            c.add("outputs", name, f"{say(name)} is finite only before")
    if len(c.differences) > known:
        layer = first_layer(c)
        first = c.differences[known]
        if layer:
            c.differences[known] = Difference(first.kind, first.name, f"{first.detail}; {layer}", first.size)


def limit_of(c: Comparison, value: Any) -> float:
    """The absolute tolerance for an array: relative to its largest finite value; whole numbers must be equal."""
    if value.dtype.kind not in "fc" or not value.size:
        return 0.0
    return c.tolerances.of(value.dtype.name) * largest(value) + 1e-12


def first_layer(c: Comparison) -> str:
    """Which reader of a variable is the first whose result differs, in the order in which before made them."""
    rows = (c.before.by_key(), c.after.by_key())
    other = c.after.under("activation/")
    for name, value in c.before.under("activation/").items():
        if name not in other or value.shape != other[name].shape or not value.size:
            continue
        gap = deviation(value, other[name], 1.0)
        if gap > limit_of(c, value) + c.rounding("activation/" + name):
            key, group, number = name.rsplit("/", 2)
            places = [nth_site(side.get(key), group, int(number)) for side in rows]
            return f"the first layer that diverges is {key} (before {places[0]}, after {places[1]}), by {gap:.3g}"
    return ""


def nth_site(row: Json | None, group: str, number: int) -> str:
    reads = [read for read in (row or {"reads": []})["reads"] if read["group"] == group]
    return str(reads[number]["sites"][-1]) if number < len(reads) and reads[number]["sites"] else "?"


def gradients(c: Comparison) -> None:
    import numpy as np

    one, other = c.before.under("gradient/"), c.after.under("gradient/")
    names = sorted(c.before.record["outputs"], key=len, reverse=True)

    def split(name: str) -> tuple[str, str]:
        output = next((o for o in [*names, "all outputs"] if name.startswith(o + "/")), name)
        return output, name[len(output) + 1 :]

    scales: dict[str, float] = {}
    for name, value in one.items():
        output = split(name)[0]
        scales[output] = max(scales.get(output, 0.0), largest(value))

    def say(name: str) -> str:
        output, key = split(name)
        return f"the gradient of {'the outputs' if output == 'all outputs' else output} by {key}"

    for name in sorted(set(one) ^ set(other)):
        side, value = ("before", one[name]) if name in one else ("after", other[name])
        if not value.size or not np.any(value):
            continue
        c.add("gradients", name, f"{say(name)} exists only {side}")
    check_arrays(
        c,
        "gradients",
        "gradient/",
        lambda name, value: 4 * limit_of(c, value) + 1e-6 * scales[split(name)[0]],
        say,
    )


def applied_gradients(c: Comparison) -> None:
    """What the program's own optimizers apply, where both sides have the same number of them."""
    if len(c.before.record["optimizers"]) != len(c.after.record["optimizers"]):
        return
    scales: dict[str, float] = {}
    for name, value in c.before.under("applied/").items():
        number = name.split("/", 1)[0]
        scales[number] = max(scales.get(number, 0.0), largest(value))
    check_arrays(
        c,
        "gradients",
        "applied/",
        lambda name, value: 4 * limit_of(c, value) + 1e-6 * scales[name.split("/", 1)[0]],
        lambda name: f"the gradient that an optimizer applies to {name.split('/', 1)[1]}",
    )


def regularisation(c: Comparison) -> None:
    """The collection of TF1 against the collection, the layers' losses, or both, whichever the program fills."""
    before, after = (side.record.get("regularisation", {}) for side in (c.before, c.after))
    wanted = sum(before.values())
    choices = [sum(after.values()), *after.values()]
    if all(abs(wanted - value) > 1e-4 * abs(wanted) + 1e-9 for value in choices):
        c.add(
            "regularisation",
            "",
            f"the regularisation losses sum up to {wanted:.6g} before and to {choices[0]:.6g} after",
            abs(wanted - choices[0]),
        )
    if before:
        c.compared["regularisation"] += 1


def checkpoint(c: Comparison) -> None:
    found = c.after.record.get("checkpoint")
    if not found:
        return
    c.compared["checkpoint"] += 1
    if found["wrong"]:
        text = f"restored from the checkpoint, {listed(found['wrong'])} has other values"
        c.add("checkpoint", found["wrong"][0], text)


def training(c: Comparison) -> None:
    """Losses and all variables after every training op; the numbers that count are the changes."""
    runs = {"": ""}
    if any(name.startswith("plain/") for name in c.before.arrays):
        runs["plain/"] = BESSEL
    outcomes = []
    for prefix, note in runs.items():
        attempt = Comparison(c.before, c.after, c.tolerances)
        one_run(attempt, prefix)
        outcomes.append((attempt, note))
        if not attempt.differences:
            break
    chosen, note = min(outcomes, key=lambda outcome: len(outcome[0].differences))
    c.differences.extend(chosen.differences)
    c.compared.update(chosen.compared)
    c.notes.extend([*chosen.notes, note] if note else chosen.notes)
    if chosen.biggest and (c.biggest is None or chosen.biggest[1] > c.biggest[1]):
        c.biggest = chosen.biggest


def one_run(c: Comparison, prefix: str) -> None:
    """In the order in which it happened, so that the first difference is the cause of the others."""
    noise = noisy_variables(c)
    opened = c.before.record.get("unordered", [])
    if opened:
        c.notes.append(f"in which order {listed(opened)} is updated is open in TensorFlow 1; here it is the program's")
    if noise:
        c.notes.append(f"the gradient of {listed(sorted(noise))} is rounding noise, so its training was not compared")
    sides = [trained(c.before, prefix), trained(c.after, "")]
    rounds = special_rounds(c)
    names = dict.fromkeys([*sides[0], *sides[1]])
    for name in sorted(names, key=lambda name: int(name.split("/")[1])):
        kind, number, rest = name.split("/", 2)
        if number in rounds:
            when = rounds[number]
        elif any(number in side.record.get("rounds", {}) for side in (c.before, c.after)):
            continue
        else:
            when = f"round {number}"
        if kind == "loss":
            if name in sides[0] and name in sides[1]:
                limit = limit_of(c, sides[0][name])
                check_trained(c, name, f"the output {rest} in {when}", sides[0][name], sides[1][name], limit)
            continue
        found = split_step(rest, c)
        if found is None:  # a script has it on one side only
            continue
        step, key = found
        weights = c.before.arrays.get("weights/" + key)
        if key not in noise and weights is not None:
            # a variable that is still what it was is not written
            one, other = (side.get(name, weights) for side in sides)
            check_trained(c, name, f"{key} after {step} of {when}", one, other, update_limit(c, weights, one))
    # a step that leaves all variables as they are is compared by just that
    if any(row["key"] not in noise for row in c.before.variables):
        c.compared["training"] += len(c.before.record["steps"])


def special_rounds(c: Comparison) -> dict[str, str]:
    """Those of both sides, with what is special about them. Only the before side says which a program can bear."""
    before, after = (side.record.get("rounds", {}) for side in (c.before, c.after))
    if any(side.record.get("impatient") for side in (c.before, c.after)):
        c.notes.append("training takes long, and was not compared with large gradients and late counters as well")
        return {}
    for number in before:
        if number not in after:
            text = f"after, a round of training with {before[number]} fails, or leads to no finite numbers"
            c.add("training", number, text)
    return {number: f"a round with {text}" for number, text in before.items() if number in after}


def trained(side: Recording, prefix: str) -> dict[str, Any]:
    """Losses and variables of one run of the training."""
    return {name: value for name, value in side.under(prefix).items() if name.startswith(("loss/", "train/"))}


def check_trained(c: Comparison, name: str, text: str, one: Any, other: Any, limit: float) -> None:
    c.compared["training"] += 1
    limit += c.rounding(name)
    gap = deviation(one, other, 1.0)
    note_biggest(c, name, gap, limit, one)
    if gap > limit:
        c.add("training", name, f"{text} differs by {gap:.3g}, where values go up to {largest(one):.3g}", gap)


def update_limit(c: Comparison, weights: Any, value: Any) -> float:
    """Relative to how far training moved the variable, since a small rate must not hide a wrong step."""
    if value.dtype.kind != "f":
        return 0.0
    moved = largest(value.astype(float) - weights)
    return c.tolerances.update * moved + 2e-6 * largest(value) + 1e-12


def split_step(rest: str, c: Comparison) -> tuple[str, str] | None:
    """`<step>/<key>` apart, both of which may hold slashes; None if the step is not one of both sides."""
    steps = sorted(c.before.record["steps"], key=len, reverse=True)
    step = next((step for step in steps if rest.startswith(f"{step}/")), None)
    return None if step is None else (step, rest[len(step) + 1 :])


def noise_of(c: Comparison, key: str) -> bool:
    """Whether an optimizer of the after side applies anything but zeros to a variable."""
    return any(largest(v) for name, v in c.after.under("applied/").items() if name.split("/", 1)[1] == key)


def noisy_variables(c: Comparison) -> set[str]:
    """Variables whose true gradient is zero (a bias before batch normalisation): Adam would amplify the rounding."""
    sizes: dict[str, dict[str, float]] = {}
    for name, value in c.before.under("applied/").items():
        number, key = name.split("/", 1)
        sizes.setdefault(number, {})[key] = largest(value)
    # no noise at all is no noise: such a variable is to stay what it was, on both sides
    seen = {key for by_key in sizes.values() for key, size in by_key.items() if size or noise_of(c, key)}
    live = {key for by_key in sizes.values() for key, size in by_key.items() if size > 1e-6 * max(by_key.values())}
    slots = {row["key"] for row in c.before.variables if row["role"] == "slot"}
    quiet = seen - live
    return quiet | {slot for slot in slots for key in quiet if slot.startswith(key + "/")}
