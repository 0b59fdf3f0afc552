"""How long `sojourn validate` takes over a thousand journeys.

They are the example's, over and over under other ids; its settings, segments and templates stay.
"""

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage

from bench.measure import ROOT

EXAMPLE = ROOT / "examples" / "shop"
JOURNEYS = 1_000


def fill(folder: Path, journeys: int) -> None:
    """Write a workspace of so many journeys; each set of copies enters its own."""
    for name in ("journeys", "templates"):
        shutil.copytree(EXAMPLE / name, folder / name)
    shutil.copy(EXAMPLE / "settings.json", folder)
    files = sorted((folder / "journeys").glob("*.json"))
    texts = {path.stem: path.read_text(encoding="utf-8") for path in files}
    for number in range(journeys - len(files)):
        name = files[number % len(files)].stem
        copy = number // len(files) + 1
        text = texts[name]
        for other in texts:
            for key in ("id", "journey", "enter"):
                text = text.replace(f'"{key}": "{other}"', f'"{key}": "{other}-{copy}"')
        (folder / "journeys" / f"{name}-{copy}.json").write_text(text, encoding="utf-8")


def main() -> None:
    """Measure once, check, print."""
    with tempfile.TemporaryDirectory() as temporary:
        workspace = Path(temporary) / "workspace"
        fill(workspace, JOURNEYS)
        sojourn = Path(sys.executable).parent / "sojourn"
        done = subprocess.run(
            [str(sojourn), "validate", str(workspace), "--format", "json"],
            check=False,
            capture_output=True,
            text=True,
        )
    answer = json.loads(done.stdout)
    if done.returncode or not answer["ok"]:
        raise AssertionError(f"validate exited {done.returncode}: {answer['findings'][:3]}")
    used = getrusage(RUSAGE_CHILDREN)
    figures = {"seconds": used.ru_utime + used.ru_stime, "peak_mb": used.ru_maxrss / 1024}
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
