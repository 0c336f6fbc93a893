"""The rules, a function in a file each."""

from __future__ import annotations

from tfmigrate.auditing.remark import Rule
from tfmigrate.auditing.rules import (
    clashes,
    copied_names,
    coupled_files,
    empty_lists,
    ignored_arguments,
    keywords,
    middle_of_names,
    nameless_reuse,
    near_names,
    plain_variables,
    reuse_off,
    shapes,
    switched_reuse,
    two_files,
    unnamed_layers,
)

RULES: tuple[Rule, ...] = (
    clashes.check,
    shapes.check,
    ignored_arguments.check,
    near_names.check,
    unnamed_layers.check,
    copied_names.check,
    switched_reuse.check,
    reuse_off.check,
    nameless_reuse.check,
    plain_variables.check,
    keywords.check,
    coupled_files.check,
    empty_lists.check,
    middle_of_names.check,
    two_files.check,
)
