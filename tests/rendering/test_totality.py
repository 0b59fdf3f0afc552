"""Whatever a template says, rendering answers or fails with a reason; and always the same."""

from decimal import Decimal
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from sojourn.core.values.exact import Json
from sojourn.rendering.budget import OUTPUT_BYTES
from sojourn.rendering.checking import check
from sojourn.rendering.content import Rendered, render
from sojourn.rendering.engine import line_of
from sojourn.rendering.failure import RenderFailed
from sojourn.rendering.filters import FILTERS

NAMES: dict[str, Json] = {
    "t": "Ann <b>&'\"",
    "n": 5,
    "d": Decimal("59.90"),
    "yes": True,
    "no": False,
    "null": None,
    "mixed": [1, "x", None, True, Decimal("1.5"), [1], {"k": "v"}],
    "words": ["b", "a", "C"],
    "o": {"k": "v", "inner": [1]},
    "rows": [{"k": "a", "p": 1}, {"k": "B", "p": Decimal("2.5")}, {"q": 1}, 3],
    "when": "2026-01-05T22:30:00Z",
    "empty_text": "",
    "empty_list": [],
    "big": 10**60,
    "encoded": "PHNjcmlwdD4=",
}
PATHS = [
    *NAMES,
    *("gone", "o.k", "rows[0].k", "mixed[n]", "words.first", "o['k']", "x", "y", "item", "item.k"),
    *(
        "forloop",
        "forloop.index",
        "forloop.parentloop",
        "tablerowloop.col",
        "mixed.last",
        "gone[t]",
    ),
    *("blank", "empty", "nil", "true", "false", "now"),
]
LITERALS = [
    "-1",
    "0",
    "3",
    "1.50",
    "99999999999999999999",
    "'x'",
    "'k'",
    "''",
    "' '",
    "'%d %B'",
    "'ZAR'",
]
OPERATORS = ["==", "!=", "<>", "<", ">", "<=", ">=", "contains"]
FLAT = ["text <p>\n", "{% increment c %}", "{% break %}", "{% raw %}{{{% endraw %}", "{% # x %}"]
BLOCKS = [
    "{% if COND %}BLOCK{% elsif COND %}BLOCK{% else %}BLOCK{% endif %}",
    "{% unless COND %}BLOCK{% endunless %}",
    "{% case VALUE %}{% when VALUE, VALUE %}BLOCK{% else %}BLOCK{% endcase %}",
    "{% for item in VALUE %}BLOCK{% break %}{% else %}BLOCK{% endfor %}",
    "{% for item in VALUE reversed limit: VALUE offset: VALUE %}BLOCK{% endfor %}",
    "{% for item in VALUE offset: continue %}{% continue %}BLOCK{% endfor %}",
    "{% tablerow item in VALUE cols: VALUE %}BLOCK{% endtablerow %}",
    "{% capture x %}BLOCK{% endcapture %}",
    "{% ifchanged %}BLOCK{% endifchanged %}",
    "{% comment %}BLOCK{% endcomment %}",
]


class Author:
    """Writes templates by chance: most parse, and few make sense."""

    def __init__(self, chance: Random) -> None:
        self.chance = chance

    def value(self) -> str:
        if self.chance.random() < 0.1:
            return f"({self.value()}..{self.value()})"
        return self.chance.choice(PATHS if self.chance.random() < 0.7 else LITERALS)

    def expression(self) -> str:
        written = self.value()
        for _ in range(self.chance.choice([0, 0, 1, 1, 2, 3])):
            name = self.chance.choice(sorted(FILTERS))
            count = self.chance.randint(FILTERS[name].least, FILTERS[name].most)
            arguments = ", ".join(self.value() for _ in range(count))
            written += f" | {name}" + (f": {arguments}" if arguments else "")
        return written

    def condition(self) -> str:
        test = f"{self.value()} {self.chance.choice(OPERATORS)} {self.value()}"
        if self.chance.random() < 0.3:
            return f"{test} {self.chance.choice(['and', 'or'])} {self.condition()}"
        return test

    def block(self, depth: int) -> str:
        return "".join(self.node(depth) for _ in range(self.chance.randint(0, 3)))

    def node(self, depth: int) -> str:
        if depth and self.chance.random() < 0.5:
            written = self.chance.choice(BLOCKS)
            while "VALUE" in written:
                written = written.replace("VALUE", self.value(), 1)
            while "COND" in written:
                written = written.replace("COND", self.condition(), 1)
            while "BLOCK" in written:
                written = written.replace("BLOCK", self.block(depth - 1), 1)
            return written
        expression = self.expression()
        forms = [
            f"{{{{ {expression} }}}}",
            f"{{% assign y = {expression} %}}",
            f"{{%- echo {expression} -%}}",
            f"{{% cycle {self.value()}, {self.value()} %}}",
            *FLAT,
        ]
        return self.chance.choice(forms)


def outcome(source: str) -> Rendered | str:
    """What comes of a source in every part of an e-mail: the parts, or the reason."""
    content: dict[str, Json] = {"subject": source, "preheader": source, "html": source}
    try:
        return render(content, NAMES, zone="Africa/Johannesburg", locale="en-ZA")
    except RenderFailed as error:
        return error.reason


@given(st.randoms(use_true_random=False))
@settings(max_examples=250)
def test_any_template_renders_or_fails_with_a_reason(chance: Random) -> None:
    source = Author(chance).block(3)
    problems = check(source)
    result = outcome(source)
    assert result == outcome(source)
    if problems:
        line, message = line_of(source, problems[0].at), problems[0].message
        assert result == f"line {line}: {message.split('; did you')[0]}"
    elif isinstance(result, Rendered):
        assert result.html is not None
        assert len(result.html.encode()) <= 2 * OUTPUT_BYTES
        assert result.text is not None
    else:
        assert result


@given(st.text("{}%-|:'\"[].() ainfdore#\n", max_size=60))
@settings(max_examples=400)
def test_any_text_is_a_template_or_says_where_not(source: str) -> None:
    problems = check(source)
    result = outcome(source)
    assert all(0 <= problem.at <= len(source) for problem in problems)
    assert not (problems and isinstance(result, Rendered))
