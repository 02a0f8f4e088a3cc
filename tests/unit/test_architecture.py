"""The drawing in docs/architecture.md holds: who imports whom, who reads what, and how large a file may grow."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import rag

ROOT = Path(rag.__file__).parents[1]
PACKAGES = ("connectors", "knowledge", "rag", "apps")
FILES = {
    path.relative_to(ROOT).with_suffix("").as_posix().removesuffix("/__init__").replace("/", "."): path
    for package in PACKAGES
    for path in sorted((ROOT / package).rglob("*.py"))
}
MAY_IMPORT = {
    "connectors": {"connectors"},
    "knowledge": {"knowledge", "connectors"},
    "rag": {"rag", "knowledge", "connectors"},
    "apps": {"apps", "rag"},
}
SETTINGS = "rag.settings"
LONGEST = 450
"""Lines."""


@cache
def parsed(module: str) -> ast.Module:
    return ast.parse(FILES[module].read_bytes())


def absolute(module: str, node: ast.ImportFrom) -> str:
    if not node.level:
        return node.module or ""
    package = module.split(".") if FILES[module].name == "__init__.py" else module.split(".")[:-1]
    return ".".join([*package[: len(package) - node.level + 1], *filter(None, [node.module])])


def imports(module: str, body: ast.AST) -> Iterator[tuple[str, str]]:
    """Yield (module, name) of every import below ``body``; the name is empty for ``import module``."""
    for node in ast.walk(body):
        if isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ((absolute(module, node), alias.name) for alias in node.names)


@cache
def imported_by(module: str) -> tuple[tuple[str, str], ...]:
    """Return (module, name) of every import of a module, wherever it stands."""
    return tuple(imports(module, parsed(module)))


def at_import(tree: ast.Module) -> ast.Module:
    """What runs when the module is imported: not functions, and not what only type checkers read.

    Imports for annotations and imports on first use make no cycle that Python could fall into, so that only these
    are left out of the search for cycles; the arrows between packages hold for all imports.
    """

    class Runtime(ast.NodeTransformer):
        def visit_FunctionDef(self, node):
            return None

        def visit_AsyncFunctionDef(self, node):
            return None

        def visit_If(self, node):
            if "TYPE_CHECKING" in ast.unparse(node.test):
                return node.orelse or None
            return self.generic_visit(node)

    return Runtime().visit(ast.parse(ast.unparse(tree)))


def names_in(tree: ast.Module) -> set[str]:
    """Every dotted name that is read, as ``os.environ``."""
    return {ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.Attribute | ast.Name)}


@pytest.mark.parametrize("module", FILES)
def test_arrows(module) -> None:
    package = module.partition(".")[0]
    for imported, name in imported_by(module):
        target = imported.partition(".")[0]
        if target in PACKAGES:
            assert target in MAY_IMPORT[package], f"{module} imports {imported}"
        if package == "apps" and target == "rag":
            assert imported == "rag", f"{module} imports {imported}: only what rag exports"
            assert name in {"", *rag.__all__}, f"{module} imports {name}, which rag does not export"


def test_no_cycles() -> None:
    graph = {}
    for module in FILES:
        targets = set()
        for imported, name in imports(module, at_import(parsed(module))):
            whole = f"{imported}.{name}"
            target = whole if whole in FILES else imported
            # A package's own names are made by the time its submodules are asked for.
            if target in FILES and target != module:
                targets.add(target)
        graph[module] = targets
    done: set[str] = set()

    def visit(module: str, path: tuple[str, ...]) -> None:
        assert module not in path, f"import cycle: {' → '.join([*path[path.index(module) :], module])}"
        if module not in done:
            for target in sorted(graph[module]):
                visit(target, (*path, module))
            done.add(module)

    for module in graph:
        visit(module, ())


@pytest.mark.parametrize("module", [name for name in FILES if name.partition(".")[0] == "connectors"])
def test_connectors_stay_light(module) -> None:
    heavy = {"spacy", "torch", "transformers", "sentence_transformers", "langchain", "langchain_core", "faiss"}
    assert not heavy & {imported.partition(".")[0] for imported, _ in imported_by(module)}


@pytest.mark.parametrize("module", FILES)
def test_product_does_without_test_tools(module) -> None:
    tools = {"pytest", "hypothesis", "unittest", "tests", "helpers"}
    assert not tools & {imported.partition(".")[0] for imported, _ in imported_by(module)}


@pytest.mark.parametrize("module", FILES)
def test_one_file_reads_the_environment(module) -> None:
    imported = {(target.partition(".")[0], name) for target, name in imported_by(module)}
    # rag itself sets a variable that others read: how OpenMP's threads wait.
    if module not in (SETTINGS, "rag"):
        assert not {"os.environ", "os.environb", "os.getenv"} & names_in(parsed(module))
        assert not {("os", "environ"), ("os", "getenv")} & imported
    data = {SETTINGS, "rag.prompts", "apps.text", "knowledge.wordlists", "knowledge.glossary"}
    if module not in data and not module.startswith("apps.text."):
        assert "tomllib" not in {target for target, _ in imported}


@pytest.mark.parametrize("module", FILES)
def test_nothing_is_unpickled(module) -> None:
    imported = {target.partition(".")[0] for target, _ in imported_by(module)}
    assert not {"pickle", "cPickle", "cloudpickle", "dill", "shelve", "marshal"} & imported
    # Of joblib only what runs functions in processes: its files are pickles.
    of_joblib = {name for target, name in imported_by(module) if target.partition(".")[0] == "joblib"}
    assert of_joblib <= ({"Parallel", "delayed"} if module == "knowledge.parallel" else set())
    for node in ast.walk(parsed(module)):
        if isinstance(node, ast.keyword):
            assert node.arg != "allow_pickle" or ast.unparse(node.value) == "False"
            assert node.arg != "weights_only" or ast.unparse(node.value) == "True"
            assert node.arg != "trust_remote_code" or ast.unparse(node.value) == "False"


@pytest.mark.parametrize("module", FILES)
def test_files_stay_small(module) -> None:
    assert len(FILES[module].read_text(encoding="utf-8").splitlines()) <= LONGEST


def test_import_rag_is_light() -> None:
    code = "import rag, sys; print(*sys.modules)"
    out = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, cwd=ROOT).stdout
    assert not {"torch", "spacy", "langchain", "langchain_core", "faiss", "sqlalchemy"} & set(out.split())
