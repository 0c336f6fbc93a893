"""Rewrites TensorFlow 1 variable scopes into Keras 3 layers, and proves that nothing changed. See `tfmigrate.api`."""

from tfmigrate.api import UsageError, check, migrate, migrate_many
from tfmigrate.model import Migration, Outcome

__all__ = ["Migration", "Outcome", "UsageError", "check", "migrate", "migrate_many"]
