"""Rules about the code itself: who imports whom, who writes, what is explained."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tfmigrate.finding import CODES, Severity

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).resolve().parent.parent


def _name(path: Path) -> str:
    relative = path.relative_to(ROOT).with_suffix("")
    parts = ("tfmigrate", *relative.parts) if relative.parts[0] == "transforms" else relative.parts
    return ".".join(parts).removesuffix(".__init__")


MODULES = {_name(path): path for path in [*ROOT.glob("tfmigrate/**/*.py"), *ROOT.glob("transforms/*.py")]}
OURS = sorted(MODULES)
OUTSIDE_VERIFY = [name for name in OURS if not name.startswith("tfmigrate.verify")]


@cache
def _tree(module: str) -> ast.Module:
    return ast.parse(MODULES[module].read_bytes())


def _imports(module: str, late: bool = True) -> set[str]:
    """Full names of the modules it imports, ours by their own names; without those for the type checker only."""
    found: set[str] = set()
    for node in _statements(_tree(module), late):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            package = module if MODULES[module].name == "__init__.py" else module.rpartition(".")[0]
            above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            for alias in node.names:
                full = f"{base}.{alias.name}"
                found.add(full if full in MODULES else base)
    return found - {module}


def _statements(node: ast.AST, late: bool) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            continue
        if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef)) and not late:
            continue
        yield child
        yield from _statements(child, late)


def _tops(module: str, late: bool = True) -> set[str]:
    return {name.partition(".")[0] for name in _imports(module, late)}


# --- who imports whom

# what each of these may know of the rest; everything below the name counts, `verify` knows itself
MAY_IMPORT: dict[str, set[str]] = {
    "tfmigrate.finding": set(),
    "tfmigrate.model": {"tfmigrate.finding"},
    "tfmigrate.source": {"tfmigrate.finding"},
    "tfmigrate.git": set(),
    "tfmigrate.choosing": {"tfmigrate.git"},
    "tfmigrate.writing": {
        "tfmigrate.finding", "tfmigrate.git", "tfmigrate.model", "tfmigrate.source", "tfmigrate.writing"
    },
    "tfmigrate.tf1": {"tfmigrate.tf1"},
    "tfmigrate.verify": {"tfmigrate.verify"},
    "tfmigrate.report": {
        "tfmigrate.finding", "tfmigrate.model", "tfmigrate.source", "tfmigrate.report", "tfmigrate.verify.verdict"
    },
    "tfmigrate.api": {
        "tfmigrate.model", "tfmigrate.source", "tfmigrate.report", "tfmigrate.verify", "tfmigrate.pipeline",
        "tfmigrate.configured", "tfmigrate.finding", "tfmigrate.batch", "tfmigrate.jobs",
    },
    "tfmigrate.jobs": set(),
    "tfmigrate.batch": {"tfmigrate.jobs", "tfmigrate.model"},
    "tfmigrate.configured": {"tfmigrate.choosing", "tfmigrate.verify.settings", "tfmigrate.verify.spec"},
    "tfmigrate.cli": {"tfmigrate.commands.status"},
    "tfmigrate.commands": {
        "tfmigrate.api", "tfmigrate.batch", "tfmigrate.caching", "tfmigrate.progress",
        "tfmigrate.finding", "tfmigrate.model", "tfmigrate.source", "tfmigrate.report", "tfmigrate.verify",
        "tfmigrate.pipeline", "tfmigrate.refuting", "tfmigrate.reviewing", "tfmigrate.commands", "tfmigrate.writing",
    },
    # packages by phase: each knows those before it in the flow
    "tfmigrate.program": {"tfmigrate.finding", "tfmigrate.tf1", "tfmigrate.program"},
    "tfmigrate.walk": {
        "tfmigrate.progress",
        "tfmigrate.finding", "tfmigrate.boundary", "tfmigrate.tf1", "tfmigrate.program", "tfmigrate.walk"
    },
    "tfmigrate.auditing": {
        "tfmigrate.progress",
        "tfmigrate.finding", "tfmigrate.boundary", "tfmigrate.tf1", "tfmigrate.program", "tfmigrate.walk",
        "tfmigrate.auditing",
    },
    "tfmigrate.planning": {
        "tfmigrate.progress",
        "tfmigrate.finding", "tfmigrate.model", "tfmigrate.boundary", "tfmigrate.sites", "tfmigrate.spans",
        "tfmigrate.tf1", "tfmigrate.program", "tfmigrate.walk", "tfmigrate.planning",
    },
    "tfmigrate.reviewing": {"tfmigrate.finding", "tfmigrate.model", "tfmigrate.reviewing"},
    "tfmigrate.refuting": {"tfmigrate.finding", "tfmigrate.model", "tfmigrate.verify.verdict"},
}  # fmt: skip
# who decides where; a transform decides how, and the recount must not believe what it recounts
PLANNERS = {
    "tfmigrate.pipeline", "tfmigrate.planning.plan", "tfmigrate.planning.planner", "tfmigrate.rewrite",
    "tfmigrate.planning.compose",
}  # fmt: skip


@pytest.mark.parametrize("area", MAY_IMPORT)
def test_knows_no_more_than_it_needs(area: str) -> None:
    for module in OURS:
        if module == area or module.startswith(area + "."):
            ours = {name for name in _imports(module) if name.startswith("tfmigrate")}
            strange = {name for name in ours if not any((name + ".").startswith(ok + ".") for ok in MAY_IMPORT[area])}
            assert not strange, f"{module} imports {strange}"


def test_the_recount_does_not_know_the_plan() -> None:
    for module in ("tfmigrate.proving.counting", "tfmigrate.proving.recount"):
        assert not _imports(module) & PLANNERS


def test_only_the_command_line_knows_the_pipeline() -> None:
    knowing = {module for module in OURS if "tfmigrate.pipeline" in _imports(module)}
    assert {module for module in knowing if not module.startswith("tfmigrate.commands.")} <= {"tfmigrate.api"}


def test_the_tool_never_imports_a_transform_by_name() -> None:
    for module in OURS:
        if not module.startswith("tfmigrate.transforms"):
            assert not {name for name in _imports(module) if "transforms" in name.split(".")}, module


def test_rules_of_the_audit_do_not_know_each_other() -> None:
    for module in OURS:
        if module.startswith("tfmigrate.auditing.rules."):
            assert not {name for name in _imports(module) if name.startswith("tfmigrate.auditing.rules")}, module


def test_transforms_do_not_know_each_other() -> None:
    for module in OURS:
        if module.startswith("tfmigrate.transforms."):
            siblings = {name for name in _imports(module) if name.startswith("tfmigrate.transforms")}
            assert not siblings, f"{module} imports {siblings}"
            assert not _imports(module) & PLANNERS, module


def test_no_import_goes_in_a_circle() -> None:
    graph = {module: _imports(module) & set(MODULES) for module in OURS}
    done: set[str] = set()

    def visit(module: str, above: tuple[str, ...]) -> None:
        assert module not in above, " imports ".join([*above[above.index(module) :], module])
        if module not in done:
            for name in graph[module]:
                visit(name, (*above, module))
            done.add(module)

    for module in OURS:
        visit(module, ())


# --- what costs time, what needs TensorFlow


@pytest.mark.parametrize("module", OUTSIDE_VERIFY)
def test_only_the_verifier_needs_tensorflow(module: str) -> None:
    assert not _tops(module) & {"tensorflow", "keras", "tf_keras", "tf_slim", "numpy"}


@pytest.mark.parametrize(
    "module",
    [
        "tfmigrate",
        "tfmigrate.api",
        "tfmigrate.cli",
        "tfmigrate.commands",
        "tfmigrate.commands.status",
        "tfmigrate.finding",
        "tfmigrate.model",
        "tfmigrate.source",
    ],
)
def test_a_light_module_loads_nothing_heavy(module: str) -> None:
    loaded = _tops(module, late=False)
    assert not loaded & {"libcst", "bowler", "fissix", "rich", "asyncio", "multiprocessing", "concurrent"}


@pytest.mark.parametrize("module", OUTSIDE_VERIFY)
def test_foreign_engines_come_late(module: str) -> None:
    assert not _tops(module, late=False) & {"bowler", "fissix", "rich", "distributed"}


RECORDER = "tfmigrate.verify.recorder"
BESIDE = ["tfmigrate.verify.record", "tfmigrate.verify.tf1_standins", *(m for m in OURS if m.startswith(RECORDER))]


@pytest.mark.parametrize("module", BESIDE)
def test_what_runs_beside_the_program_stands_alone(module: str) -> None:
    ast.parse(MODULES[module].read_text(encoding="utf-8"), feature_version=(3, 7))
    assert not {name for name in _imports(module) if name.startswith("tfmigrate.") and not name.startswith(RECORDER)}


# --- who writes

WRITES = {
    "write_text", "write_bytes", "writelines", "unlink", "rename", "replace", "rmdir", "mkdir", "makedirs", "touch",
    "symlink_to", "hardlink_to", "copy", "copy2", "copyfile", "copytree", "move", "rmtree", "remove", "chmod", "link",
    "symlink", "truncate", "mkstemp", "mkdtemp",
}  # fmt: skip
FILE_MODULES = {"os", "shutil", "tempfile"}
# These names mean nothing else, whatever they are called on; `replace` and `copy` also belong to strings and lists.
UNMISTAKABLE = {"write_text", "write_bytes", "unlink", "rmdir", "mkdir", "touch", "symlink_to", "hardlink_to", "chmod"}


def _writing(module: str) -> Iterator[str]:
    for node in ast.walk(_tree(module)):
        if not isinstance(node, ast.Call):
            continue
        called = ast.unparse(node.func)
        owner, _, name = called.rpartition(".")
        if name in UNMISTAKABLE or (owner in FILE_MODULES and name in WRITES):
            yield f"{node.lineno}: {called}"
        if (
            name in ("open", "fdopen")
            and owner != "os"
            and _mode(node, 0 if owner not in ("", "io") else 1) not in ("r", "rb")
        ):
            yield f"{node.lineno}: {called} for writing"


def _mode(call: ast.Call, position: int) -> str:
    given = [keyword.value for keyword in call.keywords if keyword.arg == "mode"] + call.args[position : position + 1]
    return str(given[0].value) if given and isinstance(given[0], ast.Constant) else "r" if not given else "?"


# users' files, and a folder of its own
WRITERS = ("tfmigrate.writing", "tfmigrate.caching")


@pytest.mark.parametrize("module", [name for name in OUTSIDE_VERIFY if not name.startswith(WRITERS)])
def test_only_one_package_writes(module: str) -> None:
    assert not list(_writing(module))


def test_the_rule_about_writing_sees_what_is_written() -> None:
    writers = [name for name in OURS if name.startswith("tfmigrate.writing.")]
    assert sum(len(list(_writing(name))) for name in writers) > 20


# --- findings

_CODE = re.compile(r"TFM\d{3}")


def _mentioned(*patterns: str) -> set[str]:
    files = (path for pattern in patterns for path in ROOT.glob(pattern) if path != Path(__file__).resolve())
    return {code for path in files for code in _CODE.findall(path.read_text(encoding="utf-8", errors="replace"))}


def test_every_code_in_use_is_in_the_table_and_the_other_way_round() -> None:
    used = {
        code
        for module in OURS
        if module != "tfmigrate.finding"
        for node in ast.walk(_tree(module))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and _CODE.fullmatch(node.value)
        for code in [node.value]
    }
    assert used == set(CODES)


def test_every_finding_is_raised_by_a_test() -> None:
    by_fixtures = _mentioned("fixtures/**/*.py")
    by_tests = _mentioned("tests/test_*.py", "tests/*/test_*.py")
    refusals = {code for code, row in CODES.items() if row.severity in (Severity.REFUSED, Severity.REVIEW)}
    # depend on which files are named on the command line, and a fixture names all of its own; on modes and links; on a
    # budget that is spent; or on what a check runs
    by_commands = {"TFM009", "TFM010", "TFM011", "TFM012", "TFM308", "TFM309", "TFM310", "TFM905"}
    assert refusals - by_fixtures == by_commands
    assert by_commands <= by_tests
    assert set(CODES) - by_fixtures - by_tests == set()


@pytest.mark.parametrize("code", CODES)
def test_every_finding_is_explained(code: str) -> None:
    row = CODES[code]
    assert row.title
    assert not row.title.endswith(".")
    assert row.why.endswith((".", ")"))
    assert row.todo.endswith((".", ")"))
    assert row.why != row.todo


# --- transforms


def test_every_transform_says_what_it_does_and_has_fixtures() -> None:
    for module in OURS:
        if module.startswith("tfmigrate.transforms."):
            name = module.rpartition(".")[2]
            docstring = ast.get_docstring(_tree(module)) or ""
            assert len(docstring.splitlines()) > 2, f"{name}: before, after, caveat"
            assert (ROOT / "fixtures" / name).is_dir(), f"no fixtures/{name}/"


def test_every_package_is_installed() -> None:
    """A package that the build is not told of is missing from the wheel only, where nobody looks."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    packages = {_name(path) for path in MODULES.values() if path.name == "__init__.py"}
    assert set(settings["tool"]["setuptools"]["packages"]) == packages | {"tfmigrate.transforms", "tfmigrate.schema"}
