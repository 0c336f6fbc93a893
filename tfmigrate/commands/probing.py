"""`probe`: a first version of the function that `check` runs on both sides."""

from __future__ import annotations

import argparse
import os
import sys

from tfmigrate import source
from tfmigrate.commands.output import fail, say_findings, show
from tfmigrate.commands.status import DONE, LEFT, UsageError, must_exist
from tfmigrate.model import FileChange
from tfmigrate.pipeline import probe_text
from tfmigrate.writing.changes import write_one


def probe(arguments: argparse.Namespace) -> int:
    must_exist(arguments.paths)
    out = arguments.out
    if out is not None and os.path.lexists(out) and not arguments.force:
        raise UsageError(f"{out} exists; name another file, or write over it with --force")
    found = probe_text(arguments.paths)
    for script in found.scripts if "fill in: importing" in found.text or not found.text else ():
        sys.stderr.write(f"{script} runs when it is imported: check it with --run {os.path.basename(script)}\n")
    if not found.text:
        return fail("nothing that makes variables can be called from outside")
    if out is None:
        show([(found.text, "")], plain=True)
    else:
        old = None
        sources = {}
        if out.exists():
            try:
                sources[out] = source.read(out)
            except source.SourceError as error:
                raise UsageError(str(error)) from None
            old = sources[out].text
        problems = write_one(FileChange(out, old, found.text), sources)
        if problems:
            say_findings(problems)
            return fail("nothing was written")
    return LEFT if "# fill in" in found.text else DONE
