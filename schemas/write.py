"""Writes the schemas beside this file anew: `.venv/bin/python schemas/write.py`."""

from pathlib import Path

from sojourn.language.schemas import NAMES, schema_text

for kind, name in NAMES.items():
    file = Path(__file__).parent / f"{name}.schema.json"
    file.write_text(schema_text(kind), encoding="utf-8")
