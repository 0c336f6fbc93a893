"""Code that decides something by the name of a variable, other than lists of variables."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable

from tfmigrate.planning.clusters import Clusters
from tfmigrate.planning.name_reads import name_reads
from tfmigrate.planning.reaching import Reaching
from tfmigrate.program.link import Function, Module
from tfmigrate.program.scan import Scan, scan_code
from tfmigrate.program.standing import ancestors
from tfmigrate.walk.regions import Region
from tfmigrate.walk.roots import Walk

# what only shows a name to a person
_SHOWS = re.compile(
    r"(^|\.)(print|log|info|debug|warn|warning|write|histogram\w*|scalar\w*|image\w*|\w*summary\w*)$|logg|summary"
)

_PRINTS = re.compile(r"^print$|(^|\.)(info|debug|warn|warning)$")


def check_names(
    walks: Iterable[Walk], reaching: Reaching, clusters: Clusters, listed: set[ast.expr], lists: set[Function]
) -> None:
    """A decision by `v.name` outside a list that is rewritten would see other names.

    listed: the lists that are rewritten. lists: functions that only return one.
    """
    covered = {inner for node in listed for inner in ast.walk(node)}
    for walk in walks:
        for read in walk.scoping.name_reads:
            if read.node in covered or read.region.function in lists or not decides(read.node, read.region):
                continue
            for unit in reaching.units([read.variable]):
                code, text = "TFM601", "a decision is made by the name of a variable"
                if any(
                    isinstance(outer, (ast.Dict, ast.DictComp, ast.Tuple))
                    for outer in ancestors(read.region.module, read.node)
                ):
                    code, text = "TFM602", "variables are put into a dictionary by their TF1 names"
                clusters.refuse(code, read.node, read.region.module, text, unit)


def is_shown(node: ast.expr, module: Module) -> bool:
    """Whether a list is nothing but the names of variables, for a person to see."""
    if not isinstance(node, ast.ListComp) or any(generator.ifs for generator in node.generators):
        return False
    target, call = node.generators[0].target, next(ancestors(module, node), None)
    if not isinstance(target, ast.Name) or node.elt not in name_reads(node, target.id):
        return False
    return isinstance(call, ast.Call) and node in call.args and _PRINTS.search(ast.unparse(call.func)) is not None


def decides(node: ast.Attribute, region: Region) -> bool:
    """Whether something hangs on a name that is read."""
    scan = scan_code(region.function or region.module)
    for outer in scan.ancestors(node):
        if isinstance(outer, (ast.Compare, ast.Subscript, ast.Dict, ast.DictComp, ast.comprehension)):
            return True
        if isinstance(outer, ast.Call) and isinstance(outer.func, ast.Attribute):
            if outer.func.attr in ("startswith", "endswith", "split", "match", "search", "replace", "get", "sub"):
                return True
        if isinstance(outer, (ast.If, ast.While, ast.IfExp)) and node in set(ast.walk(outer.test)):
            return True
        if isinstance(outer, ast.Call) and _SHOWS.search(ast.unparse(outer.func)):
            return False
        if isinstance(outer, ast.Tuple) and _is_shown_in_text(outer, scan):
            return False
        if isinstance(outer, (ast.Return, ast.Assign, ast.AugAssign, ast.Tuple, ast.List)):
            return True
    return False


def _is_shown_in_text(values: ast.Tuple, scan: Scan) -> bool:
    """Whether a tuple is what `print("%s %s" % (v.name, v.shape))` puts into its text, or all that it prints."""
    for outer in scan.ancestors(values):
        if isinstance(outer, ast.Call):
            return _PRINTS.search(ast.unparse(outer.func)) is not None
        if not isinstance(outer, ast.BinOp) or not isinstance(outer.op, (ast.Mod, ast.Add)):
            return False
    return False
