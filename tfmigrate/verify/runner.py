"""Runs both sides of one or many cases, each side in one process, and judges what they wrote."""

from __future__ import annotations

import json
import re
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from tfmigrate.verify.compare import compare
from tfmigrate.verify.modes import in_other_modes
from tfmigrate.verify.process import Limits, Outcome, Side, run_side
from tfmigrate.verify.recording import ON_KERAS_3, Recording, Tolerances, describe_error
from tfmigrate.verify.spec import Call, CheckSpec, Input
from tfmigrate.verify.verdict import Status, Verdict

RECORDER = Path(__file__).with_name("record.py")
ENTRY_MODULES = ("probe", "before", "after", "main", "build")
SIDES = ("before", "after")


@dataclass(frozen=True)
class Case:
    """One pair of programs. before and after: a directory, or a .py file whose directory is the program's.

    function, module: what to call; without a module, the file or the one that has the function. variable_map: TF1
    variable name to Keras path where the two differ. The other fields are those of CheckSpec.
    """

    before: Path
    after: Path
    name: str = ""
    function: str = "build"
    module: str | None = None
    variable_map: Mapping[str, str] = field(default_factory=dict)
    inputs: Mapping[str, Input] = field(default_factory=dict)
    steps: int = 3
    after_function: str | None = None
    run: tuple[str, ...] = ()
    calls: tuple[Call, ...] = ()

    @classmethod
    def of(
        cls, spec: CheckSpec, before: Path, after: Path, name: str = "", variable_map: Mapping[str, str] | None = None
    ) -> Case:
        """The case that a spec describes. Its limits and tolerances go to `check_many`."""
        return cls(
            before, after, name, spec.function, spec.module, variable_map or {}, spec.inputs, spec.steps,
            spec.after_function, spec.run, spec.calls,
        )  # fmt: skip


class UnusableError(Exception):
    """A case that can't be started; the message says why."""


def check(
    before: Path,
    after: Path,
    *,
    function: str | None = None,
    before_python: Path | None = None,
    variable_map: Mapping[str, str] | None = None,
    timeout: float | None = None,
    memory_mb: int | None = None,
    tolerances: Tolerances | None = None,
    spec: CheckSpec | None = None,
    python: Path | None = None,
    renamed_savers: bool = False,
) -> Verdict:
    """The verdict on one pair. What is given here overrides the spec. See `check_many`."""
    spec = spec or CheckSpec()
    case = Case.of(spec, before, after, variable_map=variable_map)
    if function is not None:
        case = replace(case, function=function, after_function=None)
    return check_many(
        [case],
        before_python=before_python,
        timeout=timeout or spec.timeout,
        memory_mb=memory_mb or spec.memory_mb,
        tolerances=tolerances or spec.tolerances,
        python=python,
        renamed_savers=renamed_savers,
    )[0]


def check_many(
    cases: Sequence[Case],
    *,
    before_python: Path | None = None,
    timeout: float = 120.0,
    memory_mb: int = 4096,
    tolerances: Tolerances | None = None,
    python: Path | None = None,
    after_is_tf1: bool = False,
    renamed_savers: bool = False,
    quick: bool = False,
    partly: bool = False,
) -> list[Verdict]:
    """One verdict per case, in order, from one process per side (one more after each case that breaks it).

    before_python: an interpreter that has TensorFlow 1.15; by default the before side runs on stand-ins. python: the
    interpreter for everything else, by default the one that runs this. timeout: seconds of one case on one side, the
    start of TensorFlow apart. memory_mb: of one side, with its children. Cases that start a script get processes of
    their own. after_is_tf1: the after side runs on the stand-ins too, which shows what they change against a real
    TensorFlow 1.15. renamed_savers: it is known and accepted that savers keep the same variables under other names.
    quick: rounding is not measured and allowed for, and all outputs have one gradient together. What is equivalent then
    is equivalent; what is not may have been rounding, and is to be checked without it. partly: what stays TF1 on the
    after side has stand-ins too, beside Keras 3.
    Never raises for what a program does.
    """
    verdicts: dict[int, Verdict] = {}
    batch = [number for number, case in enumerate(cases) if not case.run]
    scripts = [[number] for number, case in enumerate(cases) if case.run]
    main = python or Path(sys.executable)
    pythons = {"before": before_python or main, "after": main}
    libraries = {"before": "tf1", "after": "tf1" if after_is_tf1 else "keras3"}
    setting = Setting(pythons, libraries, Limits(timeout, memory_mb), tolerances, renamed_savers, quick, partly)
    for numbers in ([batch] if batch else []) + scripts:
        found = _check_together([cases[number] for number in numbers], setting)
        verdicts.update(zip(numbers, found, strict=True))
    return [verdicts[number] for number in range(len(cases))]


@dataclass(frozen=True)
class Setting:
    """What is the same for all cases: interpreter and library of each side, limits, what is accepted."""

    pythons: Mapping[str, Path]
    libraries: Mapping[str, str]
    limits: Limits
    tolerances: Tolerances | None
    renamed_savers: bool = False
    quick: bool = False
    partly: bool = False


def _check_together(cases: Sequence[Case], setting: Setting) -> list[Verdict]:
    started = time.monotonic()
    scratch = Path(tempfile.mkdtemp(prefix="tfmigrate-check-"))
    try:
        jobs = _jobs(cases, setting.quick)
        sides = [
            Side(s, setting.libraries[s], setting.pythons[s], jobs.sides[s], scratch, RECORDER, setting.partly)
            for s in SIDES
        ]
        outcomes = dict(zip(SIDES, _run_both(sides, setting.limits), strict=True))
        verdicts = []
        for number, case in enumerate(cases):
            if number in jobs.unusable:
                verdict = Verdict(Status.COULD_NOT_TELL, jobs.unusable[number], case.name)
            else:
                numbers = {"before": jobs.shared[number], "after": number}
                verdict = _judge(case.name, numbers, outcomes, scratch, setting)
            verdicts.append(replace(verdict, seconds=time.monotonic() - started))
        return verdicts
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _run_both(sides: Sequence[Side], limits: Limits) -> list[Outcome]:
    stop = threading.Event()
    with ThreadPoolExecutor(len(sides)) as pool:
        try:
            return list(pool.map(lambda side: run_side(side, limits, stop), sides))
        except BaseException:  # an interrupt must not wait for the time limit of the sides
            stop.set()
            raise


@dataclass
class Jobs:
    """What the sides are to do. Cases whose before sides are the same program share one recording of it.

    shared: number of a case to the number under which its before side is recorded. unusable: why a case has no job.
    """

    sides: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: {side: [] for side in SIDES})
    shared: dict[int, int] = field(default_factory=dict)
    unusable: dict[int, str] = field(default_factory=dict)


def _jobs(cases: Sequence[Case], quick: bool) -> Jobs:
    jobs = Jobs()
    known: dict[str, int] = {}
    for number, case in enumerate(cases):
        try:
            if len(set(case.variable_map.values())) != len(case.variable_map):
                raise UnusableError("the variable map gives one path to several variables")
            before, after = ({**_job(case, side), "map": dict(case.variable_map), "quick": quick} for side in SIDES)
        except (UnusableError, OSError) as error:
            jobs.unusable[number] = str(error)
            continue
        first = known.setdefault(json.dumps(before, sort_keys=True, default=str), number)
        jobs.shared[number] = first
        if first == number:
            jobs.sides["before"].append({**before, "index": number, "exchange": number})
        jobs.sides["after"].append({**after, "index": number, "exchange": first})
    return jobs


def _job(case: Case, side: str) -> dict[str, Any]:
    function = case.after_function if side == "after" and case.after_function else case.function
    root, module = entry(case.before if side == "before" else case.after, case, function)
    return {
        "root": str(root),
        "module": module,
        "function": function,
        "steps": case.steps,
        "run": list(case.run),
        "calls": [{"arguments": dict(call.arguments), "share": call.share} for call in case.calls],
        "inputs": {n: {"shape": i.shape, "low": i.low, "high": i.high} for n, i in case.inputs.items()},
    }


def entry(path: Path, case: Case, function: str) -> tuple[Path, str]:
    """The directory to run in and the module to import. Raises UnusableError."""
    path = path.resolve()
    if path.is_file():
        return path.parent, path.stem
    if not path.is_dir():
        raise UnusableError(f"{path} does not exist")
    if case.run:
        return path, ""
    if case.module is not None:
        return path, case.module
    sources = {file.stem: file.read_text("utf-8", "replace") for file in sorted(path.glob("*.py"))}
    outside = re.compile(rf"^(def|class) {re.escape(function)}\b", re.MULTILINE)  # every layer has a build, too
    having = [name for name, text in sources.items() if outside.search(text)]
    for name in ENTRY_MODULES:
        if name in (having or sources):
            return path, name
    if len(having) != 1:
        many = f"{len(having)} modules" if having else "no module"
        raise UnusableError(f"{path} has {many} with {function}(); name the one to run")
    return path, having[0]


def _last_words(error: Mapping[str, str], tail: str) -> str:
    """What a program said before it exited, where its exit status alone says nothing."""
    lines = [line.strip() for line in tail.splitlines() if line.strip()]
    silent = error["type"] == "SystemExit" and not error["message"].strip("-0123456789")
    return f" ({lines[-1][:200]})" if silent and lines else ""


def _judge(
    name: str,
    numbers: Mapping[str, int],
    outcomes: Mapping[str, Outcome],
    scratch: Path,
    setting: Setting,
) -> Verdict:
    for side, number in numbers.items():
        failure = outcomes[side].failures.get(number)
        if failure is not None:
            return Verdict(Status.COULD_NOT_TELL, f"the {side} side {failure.reason}", name, tail=failure.tail)
    recordings = {side: Recording.load(scratch / str(number), side) for side, number in numbers.items()}
    tails = {side: outcomes[side].tails.get(number, "") for side, number in numbers.items()}
    for side, recording in recordings.items():
        error = recording.record["errors"].get("build")
        if error:
            reason = describe_error(side, "build", error) + _last_words(error, tails[side])
            if side == "before" and recording.record["library"] != setting.libraries[side]:
                reason += f"; {ON_KERAS_3}"
            return Verdict(Status.COULD_NOT_TELL, reason, name, tail=tails[side] + error["traceback"])
    sides = (recordings["before"], recordings["after"])
    verdict = compare(*sides, setting.tolerances, name, renamed_savers=setting.renamed_savers)
    if verdict.status is Status.EQUIVALENT:
        verdict = in_other_modes(verdict, numbers, scratch, setting.tolerances)
    if verdict.status is not Status.COULD_NOT_TELL:
        return verdict
    errors = [(side, error) for side in SIDES for error in recordings[side].record["errors"].values()]
    return replace(verdict, tail="".join(tails[side] + error["traceback"] for side, error in errors))
