"""CSV as programs and spreadsheets write it, and what is said of a row that is broken."""

from pathlib import Path

import pytest

from sojourn.core.errors import InvalidInput
from sojourn_cli.importing.rows import ROW_CHARS
from tests.importing.given import read, said, table

HEADER = "userId,traits.name,traits.city"


def names(rows: list) -> list[object]:  # type: ignore[type-arg]  # rows
    return [row.messages[0]["traits"]["name"] for row in rows if row.messages]


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_every_usual_form_is_read_alike(
    tmp_path: Path, mark: bytes, end: str, delimiter: str
) -> None:
    lines = ["userId,traits.name,traits.city", "c1,Zoë,Cape Town", 'c2,"Jo ""J"" Nel",', ""]
    path = tmp_path / "c.csv"
    path.write_bytes(mark + end.join(lines).replace(",", delimiter).encode())

    rows = read(path)

    assert [row.messages for row in rows] == [
        ({"userId": "c1", "traits": {"name": "Zoë", "city": "Cape Town"}},),
        ({"userId": "c2", "traits": {"name": 'Jo "J" Nel'}},),
    ]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_a_spreadsheets_unicode_text_is_read_by_its_mark(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "c.csv"
    mark = "" if encoding == "utf-16" else "\ufeff"
    path.write_bytes(f"{mark}userId\ttraits.name\r\nc1\tZoë\r\n".encode(encoding))

    assert names(read(path)) == ["Zoë"]


def test_other_encodings_are_said(tmp_path: Path) -> None:
    path = tmp_path / "c.csv"
    path.write_bytes(f"{HEADER}\nc1,Zoë,\nc2,Ana,\n".encode("cp1252"))

    assert names(read(path, "cp1252")) == ["Zoë", "Ana"]
    rows = read(path)
    assert said(rows) == [(2, "holds bytes that are no text in this encoding")]
    assert names(rows) == ["Ana"]


def test_bytes_that_are_not_what_the_mark_says_end_it(tmp_path: Path) -> None:
    path = tmp_path / "c.csv"
    path.write_bytes(f"{HEADER}\nc1".encode("utf-16") + b"\x00")
    with pytest.raises(InvalidInput, match="is not utf-16 throughout"):
        read(path)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "has no header"),
        (b"PK\x03\x04rest of a spreadsheet", "is a spreadsheet, not CSV: save it as CSV UTF-8"),
        (b"\xd0\xcf\x11\xe0\0\0", "is a spreadsheet, not CSV"),
        (b"\x1f\x8b\x08\0", "is compressed: gunzip it first"),
        (b"a\0b", "holds zero bytes"),
        (b'"userId\n', "has no header"),
        (b"userId,city,city\n", "has two columns city"),
        (b"name,city\n", "has no column that says who the customer is"),
        (b"user_id,city\n", "column user_id: is userId meant\\? --map 'user_id=userId'"),
        (b"Email\n", "column Email: is email meant\\?"),
        (b"userId,timestmp\n", "is timestamp meant\\?"),
        (b"userId,address.city\n", "column address.city: write traits.address.city"),
        (b"userId,event,total\n", "column total: .*properties.total or traits.total"),
        (b"userId,traits.a,traits.a.b\n", "columns traits.a and traits.a.b are for one place"),
        (b"userId,city,traits.city\n", "columns city and traits.city are for one place"),
        (b"userId,traits.age:int\n", "int is none of the types text, number, boolean, json"),
        (b"userId,traits.\n", "column traits.: .*empty or wants double quotes"),
        (b"userId,traits\n", "column traits: a name is wanted behind it, as in traits.city"),
        (b"userId,consent.a.b\n", "one name is wanted behind consent"),
        (b"userId,channels.fax\n", "there is channels.email and channels.sms"),
        (b"user_id,Email\n", "user_id: .*; column Email: "),
    ],
)
def test_a_file_whose_header_cannot_be_read_says_why(
    tmp_path: Path, content: bytes, reason: str
) -> None:
    path = tmp_path / "c.csv"
    path.write_bytes(content)
    with pytest.raises(InvalidInput, match=reason):
        read(path)


def test_an_encoding_that_is_none_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "c.csv"
    path.write_text("userId\n")
    with pytest.raises(InvalidInput, match="latin-x is no encoding"):
        read(path, "latin-x")


def test_a_line_that_names_the_delimiter_is_no_header() -> None:
    rows = list(table("sep=;", "userId;traits.name", "c1;A,B"))
    assert [(row.number, row.line, row.messages[0]["userId"]) for row in rows] == [(3, 3, "c1")]
    assert names(rows) == ["A,B"]


def test_a_delimiter_that_is_given_goes_before() -> None:
    assert names(list(table("userId:traits.name", "c1:x", delimiter=":"))) == ["x"]


def test_rows_are_counted_as_a_spreadsheet_does_and_lines_as_an_editor() -> None:
    rows = list(table(HEADER, 'c1,"two', 'lines",x', "", ",,", "c2,b,"))
    assert [(row.number, row.line) for row in rows] == [(2, 2), (5, 6)]
    assert names(rows) == ["two\nlines", "b"]


def test_too_many_or_too_few_cells_cost_their_row_alone() -> None:
    rows = list(table(HEADER, "c1,a", "c2,b,x", "c3,c,x,y"))
    assert said(rows) == [(2, "has 2 cells, the header 3"), (4, "has 4 cells, the header 3")]
    assert names(rows) == ["b"]


@pytest.mark.parametrize("after", [3, 20_000])
def test_a_quote_that_does_not_end_costs_its_row_alone(after: int) -> None:
    lines = [f"c{number},name {number},x" for number in range(after)]
    rows = list(table(HEADER, 'b,"broken,x', *lines))
    assert [row.number for row in rows if row.problem is not None] == [2]
    assert rows[0].text == 'b,"broken,x'
    assert names(rows) == [f"name {number}" for number in range(after)]


def test_text_behind_a_quote_costs_its_row_alone() -> None:
    rows = list(table(HEADER, 'b,"x"y,z', "c,n,x"))
    assert [row.number for row in rows if row.problem is not None] == [2]
    assert names(rows) == ["n"]


def test_a_line_that_is_too_long_costs_its_row_alone(tmp_path: Path) -> None:
    path = tmp_path / "c.csv"
    path.write_text(f"{HEADER}\nc1,{'x' * (2 * ROW_CHARS)},y\nc2,b,y\n")
    rows = read(path)
    assert said(rows) == [(2, "the line is longer than a million characters")]
    assert (names(rows), rows[1].number, rows[1].line) == (["b"], 3, 3)


def test_a_line_of_just_the_longest_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "c.csv"
    pad = ROW_CHARS - len("c1,,\n")
    path.write_text(f"{HEADER}\nc1,{'x,' * 0}{'x' * pad},\nc2,b,y\n")
    rows = read(path)
    assert "cell is longer than" in said(rows)[0][1]
    assert names(rows) == ["b"]


def test_a_value_without_a_column_is_refused() -> None:
    rows = list(table("userId,traits.name,", "c1,a,", "c2,b,lost"))
    assert said(rows) == [(3, "has a value in column 3, which has no name")]
