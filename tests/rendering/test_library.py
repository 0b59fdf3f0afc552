"""What rendering loads, and what it does not."""

import subprocess
import sys

import sojourn.rendering.library
from sojourn.rendering.library import lean_import

LEFT_OUT = ["asyncio", "babel", "dateutil", "importlib.resources", "importlib_resources", "pytz"]

FRESH = """
import sys
from sojourn.rendering.content import render
assert render({"text": "Hi {{ name }}"}, {"name": "Ann"}, zone="UTC", locale=None).text == "Hi Ann"
print(*sorted(set(sys.argv[1:]) & sys.modules.keys()))
"""

# As in a layer that leaves them out: whoever wants one is told that there is none.
WITHOUT = "import sys\nfor name in sys.argv[1:]:\n    sys.modules[name] = None\n" + FRESH


def run(program: str, *arguments: str) -> str:
    result = subprocess.run(
        [sys.executable, "-c", program, *arguments], check=True, capture_output=True, text=True
    )
    return result.stdout.strip()


def test_rendering_loads_no_babel_and_no_reader_of_files() -> None:
    assert run(FRESH, *LEFT_OUT) == ""


def test_rendering_works_where_they_are_not_installed() -> None:
    missing = [name for name in LEFT_OUT if not name.startswith("importlib.") and name != "asyncio"]
    assert run(WITHOUT, *missing) == " ".join(missing)


def test_no_stand_in_stays_behind() -> None:
    before = dict(sys.modules)
    with lean_import():
        assert sys.modules.keys() > before.keys() or "liquid.extra" in before
    assert sys.modules == before
    assert sojourn.rendering.library.Environment.__module__ == "liquid.environment"
