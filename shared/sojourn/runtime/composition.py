"""Composition: what one message says to one customer."""

from collections.abc import Mapping

from sojourn.core.customer import Customer, Message
from sojourn.core.errors import CorruptState
from sojourn.core.exact import Json
from sojourn.core.instants import format_instant
from sojourn.core.plan import Plan, Send, Settings
from sojourn.core.release import zone_of
from sojourn.rendering.content import Content, Rendered, render
from sojourn.rendering.failure import RenderFailed
from sojourn.rendering.segments import segments_of
from sojourn.rendering.values import Named

SMS_CHARS = 1_600
"""The longest text that SNS sends as one SMS, in as many parts as it takes."""

PLACEHOLDER = "https://unsubscribe.example/"
"""What stands for the customer's own link where nothing is sent; RFC 2606 keeps it from working."""


def compose(message: Message, customer: Customer, plan: Plan, unsubscribe_url: str) -> Rendered:
    """Render a message's content for its customer.

    Raises RenderFailed with the variable that is missing and has no default, or what else failed.
    """
    locale = customer.trait("locale")
    rendered = render(
        _content(message, plan),
        _context(message, customer, plan, unsubscribe_url),
        zone=zone_of(customer, plan.settings).key,
        locale=locale if isinstance(locale, str) else None,
    )
    if message.channel == "sms" and len(rendered.text or "") > SMS_CHARS:
        raise RenderFailed(f"limit of SMS: over {SMS_CHARS} characters")
    return rendered


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
    message: Message, customer: Customer, plan: Plan, unsubscribe_url: str
) -> Mapping[str, Json]:
    enrolment = customer.enrolments.get(message.enrolment)
    journey = plan.versions[message.journey, message.version]
    return {
        **message.variables,
        **about_customer(customer, plan.settings),
        "entry": dict(enrolment.entry) if enrolment is not None else {},
        "vars": dict(enrolment.vars) if enrolment is not None else {},
        "journey": Named(id=journey.id, name=journey.name, version=journey.version),
        "step": Named(id=message.step, channel=message.channel, category=message.category),
        "unsubscribe_url": unsubscribe_url,
    }


def about_customer(customer: Customer, settings: Settings) -> Mapping[str, Json]:
    """What templates see of a customer."""
    return {
        "profile": customer.profile(),
        "customer": Named(
            id=customer.id,
            created_at=format_instant(customer.created_at),
            timezone=zone_of(customer, settings).key,
            locale=customer.trait("locale"),
        ),
    }
