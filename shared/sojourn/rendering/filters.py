"""The filters a template may use: the names, what each takes, and the function behind it.

Filters are pure and total over JSON: they answer, or raise `Unfit` with what they want. No filter
marks a customer's value as safe HTML.
"""

from collections.abc import Callable, Mapping

from sojourn.core.nouns import noun
from sojourn.rendering import listwise, numeric, textual
from sojourn.rendering.dates import date
from sojourn.rendering.money import money
from sojourn.rendering.scope import Missing


@noun
class FilterRule:
    """One filter: its function, and how many arguments it takes after the value.

    ``options`` are the named ones; ``scene`` says that the function wants the scene first.
    """

    apply: Callable[..., object]
    least: int = 0
    most: int = 0
    options: frozenset[str] = frozenset()
    scene: bool = False

    def problem_with(self, arguments: int, options: frozenset[str]) -> str | None:
        """What is wrong with a call, if anything."""
        if unknown := sorted(options - self.options):
            return f"does not know `{unknown[0]}:`"
        if not self.least <= arguments <= self.most:
            return f"takes {self._counted()}, not {arguments}"
        return None

    def _counted(self) -> str:
        if self.least == self.most:
            return f"{self.least} argument{'' if self.least == 1 else 's'}"
        return f"{self.least} to {self.most} arguments"


def default(value: object, fallback: object, *, allow_false: object = False) -> object:
    """The fallback for what is missing, empty or false; false stays with `allow_false: true`."""
    if isinstance(value, Missing) or value is None:
        return fallback
    if value is False:
        return value if allow_false is True else fallback
    if isinstance(value, str | list | tuple | Mapping) and not value:
        return fallback
    return value


FILTERS: dict[str, FilterRule] = {
    "abs": FilterRule(numeric.absolute),
    "append": FilterRule(textual.append, 1, 1),
    "at_least": FilterRule(numeric.at_least, 1, 1),
    "at_most": FilterRule(numeric.at_most, 1, 1),
    "base64_decode": FilterRule(textual.base64_decode),
    "base64_encode": FilterRule(textual.base64_encode),
    "base64_url_safe_decode": FilterRule(textual.base64_url_safe_decode),
    "base64_url_safe_encode": FilterRule(textual.base64_url_safe_encode),
    "capitalize": FilterRule(textual.capitalize),
    "ceil": FilterRule(numeric.ceil),
    "compact": FilterRule(listwise.compact, 0, 1),
    "concat": FilterRule(listwise.concat, 1, 1),
    "date": FilterRule(date, 0, 1, scene=True),
    "default": FilterRule(default, 1, 1, frozenset({"allow_false"})),
    "divided_by": FilterRule(numeric.divided_by, 1, 1),
    "downcase": FilterRule(textual.downcase),
    "escape": FilterRule(textual.escaped, scene=True),
    "escape_once": FilterRule(textual.escaped_once, scene=True),
    "find": FilterRule(listwise.find, 1, 2),
    "find_index": FilterRule(listwise.find_index, 1, 2),
    "first": FilterRule(listwise.first),
    "floor": FilterRule(numeric.floor),
    "has": FilterRule(listwise.has, 1, 2),
    "join": FilterRule(listwise.join, 0, 1),
    "last": FilterRule(listwise.last),
    "lstrip": FilterRule(textual.lstrip),
    "map": FilterRule(listwise.mapped, 1, 1),
    "minus": FilterRule(numeric.minus, 1, 1),
    "modulo": FilterRule(numeric.modulo, 1, 1),
    "money": FilterRule(money, 1, 1, scene=True),
    "newline_to_br": FilterRule(textual.newline_to_br, scene=True),
    "plus": FilterRule(numeric.plus, 1, 1),
    "prepend": FilterRule(textual.prepend, 1, 1),
    "reject": FilterRule(listwise.reject, 1, 2),
    "remove": FilterRule(textual.remove, 1, 1),
    "remove_first": FilterRule(textual.remove_first, 1, 1),
    "remove_last": FilterRule(textual.remove_last, 1, 1),
    "replace": FilterRule(textual.replace, 1, 2),
    "replace_first": FilterRule(textual.replace_first, 1, 2),
    "replace_last": FilterRule(textual.replace_last, 1, 2),
    "reverse": FilterRule(listwise.reverse),
    "round": FilterRule(numeric.rounded, 0, 1),
    "rstrip": FilterRule(textual.rstrip),
    "size": FilterRule(listwise.size),
    "slice": FilterRule(listwise.part, 1, 2),
    "sort": FilterRule(listwise.sort, 0, 1),
    "sort_natural": FilterRule(listwise.sort_natural, 0, 1),
    "split": FilterRule(textual.split, 1, 1),
    "squish": FilterRule(textual.squish),
    "strip": FilterRule(textual.strip),
    "strip_html": FilterRule(textual.strip_html),
    "strip_newlines": FilterRule(textual.strip_newlines),
    "sum": FilterRule(listwise.total, 0, 1),
    "times": FilterRule(numeric.times, 1, 1),
    "truncate": FilterRule(textual.truncate, 0, 2),
    "truncatewords": FilterRule(textual.truncatewords, 0, 2),
    "uniq": FilterRule(listwise.uniq, 0, 1),
    "upcase": FilterRule(textual.upcase),
    "url_decode": FilterRule(textual.url_decode),
    "url_encode": FilterRule(textual.url_encode),
    "where": FilterRule(listwise.where, 1, 2),
}
