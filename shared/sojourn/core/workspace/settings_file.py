"""Settings read: `settings.json`, already checked, becomes the rules that everybody is under."""

from sojourn.core.values.instants import parse_date, parse_duration
from sojourn.core.values.localtime import parse_time_of_day
from sojourn.core.workspace.reading import Doc, duration_or_none, number, read_at, read_weekdays
from sojourn.core.workspace.settings import Cap, Category, Closed, QuietHours, Settings

_CATEGORIES = {
    "marketing": Category("marketing", "opt_out", True, True, True),  # noqa: FBT003 - in the noun's order
    "transactional": Category("transactional", "none", False, False, False),  # noqa: FBT003 - as above
}
"""The categories a workspace has when its settings do not name them."""


def read_settings(doc: Doc) -> Settings:
    """The workspace's settings; what is left out has the language's defaults."""
    return Settings(
        timezone=doc.get("timezone", "UTC"),
        senders=dict(doc.get("senders", {})),
        categories=_CATEGORIES
        | {name: _read_category(name, item) for name, item in doc.get("categories", {}).items()},
        caps=tuple(_read_cap(cap, index) for index, cap in enumerate(doc.get("caps", ()))),
        quiet_hours=tuple(
            QuietHours(
                _channels(item),
                read_at(f"quiet_hours[{index}].from", parse_time_of_day, item["from"]),
                read_at(f"quiet_hours[{index}].to", parse_time_of_day, item["to"]),
                read_weekdays(item.get("weekdays"), f"quiet_hours[{index}].weekdays"),
            )
            for index, item in enumerate(doc.get("quiet_hours", ()))
        ),
        closed=tuple(
            Closed(
                _channels(item),
                read_at(f"closed[{index}].from", parse_date, item["from"]),
                read_at(f"closed[{index}].to", parse_date, item["to"]),
            )
            for index, item in enumerate(doc.get("closed", ()))
        ),
        control_group=number(doc.get("control_group", 0), "control_group"),
        nobody=tuple(glob.lower() for glob in doc.get("identity", {}).get("nobody", ())),
    )


def _channels(doc: Doc) -> frozenset[str] | None:
    return frozenset(doc["channels"]) if "channels" in doc else None


def _read_category(name: str, doc: Doc) -> Category:
    default = _CATEGORIES.get(name, _CATEGORIES["marketing"])
    return Category(
        name,
        doc.get("consent", default.consent),
        doc.get("obeys_caps", default.obeys_caps),
        doc.get("counts_toward_caps", default.counts_toward_caps),
        doc.get("quiet_hours", default.quiet_hours),
        doc.get("label"),
    )


def _read_cap(doc: Doc, index: int) -> Cap:
    place = f"caps[{index}]"
    per = doc.get("per")
    window: int | str | None = None
    if isinstance(per, str):
        calendar = per.removeprefix("calendar_")
        window = calendar if calendar != per else read_at(f"{place}.per", parse_duration, per)
    return Cap(
        name=doc.get("name", str(index)),
        channels=_channels(doc),
        categories=frozenset(doc["categories"]) if "categories" in doc else None,
        maximum=doc.get("max"),
        window=window,
        min_gap=duration_or_none(doc, "min_gap", place),
    )
