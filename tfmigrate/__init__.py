"""Rewrites TensorFlow 1 variable scopes into Keras 3 layers, and proves that nothing changed. See `tfmigrate.api`."""

from tfmigrate.api import UsageError, audit, check, migrate, migrate_many
from tfmigrate.model import Audit, Migration, Outcome

__all__ = ["Audit", "Migration", "Outcome", "UsageError", "audit", "check", "migrate", "migrate_many"]
