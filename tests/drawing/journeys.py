"""Journeys to draw: any graph of steps, whatever `validate` would say of it."""

from typing import Any

from hypothesis import strategies as st

from sojourn.core.workspace.journeys import read_journey
from sojourn.core.workspace.plan import Journey

STAGES = (None, "awareness", "purchase", "a stage with a very long name indeed <&>", "use")
TEXTS = st.one_of(
    st.text(max_size=30),
    st.sampled_from(
        ["x", "event.total_of_everything-in.the/cart", "W" * 90, "é" * 40, "漢字" * 30]
    ),
)


def journey_of(steps: dict[str, Any], start: str, **fields: object) -> Journey:
    return read_journey(
        {"id": "j", "entry": {"event": "go"}, "start": start, "steps": steps} | fields
    )


@st.composite
def step(draw: st.DrawFn, names: list[str], texts: st.SearchStrategy[str]) -> dict[str, Any]:
    def way() -> dict[str, str]:
        target = draw(st.sampled_from([None, *names]))
        return {} if target is None else {"next": target}

    kind = draw(st.sampled_from(["send", "wait", "wait_for", "branch", "split", "emit", "exit"]))
    found: dict[str, Any] = {"type": kind}
    stage = draw(st.sampled_from(STAGES))
    if stage is not None:
        found["stage"] = stage
    several = range(draw(st.integers(1, 4)))
    match kind:
        case "send":
            outcomes = draw(st.lists(st.sampled_from(["capped", "quiet", "failed"]), unique=True))
            on = {name: draw(st.sampled_from(names)) for name in outcomes}
            found |= {"channel": "email", "template": draw(texts), "on": on} | way()
        case "wait":
            found |= {"for": "PT1H"} | way()
        case "wait_for":
            found["any"] = [{"event": draw(texts) or "e"} | way() for _ in several]
            if draw(st.booleans()):
                found |= {"timeout": "P1D", "on_timeout": draw(st.sampled_from(names))}
        case "branch":
            found["branches"] = [{"where": {"profile.x": draw(texts)}} | way() for _ in several]
            found |= {"else": draw(st.sampled_from(names))} if draw(st.booleans()) else {}
        case "split":
            found["arms"] = [{"name": str(n), "weight": n + 1} | way() for n in several]
        case "emit":
            found |= {"event": draw(texts) or "e"} | way()
        case _:
            found["outcome"] = draw(texts) or "over"
    return found


@st.composite
def journeys(draw: st.DrawFn, texts: st.SearchStrategy[str] = TEXTS, most: int = 14) -> Journey:
    names = [f"step-{number}" for number in range(draw(st.integers(1, most)))]
    steps = {name: draw(step(names, texts)) for name in names}
    exits = draw(st.lists(texts.map(lambda text: {"event": text or "e"}), max_size=3))
    return journey_of(steps, names[0], name=draw(texts) or "j", exit=exits)
