"""Rewrites TensorFlow 1 variable scopes into Keras 3 layers, and proves that nothing changed. See `tfmigrate.api`."""

from tfmigrate.api import UsageError, check, migrate
from tfmigrate.model import Migration

__all__ = ["Migration", "UsageError", "check", "migrate"]
