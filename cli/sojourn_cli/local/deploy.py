"""`sam build` and `sam deploy` of a template into the emulated AWS.

A build is kept for a day, and used again while its sources are the same.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import boto3

from sojourn_cli.local.home import PROJECT, LocalError

SAM = PROJECT / ".tools" / "sam" / "bin" / "sam"
BUILDS = PROJECT / ".sojourn" / "build"
ARTIFACTS = "sojourn-local-artifacts"
KEPT_SECONDS = 24 * 60 * 60.0
SAM_SECONDS = 300.0
# What a template can refer to lies in other folders.
LEFT_OUT = {"bench", "build", "cli", "docs", "examples", "node_modules", "tests"}


def sources(root: Path) -> Iterator[Path]:
    """The files below a template's folder that a build may depend on, sorted."""
    for folder, folders, names in root.walk():
        folders[:] = sorted(
            name
            for name in folders
            if not name.startswith((".", "__")) and not (folder == root and name in LEFT_OUT)
        )
        # Among the names are links to folders, as a shared `.venv` may be one.
        paths = (folder / name for name in sorted(names) if not name.endswith((".md", ".pyc")))
        yield from (path for path in paths if path.is_file())


def digest(template: Path) -> str:
    """Names and contents of the sources, shortened to what a folder's name can bear."""
    root = template.parent
    total = hashlib.sha256(template.name.encode())
    for path in sources(root):
        total.update(f"\0{path.relative_to(root)}\0".encode())
        total.update(path.read_bytes())
    return total.hexdigest()[:20]


def build(template: Path) -> Path:
    """The built template; built once for each state of the sources, whoever asks."""
    folder = BUILDS / digest(template)
    built = folder / "stack" / "template.yaml"
    BUILDS.mkdir(parents=True, exist_ok=True)
    with (BUILDS / f"{folder.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not built.exists():
            _remove_old_builds()
            building = folder.with_suffix(".building")
            shutil.rmtree(building, ignore_errors=True)
            # Beside its folder SAM keeps notes of its own, which no other build may share.
            into = str(building / "stack")
            command = ["build", "--template-file", str(template), "--build-dir", into]
            # The functions run on this machine, not on Lambda's processors.
            _sam(command, BUILDS / f"{folder.name}.log", {"SOJOURN_LAYER_PLATFORM": "host"})
            shutil.rmtree(folder, ignore_errors=True)
            building.rename(folder)
        os.utime(folder)
    return built


def _remove_old_builds() -> None:
    oldest_kept = time.time() - KEPT_SECONDS
    for path in BUILDS.iterdir():
        if path.stat().st_mtime < oldest_kept:
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)


def deploy(
    built: Path, stack: str, parameters: Mapping[str, str], variables: Mapping[str, str], log: Path
) -> dict[str, str]:
    """Deploy a built template and return the stack's outputs; `variables` say where AWS is."""
    s3 = client_of(variables, "s3")
    if ARTIFACTS not in {bucket["Name"] for bucket in s3.list_buckets()["Buckets"]}:
        s3.create_bucket(Bucket=ARTIFACTS)
    command = ["deploy", "--template-file", str(built), "--stack-name", stack]
    command += ["--s3-bucket", ARTIFACTS, "--s3-prefix", stack]
    command += [
        "--capabilities",
        "CAPABILITY_IAM",
        "CAPABILITY_NAMED_IAM",
        "CAPABILITY_AUTO_EXPAND",
    ]
    command += ["--no-confirm-changeset", "--no-fail-on-empty-changeset", "--no-progressbar"]
    if parameters:
        command += ["--parameter-overrides", *overrides(parameters)]
    _sam(command, log, variables)
    cloudformation = client_of(variables, "cloudformation")
    described = cloudformation.describe_stacks(StackName=stack)["Stacks"][0]
    return {output["OutputKey"]: output["OutputValue"] for output in described.get("Outputs", [])}


def overrides(parameters: Mapping[str, str]) -> list[str]:
    """Parameters as SAM reads them: without quotes it takes of a value what is before a space."""
    escaped = {name: value.replace('"', r"\"") for name, value in parameters.items()}
    return [f'{name}="{value}"' for name, value in escaped.items()]


def client_of(variables: Mapping[str, str], service: str) -> Any:  # noqa: ANN401 - by its name
    """A boto3 client of the emulated account, whatever this process's own environment says."""
    session: Any = boto3.session.Session(
        aws_access_key_id=variables["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=variables["AWS_SECRET_ACCESS_KEY"],
        region_name=variables["AWS_REGION"],
    )
    return session.client(service, endpoint_url=variables["AWS_ENDPOINT_URL"])


def _sam(arguments: Sequence[str], log: Path, variables: Mapping[str, str]) -> None:
    if not SAM.exists():
        raise LocalError(f"{SAM} is missing: run `make setup` in {PROJECT}")
    own = {"SAM_CLI_TELEMETRY": "0", "SAM_CLI_POLL_DELAY": "0.3"}
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    # SAM leaves folders behind where it puts what is temporary.
    with (
        tempfile.TemporaryDirectory(prefix="sojourn-sam-") as temporary,
        log.open("w", encoding="utf-8") as output,
    ):
        try:
            code = subprocess.run(
                [str(SAM), *arguments],
                check=False,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**kept, "TMPDIR": temporary, **own, **variables},
                cwd=log.parent,  # away from any samconfig.toml
                timeout=SAM_SECONDS,
            ).returncode
        except subprocess.TimeoutExpired as error:
            raise LocalError(
                f"sam {arguments[0]} took over {SAM_SECONDS:.0f} s; see {log}"
            ) from error
    if code:
        text = log.read_text(encoding="utf-8", errors="replace")
        end = "\n".join(text.splitlines()[-25:])
        raise LocalError(f"sam {arguments[0]} failed; its log ({log}) ends:\n{end}")
