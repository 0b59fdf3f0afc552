"""Composition: what one message says to one customer."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from sojourn.core.errors import CorruptState
from sojourn.core.sending.release import zone_of
from sojourn.core.state.customer import Customer, Message
from sojourn.core.values.exact import Json
from sojourn.core.values.instants import format_instant
from sojourn.core.workspace.plan import Plan, Send
from sojourn.core.workspace.settings import Settings
from sojourn.rendering.content import Content, Rendered, Short, render, shortened
from sojourn.rendering.failure import RenderFailed
from sojourn.rendering.segments import segments_of
from sojourn.rendering.values import Named

type Look = Callable[[Message, Customer, Plan], Json]
"""How something that templates see is looked up."""

type Asked = Sequence[tuple[str, Look]]
"""What of it, by name."""

SMS_CHARS = 1_600
"""The longest text that SNS sends as one SMS, in as many parts as it takes."""

PLACEHOLDER = "https://unsubscribe.example/"
"""What stands for the customer's own link where nothing is sent; RFC 2606 keeps it from working."""


def compose(message: Message, customer: Customer, plan: Plan, unsubscribe_url: str) -> Rendered:
    """Render a message's content for its customer.

    Raises RenderFailed with the variable that is missing and has no default, or what else failed.
    """
    place = ("content", message.journey, message.version, message.step)
    known: _Known | None = plan.derived.get(place)
    if known is None:
        known = plan.derived[place] = _known(_content(message, plan))
    rendered = known.fixed
    if rendered is None:
        rendered = _rendered(known, message, customer, plan, unsubscribe_url)
    if message.channel == "sms" and len(rendered.text or "") > SMS_CHARS:
        raise RenderFailed(f"limit of SMS: over {SMS_CHARS} characters")
    return rendered


class _Known(NamedTuple):
    """A step's content, its short way if it has one, and what it says if it says that to all.

    ``asked`` is what the short way looks up.
    """

    content: Content
    short: Short | None
    fixed: Rendered | None
    asked: Asked


def _known(content: Content) -> _Known:
    short = shortened(content)
    fixed = None if short is None or short.roots else short.rendered({})
    roots = () if short is None else short.roots & _CONTEXT.keys()
    return _Known(content, short, fixed, tuple([(name, _CONTEXT[name]) for name in roots]))


def _rendered(
    known: _Known, message: Message, customer: Customer, plan: Plan, unsubscribe_url: str
) -> Rendered:
    """A content for its customer; what the short way does not read is not looked up for it."""
    if known.short is not None:
        names = _context(message, customer, plan, unsubscribe_url, known.asked)
        rendered = known.short.rendered(names)
        if rendered is not None:
            return rendered
    locale = customer.trait("locale")
    return render(
        known.content,
        _context(message, customer, plan, unsubscribe_url, _EVERYTHING),
        zone=zone_of(customer, plan.settings).key,
        locale=locale if isinstance(locale, str) else None,
    )


def segments_in(message: Message, content: Rendered) -> int | None:
    """Into how many parts a text message is cut; None for other channels."""
    return segments_of(content.text or "").count if message.channel == "sms" else None


def _content(message: Message, plan: Plan) -> Content:
    step = plan.versions[message.journey, message.version].steps[message.step]
    if not isinstance(step, Send):
        raise CorruptState(f"message {message.id}: step {message.step} does not send")
    if step.content is not None:
        return step.content
    part = plan.templates.get(step.template or "", {}).get(step.channel)
    if not isinstance(part, dict):
        raise RenderFailed(f"template {step.template} has no {step.channel} part")
    return part


def _context(
    message: Message,
    customer: Customer,
    plan: Plan,
    unsubscribe_url: str,
    asked: Asked,
) -> dict[str, Json]:
    """The variables of a message, the link, and of what templates see besides what is asked for."""
    names = {**message.variables, "unsubscribe_url": unsubscribe_url}
    for name, look in asked:
        names[name] = look(message, customer, plan)
    return names


def _entry(message: Message, customer: Customer, _: Plan) -> Json:
    enrolment = customer.enrolments.get(message.enrolment)
    return dict(enrolment.entry) if enrolment is not None else {}


def _vars(message: Message, customer: Customer, _: Plan) -> Json:
    enrolment = customer.enrolments.get(message.enrolment)
    return dict(enrolment.vars) if enrolment is not None else {}


def _journey(message: Message, _: Customer, plan: Plan) -> Json:
    journey = plan.versions[message.journey, message.version]
    return Named(id=journey.id, name=journey.name, version=journey.version)


def _step(message: Message, _: Customer, __: Plan) -> Json:
    return Named(id=message.step, channel=message.channel, category=message.category)


def _named(customer: Customer, settings: Settings) -> Json:
    return Named(
        id=customer.id,
        created_at=format_instant(customer.created_at),
        timezone=zone_of(customer, settings).key,
        locale=customer.trait("locale"),
    )


_CONTEXT: Mapping[str, Look] = {
    "profile": lambda _, customer, __: customer.profile(),
    "customer": lambda _, customer, plan: _named(customer, plan.settings),
    "entry": _entry,
    "vars": _vars,
    "journey": _journey,
    "step": _step,
}
"""What templates see of every message, but for the link: by its name, how to look it up."""

_EVERYTHING = tuple(_CONTEXT.items())


def about_customer(customer: Customer, settings: Settings) -> Mapping[str, Json]:
    """What templates see of a customer."""
    return {"profile": customer.profile(), "customer": _named(customer, settings)}
