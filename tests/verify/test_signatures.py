"""What is known of TensorFlow 1's functions, held against the signatures of TensorFlow 1.15 itself."""

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from tfmigrate.tf1.cells import CELLS, DRIVERS, WRAPPERS
from tfmigrate.tf1.contrib_layers import CONTRIB, CONTRIB_ALIASES
from tfmigrate.tf1.layers import GET_VARIABLE, LAYERS, VARIABLE_SCOPE
from tfmigrate.tf1.renamed import RENAMED_CALLS, SCALINGS
from tfmigrate.tf1.rows import LayerRow

# runs under Python 3.7
ASK = """
import functools, inspect, json, operator, sys, warnings
warnings.filterwarnings("ignore")
import tensorflow as tf
import tensorflow.contrib.slim, tensorflow.contrib.losses, tensorflow.contrib.layers.python.layers

def plain(function):
    if isinstance(function, functools.partial):
        return plain(function.func)
    if inspect.isclass(function):
        # some only hand on what they get
        starts = [plain(base.__dict__["__init__"]) for base in function.__mro__ if "__init__" in base.__dict__]
        return next(start for start in starts if len(inspect.getfullargspec(start).args) > 1)
    while True:
        inner = getattr(function, "_decorated_target", None) or getattr(function, "__wrapped__", None)
        if inner is None or inner is function:
            return function
        function = inner

def described(name):
    try:
        function = operator.attrgetter(name[3:])(tf)
    except AttributeError:
        return None
    spec = inspect.getfullargspec(plain(function))
    names = [arg for arg in spec.args if arg != "self"]
    given = spec.defaults or ()
    kinds = (bool, int, float, str, type(None))
    known = {k: v for k, v in zip(names[len(names) - len(given):], given) if isinstance(v, kinds)}
    return {"params": names, "defaults": known}

described_all = {name: described(name) for name in json.load(sys.stdin)}
print(json.dumps({name: found for name, found in described_all.items() if found is not None}))
"""
ROWS: Mapping[str, LayerRow] = {**LAYERS, **CELLS, **WRAPPERS, **DRIVERS}


@pytest.fixture(scope="module")
def known(tf1_python: Path) -> dict[str, dict[str, object]]:
    names = [*ROWS, *CONTRIB_ALIASES, *RENAMED_CALLS, *SCALINGS, "tf.get_variable", "tf.variable_scope"]
    asked = sorted({name for name in names if name.startswith("tf.")})
    run = subprocess.run(
        [tf1_python, "-c", ASK], input=json.dumps(asked), capture_output=True, text=True, timeout=300, check=True
    )
    return dict(json.loads(run.stdout.splitlines()[-1]))


@pytest.mark.tensorflow
@pytest.mark.xdist_group("tensorflow")
def test_parameters_stand_in_their_order(known: dict[str, dict[str, object]]) -> None:
    wrong = {name: known[name]["params"] for name, row in ROWS.items() if [*row.params] != known[name]["params"]}
    assert wrong == {}
    assert known["tf.get_variable"]["params"] == [*GET_VARIABLE]
    assert known["tf.variable_scope"]["params"] == [*VARIABLE_SCOPE]


@pytest.mark.tensorflow
@pytest.mark.xdist_group("tensorflow")
def test_other_names_mean_the_same_function(known: dict[str, dict[str, object]]) -> None:
    wrong = {
        other: name
        for other, name in CONTRIB_ALIASES.items()
        if other in known and name in CONTRIB and known[other] != known[name]
    }
    assert wrong == {}


@pytest.mark.tensorflow
@pytest.mark.xdist_group("tensorflow")
def test_what_contrib_does_by_default_is_said_to_keras(known: dict[str, dict[str, object]]) -> None:
    """A literal that Keras does not have by itself stands among the defaults of the row."""
    usual = {"stride": 1, "rate": 1, "center": True, "scale": True, "trainable": True, "depth_multiplier": 1}
    wrong = {}
    for name, row in CONTRIB.items():
        defaults = known[name]["defaults"]
        assert isinstance(defaults, dict)
        for param, value in defaults.items():
            said = row.defaults.get(row.keras_name(param))
            plain = None if said is None else json.loads(said.replace("True", "true").replace("False", "false"))
            same = str(plain).lower() == str(value).lower() if said is not None else usual.get(param) == value
            told = value is None or param in row.only or param in row.refused or row.operation or same
            if not told and param not in ("epsilon", "begin_norm_axis", "updates_collections"):
                wrong[name, param] = value
    assert wrong == {}


@pytest.mark.tensorflow
@pytest.mark.xdist_group("tensorflow")
def test_renamed_functions_take_these_arguments(known: dict[str, dict[str, object]]) -> None:
    for name, renamed in RENAMED_CALLS.items():
        if name in known:
            params = known[name]["params"]
            assert isinstance(params, list)
            assert params[: len(renamed.params)] == [*renamed.params] or "one_hot" in renamed.name, name
    for name, scaling in SCALINGS.items():
        if name in known:
            defaults = known[name]["defaults"]
            assert isinstance(defaults, dict)
            assert [*scaling.params] == known[name]["params"]
            assert defaults.get("factor", 1.0) == scaling.factor
            assert defaults.get("mode", "FAN_AVG") == scaling.mode
            assert defaults["uniform"] is scaling.uniform
