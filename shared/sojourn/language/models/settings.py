"""The form of `settings.json`: what holds for every journey."""

from collections.abc import Iterator, Mapping
from typing import Annotated, ClassVar

from pydantic import Field

from sojourn.core.limits import CAP_MAXIMUM
from sojourn.core.values.exact import Json
from sojourn.core.values.instants import parse_date, parse_duration
from sojourn.language import meant, words
from sojourn.language.files import SETTINGS
from sojourn.language.findings import Code, Problem
from sojourn.language.forms import (
    Checked,
    FileForm,
    Form,
    Some,
    optional,
    unlike,
    wrong_type,
)
from sojourn.language.relations import at_least_one, needs
from sojourn.language.wording import quoted
from sojourn.language.words import (
    Boolean,
    Channels,
    Date,
    Id,
    RealDuration,
    Sender,
    Text,
    TextingSender,
    TimeOfDay,
    Weekdays,
    Zone,
    id_problems,
    many,
    number,
    one_of,
    shared,
    whole,
)

_CALENDAR = ("calendar_day", "calendar_week", "calendar_month")
_ROLLING = {"calendar_day": "P1D", "calendar_week": "P7D"}

Categories = Annotated[list[str], many(id_problems, "category", shared("Id"))]


class Senders(Form):
    """Who messages come from."""

    email: Sender = optional(description="The sender of e-mails: `Shop <hello@shop.example>`.")
    reply_to: Sender = optional(description="Where answers to e-mails go, if not to the sender.")
    sms: TextingSender = optional(description="The sender id of SMS, where the country allows one.")


class Category(Form):
    """A class of messages and which rules bind it."""

    consent: Annotated[str, one_of("none", "opt_out", "opt_in")] = Field(
        default="opt_out",
        description="`none`: not needed; `opt_out`: send unless refused; `opt_in`: if given.",
    )
    obeys_caps: Boolean = Field(default=True, description="Whether caps hold its messages.")
    counts_toward_caps: Boolean = Field(
        default=True, description="Whether its messages use up caps."
    )
    quiet_hours: Boolean = Field(
        default=True, description="Whether it keeps quiet hours and closed days."
    )
    label: Text = optional(description="What customers see it called on the preference page.")


def _window(value: object) -> Iterator[Problem]:
    if not isinstance(value, str):
        yield wrong_type(
            "a duration like P7D, or calendar_day, calendar_week, calendar_month", value
        )
    elif value not in _CALENDAR:
        try:
            length = parse_duration(value)
        except ValueError as error:
            message = f"{error}, nor one of {', '.join(_CALENDAR)}"
            unit = f"calendar_{value.strip().casefold()}"
            if unit in _CALENDAR:
                message += f"; write {quoted(unit)}"
                if unit in _ROLLING:
                    message += f", or {quoted(_ROLLING[unit])} for a window that rolls"
            else:
                message += words.written_instead(value, meant.duration, parse_duration)
            yield Problem((), Code.BAD_DURATION, message)
        else:
            if not length:
                yield Problem((), Code.OUT_OF_RANGE, "a window must have some length")


Window = Annotated[
    str, Checked(_window, {"anyOf": [shared("Duration"), {"enum": list(_CALENDAR)}]})
]


class Cap(Form):
    """At most so many messages in a window, or a least gap between two."""

    name: Text = optional(description="What reasons call it: `cap email-daily`.")
    channels: Channels = optional(description="The channels it counts; all without it.")
    categories: Categories = optional(description="The categories it counts; all without it.")
    max: Annotated[int, whole(0, CAP_MAXIMUM)] = optional(
        description="The most messages in the window; 0 allows none."
    )
    per: Window = optional(
        description="A rolling window (`P7D`), or a day, week or month of the customer's calendar.",
    )
    min_gap: RealDuration = optional(description="The least time between two messages.")

    relations = (at_least_one("max", "min_gap", "per"), needs("max", "per"), needs("per", "max"))


class QuietHours(Form):
    """Hours of the customer's clock in which nothing is sent."""

    channels: Channels = optional(description="The channels it quiets; all without it.")
    from_: TimeOfDay = Field(alias="from", description="The first quiet minute.")
    to: TimeOfDay = Field(
        description="The first minute that is not quiet; not after `from`, it is the next day's."
    )
    weekdays: Weekdays = optional(description="The days on which it starts; every day without it.")


class Closed(Form):
    """Whole days of the customer's calendar on which nothing is sent."""

    channels: Channels = optional(description="The channels it closes; all without it.")
    from_: Date = Field(alias="from", description="The first closed day.")
    to: Date = Field(description="The last closed day.")

    @classmethod
    def rules(cls, doc: Mapping[str, Json]) -> Iterator[Problem]:
        """The last day is not before the first."""
        first, last = doc.get("from"), doc.get("to")
        if not (isinstance(first, str) and isinstance(last, str)):
            return
        try:
            backwards = parse_date(last) < parse_date(first)
        except ValueError:
            return  # the days' own checks say so
        if backwards:
            yield Problem(("to",), Code.OUT_OF_RANGE, "the last day is before the first")


class Identity(Form):
    """Who is who."""

    nobody: Some[Text] = Field(
        description="Identities that are nobody's, with `*` for anything (`till@*`), besides"
        " those that always are; events that share one are not joined by it."
    )


class Settings(FileForm):
    """What holds for every journey: caps, quiet hours, categories, senders, the time zone."""

    file: ClassVar[str] = SETTINGS

    timezone: Zone = Field(
        default="UTC", description="The zone of customers without `profile.timezone`: an IANA name."
    )
    senders: Senders = optional(description="Who messages come from, per channel.")
    categories: dict[Id, Category] = optional(
        description="Classes of messages; `marketing` and `transactional` are there."
    )
    caps: Some[Cap] = optional(description="How much one customer gets. All apply at once.")
    quiet_hours: Some[QuietHours] = optional(
        description="When the customer's clock says not to disturb."
    )
    closed: Some[Closed] = optional(description="Days on which nothing is sent.")
    control_group: Annotated[int, number(0, 100)] = Field(
        default=0, description="The share of customers, per cent, who get nothing that obeys caps."
    )
    identity: Identity = optional(description="Which identities tell nothing of who it is.")

    @classmethod
    def rules(cls, doc: Mapping[str, Json]) -> Iterator[Problem]:
        """Two caps do not share a name: a reason must tell which one it was."""
        for problem in unlike(doc.get("caps"), "cap"):
            yield problem.under("caps")
