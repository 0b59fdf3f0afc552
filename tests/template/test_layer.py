"""The layer holds what the functions import, for the machine it is built for, and no more."""

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.template.given import ROOT

AARCH64 = 183  # ELF's e_machine
LARGEST_MB = 20
IMPORT = """
import importlib, sys
sys.path[:0] = sys.argv[1:3]
for name in sys.argv[3:]:
    importlib.import_module(name)
"""
UNCHECKED = b"\x01\x00\x00\x00"  # PEP 552: by hash, not checked against the source


def built(folder: Path, *settings: str) -> Path:
    """Build the layer as `sam build` does: from a copy of shared/, with the original's Makefile."""
    copy = shutil.copytree(ROOT / "shared", folder / "copy")
    command = ["make", "--makefile", str(ROOT / "shared/Makefile"), "build-SojournLayer"]
    subprocess.run(
        [*command, f"ARTIFACTS_DIR={folder}/layer", *settings],
        check=True,
        cwd=copy,
        env={name: value for name, value in os.environ.items() if not name.startswith("MAKE")},
    )
    return folder / "layer" / "python"


@pytest.fixture(scope="module")
def for_lambda(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built(tmp_path_factory.mktemp("lambda"))


@pytest.fixture(scope="module")
def for_host(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built(tmp_path_factory.mktemp("host"), "SOJOURN_LAYER_PLATFORM=host")


def machines(layer: Path) -> set[int]:
    """What kind of machine the compiled extensions are for."""
    headers = [path.read_bytes()[:20] for path in layer.rglob("*.so")]
    return {int.from_bytes(header[18:20], "little") for header in headers}


def test_it_is_for_lambdas_machines_whatever_machine_builds(for_lambda: Path) -> None:
    assert machines(for_lambda) == {AARCH64}


def test_every_module_comes_with_bytecode_that_is_not_checked_again(for_lambda: Path) -> None:
    sources = list(for_lambda.rglob("*.py"))
    assert for_lambda / "sojourn/core/sending/release.py" in sources
    for source in sources:
        header = Path(importlib.util.cache_from_source(source)).read_bytes()[:8]
        assert header == importlib.util.MAGIC_NUMBER + UNCHECKED, source


def test_it_is_small(for_lambda: Path) -> None:
    size = sum(path.stat().st_size for path in for_lambda.rglob("*") if path.is_file())
    assert size < LARGEST_MB * 1_000_000
    assert not list(for_lambda.rglob("babel"))
    assert not list(for_lambda.rglob("boto*"))  # comes with the runtime
    assert not (for_lambda / "bin").exists()


def test_the_same_sources_make_the_same_layer(for_host: Path, tmp_path: Path) -> None:
    again = built(tmp_path, "SOJOURN_LAYER_PLATFORM=host")
    for path in sorted(for_host.rglob("*")):
        if path.is_file() and path.suffix in {".py", ".pyc", ".so"}:
            assert path.read_bytes() == (again / path.relative_to(for_host)).read_bytes(), path


@pytest.fixture(scope="module")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What Lambda's runtime brings: boto3 with all it needs, and nothing else."""
    folder = tmp_path_factory.mktemp("runtime")
    brought = ("boto3", "botocore", "dateutil", "jmespath", "s3transfer", "six", "urllib3")
    for name in brought:
        spec = importlib.util.find_spec(name)
        assert spec is not None
        assert spec.origin is not None
        origin = Path(spec.origin)
        found = origin.parent if origin.name == "__init__.py" else origin
        (folder / found.name).symlink_to(found)
    return folder


def test_it_lacks_nothing_that_is_imported(for_host: Path, runtime: Path) -> None:
    modules = [
        ".".join(path.relative_to(for_host).with_suffix("").parts).removesuffix(".__init__")
        for path in sorted((for_host / "sojourn").rglob("*.py"))
    ]
    assert "sojourn.adapters.wiring.evaluate" in modules
    # -I and -S: nothing of this environment can stand in for what the layer lacks.
    command = [sys.executable, "-I", "-S", "-c", IMPORT, str(for_host), str(runtime), *modules]
    subprocess.run(command, check=True, timeout=60)


def test_the_checkout_may_lie_in_a_folder_with_a_space_in_its_name(tmp_path: Path) -> None:
    project = tmp_path / "my projects & more"
    project.symlink_to(ROOT)
    command = ["make", "--makefile", str(project / "shared/Makefile"), "--dry-run"]
    asked = subprocess.run(
        [*command, "build-SojournLayer", f"ARTIFACTS_DIR={tmp_path}/layer"],
        check=True,
        capture_output=True,
        text=True,
        cwd=ROOT / "shared",
        env={name: value for name, value in os.environ.items() if not name.startswith("MAKE")},
    )
    assert f'"{project}/scripts/uv" pip install' in asked.stdout
    assert f'--python "{project}/.venv/bin/python"' in asked.stdout
