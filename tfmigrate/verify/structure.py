"""Compares what two programs are: counts, names, shapes, initial values, sharing, results. Needs no run of them."""

from __future__ import annotations

import math
from collections import Counter
from typing import Any

from tfmigrate.verify.recording import Comparison, Json, deviation, listed, sites

HEAVY = ("matmul", "conv", "gather")
"""Reads that every implementation of a layer has; the number of the others depends on how a layer is written."""

OPAQUE = ("While", "StatelessWhile", "If", "StatelessIf", "PartitionedCall", "StatefulPartitionedCall", "Scan")
"""Readers that may read any number of times inside."""


def structure(c: Comparison) -> None:
    """Counts, names, shapes, dtypes, trainable flags, initial values, sharing, results: all that needs no numbers."""
    count_and_names(c)
    for key, one, other in c.pairs:
        c.compared.update(("shape", "dtype", "trainable"))
        if one["shape"] != other["shape"]:
            c.add("shape", key, f"{key} is {one['shape']} before and {other['shape']} after")
        if one["dtype"] != other["dtype"]:
            c.add("dtype", key, f"{key} is {one['dtype']} before and {other['dtype']} after")
        if one["trainable"] != other["trainable"]:
            state = {True: "trainable", False: "not trainable"}
            c.add("trainable", key, f"{key} is {state[one['trainable']]} before and {state[other['trainable']]} after")
    results(c)
    if not any(d.kind in ("count", "names") for d in c.differences):
        initial_values(c)
        starts(c)
        sharing(c)
        random_draws(c)
        optimizers(c)
        update_ops(c)
        savers(c)


def count_and_names(c: Comparison) -> None:
    """Variables of the program first; what optimizers and averages keep beside them follows from those."""
    own, state = (_differing(c, slots) for slots in (False, True))
    roles = Counter(row["role"] == "slot" for row in c.before.variables)
    c.compared.update({"count": roles[False], "names": roles[False], "slots": roles[True]})
    if any(own):
        c.add(*_say_differing(c, own, False))
    elif any(state):
        _, name, text = _say_differing(c, state, True)
        c.add("slots", name, text)


Keys = tuple[list[str], list[str]]


def _differing(c: Comparison, slots: bool) -> Keys:
    """Names of the variables that only one side has: missing and extra."""
    sides = [[row for row in side.variables if (row["role"] == "slot") == slots] for side in (c.before, c.after)]
    before, after = (Counter(row["key"] for row in rows) for rows in sides)
    return list((before - after).elements()), list((after - before).elements())


def _say_differing(c: Comparison, keys: Keys, slots: bool) -> tuple[str, str, str]:
    missing, extra = keys
    parts = []
    if missing:
        parts.append("only before: " + listed(missing))
    known = c.before.by_key()
    new, twice = [key for key in extra if key not in known], [key for key in extra if key in known]
    if new:
        parts.append("only after: " + listed(new))
    if twice:
        parts.append("made more than once after: " + listed(twice))
    if extra:
        rows = [row for row in c.after.variables if row["key"] == extra[0]]
        readers = sites(rows[-1])
        if readers:
            parts.append(f"{extra[0]} is read at {listed(readers)}")
    totals = [sum((row["role"] == "slot") == slots for row in side.variables) for side in (c.before, c.after)]
    first = (missing + extra)[0]
    if totals[0] == totals[1]:
        return "names", first, "; ".join(parts)
    what = "of an optimizer or an average " if slots else ""
    return "count", first, f"{totals[0]} variables {what}before, {totals[1]} after; " + "; ".join(parts)


def results(c: Comparison) -> None:
    """The same names are returned. Of a script only the local variables that both sides have are compared."""
    before, after = c.before.record, c.after.record
    if before.get("captured"):
        shared_names(c)
        return
    for field_name, what in (("outputs", "output"), ("steps", "training op"), ("constants", "number")):
        c.compared["results"] += len(set(before[field_name]) & set(after[field_name]))
        for name in sorted(set(before[field_name]) ^ set(after[field_name])):
            if name.startswith("optimizer "):  # there is a better word for that
                continue
            side = "before" if name in before[field_name] else "after"
            c.add("results", name, f"the {what} {name} is returned only {side}")
    for name, value in before["constants"].items():
        if name in after["constants"] and after["constants"][name] != value:
            c.add("results", name, f"{name} is {value} before and {after['constants'][name]} after")
    for name, one in before["outputs"].items():
        other = after["outputs"].get(name)
        if other and other["dtype"] != one["dtype"]:
            c.add("results", name, f"the output {name} is {one['dtype']} before and {other['dtype']} after")
    c.compared["inputs"] += len(before.get("inputs", []))
    if after.get("unmatched_inputs"):
        names = [i["name"] for i in before.get("inputs", [])]
        missing = after["unmatched_inputs"]
        c.add("inputs", missing[0], f"after reads {listed(missing)}, before reads {listed(names)}")


def shared_names(c: Comparison) -> None:
    before, after = c.before.record, c.after.record
    names = {field: set(before[field]) & set(after[field]) for field in ("outputs", "steps")}
    for side in (before, after):
        side["outputs"] = {n: side["outputs"][n] for n in sorted(names["outputs"])}
        side["dependencies"] = {n: side["dependencies"][n] for n in sorted(names["outputs"])}
        side["steps"] = sorted(names["steps"])
        for row in side["variables"]:
            row["reads"] = [read for read in row["reads"] if names["outputs"] & set(read["for"])]
    c.compared["results"] += sum(map(len, names.values()))
    if not names["outputs"] and not names["steps"]:
        c.notes.append("the two scripts have no tensor and no training op under the same name")


def initial_values(c: Comparison) -> None:
    import numpy as np

    for key, one, other in c.pairs:
        values = [side.arrays.get("initial/" + key) for side in (c.before, c.after)]
        if values[0] is None or values[1] is None or values[0].shape != values[1].shape:
            continue
        c.compared["initial"] += 1
        gap = deviation(values[0], values[1])
        if gap <= c.tolerances.initial:
            continue
        verdict = same_distribution(one["distribution"], other["distribution"], proportion(*values), c)
        if verdict:
            size = float(np.max(np.abs(values[0].astype(float) - values[1].astype(float))))
            c.add("initial", key, f"{key} starts as {verdict[0]} before and as {verdict[1]} after", size)


def starts(c: Comparison) -> None:
    """Which variables start as copies of each other, and which `global_variables_initializer` knows."""
    for key, one, other in c.pairs:
        known = [row.get("initialised", True) for row in (one, other)]
        if known[0] != known[1]:
            side = "before" if known[0] else "after"
            c.add("initial", key, f"{key} is initialised by global_variables_initializer only {side}")
    before, after = (_twins(side.variables) for side in (c.before, c.after))
    common = set(before) & set(after)
    for key in [key for key in before if key in common]:
        came, went = (after[key] - before[key]) & common, (before[key] - after[key]) & common
        if came:
            c.add("initial", key, f"after, {key} starts with the same numbers as {listed(sorted(came))}")
        elif went and any(draw.startswith("the seeds") for draw in c.before.by_key()[key]["starts_from"]):
            c.notes.append(f"before, {key} starts with the same numbers as {listed(sorted(went))}: they have one seed")
        elif went:
            c.add("initial", key, f"after, {key} no longer starts with the same numbers as {listed(sorted(went))}")


def _twins(rows: list[Json]) -> dict[str, set[str]]:
    """Of each variable those that start from the same random draws and have the same shape."""
    groups: dict[str, set[str]] = {}
    for row in rows:
        if row.get("starts_from"):
            groups.setdefault(str((row["starts_from"], row["shape"], row["dtype"])), set()).add(row["key"])
    found = {row["key"]: set[str]() for row in rows}
    found.update({key: group - {key} for group in groups.values() for key in group})
    return found


def proportion(one: Any, other: Any) -> float:
    """How many times the one the other is, where it is that throughout; 1 where it is not."""
    import numpy as np

    size = float((one.astype(float) ** 2).sum())
    ratio = float((one.astype(float) * other).sum()) / size if size else 1.0
    return ratio if np.allclose(one * ratio, other, rtol=1e-4, atol=1e-4 * np.abs(other).max()) else 1.0


def same_distribution(one: Json, other: Json, ratio: float, c: Comparison) -> tuple[str, str] | None:
    """None when values that are not equal can still come from one distribution; else how to describe the two."""
    texts = describe_distribution(one), describe_distribution(other)
    if one["kind"] != other["kind"] or one["kind"] in ("constant", "uniform", "normal", "truncated"):
        return texts
    if abs(ratio - 1) > c.tolerances.initial:
        return texts[0], f"{ratio:.4g} times that"
    random = one["sources"] or (c.before.record.get("numpy_random") and c.after.record.get("numpy_random"))
    if not random or one["sources"] != other["sources"]:
        return texts
    return None if similar_moments(one, other) else texts


def similar_moments(one: Json, other: Json) -> bool:
    """Mean, spread and quantiles of pooled samples agree within six standard errors."""
    root = max(min(one["count"], other["count"]), 1) ** 0.5
    spread = (one["std"] ** 2 + other["std"] ** 2) ** 0.5 / root
    if one["std"] <= 0 or other["std"] <= 0 or abs(math.log(one["std"] / other["std"])) > 6 / root:
        return False
    quantiles = zip(one["quantiles"], other["quantiles"], strict=True)
    return abs(one["mean"] - other["mean"]) <= 6 * spread and all(abs(a - b) <= 9 * spread for a, b in quantiles)


def describe_distribution(d: Json) -> str:
    kind = d["kind"]
    if "scale" in d and abs(d["offset"]) < 1e-6 * abs(d["scale"]):
        d = {**d, "offset": 0.0}
    if kind == "constant":
        return f"{d['offset']:g}"
    if kind == "uniform":
        return f"uniform({d['offset']:.4g}, {d['offset'] + d['scale']:.4g})"
    if kind in ("normal", "truncated"):
        name = "normal" if kind == "normal" else "truncated normal"
        return f"{name}(mean {d['offset']:.4g}, stddev {d['scale']:.4g})"
    if "mean" not in d:
        return "other values"
    return f"{'+'.join(d['sources']) or 'fixed values'} (mean {d['mean']:.4g}, std {d['std']:.4g})"


def sharing(c: Comparison) -> None:
    """The places that read each variable, up to their order, and the variables that reach each output."""
    for key, one, other in c.pairs:
        counts = [Counter(r["group"] for r in row["reads"] if r["group"] in HEAVY) for row in (one, other)]
        if any(read["op"] in OPAQUE for row in (one, other) for read in row["reads"]):
            continue
        c.compared["sharing"] += bool(one["reads"] or other["reads"])
        if counts[0] != counts[1]:
            places = [listed(sites(row)) or "nowhere" for row in (one, other)]
            before, after = (f"{total(n)} ({place})" for n, place in zip(counts, places, strict=True))
            c.add("sharing", key, f"{key} is read by {before} before and by {after} after")
        elif bool(one["reads"]) != bool(other["reads"]):
            side = "before" if one["reads"] else "after"
            c.add("sharing", key, f"{key} is read only {side}, at {listed(sites(one) or sites(other))}")
    needs = [side.record["dependencies"] for side in (c.before, c.after)]
    for name in sorted(set(needs[0]) & set(needs[1])):
        keys = [set(side[name]) for side in needs]
        c.compared["sharing"] += bool(keys[0] | keys[1])
        if keys[0] != keys[1]:
            c.add("sharing", name, f"after, the output {name} {moved('depends on', *keys)}")


def random_draws(c: Comparison) -> None:
    """How many independent draws each result needs. All draws of one shape are equal here, so numbers don't tell."""
    before, after = (side.record.get("draws", {}) for side in (c.before, c.after))
    for name in sorted(set(before) & set(after)):
        one, other = before[name], after[name]
        c.compared["random"] += bool(one["number"] or other["number"])
        if len(other["same"]) > len(one["same"]):
            why = f"{listed(other['same'])} {'does' if len(other['same']) == 1 else 'do'} not change"
            c.add("random", name, f"after, random numbers of {name} are the same in every run of a session: {why}")
        elif one["number"] != other["number"]:
            text = f"{name} takes {draws(one['number'])} before and {other['number']} after"
            c.add("random", name, text)


def draws(number: int) -> str:
    return f"{number} independent random draw{'' if number == 1 else 's'}"


def moved(verb: str, before: set[str], after: set[str]) -> str:
    """`depends on x`, `no longer depends on y`: what came and what went."""
    came, went = listed(sorted(after - before)), listed(sorted(before - after))
    return " and ".join([f"no longer {verb} {went}"] * bool(went) + [f"{verb} {came}"] * bool(came))


def total(counts: Counter[str]) -> str:
    return " and ".join(f"{number} {group}" for group, number in sorted(counts.items())) or "no layer"


def optimizers(c: Comparison) -> None:
    before, after = (side.record["optimizers"] for side in (c.before, c.after))
    if len(before) != len(after):
        steps = [name for side in (c.before, c.after) for name in side.record["steps"]]
        text = f"{len(before)} optimizers of tf.train before, {len(after)} after"
        if c.before.record.get("captured") or any(name.startswith("optimizer ") for name in steps):
            odd = [names for names in before if names not in after] or [n for n in after if n not in before] or [[]]
            c.add("optimizer", listed(odd[0][:1]), f"{text}; only one side has one that changes {listed(odd[0])}")
        elif before or after:
            c.notes.append(f"{text}: compared by what they do")
        return
    c.compared["optimizer"] += len(before)
    left_out = [{n for n in side.record["steps"] if n.startswith("optimizer ")} for side in (c.before, c.after)]
    for name in sorted(left_out[0] ^ left_out[1]):
        side, keys = ("before", before) if name in left_out[0] else ("after", after)
        which = listed(keys[int(name.split()[1])])
        c.add("optimizer", name, f"only {side}, no training op runs the optimizer that changes {which}")
    unmatched = [names for names in after if names not in before or after.count(names) > before.count(names)]
    for names in [names for names in before if before.count(names) > after.count(names)]:
        one, other = set(names), set(min(unmatched, key=lambda other: len(set(other) ^ set(names))))
        c.add("optimizer", min(one ^ other), "after, an optimizer " + moved("changes", one, other))


def update_ops(c: Comparison) -> None:
    """Nothing at all in UPDATE_OPS afterwards can be right, when training updates by itself: the numbers tell."""
    before, after = (side.record["update_ops"] for side in (c.before, c.after))
    if not after and c.before.record["steps"]:
        return
    for key in sorted(set(before) | set(after)):
        c.compared["update_ops"] += 1
        counts = before.get(key, 0), after.get(key, 0)
        if counts[0] != counts[1]:
            c.add("update_ops", key, f"UPDATE_OPS write {key} {counts[0]} times before and {counts[1]} times after")


def savers(c: Comparison) -> None:
    """Savers of the program, in order: the same names must stand for the same variables."""
    before, after = (side.record["savers"] for side in (c.before, c.after))
    state = {row["key"] for row in c.before.variables if row["role"] == "slot"}
    objects = c.after.record.get("checkpoints", [])
    if not after and len(before) == len(objects) > 0:
        saved_as_objects(c, before, objects, state)
        return
    if len(before) != len(after):
        c.notes.append(f"{len(before)} savers before, {len(after)} after: not compared")
        return
    c.compared["saver"] += len(before)
    for one, other in zip(before, after, strict=True):
        if one != other and Counter(one.values()) == Counter(other.values()):
            same_under_other_names(c, one, other)
            continue
        lost = [key for key in sorted(one) if key not in other and one[key] in state]
        if lost:
            c.notes.append(f"after, a saver leaves out what optimizers and averages keep: {listed(lost)}")
        for key in sorted((set(one) | set(other)) - set(lost)):
            if one.get(key) != other.get(key):
                text = (
                    f"a saver keeps {one.get(key, 'nothing')} under {key} before and {other.get(key, 'nothing')} after"
                )
                c.add("saver", key, text)


def same_under_other_names(c: Comparison, one: Json, other: Json) -> None:
    """A saver that keeps what it kept, where checkpoints of the one do not load into the other as they are."""
    if c.renamed_savers:
        c.notes.append("after, a saver keeps the same variables under other names")
        return
    first = min(key for key in one if other.get(key) != one[key])
    name = min(key for key, variable in other.items() if variable == one[first])
    text = f"after, a saver keeps the same variables under other names, as {name} for {first}"
    c.add("saver", first, f"{text}; renamed_savers = true accepts that")


def saved_as_objects(c: Comparison, before: list[Json], after: list[list[str]], state: set[str]) -> None:
    """A saver of names became a tf.train.Checkpoint of objects: there are no names to compare, but variables."""
    c.compared["saver"] += len(before)
    for one, keys in zip(before, after, strict=True):
        kept = set(one.values())
        if kept - set(keys) - state or set(keys) - kept:
            moves = moved("keeps", kept - state, set(keys) - state)
            c.add("saver", min(kept ^ set(keys)), f"after, a checkpoint of objects {moves}")
    c.notes.append("after, checkpoints hold objects in place of names: those of before have to be converted")
