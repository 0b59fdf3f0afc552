"""What a template or a step says to one customer: every part of it, and what fails in it."""

import re
from collections.abc import Iterator, Mapping

from sojourn.core.errors import InvalidInput
from sojourn.core.nouns import noun
from sojourn.core.sending.release import zone_of
from sojourn.core.state.customer import Customer, Trait
from sojourn.core.values.exact import Json, JsonObject, loads_object, type_name
from sojourn.core.values.instants import Instant, parse_instant
from sojourn.core.workspace.plan import CHANNELS, From, Plan, Send, Value
from sojourn.language.files import Files
from sojourn.language.findings import Place, dotted
from sojourn.language.inlining import Source as Text
from sojourn.language.inlining import inline
from sojourn.language.wording import hint, quoted
from sojourn.rendering.content import Content, Rendered, render
from sojourn.rendering.failure import RenderFailed
from sojourn.rendering.segments import Segments, segments_of
from sojourn.rendering.values import Named
from sojourn.runtime.messages.composition import PLACEHOLDER, SMS_CHARS, about_customer

CLIPPED_BYTES = 102 * 1024
"""Gmail shows so much of an e-mail's HTML and hides the rest behind a link."""

DEFAULT_CATEGORY = "marketing"
"""What a template is previewed as; a step says its own."""


_READ = re.compile(r'[\w-]+(\."[^"]*"|\.[^\s:|"]+|\[[^\]]*\])*(?=$|:| \|)')
"""The path that a reason begins with, if it does."""


@noun
class Seen:
    """Beside the customer, what a template may see: the entering event and variables."""

    entry: JsonObject
    vars: JsonObject
    given: JsonObject


@noun
class Source:
    """A channel's content, and where it is written.

    ``texts`` are its texts, each with the files that it is made of; ``variables`` are those of the
    step's `with`, and ``names`` what it sees of journey and step.
    """

    channel: str
    category: str
    content: Content
    file: str
    place: Place
    texts: tuple[Text, ...]
    variables: Mapping[str, Value]
    names: JsonObject


@noun
class Failure:
    """A part that cannot be made: where it is written and why."""

    file: str
    place: str
    reason: str


@noun
class Made:
    """A channel's message as the customer would get it, or what fails in it."""

    channel: str
    category: str
    sender: str | None
    reply_to: str | None
    to: tuple[str, ...]
    content: Rendered | None
    failures: tuple[Failure, ...]

    @property
    def segments(self) -> Segments | None:
        """Into how many parts a text message is cut."""
        if self.channel != "sms" or self.content is None:
            return None
        return segments_of(self.content.text or "")

    @property
    def html_bytes(self) -> int:
        """The size of an e-mail's HTML; 0 without any."""
        html = self.content.html if self.content is not None else None
        return len((html or "").encode())


def customer_from(doc: Json, now: Instant) -> Customer:
    """A customer from JSON: traits alone, or with an id as `identify` and `customer` have them.

    Raises InvalidInput.
    """
    if not isinstance(doc, dict):
        raise InvalidInput(f"an object is wanted, not {type_name(doc)}")
    told = next((name for name in ("traits", "profile") if isinstance(doc.get(name), dict)), None)
    traits = doc[told] if told is not None else doc
    known = doc if told is not None else {}
    id_ = known.get("userId", known.get("customer", known.get("id", "preview")))
    created = known.get("created_at")
    if not isinstance(id_, str) or not isinstance(traits, dict):
        raise InvalidInput("userId: text is wanted")
    try:
        created_at = parse_instant(created) if isinstance(created, str) else now
    except ValueError as error:
        raise InvalidInput(f"created_at: {error}") from error
    return Customer(
        id_,
        created_at,
        traits={name: Trait(value, now) for name, value in traits.items() if name != "consent"},
    )


def sources(plan: Plan, files: Files, name: str, channel: str | None) -> list[Source]:
    """The parts of a template (`NAME`) or of a step that sends (`JOURNEY/STEP`).

    Raises InvalidInput when there is none of that name.
    """
    journey, slash, step = name.partition("/")
    of_step = _of_step(plan, files, journey, step) if slash else None
    found = list(of_step or _of_template(plan, files, name))
    chosen = [source for source in found if channel in {None, source.channel}]
    if not chosen:
        there = ", ".join(source.channel for source in found)
        raise InvalidInput(f"{name} has no part for {channel}; it has {there}")
    return chosen


def _of_template(plan: Plan, files: Files, name: str) -> Iterator[Source]:
    template = plan.templates.get(name)
    if template is None:
        raise InvalidInput(f"there is no template {quoted(name)}{hint(name, plan.templates)}")
    for channel in CHANNELS:
        part = template.get(channel)
        if isinstance(part, dict):
            file, texts = _written(files, "templates", name)
            names: JsonObject = {
                "journey": Named(id="preview", name="Preview", version=1),
                "step": Named(id="preview", channel=channel, category=DEFAULT_CATEGORY),
            }
            yield Source(channel, DEFAULT_CATEGORY, part, file, (channel,), texts, {}, names)


def _of_step(plan: Plan, files: Files, id_: str, name: str) -> Iterator[Source]:
    journey = plan.current.get(id_)
    step = journey.steps.get(name) if journey is not None else None
    if journey is None or not isinstance(step, Send):
        raise InvalidInput(_no_such_step(plan, id_, name))
    place: Place
    if step.content is not None:
        content, place = step.content, ("steps", name, "content")
        file, texts = _written(files, "journeys", id_)
    else:
        part = plan.templates[step.template or ""].get(step.channel)
        content, place = part if isinstance(part, dict) else {}, (step.channel,)
        file, texts = _written(files, "templates", step.template or "")
    category = step.category or journey.category
    names: JsonObject = {
        "journey": Named(id=journey.id, name=journey.name, version=journey.version),
        "step": Named(id=step.name, channel=step.channel, category=category),
    }
    yield Source(step.channel, category, content, file, place, texts, step.variables, names)


def _no_such_step(plan: Plan, id_: str, name: str) -> str:
    """What there is instead of a step that sends."""
    journey = plan.current.get(id_)
    if journey is None:
        return f"there is no journey {quoted(id_)}{hint(id_, plan.current)}"
    sends = [step.name for step in journey.steps.values() if isinstance(step, Send)]
    return f"{id_} has no send step {quoted(name)}{hint(name, sends)}"


def _written(files: Files, kind: str, name: str) -> tuple[str, tuple[Text, ...]]:
    """A document's file, and the texts of messages in it."""
    file = f"{kind}/{name}.json"
    return file, inline(file, kind, loads_object(files[file]), files).sources


def make(source: Source, customer: Customer, plan: Plan, seen: Seen) -> Made:
    """Render one channel's content for a customer."""
    context: JsonObject = {
        **about_customer(customer, plan.settings),
        "entry": seen.entry,
        "vars": seen.vars,
    }
    context |= {name: _value(value, context) for name, value in source.variables.items()}
    context |= {**source.names, **seen.given, "unsubscribe_url": PLACEHOLDER}
    content, failures = None, tuple(_failures(source, customer, plan, context))
    if not failures:
        content = _rendered(source.content, customer, plan, context)
        if source.channel == "sms" and len(content.text or "") > SMS_CHARS:
            reason = f"limit of SMS: over {SMS_CHARS} characters"
            content, failures = (
                None,
                (Failure(source.file, dotted((*source.place, "text")), reason),),
            )
    senders = plan.settings.senders
    is_email = source.channel == "email"
    return Made(
        source.channel,
        source.category,
        senders.get(source.channel),
        senders.get("reply_to") if is_email else None,
        customer.addresses(source.channel),
        content,
        failures,
    )


def _value(value: Value, context: JsonObject) -> Json:
    """A literal, or what stands at a path of what is known here; null when nothing does."""
    if not isinstance(value, From):
        return value
    found: Json = context
    for name in value.path:
        found = found.get(name) if isinstance(found, dict) else None
    return found


def _rendered(
    content: Content, customer: Customer, plan: Plan, context: Mapping[str, Json]
) -> Rendered:
    locale = customer.trait("locale")
    zone = zone_of(customer, plan.settings).key
    return render(content, context, zone=zone, locale=locale if isinstance(locale, str) else None)


def _failures(
    source: Source, customer: Customer, plan: Plan, context: Mapping[str, Json]
) -> Iterator[Failure]:
    """What is wrong with each key of the content, alone; with all together when none is."""
    found = False
    for key, value in source.content.items():
        try:
            _rendered({key: value}, customer, plan, context)
        except RenderFailed as error:
            found = True
            yield _failure(source, (*source.place, key), error.reason)
    if not found:
        try:
            _rendered(source.content, customer, plan, context)
        except RenderFailed as error:
            yield Failure(source.file, dotted(source.place), error.reason)


def _failure(source: Source, place: Place, reason: str) -> Failure:
    """Where a part is written: in the file, and the line, that reads what the reason names."""
    read = _READ.match(reason)
    whole_reason = read is not None and read.end() == len(reason)
    message = f"{reason} is missing and has no default" if whole_reason else reason
    texts = [each.whole for each in source.texts if each.place[: len(place)] == place]
    reading = [text for text in texts if read is not None and read[0] in text.text]
    if read is None or not reading:
        return Failure(source.file, dotted(place), message)
    origin, line = reading[0].written_at(reading[0].text.index(read[0]))
    said = f"line {line}: {message}" if "\n" in reading[0].text else message
    return Failure(origin.file, dotted(origin.place), said)
