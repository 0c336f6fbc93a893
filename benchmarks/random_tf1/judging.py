"""What became of a random program: migrated and equivalent, refused, or wrong."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tfmigrate.finding import CODES, Severity
from tfmigrate.model import Migration, State
from tfmigrate.pipeline import migrate
from tfmigrate.program.detours import detours
from tfmigrate.program.link import Program, parse_module
from tfmigrate.program.rerouting import straight
from tfmigrate.proving.recount import requested
from tfmigrate.verify import Case, Status, Verdict, check_many
from tfmigrate.walk.roots import walk_program

Files = dict[str, str]
NOT_FOLLOWED = frozenset(code for code in CODES if code[:4] in ("TFM2", "TFM3", "TFM5")) | {"TFM406"}
OWN_BUGS = frozenset(code for code, row in CODES.items() if row.severity is Severity.BUG)


@dataclass
class Judged:
    """One program. outcome: `migrated`, `partly`, `refused`, `wrong`, `invalid` (TF1 fails), `nothing` (to compare)."""

    name: str
    files: Files
    after: Files = field(default_factory=dict)
    migration: Migration | None = None
    outcome: str = ""
    why: str = ""
    inventory: list[tuple[str, tuple[str, ...] | None]] = field(default_factory=list)

    @property
    def codes(self) -> Counter[str]:
        return Counter(finding.code for finding in self.migration.findings) if self.migration is not None else Counter()

    @property
    def sites(self) -> int:
        return len(self.migration.groups) if self.migration is not None else 0


def analyse(name: str, files: Files, folder: Path) -> Judged:
    """Migrate a program and look at everything that needs no TensorFlow."""
    judged = Judged(name, files)
    write(files, folder / "before")
    try:
        judged.migration = migration = migrate([folder / "before"])
        judged.inventory = inventory(files)
    except Exception as error:  # noqa: BLE001 - what must not happen is what is looked for
        return wrong(judged, f"crash: {type(error).__name__}: {error}")
    judged.after = dict(files)
    for change in migration.changes:
        judged.after[change.path.name] = change.after
    write(judged.after, folder / "after")
    for finding in migration.findings:
        if finding.code in OWN_BUGS:
            return wrong(judged, f"{finding.code}: {finding.message}")
    for path, text in judged.after.items():
        try:
            compile(text, path, "exec")
        except SyntaxError as error:
            return wrong(judged, f"no Python: {error}")
    judged.outcome = _outcome(migration)
    if migration.changes:
        again = migrate([folder / "after"])
        if again.changes:
            return wrong(judged, "a second run changes something")
    return judged


def _outcome(migration: Migration) -> str:
    states = {group.state for group in migration.groups}
    if not migration.changes:
        return "refused" if migration.findings else "nothing"
    refused = any(finding.severity is Severity.REFUSED for finding in migration.findings)
    return "partly" if State.REFUSED in states or refused else "migrated"


def wrong(judged: Judged, why: str) -> Judged:
    judged.outcome, judged.why = "wrong", why
    return judged


def run(batch: Sequence[Judged], folder: Path, before_python: Path | None = None) -> None:
    """Run both sides of all programs that changed; of the others only the one that there is, for its variables.

    Quickly first; what is not equivalent then is checked in full.
    """
    for changed in (True, False):
        chosen = [j for j in batch if j.outcome not in ("wrong", "") and (j.after != j.files) is changed]
        unsure = []
        for judged, verdict in zip(chosen, _verdicts(chosen, folder, before_python, changed, quick=True)):
            if verdict.status is Status.EQUIVALENT or _before_fails(verdict):
                _judge(judged, verdict)
            else:
                unsure.append(judged)
        for judged, verdict in zip(unsure, _verdicts(unsure, folder, before_python, changed, quick=False)):
            _judge(judged, verdict)


def _verdicts(
    chosen: Sequence[Judged], folder: Path, before_python: Path | None, changed: bool, quick: bool
) -> list[Verdict]:
    pairs = [
        Case(
            folder / j.name / "before",
            folder / j.name / "after",
            j.name,
            module="before",
            variable_map=j.migration.variable_map if j.migration is not None else {},
            steps=2 if quick else 3,
        )
        for j in chosen
    ]
    if not pairs:
        return []
    return check_many(
        pairs,
        before_python=before_python,
        after_is_tf1=not changed,
        timeout=60,
        renamed_savers=True,
        quick=quick,
        partly=True,
    )


def _before_fails(verdict: Verdict) -> bool:
    return verdict.status is Status.COULD_NOT_TELL and "before side" in verdict.reason


def _judge(judged: Judged, verdict: Verdict) -> None:
    said = "; ".join([verdict.reason, *map(str, verdict.differences[:3])])
    if _before_fails(verdict):
        judged.outcome, judged.why = "invalid", said + verdict.tail[-600:]
    elif re.search(r"^neither program makes a variable|no output that was compared reads any", verdict.reason):
        judged.outcome = "nothing"
    elif judged.outcome == "partly" and re.search(r"is not available with Keras 3|has no attribute 'contrib'", said):
        judged.why = "what stays TF1 does not run beside Keras 3"
    elif verdict.status is not Status.EQUIVALENT:
        wrong(judged, said + verdict.tail[-1500:])
    elif judged.outcome != "migrated" and not NOT_FOLLOWED.isdisjoint(judged.codes):
        return  # the analysis says that it does not know all variables
    else:
        # the inventory is of what a scope shares; a tf.Variable is made anew by every call
        own = re.findall(r'tf\.Variable\([^\n]*name="(\w+)"', "".join(judged.files.values()))
        made = [(row.before.name, row.before.shape) for row in verdict.variables if row.before is not None]
        symbolic = [row for row in judged.inventory if row[0] and _stem(row[0]) not in own]
        difference = compared(symbolic, [row for row in made if _stem(row[0]) not in own])
        if difference:
            wrong(judged, f"inventory: {difference}")


def _stem(name: str) -> str:
    return re.sub(r"_\d+$", "", name.split("/")[-1])


# --- the symbolic inventory


def inventory(files: Files) -> list[tuple[str, tuple[str, ...] | None]]:
    """The variables that `build()` makes, by symbolic name and shape."""
    modules = {Path(path).stem: parse_module(Path(path).stem, Path(path), text) for path, text in files.items()}
    program = Program(modules)
    walks, _ = walk_program(straight(program, list(detours(program))))
    found = []
    for walk in walks:
        if getattr(walk.entry.target, "name", "") == "build":
            found += [(item.path, item.shape) for item in requested(walk.scoping, walk.root)]
    return found


def compared(
    symbolic: Iterable[tuple[str, tuple[str, ...] | None]], made: Iterable[tuple[str, tuple[int | None, ...] | None]]
) -> str:
    """Why the two are not the same, or nothing. A name in braces stands for the rounds of a loop."""
    patterns = [(_pattern(path), path, shape) for path, shape in symbolic]
    hits: Counter[str] = Counter()
    for name, shape in made:
        if _SLOT.search(name):
            continue
        fit = [(path, wanted) for pattern, path, wanted in patterns if pattern.fullmatch(name)]
        if not fit:
            return f"TensorFlow makes {name}, the analysis does not"
        hits.update(path for path, _ in fit)
        if not any(_fits(wanted, shape) for _, wanted in fit):
            return f"TensorFlow makes {name} {shape}, the analysis {fit[0][1]}"
    for _, path, _ in patterns:
        if not hits[path]:
            return f"the analysis makes {path}, TensorFlow does not"
        if "{" not in path and hits[path] > 1:
            return f"TensorFlow makes {path} {hits[path]} times"
    return ""


# what optimizers and averages make
_SLOT = re.compile(r"(^|/)(beta[12]_power|Adam(_1)?|Momentum|RMSProp(_1)?|ExponentialMovingAverage)(_\d+)?$")


def _pattern(path: str) -> re.Pattern[str]:
    return re.compile(
        "".join("[^/]+" if part.startswith("{") else re.escape(part) for part in re.split(r"(\{[^}]*\})", path))
    )


def _fits(symbolic: tuple[str, ...] | None, shape: tuple[int | None, ...] | None) -> bool:
    if symbolic is None or shape is None:
        return True
    known = [(a, b) for a, b in zip(symbolic, shape) if re.fullmatch(r"\d+", a)]
    return len(symbolic) == len(shape) and all(int(a) == b for a, b in known)


def write(files: Files, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for path, text in files.items():
        (folder / path).write_text(text, encoding="utf-8")
