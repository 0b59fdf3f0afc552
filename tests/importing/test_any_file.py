"""Whatever a file holds: what was written as a table is read back, and nothing else breaks it."""

import csv
import io
from io import BytesIO

from hypothesis import given
from hypothesis import strategies as st

from sojourn.core.errors import InvalidInput
from sojourn.core.values.exact import loads_object
from sojourn_cli.importing.csv_rows import DELIMITERS, CsvRows
from sojourn_cli.importing.json_rows import JsonRows
from sojourn_cli.importing.lines import open_text, read_lines
from sojourn_cli.importing.rows import Row

TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)
CELL = st.one_of(TEXT, st.sampled_from(['"', ",", ";", "\n", "\r\n", 'a "b" c', " x "]))


def rows_of(content: bytes, *, is_table: bool) -> list[Row]:
    text = open_text(BytesIO(content), None)
    return list(CsvRows(read_lines(text), None, ()) if is_table else JsonRows(read_lines(text)))


@given(
    rows=st.lists(st.lists(CELL, min_size=3, max_size=3), max_size=6),
    delimiter=st.sampled_from(DELIMITERS),
    end=st.sampled_from(["\n", "\r\n"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_a_table_that_was_written_is_read_back(
    rows: list[list[str]], delimiter: str, end: str, encoding: str
) -> None:
    written = io.StringIO(newline="")
    writer = csv.writer(written, delimiter=delimiter, lineterminator=end)
    writer.writerow(["userId", "traits.a", "traits.b"])
    writer.writerows(rows)

    found = rows_of(written.getvalue().encode(encoding), is_table=True)

    kept = [tuple(row) for row in rows if any(cell.strip() for cell in row)]
    assert [row.cells for row in found] == kept
    assert all(row.problem is None for row in found)


@given(
    content=st.one_of(
        st.binary(max_size=200),
        st.lists(st.sampled_from([b'"', b",", b"\n", b"\r", b"a", b"\xff", b"c1"])).map(b"".join),
    ),
    is_table=st.booleans(),
)
def test_no_file_breaks_it(content: bytes, *, is_table: bool) -> None:
    header = b"userId,name\n" if is_table else b""
    try:
        found = rows_of(header + content, is_table=is_table)
    except InvalidInput:
        return
    numbers = [row.number for row in found]
    assert numbers == sorted(set(numbers))
    assert all(row.messages or (row.problem and row.problem.remedy) for row in found)


@given(lines=st.lists(st.text(st.sampled_from('{}":,a1 '), max_size=20), max_size=5))
def test_every_refused_line_can_be_found_again(lines: list[str]) -> None:
    content = "\n".join(lines).encode()
    for row in rows_of(content, is_table=False):
        assert lines[row.number - 1].strip()
        if row.problem is None:
            assert row.messages == (loads_object(lines[row.number - 1]),)
