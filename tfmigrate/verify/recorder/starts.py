"""Where variables start: from which draws, and how these are spread."""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Sequence, Set, Tuple

from .basics import Json
from .graph import FUNCTIONAL, ancestors, functions_of, step_ancestors, writes, written_variable
from .loaded import np
from .numbers import FULL, Arrays, initialise, read_values, sampled
from .pins import PINS, draw
from .variables import Variable

DRAWS, MORE_DRAWS = 8, 64  # samples of every initial value


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
