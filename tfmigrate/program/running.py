"""Code that runs a model, by how it is spelled."""

from __future__ import annotations

import ast
from functools import lru_cache

_SESSIONS = {
    "Session", "InteractiveSession", "MonitoredSession", "MonitoredTrainingSession", "Supervisor", "Estimator",
    "TPUEstimator", "managed_session", "FileWriter", "SummaryWriter",
}  # fmt: skip
_RUNNING = {"run", "eval", "restore", "save", "start_queue_runners"}


@lru_cache(maxsize=8192)
def runs(node: ast.AST) -> bool:
    """Whether code opens a session or runs something in one."""
    for child in ast.walk(node):
        if isinstance(child, ast.Attribute) and child.attr in _SESSIONS:
            return True
        if isinstance(child, ast.Name) and child.id in _SESSIONS:
            return True
        if isinstance(child, ast.Call) and isinstance(child.func, ast.Attribute) and child.func.attr in _RUNNING:
            return True
    return False
