"""What is not JSON is said by the slip that was made, not by the grammar."""

import json
from string import printable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sojourn.language.decoding import decode
from sojourn.language.findings import Code


def told(text: str) -> str:
    """The message of the one finding."""
    (problem,) = decode(text.encode())[1]
    assert problem.code is Code.NOT_JSON
    return problem.message


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ('{"a": 49,90}', (1, 10), "a number has a point, not a comma: `49.90`"),
        ('{"a": -9,5}', (1, 10), "a number has a point, not a comma: `-9.5`"),
        ('{\n  // who comes in\n  "a": 1}', (2, 3), "a comment, and JSON has none: take it out"),
        ('{"a": 1, /* why */ "b": 2}', (1, 10), "a comment, and JSON has none: take it out"),
        ('{"a": 1} # so', (1, 10), "a comment, and JSON has none: take it out"),
        ('{"a": “live”}', (1, 7), 'a typographic quotation mark “; write straight ones: "'),
        ("{„a“: 1}", (1, 2), 'a typographic quotation mark „; write straight ones: "'),
        ("{'a': 1}", (1, 2), 'a single quotation mark; write straight ones: "'),
        ('{"a": True}', (1, 7), "`True` is not known here; write `true`"),
        ('{"a": None}', (1, 7), "`None` is not known here; write `null`"),
        ('{"a": live}', (1, 7), "`live` is not known here; text stands in double quotes"),
        ("{a: 1}", (1, 2), "`a` is not known here; text stands in double quotes"),
        ('{"a": 1\n"b": 2}', (2, 1), "a comma is missing before this, or a bracket that closes"),
        ('{"a" 1}', (1, 6), "a colon is missing between a name and its value"),
        ('{"a": 1,}', (1, 8), "this comma is one too many: nothing follows it"),
        ("[1, 2,]", (1, 6), "this comma is one too many: nothing follows it"),
        ('{"a": 1,, "b": 2}', (1, 9), 'a name in double quotes is wanted here, as in "id": …'),
        ('{"a": 1, 2}', (1, 10), 'a name in double quotes is wanted here, as in "id": …'),
        ('{"a": }', (1, 7), "a value is missing here"),
        ('{"a": [1}', (1, 9), "another bracket has to close before this }"),
        (
            '{"a": 1}}',
            (1, 9),
            "what the file holds has ended before this; is a bracket closed too early?",
        ),
        ('{"a": 1', (1, 8), "the file ends here, before everything is closed; is a } missing?"),
        ('{"a": "b', (1, 7), 'the text that begins here is never closed with "'),
        ('{"a": "b\nc"}', (1, 9), 'a line break or a tab within a text; is its closing " missing?'),
        (
            '{"a": "say "hi" now"}',
            (1, 13),
            'the text before this has ended; a quotation mark within a text is written \\"',
        ),
        (
            '{"a": "C:\\data"}',
            (1, 10),
            "this backslash means nothing; a backslash itself is written \\\\",
        ),
        ('{"a": "\\u12"}', (1, 9), "four of 0-9 and a-f are wanted behind \\u"),
    ],
)
def test_a_slip_is_named_and_what_to_write_instead(
    text: str, place: tuple[int, int], message: str
) -> None:
    line, column = place
    assert told(text) == f"line {line}, column {column}: {message}"


@given(st.text(alphabet=printable + "\u201c\u2019ä", min_size=1), st.integers(0, 60))
def test_whatever_is_wrong_no_word_of_the_grammar_is_said(put: str, place: int) -> None:
    whole = '{"id": "a", "entry": {"event": "b", "where": [1, 2.5, true, null]}}'
    text = whole[:place] + put + whole[place:]
    refused = None
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        refused = error
    if refused is not None:
        assert refused.msg not in told(text)
        assert told(text).startswith(f"line {refused.lineno}, column {refused.colno}: ")
