"""Rewrites TensorFlow 1 variable scopes into Keras 3 layers, and proves that nothing changed. See `tfmigrate.api`."""

from tfmigrate.api import UsageError, audit, check, migrate
from tfmigrate.model import Audit, Migration

__all__ = ["Audit", "Migration", "UsageError", "audit", "check", "migrate"]
