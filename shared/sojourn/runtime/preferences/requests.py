"""Preferences: what a customer says with the link in a message becomes an event, like any other.

`GET` only shows; `POST` with `List-Unsubscribe=One-Click` (RFC 8058) or from the page's own forms
changes something. Nothing is decided here: the event goes to ingest, and the one path decides.
"""

import json
import logging
import re
from collections.abc import Mapping
from dataclasses import field

from sojourn.core.errors import Transient
from sojourn.core.nouns import noun
from sojourn.core.sending.release import wants
from sojourn.core.state.customer import Customer
from sojourn.core.values.addresses import name_and_address
from sojourn.core.values.ids import derived_id
from sojourn.core.values.instants import HOUR, MINUTE, SECOND, Duration, Instant, format_instant
from sojourn.core.workspace.plan import Plan, Send
from sojourn.core.workspace.settings import Category, Settings
from sojourn.runtime.customer.joining import present
from sojourn.runtime.live_plan import LivePlan
from sojourn.runtime.ports import Clock, Mailboxes, Queue
from sojourn.runtime.preferences.forms import UnknownForm, fields_of
from sojourn.runtime.preferences.links import Expired, Forged, Link, Links
from sojourn.runtime.preferences.page import HEADERS, Choice, notice, page

BODY_BYTES = 8_192
"""The largest form that is read; ours has some hundred bytes."""

FORM_AGE: Duration = 24 * HOUR
"""How long a page may stand open before its form changes nothing: a tab that a browser brings back
weeks later must not give consent anew."""

SOURCE = "sojourn.preferences"
CHANGED = "preferences.changed"
SAVED = "Saved. It may take a minute until it holds everywhere."
GONE = "Nothing is kept about you here any more, and you will get no more of these messages."
STOPPED = "Done: you will get no more of these messages."

_SECONDS = re.compile(r"[0-9]{1,12}")
_log = logging.getLogger("sojourn")


@noun
class Request:
    """An HTTP request; header names are in lower case, ``path`` begins with a slash."""

    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@noun
class Response:
    """What is answered: a status and a page."""

    status: int
    body: str
    headers: Mapping[str, str] = field(default_factory=lambda: HEADERS)


class Preferences:
    """Answers requests of customers and of their mail programs."""

    def __init__(
        self, mailboxes: Mailboxes, live: LivePlan, links: Links, ingest: Queue, clock: Clock
    ) -> None:
        """Work over these ports; ``ingest`` is the queue that all events come in by."""
        self._mailboxes = mailboxes
        self._live = live
        self._links = links
        self._ingest = ingest
        self._clock = clock

    def answer(self, request: Request) -> Response:
        """Show the page, or take what was said; a request that is wrong changes nothing."""
        if request.method not in {"GET", "HEAD", "POST"}:
            allowed = {**HEADERS, "Allow": "GET, HEAD, POST"}
            return Response(405, notice("This address only takes GET and POST."), allowed)
        if len(request.body) > BODY_BYTES:
            return Response(413, notice("That is more than this page asked for."))
        try:
            link = self._links.read(request.path.removeprefix("/"))
            if self._is_gone(link):
                return Response(200, notice(GONE))
            if request.method == "POST":
                return self._taken(link, request)
            return Response(200, self._page(link, self._clock.now()))
        except Forged:
            return Response(403, notice("This link is not one of ours. Was it copied whole?"))
        except Expired:
            return Response(410, notice("This link is too old. A newer message has a newer one."))
        except UnknownForm as unknown:
            return Response(unknown.status, notice("This form cannot be read."))
        except Transient as error:
            _log.error("preferences: cannot answer now: %s", type(error).__name__)
            later = {**HEADERS, "Retry-After": "60"}
            return Response(503, notice("This does not work just now. Please try again."), later)

    def _is_gone(self, link: Link) -> bool:
        """Whether a link's customer was forgotten; whatever she wants to get, she gets nothing."""
        self._live.plan()
        if self._live.forgotten.knows(link.customer):
            return True
        box = present(self._mailboxes, self._mailboxes.read(link.customer))
        return box.forgotten_at is not None

    def _taken(self, link: Link, request: Request) -> Response:
        """What a form says, put on its way."""
        form = fields_of(request.headers.get("content-type", ""), request.body)
        now = self._clock.now()
        if form.get("List-Unsubscribe") == ["One-Click"]:
            self._unsubscribe(link, "one_click", now)
            return Response(200, notice(STOPPED))
        match form.get("action"):
            case ["stop"]:
                self._unsubscribe(link, "page", now)
                nothing = dict.fromkeys(self._choices(link, now), False)
                return Response(200, self._page(link, now, STOPPED, nothing))
            case ["save"]:
                return self._saved(link, form, now)
            case _:
                raise UnknownForm(400)

    def _saved(self, link: Link, form: Mapping[str, list[str]], now: Instant) -> Response:
        """Give or take back consent where the form says something else than what holds."""
        if not _is_fresh(form.get("shown", []), now):
            return Response(200, self._page(link, now, "This page was old: please look again."))
        choices = self._choices(link, now)
        listed, ticked = set(form.get("listed", [])), set(form.get("category", []))
        said = {name: name in ticked for name in choices if name in listed}
        changed = {name: given for name, given in said.items() if choices[name].wanted != given}
        if changed:
            self._put(
                link,
                CHANGED,
                derived_id("preferences", link.message, json.dumps(said), now),
                {
                    "consent_source": "preference page",
                    "consent_wording": {name: choices[name].label for name in changed},
                    "message_id": link.message,
                },
                now,
                {"consent": changed},
            )
        return Response(200, self._page(link, now, SAVED, said))

    def _unsubscribe(self, link: Link, reason: str, now: Instant) -> None:
        """The channel's unsubscription. Mail programs that say it again at once say it once."""
        id_ = derived_id("unsubscribed", link.customer, link.message, now // MINUTE)
        properties: dict[str, object] = {
            "channel": link.channel,
            "message_id": link.message,
            "category": link.category,
            "reason": reason,
        }
        self._put(link, "message.unsubscribed", id_, properties, now)

    def _put(  # noqa: PLR0913 - what an envelope consists of
        self,
        link: Link,
        name: str,
        id_: str,
        properties: Mapping[str, object],
        now: Instant,
        traits: Mapping[str, object] | None = None,
    ) -> None:
        # Her id, whatever it is: a visitor who got a link is no user by that.
        detail = {"event": name, "anonymousId": link.customer, "properties": properties}
        if traits is not None:
            detail["traits"] = traits
        entry = {
            "source": SOURCE,
            "detail-type": name,
            "time": format_instant(now),
            "id": id_,
            "detail": detail,
        }
        self._ingest.put([json.dumps(entry)])

    def _choices(self, link: Link, now: Instant) -> dict[str, Choice]:
        """What she can choose between and how it stands, by category."""
        plan = self._live.plan()
        customer = present(
            self._mailboxes, self._mailboxes.read(link.customer)
        ).customer or Customer(link.customer, now)
        return {
            category.name: Choice(_label(category), wants(customer, link.channel, category))
            for category in _offered(plan, link.category)
        }

    def _page(
        self,
        link: Link,
        now: Instant,
        told: str | None = None,
        said: Mapping[str, bool] | None = None,
    ) -> str:
        """The page as things stand, or as she has just ``said`` they shall."""
        choices = self._choices(link, now)
        for name, wanted in (said or {}).items():
            choices[name] = Choice(choices[name].label, wanted)
        return page(_sender(self._live.plan().settings), choices, now // SECOND, told)


def _offered(plan: Plan, of_link: str) -> list[Category]:
    """Categories that need consent and that anything is sent in, the link's first."""
    names = {of_link: None}
    for journey in plan.current.values():
        names[journey.category] = None
        for step in journey.steps.values():
            if isinstance(step, Send) and step.category is not None:
                names[step.category] = None
    categories = [plan.settings.category(name) for name in names]
    return [category for category in categories if category.consent != "none"]


def _label(category: Category) -> str:
    """What customers see a category called."""
    words = category.name.replace("-", " ").replace("_", " ")
    return category.label or words[:1].upper() + words[1:]


def _sender(settings: Settings) -> str:
    """Whose messages they are: the name before the sender's address, else the address."""
    written = settings.senders.get("email", "")
    name, address = name_and_address(written)
    return name or address


def _is_fresh(shown: list[str], now: Instant) -> bool:
    """Whether a form comes from a page that was shown lately."""
    if len(shown) != 1 or not _SECONDS.fullmatch(shown[0]):
        return False
    return 0 <= now - int(shown[0]) * SECOND <= FORM_AGE
