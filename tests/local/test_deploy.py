"""A build is made once for each state of its sources."""

import json
import subprocess
from pathlib import Path

import pytest

from sojourn_cli.local import deploy
from sojourn_cli.local.home import LocalError


@pytest.fixture
def template(tmp_path: Path) -> Path:
    for name, text in {
        "template.yaml": "Resources: {}",
        "functions/one/handler.py": "pass",
        "functions/tests/probe.py": "pass",
        "shared/library.py": "pass",
        "tests/test_it.py": "pass",
        "docs/page.html": "text",
        "README.md": "text",
        ".git/HEAD": "ref",
        "shared/__pycache__/library.pyc": "code",
    }.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path / "template.yaml"


def test_sources_are_what_a_template_can_refer_to(template: Path) -> None:
    names = {str(path.relative_to(template.parent)) for path in deploy.sources(template.parent)}
    assert names == {
        "template.yaml",
        "functions/one/handler.py",
        "functions/tests/probe.py",
        "shared/library.py",
    }


def test_a_linked_environment_is_no_source(template: Path, tmp_path: Path) -> None:
    before = deploy.digest(template)
    (tmp_path / "elsewhere").mkdir()
    (template.parent / ".venv").symlink_to(tmp_path / "elsewhere")
    (template.parent / "linked").symlink_to(tmp_path / "elsewhere")
    assert deploy.digest(template) == before


@pytest.mark.parametrize("name", ["template.yaml", "functions/one/handler.py", "shared/new.py"])
def test_a_changed_or_new_source_changes_the_digest(template: Path, name: str) -> None:
    before = deploy.digest(template)
    (template.parent / name).write_text("changed")
    assert deploy.digest(template) != before


@pytest.mark.parametrize("name", ["README.md", "tests/test_it.py", ".git/HEAD"])
def test_what_is_not_built_does_not(template: Path, name: str) -> None:
    before = deploy.digest(template)
    (template.parent / name).write_text("changed")
    assert deploy.digest(template) == before


def test_a_missing_tool_is_named_with_what_to_do(
    template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deploy, "SAM", tmp_path / "nowhere" / "sam")
    monkeypatch.setattr(deploy, "BUILDS", tmp_path / ".builds")
    with pytest.raises(LocalError, match="nowhere/sam is missing: run `make setup`"):
        deploy.build(template)
    assert not any(path.is_dir() for path in (tmp_path / ".builds").iterdir())


def test_a_failed_build_shows_the_end_of_its_log_and_leaves_nothing(
    template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sam = tmp_path / "sam"
    sam.write_text("#!/bin/sh\necho the layer could not be built\nexit 1\n")
    sam.chmod(0o755)
    monkeypatch.setattr(deploy, "SAM", sam)
    monkeypatch.setattr(deploy, "BUILDS", tmp_path / ".builds")
    with pytest.raises(LocalError, match=r"sam build failed(?s:.)*the layer could not be built"):
        deploy.build(template)
    assert not any(path.is_dir() for path in (tmp_path / ".builds").iterdir())


def test_a_build_is_used_again(
    template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sam = tmp_path / "sam"
    sam.write_text(
        '#!/bin/sh\nwhile [ "$1" != --build-dir ]; do shift; done\n'
        f'mkdir -p "$2" && cp {template} "$2"/ && echo built >> {tmp_path}/.builds/count\n'
    )
    sam.chmod(0o755)
    monkeypatch.setattr(deploy, "SAM", sam)
    monkeypatch.setattr(deploy, "BUILDS", tmp_path / ".builds")
    first, second = deploy.build(template), deploy.build(template)
    assert first == second
    assert first.read_text() == template.read_text()
    assert (tmp_path / ".builds" / "count").read_text() == "built\n"


def test_what_the_tool_leaves_behind_goes_with_it(
    template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sam = tmp_path / "sam"
    sam.write_text(
        "#!/bin/bash\n"
        'while [ "$1" != --build-dir ]; do shift; done\n'
        'mkdir -p "$2" && touch "$2/template.yaml" && mktemp -d > "$2.left"\n'
    )
    sam.chmod(0o700)
    monkeypatch.setattr(deploy, "SAM", sam)
    monkeypatch.setattr(deploy, "BUILDS", tmp_path / ".builds")

    built = deploy.build(template)

    left = Path(built.parent.with_suffix(".left").read_text().strip())
    assert left.is_absolute()
    assert not left.parent.exists()


READ = """
import json, sys
from samcli.cli.types import CfnParameterOverridesType
print(json.dumps(CfnParameterOverridesType().convert(tuple(sys.argv[1:]), None, None)))
"""


def test_a_parameter_comes_whole_to_the_stack_whatever_it_holds() -> None:
    given = {
        "SenderEmail": "Shop & Co <hello@shop.example>",
        "Quoted": '"Shop, Ltd" <hello@shop.example>',
        "AlarmEmail": "",
        "Others": "it's A=B, C = D",
        "LogLevel": "INFO",
    }
    read = subprocess.run(
        [deploy.SAM.with_name("python"), "-c", READ, *deploy.overrides(given)],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert json.loads(read) == given
