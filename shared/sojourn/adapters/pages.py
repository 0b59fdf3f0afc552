"""Pages: all that a query or a scan of the table finds, which comes a megabyte at a time."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from sojourn.adapters.translation import translating


def pages[Page: Mapping[str, Any]](
    ask: Callable[..., Page],
    doing: str,
    **request: Any,  # noqa: ANN401 - a query's or a scan's parameters
) -> Iterator[Page]:
    """Every page, each asked for when the one before it was taken; raises as `translating` does."""
    more: dict[str, Any] = {}
    while True:
        with translating(doing):
            page = ask(**request, **more)
        yield page
        if "LastEvaluatedKey" not in page:
            return
        more = {"ExclusiveStartKey": page["LastEvaluatedKey"]}
