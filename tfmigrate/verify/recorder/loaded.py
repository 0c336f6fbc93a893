"""TensorFlow and NumPy as they were loaded. Nothing that takes them from here may be imported before `load`."""

from __future__ import annotations

import importlib
import importlib.machinery
import importlib.util
import os
import sys
from typing import Any

from .basics import Json, WantsKerasError

tf: Any = None  # tensorflow.compat.v1
VERSION = ""  # of TensorFlow, whatever a stand-in says
np: Any = None
load_arrays: Any = None  # numpy.load and savez as they were before a program could replace them
save_arrays: Any = None
NETWORK_MODULES = ("tensorflow", "keras", "tf_keras", "tf_slim", "numpy", "absl", "google", "h5py")


def load(job: Json) -> Any:
    """Sets `tf` and `np`: real TF1 as it is, TF2 with stand-ins before, TF2 with Keras 3 after. What stands in."""
    global tf, np, load_arrays, save_arrays, VERSION
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
    os.environ["CUDA_VISIBLE_DEVICES"] = ""
    legacy = job["library"] == "tf1"
    if legacy:
        os.environ["TF_USE_LEGACY_KERAS"] = "1"
    else:
        os.environ.pop("TF_USE_LEGACY_KERAS", None)
    np = importlib.import_module("numpy")
    load_arrays, save_arrays = np.load, np.savez
    package = importlib.import_module("tensorflow")
    VERSION = package.__version__
    tf = importlib.import_module("tensorflow.compat.v1")
    if not VERSION.startswith("2"):
        return None
    standins = load_file("tfmigrate_standins", job["standins"])
    if legacy:
        tf = standins.install()
        sys.meta_path.insert(0, KerasFinder())
    return standins


class KerasFinder:
    """Says so when a program imports the Keras that it does not get on this side."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> None:
        if name != "keras":
            return
        spec = importlib.machinery.PathFinder.find_spec(name)
        if spec is None or not str(spec.origin).startswith(os.getcwd() + os.sep):
            raise WantsKerasError("the program imports keras")


def load_file(name: str, path: str) -> Any:
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module
