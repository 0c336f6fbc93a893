"""How a command ends."""

from __future__ import annotations

from tfmigrate.api import UsageError, must_exist

DONE, LEFT, FAILED = 0, 1, 2

__all__ = ["DONE", "FAILED", "LEFT", "UsageError", "must_exist"]
