"""A proof: a message sent to whoever wrote it, to be seen in a real inbox or on a real telephone.

It goes out as dispatch would send it, but is nobody's: no cap counts it, no consent or quiet hour
holds it, and what becomes of it is told to no customer.
"""

from collections.abc import Sequence

from sojourn.core.errors import InvalidInput
from sojourn.core.workspace.plan import Plan
from sojourn.rendering.content import Rendered
from sojourn.runtime.messages.delivery import unfit
from sojourn.runtime.messages.providers import Email, Text
from sojourn_cli.previewing.made import Made

MARK = "[Preview] "
"""What a proof's subject begins with: nobody is to take it for the real one."""


def channel_for(address: str) -> str:
    """The channel that writes to an address. Raises InvalidInput when none does."""
    channel = "email" if "@" in address else "sms"
    if unfit(channel, (address,)) is not None:
        raise InvalidInput(
            f"{address!r} is neither an e-mail address nor a telephone number like +27821234567"
        )
    return channel


def part_for(channel: str, messages: Sequence[Made]) -> Made:
    """The part that a proof shows. Raises InvalidInput when there is none."""
    for made in messages:
        if made.channel == channel:
            return made
    there = ", ".join(made.channel for made in messages)
    raise InvalidInput(f"there is no part for {channel}, only for {there}")


def email_of(made: Made, to: str, sender: str) -> Email:
    """The e-mail of a part that could be made; from ``sender`` where settings name nobody."""
    content = made.content or Rendered()
    subject = MARK + (content.subject or "")
    text = content.text or ""
    return Email(made.sender or sender, to, subject, text, content.html, made.reply_to, {}, {})


def text_of(made: Made, to: str, plan: Plan) -> Text:
    """The text message of a part that could be made."""
    content = made.content or Rendered()
    promotional = plan.settings.category(made.category).consent != "none"
    return Text(made.sender, to, content.text or "", promotional)
