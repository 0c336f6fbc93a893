"""What holds for all tests."""

import os

import pytest

# tests see what the code does now, and leave nothing in the home of who runs them
os.environ["TFMIGRATE_CACHE"] = "off"


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "tensorflow: starts TensorFlow; skipped where it is not installed")
