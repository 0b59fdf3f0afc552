"""A shop with one mail in a customer's inbox, and the page behind its link."""

from collections.abc import Mapping
from html.parser import HTMLParser
from typing import Any, override
from urllib.parse import urlencode

from sojourn.core.values.instants import SECOND
from sojourn.fakes.queues import FakeQueue
from sojourn.runtime.preferences.links import Links
from sojourn.runtime.preferences.requests import Preferences, Request, Response
from tests.runtime.given import PREFERENCES_URL, Works, email, journey, settings

FORM = {"content-type": "application/x-www-form-urlencoded"}
ONE_CLICK = "List-Unsubscribe=One-Click"
CATEGORIES = {
    "news": {"consent": "opt_in", "label": "Our <newsletter> & more"},
    "back-in-stock": {"consent": "opt_out"},
    "orders": {"consent": "none"},
    "unused": {"consent": "opt_out"},
}
MULTIPART = (
    '--xyz\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click'
    "\r\n--xyz--\r\n"
)


class Shop:
    """A shop with one mail in a customer's inbox, and the page behind its link."""

    def __init__(self, **step: Any) -> None:  # noqa: ANN401 - JSON
        also = [
            journey("news", "news.out", category="news"),
            journey("stock", "stock.in", steps={"thank": email(category="back-in-stock")}),
            journey("orders", "order.sent", category="orders"),
        ]
        self.works = Works(
            journey(steps={"thank": email(**step)}),
            *also,
            settings=settings(
                categories=CATEGORIES, senders={"email": "Karoo & Co <hi@karoo.example>"}
            ),
        )
        self.page = Preferences(
            self.works.mailboxes,
            self.works.live(),
            Links(self.works.link_keys, self.works.clock),
            self.queue(),
            self.works.clock,
        )
        self.works.identify()
        self.order("1")
        (self.mail,) = self.works.mailer.sent.values()
        self.link = self.mail.headers["List-Unsubscribe"].strip("<>")

    def queue(self) -> FakeQueue:
        self.said = FakeQueue()
        return self.said

    def order(self, number: str) -> None:
        self.works.event("order.placed", order_id=number)
        self.works.run()

    def ask(self, method: str = "GET", body: str = "", **fields: Any) -> Response:  # noqa: ANN401
        path = fields.pop("path", self.link.removeprefix(PREFERENCES_URL))
        headers = fields.pop("headers", FORM if method == "POST" else {})
        return self.page.answer(Request(method, path, headers, body.encode()))

    def post(self, *pairs: tuple[str, str]) -> Response:
        return self.ask("POST", urlencode(pairs))

    def save(self, *ticked: str, shown: int | None = None) -> Response:
        now = self.works.clock.now() // SECOND
        listed = [("listed", name) for name in ("marketing", "news", "back-in-stock")]
        boxes = [("category", name) for name in ticked]
        at = ("shown", str(now if shown is None else shown))
        return self.post(at, *listed, *boxes, ("action", "save"))

    def take(self) -> int:
        """What was said comes in and is decided; how much there was."""
        count = len(self.said.queued)
        for item in self.said.queued:
            self.works.ingest.take(item.body)
        self.said.queued.clear()
        self.works.run()
        assert not self.works.dead_letters.letters
        return count


class Boxes(HTMLParser):
    """The boxes of a page, and whether they are ticked."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: dict[str, bool] = {}
        self.feed(page)

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        if tag == "input" and named.get("type") == "checkbox":
            self.found[str(named["value"])] = "checked" in named


def boxes(answer: Response) -> Mapping[str, bool]:
    assert answer.status == 200
    return Boxes(answer.body).found
