"""Each package imports only from those before it in the flow."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "tfmigrate"
ORDER = ["tf1", "program", "walk", "planning", "probing"]


def imported(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
    return names


@pytest.mark.parametrize("package", ORDER)
def test_imports_follow_the_flow(package: str) -> None:
    later = ORDER[ORDER.index(package) + 1 :]
    modules = sorted((PACKAGE / package).glob("*.py"))
    assert len(modules) > 2
    wrong = [
        f"{path.name} imports {name}"
        for path in modules
        for name in imported(path)
        if name.startswith(tuple(f"tfmigrate.{other}" for other in later))
    ]
    assert wrong == []


def test_the_rewrite_never_imports_tensorflow() -> None:
    heavy = ("tensorflow", "keras", "tf_keras", "tf_slim")
    for path in PACKAGE.rglob("*.py"):
        if "verify" not in path.relative_to(PACKAGE).parts:
            assert not [name for name in imported(path) if name.split(".")[0] in heavy], path
