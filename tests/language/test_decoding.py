"""From bytes to a document: nothing lost, guessed or said twice."""

import json
import tracemalloc
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sojourn.core.limits import NUMBER_DIGITS
from sojourn.language.decoding import DEEPEST, FILE_BYTES, decode
from sojourn.language.findings import Code, dotted


def problems(content: bytes) -> list[tuple[str, str]]:
    return [(str(item.code), dotted(item.place)) for item in decode(content)[1]]


def message(content: bytes) -> str:
    (problem,) = decode(content)[1]
    return problem.message


def test_numbers_stay_as_they_were_written() -> None:
    document, found = decode(b'{"a": 1.10, "b": 10000000000000000000000001, "c": 1e2}')
    assert found == ()
    assert document == {"a": Decimal("1.10"), "b": 10**25 + 1, "c": Decimal("1E+2")}
    assert isinstance(document["a"], Decimal)


@pytest.mark.parametrize(
    ("content", "code", "path"),
    [
        (b"", Code.NOT_JSON, ""),
        (b" \n ", Code.NOT_JSON, ""),
        (b'{"a": 1,}', Code.NOT_JSON, ""),
        (b"[1]", Code.WRONG_TYPE, ""),
        (b"null", Code.WRONG_TYPE, ""),
        (b'\xef\xbb\xbf{"a": 1}', Code.BYTE_ORDER_MARK, ""),
        (b'{"a": "\xff"}', Code.NOT_UTF8, ""),
        ('{"a": 1}'.encode("utf-16"), Code.NOT_UTF8, ""),
        (b'{"a": {"b": 1, "b": 1}}', Code.DUPLICATE_KEY, "a.b"),
        (b'{"a": [0, NaN]}', Code.NOT_A_NUMBER, "a[1]"),
        (b'{"a": -Infinity}', Code.NOT_A_NUMBER, "a"),
        (b'{"a": 1e999}', Code.INEXACT_NUMBER, "a"),
        (b'{"a": 1e99999999999999999999}', Code.INEXACT_NUMBER, "a"),
        (b'{"a": 0.' + b"1" * 39 + b"}", Code.INEXACT_NUMBER, "a"),
        (b'{"a": ' + b"9" * 39 + b"}", Code.INEXACT_NUMBER, "a"),
        (b'{"a": ' + b"9" * 5000 + b"}", Code.INEXACT_NUMBER, "a"),
        (b'{"a": "\\ud800"}', Code.LONE_SURROGATE, "a"),
        (b'{"\\udfff": 1}', Code.LONE_SURROGATE, "\\udfff"),
        (b'{"a": "\\u0000"}', Code.NULL_CHARACTER, "a"),
        (b'{"a\\u0000": 1}', Code.NULL_CHARACTER, "a\\x00"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(content: bytes, code: Code, path: str) -> None:
    assert problems(content) == [(code, path)]
    assert decode(content)[0] is None


def test_everything_wrong_is_said_at_once() -> None:
    content = b'{"a": NaN, "b": "\\u0000", "c": 1, "c": 2, "d": 1e999}'
    assert sorted(code for code, _ in problems(content)) == [
        "duplicate-key",
        "inexact-number",
        "not-a-number",
        "null-character",
    ]


def test_a_key_said_three_times_is_one_finding() -> None:
    assert problems(b'{"a": 1, "a": 2, "a": 3}') == [("duplicate-key", "a")]


def test_a_mistake_is_given_by_line_and_column() -> None:
    assert message(b'{\n  "a": 1\n  "b": 2\n}').startswith("line 3, column 3: ")
    assert "byte 16 (line 2)" in message(b'{"a": 1,\n "b": \xc3}')
    assert "UTF-16" in message('{"a": 1}'.encode("utf-16"))


def test_the_longest_numbers_are_kept() -> None:
    longest = b"9" * NUMBER_DIGITS
    document, found = decode(b'{"a": -' + longest + b', "b": 0.' + longest + b"}")
    assert found == ()
    assert document is not None
    assert document["a"] == -int(longest)


def nested(levels: int) -> bytes:
    return b'{"a":' * (levels - 1) + b"{}" + b"}" * (levels - 1)


def test_the_deepest_nesting_is_read() -> None:
    assert decode(nested(DEEPEST))[1] == ()
    assert [code for code, _ in problems(nested(DEEPEST + 1))] == ["too-deep"]


@pytest.mark.parametrize("levels", [1_000, 100_000, 450_000])
def test_deeper_nesting_is_one_finding_and_no_crash(levels: int) -> None:
    assert [code for code, _ in problems(b"[" * levels + b"]" * levels)] == ["too-deep"]


def test_a_large_file_is_refused_by_its_size_alone() -> None:
    content = b'{"a": "' + b"x" * 10_000_000 + b'"}'
    tracemalloc.start()
    assert problems(content) == [("too-large", "")]
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < FILE_BYTES
    assert problems(b" " * (FILE_BYTES - 2) + b"{}") == []


@given(st.binary(max_size=200))
def test_any_bytes_give_a_document_or_problems(content: bytes) -> None:
    document, found = decode(content)
    assert (document is None) == bool(found)


@given(
    st.dictionaries(
        st.text(max_size=5),
        st.recursive(
            st.none() | st.booleans() | st.integers(-(10**30), 10**30) | st.text(max_size=5),
            lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=5), inner),
            max_leaves=8,
        ),
        max_size=3,
    ).filter(lambda doc: "\\u0000" not in json.dumps(doc))
)
def test_any_document_is_read_back(doc: dict[str, object]) -> None:
    assert decode(json.dumps(doc, ensure_ascii=False).encode()) == (doc, ())
