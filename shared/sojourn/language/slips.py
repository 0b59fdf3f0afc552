"""Slips of the pen: where a file stops being JSON, said to somebody who does not know its grammar.

The parser names the place and what its grammar wants there. What stands there tells the slip.
"""

from collections.abc import Iterator
from json import JSONDecodeError
from re import compile as pattern
from typing import Final

from sojourn.language.wording import quoted

_COMMENT: Final = pattern(r"//|/\*|#|--|<!--")
_WORD: Final = pattern(r"[^\W\d]\w*")
_WORDS: Final = {"true": "true", "false": "false", "none": "null", "null": "null"}
_CURLY: Final = "“”„‟«»‘’‚‛´`"  # noqa: RUF001 - what word processors write
_DECIMAL: Final = pattern(r"-?\d+,\d+")

_STRAIGHT: Final = 'write straight ones: "'

_WANTED: Final = {
    "Expecting ',' delimiter": "a comma is missing before this, or a bracket that closes",
    "Expecting ':' delimiter": "a colon is missing between a name and its value",
    "Expecting property name enclosed in double quotes": (
        'a name in double quotes is wanted here, as in "id": …'
    ),
    "Expecting value": "a value is missing here",
    "Extra data": "what the file holds has ended before this; is a bracket closed too early?",
    "Illegal trailing comma before end of array": "this comma is one too many: nothing follows it",
    "Illegal trailing comma before end of object": "this comma is one too many: nothing follows it",
    "Invalid control character at": (
        'a line break or a tab within a text; is its closing " missing?'
    ),
    "Invalid \\escape": "this backslash means nothing; a backslash itself is written \\\\",
    "Invalid \\uXXXX escape": "four of 0-9 and a-f are wanted behind \\u",
    "Unterminated string starting at": 'the text that begins here is never closed with "',
}
"""By what the parser says, without what it quotes."""


def slip(text: str, error: JSONDecodeError) -> str:
    """What is wrong at the place of an error and what to write instead, in one sentence."""
    within_text = not error.msg.startswith(("Expecting", "Extra"))
    told = None if within_text else next(_told_by_what_stands_there(text, error.pos), None)
    return told or _wanted(text, error)


def _told_by_what_stands_there(text: str, place: int) -> Iterator[str]:
    found, before = text[place : place + 1], text[:place].rstrip()
    if _COMMENT.match(text, place):
        yield "a comment, and JSON has none: take it out"
    if found and found in _CURLY:
        yield f"a typographic quotation mark {found}; {_STRAIGHT}"
    if found == "'":
        yield f"a single quotation mark; {_STRAIGHT}"
    if found.isdigit() and before.endswith(","):
        yield from _decimal_comma(text, before)
    if (word := _WORD.match(text, place)) is not None:
        if before.endswith('"'):
            yield 'the text before this has ended; a quotation mark within a text is written \\"'
        meant = _WORDS.get(word[0].casefold())
        told = f"write {quoted(meant)}" if meant else "text stands in double quotes"
        yield f"{quoted(word[0])} is not known here; {told}"


def _decimal_comma(text: str, before: str) -> Iterator[str]:
    start = len(before) - 1
    while start and (text[start - 1].isdigit() or text[start - 1] == "-"):
        start -= 1
    if (number := _DECIMAL.match(text, start)) is not None:
        yield f"a number has a point, not a comma: {quoted(number[0].replace(',', '.'))}"


def _wanted(text: str, error: JSONDecodeError) -> str:
    if not text[error.pos :].strip():
        return "the file ends here, before everything is closed; is a } missing?"
    if text[error.pos] in "}]" and error.msg.startswith("Expecting ','"):
        return f"another bracket has to close before this {text[error.pos]}"
    said = next((told for start, told in _WANTED.items() if error.msg.startswith(start)), None)
    return said or error.msg
