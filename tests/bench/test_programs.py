"""The programs that measure us run, as none but `make bench` would notice if they did not."""

import json
import subprocess
import sys

import pytest

from bench.measure import ROOT

FIRST_EVENT = """
import json
from bench import cold_start
from bench.nulled import NulledTable
print(json.dumps(cold_start.first_event(NulledTable())))
"""


@pytest.mark.parametrize(
    "run",
    [
        ["-m", "bench.evaluate", "3", "100"],
        ["-c", FIRST_EVENT],
        ["-m", "bench.persisted.ours"],
        ["-m", "bench.persisted.ours", "alone"],
        ["-m", "bench.matching.ours", "20", "5"],
        ["-m", "bench.matching.ours", "20", "5", "whole"],
        ["-m", "bench.release"],
    ],
)
def test_it_runs_and_finds_every_answer_right(run: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, *run], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
    assert done.returncode == 0
    assert json.loads(done.stdout)
