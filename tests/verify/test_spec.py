"""`[tool.tfmigrate.check]`: what may stand there, and what is said about the rest."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tfmigrate.verify import Call, Case, CheckSpec, Input, SpecError, Tolerances


def test_an_empty_table_is_the_default() -> None:
    assert CheckSpec.from_table({}) == CheckSpec()


def test_everything_that_can_be_said() -> None:
    spec = CheckSpec.from_table(
        {
            "entry": "pkg.model:Net.build",
            "entry_after": "pkg.model:Net",
            "steps": 2,
            "timeout": 9,
            "memory_mb": 1000,
            "renamed_savers": True,
            "tolerances": {"float32": 1e-3, "update": 1e-2},
            "inputs": {"tokens": {"shape": [2, 16], "high": 30522}},
            "calls": [{"share": "d", "arguments": {"image": {"shape": [4, 12]}, "hidden": 8}}],
        }
    )
    assert (spec.module, spec.function, spec.after_function) == ("pkg.model", "Net.build", "Net")
    assert (spec.steps, spec.timeout, spec.memory_mb) == (2, 9.0, 1000)
    assert spec.renamed_savers
    assert spec.inputs == {"tokens": Input((2, 16), None, 30522)}
    assert spec.calls == (Call({"image": {"shape": [4, 12]}, "hidden": 8}, "d"),)
    assert spec.tolerances.of("float32") == 1e-3
    assert spec.tolerances.of("float64") == Tolerances().of("float64")
    assert spec.tolerances.update == 1e-2


def test_a_command_line_is_split_as_a_shell_does() -> None:
    assert CheckSpec.from_table({"run": "train.py --name 'a b'"}).run == ("train.py", "--name", "a b")
    assert CheckSpec.from_table({"run": ["-m", "pkg.train"]}).run == ("-m", "pkg.train")


def test_an_entry_without_a_module() -> None:
    spec = CheckSpec.from_table({"entry": "make"})
    assert (spec.module, spec.function) == (None, "make")


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"entri": "x"}, "entri: not a key"),
        ({"entry": 3}, 'entry: expected "module:function"'),
        ({"entry": ""}, 'entry: expected "module:function"'),
        ({"run": 3}, "run: expected a command line"),
        ({"run": [1]}, "run: expected a command line"),
        ({"steps": 0}, "steps: expected a number above 0"),
        ({"timeout": True}, "timeout: expected a number above 0"),
        ({"renamed_savers": 1}, "renamed_savers: expected true or false"),
        ({"calls": {}}, "calls: expected an array of tables"),
        ({"calls": [{"args": {}}]}, r"calls\[0\]: expected a table with arguments and share"),
        ({"inputs": []}, "inputs: expected a table"),
        ({"inputs": {"x": {"dims": []}}}, "inputs.x: expected a table with shape, low and high"),
        ({"inputs": {"x": {"shape": ["2"]}}}, "inputs.x.shape: expected an array of whole numbers"),
        ({"inputs": {"x": {"low": "2"}}}, "inputs.x.low: expected a number"),
        ({"tolerances": {"float31": 1.0}}, "tolerances.float31: expected a dtype, update or initial"),
        ({"tolerances": {"float32": -1.0}}, "float32: expected a number above 0"),
    ],
)
def test_anything_else_is_named(table: dict[str, Any], message: str) -> None:
    with pytest.raises(SpecError, match=message):
        CheckSpec.from_table(table)


def test_a_case_takes_over_what_concerns_it() -> None:
    spec = CheckSpec.from_table({"entry": "m:f", "run": "x.py", "steps": 5})
    case = Case.of(spec, Path("b"), Path("a"), "name", {"x": "y"})
    assert case == Case(Path("b"), Path("a"), "name", "f", "m", {"x": "y"}, {}, 5, None, ("x.py",), ())
