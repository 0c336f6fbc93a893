"""Do two programs do the same? One before a migration, one after, no matter who migrated.

    verdict = check(Path("old/model.py"), Path("new/model.py"), variable_map={"reader/w": "reader/gru_step/w"})
    verdict.status        # Status.EQUIVALENT, DIFFERENT or COULD_NOT_TELL; .exit_code is 0, 1, 2
    verdict.reason        # one sentence
    verdict.differences   # causes before effects; each has kind, name, detail, size
    verdict.variables     # the table of variables, both sides, with the lines that read them
    verdict.notes         # what was accepted or left out, and why
    verdict.tail          # the end of the output, when it could not tell

    verdicts = check_many([Case(before, after, name="gan"), ...])   # one process per side for all of them

Each program has a function (default `build()`) that returns a dict of tensors to compare and of training ops to run; or
it is started as a script, `CheckSpec(run=("train.py", "--batch", "2"))`, and recorded up to its first Session.run; or
`CheckSpec.from_table(pyproject["tool"]["tfmigrate"]["check"])` says what to call.

Nothing here imports TensorFlow; the recorder and the checkpoint tool do, in processes of their own.
"""

from typing import TYPE_CHECKING

from tfmigrate.verify.recording import Tolerances
from tfmigrate.verify.spec import Call, CheckSpec, Input, SpecError
from tfmigrate.verify.verdict import KINDS, Difference, SideOfVariable, Status, VariableRow, Verdict

if TYPE_CHECKING:
    from tfmigrate.verify.runner import Case, check, check_many

__all__ = [
    "KINDS",
    "Call",
    "Case",
    "CheckSpec",
    "Difference",
    "Input",
    "SideOfVariable",
    "SpecError",
    "Status",
    "Tolerances",
    "VariableRow",
    "Verdict",
    "check",
    "check_many",
]


def __getattr__(name: str) -> object:
    """What starts processes is imported when it is asked for: most commands only want the nouns."""
    if name in ("Case", "check", "check_many"):
        from tfmigrate.verify import runner

        return getattr(runner, name)
    raise AttributeError(name)
