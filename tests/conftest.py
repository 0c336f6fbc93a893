"""What holds for all tests."""

import os
from importlib.util import find_spec

import pytest

# tests see what the code does now, and leave nothing in the home of who runs them
os.environ["TFMIGRATE_CACHE"] = "off"


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "tensorflow: starts TensorFlow; skipped where it is not installed")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    missing = [name for name in ("tensorflow", "keras", "tf_keras", "tf_slim") if find_spec(name) is None]
    for item in items:
        if missing and item.get_closest_marker("tensorflow"):
            item.add_marker(pytest.mark.skip(reason=f"needs {', '.join(missing)}: pip install 'tfmigrate[check]'"))
