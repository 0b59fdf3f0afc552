"""The rules of the house that no linter knows; ruff, mypy and import-linter hold the others."""

import ast
import re
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.listing import ROOT, listed, walked

LONGEST_MODULE = 400
LONGEST_FUNCTION = 70
LONGEST_HANDLER = 40
FUNCTIONS = {"dispatch", "evaluate", "ingest", "preferences", "publish", "rights", "wake"}
CORE = "shared/sojourn/core/"
WITHOUT_LIBRARY = "cli/sojourn_cli/local/"  # runs beside the emulator, where the library is not

IMPURE_CALLS = {"now", "today", "utcnow", "open", "print", "input", "eval", "exec"}
# Makes the functions that make nouns from the names of their fields, as `dataclasses` does.
WRITES_CODE = ("shared/sojourn/core/nouns.py", "exec")
EMPTY_CLASSES = re.compile(r"(Manager|Service|Helper|Base|Data|Utils?)$")
EMPTY_MODULES = {"util", "utils", "helper", "helpers", "common", "misc", "base"}

# Each is spelled so that this file does not match itself.
UNFINISHED = re.compile(
    r"\b(TO[D]O|FIX[M]E|XX[X]|HAC[K])\b|NotImplemented[E]rror|\bmark\.(ski[p]|xfai[l])"
    r"|# *type: *ignore *$"
)
ADDRESSES = re.compile(
    r"\b(pypi|pythonhosted|npmjs|yarnpkg|docker|ghcr|quay|anaconda|debian)\.(org|com|io)\b"
    r"|--?(extra-)?index[-]url|--find[-]links|/simple/[\"' ]|://[^\s\"']*\.(whl|tar\.gz)"
)
MACHINE_PATHS = re.compile(r"(^|[\s\"'`=(:])/(work|root|farm|home|Users)/[\w.]")


@cache
def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


@cache
def tree_of(name: str) -> ast.Module:
    return ast.parse(text_of(name), name)


def modules(room: str = "") -> Iterator[tuple[str, ast.Module]]:
    """Path and syntax tree of every module under a folder."""
    for name in listed(".py"):
        if name.startswith(room):
            yield name, tree_of(name)


def imported(tree: ast.Module) -> Iterator[str]:
    """The dotted names of all modules that a module imports, at its top or within."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield "." * node.level + (node.module or "")


def lines_matching(pattern: re.Pattern[str]) -> list[str]:
    """Every line of every text file of the project that the pattern is found in."""
    found = []
    for name in listed():
        if b"\0" in (ROOT / name).read_bytes()[:1024]:
            continue  # a picture or an archive
        lines = (ROOT / name).read_text(encoding="utf-8", errors="replace").splitlines()
        found += [
            f"{name}:{number}: {line.strip()[:120]}"
            for number, line in enumerate(lines, start=1)
            if pattern.search(line)
        ]
    return found


def test_the_rules_have_something_to_hold() -> None:
    rooms = {name.split("/")[0] for name, _ in modules()}
    assert rooms >= {"shared", "cli", "tests", "functions"}
    assert len(list(modules(CORE))) > len(FUNCTIONS)


def test_modules_fit_a_readers_head() -> None:
    lengths = {name: text_of(name).count("\n") for name, _ in modules()}
    assert {name: length for name, length in lengths.items() if length > LONGEST_MODULE} == {}


def test_functions_fit_a_screen() -> None:
    lengths = {
        f"{name}:{node.lineno} {node.name}": (node.end_lineno or 0) - node.lineno + 1
        for name, tree in modules()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    assert {name: length for name, length in lengths.items() if length > LONGEST_FUNCTION} == {}


def test_each_lambda_function_has_a_short_handler() -> None:
    handlers = {
        name.split("/")[1]: text_of(name).count("\n")
        for name, _ in modules("functions/")
        if name.endswith("/handler.py")
    }
    assert set(handlers) == FUNCTIONS
    assert {name: length for name, length in handlers.items() if length > LONGEST_HANDLER} == {}


def test_lambda_functions_never_import_one_another() -> None:
    allowed = {*sys.stdlib_module_names, "sojourn", "boto3", "botocore"}
    foreign = [
        f"{name} imports {module}"
        for name, tree in modules("functions/")
        for module in imported(tree)
        if module.split(".")[0] not in allowed
    ]
    assert foreign == []


def test_a_packages_front_door_holds_a_docstring_alone() -> None:
    doors = [(name, tree) for name, tree in modules() if name.endswith("/__init__.py")]
    assert [name for name, tree in doors if not ast.get_docstring(tree)] == []
    assert [name for name, tree in doors if len(tree.body) > 1] == []


def test_the_core_imports_the_standard_library_alone() -> None:
    foreign = [
        f"{name} imports {module}"
        for name, tree in modules(CORE)
        for module in imported(tree)
        if module.split(".")[0] not in sys.stdlib_module_names
        and not module.startswith("sojourn.core")
    ]
    assert foreign == []


def test_the_core_reads_no_clock_and_opens_nothing() -> None:
    calls = [
        f"{name}:{node.lineno} {ast.unparse(node.func)}"
        for name, tree in modules(CORE)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name | ast.Attribute)
        and ast.unparse(node.func).rpartition(".")[2] in IMPURE_CALLS
        and (name, ast.unparse(node.func)) != WRITES_CODE
    ]
    assert calls == []


def test_names_say_what_a_thing_is() -> None:
    assert [name for name, _ in modules() if Path(name).stem in EMPTY_MODULES] == []
    classes = [
        f"{name}:{node.lineno} {node.name}"
        for name, tree in modules()
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef) and EMPTY_CLASSES.search(node.name)
    ]
    assert classes == []


def test_nouns_are_made_by_the_one_way_that_freezes_them() -> None:
    loose = [
        f"{name}:{node.lineno} {node.name}"
        for name, tree in (*modules("shared/"), *modules("cli/"))
        if not name.startswith(WITHOUT_LIBRARY)
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
        for decorator in map(ast.unparse, node.decorator_list)
        if decorator.startswith("dataclass") and (name.startswith("shared/") or "froz" in decorator)
    ]
    assert loose == []


def test_nothing_is_left_unfinished() -> None:
    assert lines_matching(UNFINISHED) == []


def test_no_file_names_a_registry() -> None:
    assert lines_matching(ADDRESSES) == []


def test_no_file_names_a_machines_path() -> None:
    assert lines_matching(MACHINE_PATHS) == []


def test_no_lock_file_records_addresses() -> None:
    locks = {"uv.lock", "poetry.lock", "Pipfile.lock", "package-lock.json"}
    assert [name for name in listed() if Path(name).name in locks] == []


@pytest.mark.parametrize("name", ["bench", "dev", "layer", "ministack", "sam", "uv"])
def test_every_version_is_pinned_and_hashed(name: str) -> None:
    # A requirement begins at the margin; its hashes and its comments are indented.
    requirements = re.split(r"^(?=\w)", text_of(f"requirements/{name}.txt"), flags=re.MULTILINE)
    assert len(requirements) > 1
    assert [text for text in requirements[1:] if not re.match(r"[\w.-]+==\S+", text)] == []
    assert [text for text in requirements[1:] if "--hash=sha256:" not in text] == []


def test_the_layer_ships_the_versions_that_were_tested() -> None:
    def pins(name: str) -> set[str]:
        text = text_of(f"requirements/{name}.txt")
        return set(re.findall(r"^[\w.-]+==[\w.]+", text, flags=re.MULTILINE))

    assert pins("layer") <= pins("dev")


def test_the_layer_leaves_out_what_rendering_does_not_load() -> None:
    names = set(re.findall(r"^[\w.-]+(?===)", text_of("requirements/layer.txt"), re.MULTILINE))
    assert names & {"babel", "boto3", "botocore", "python-dateutil", "pytz", "six"} == set()
    assert names >= {"pydantic", "python-liquid", "tzdata"}


def test_the_same_files_are_found_without_git(tmp_path: Path) -> None:
    here = [".gitignore", "docs/a.md", "shared/x.py", "cli/local/.sojourn/kept.json"]
    ignored = [".git/config", ".venv/bin/x", "shared/__pycache__/x.pyc", "x.egg-info/PKG-INFO"]
    for name in [*here, *ignored, "samconfig.toml"]:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / ".gitignore").write_text((ROOT / ".gitignore").read_text(encoding="utf-8"))
    assert walked(tmp_path) == {*here}


def named(node: ast.AST) -> Iterator[str]:
    """What one piece of code reads or imports by name."""
    match node:
        case ast.Name(id=name, ctx=ast.Load()) | ast.Attribute(attr=name, ctx=ast.Load()):
            yield name
        case ast.ImportFrom(names=aliases):
            yield from (alias.name for alias in aliases if alias.asname)
        case ast.MatchClass(kwd_attrs=names):
            yield from names
        case _:
            return


def declared(tree: ast.Module) -> Iterator[str]:
    """The names at a module's top, and the fields of its nouns; commands are called by click."""
    for node in tree.body:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)]) if name != "__all__":
                yield name
            case ast.AnnAssign(target=ast.Name(id=name)):
                yield name
            case ast.FunctionDef(name=name, decorator_list=[]):
                yield name
            case ast.ClassDef(name=name, decorator_list=decorators, body=body):
                yield name
                if "noun" in map(ast.unparse, decorators):
                    fields = (item.target for item in body if isinstance(item, ast.AnnAssign))
                    yield from (item.id for item in fields if isinstance(item, ast.Name))
            case _:
                continue


def test_a_name_is_imported_from_where_it_is_defined() -> None:
    # mypy lets nobody import what a module itself imported, unless that lists it as its own.
    gate = "shared/sojourn/rendering/library.py"  # the one place that imports python-liquid
    assert [name for name, _ in modules() if "__all__ =" in text_of(name)] == [
        gate,
        "tests/test_house.py",
    ]


def test_nothing_is_there_for_the_tests_alone() -> None:
    code = [(name, tree) for name, tree in modules() if not name.startswith("tests/")]
    used = {word for _, tree in code for node in ast.walk(tree) for word in named(node)}
    unused = {
        f"{name}: {word}"
        for name, tree in code
        if name.startswith(("shared/", "cli/")) and not name.startswith("shared/sojourn/fakes/")
        for word in declared(tree)
        if word not in used
    }
    assert unused == set()
