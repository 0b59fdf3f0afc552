"""The page on the audit explains every code there is, and no other."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_every_code_is_explained() -> None:
    page = (ROOT / "docs" / "audit.md").read_text(encoding="utf-8")
    code = (ROOT / "shared/sojourn/runtime/audit.py").read_text(encoding="utf-8")
    words = set(re.findall(r'"([a-z]+(?:-[a-z]+)?)"', code))
    told = set(re.findall(r"^\| `([a-z-]+)` \|", page, flags=re.MULTILINE))
    assert told
    assert words - {"never"} == told  # the word for no instant
