"""Publishing: what lies in the bucket becomes the live plan, whole files at a time.

The bucket is compared with what is live, so a lost or doubled notification changes nothing. A bad
file changes nothing that is live and holds no good one up; versions are never edited. What is
reported as live binds whatever comes in from then on: nobody goes by the plan before it any more.
"""

from collections.abc import Callable, Collection, Iterable, Mapping

from sojourn.core.errors import Conflict
from sojourn.core.nouns import noun
from sojourn.core.state.decisions import Announcement
from sojourn.core.values.exact import Json, JsonObject, dumps
from sojourn.core.values.ids import derived_id
from sojourn.core.values.instants import Duration, Instant
from sojourn.core.workspace.documents import (
    ASKS_SINCE,
    FORM,
    PRESENT_FORM,
    asks_since,
    known_form,
    plan_from,
)
from sojourn.language.accepting import Accepted, accept
from sojourn.language.files import AT_ROOT, FOLDERS
from sojourn.runtime.live_plan import SETTLED
from sojourn.runtime.ports import Bus, Clock, Plans, StoredPlan, Workspace
from sojourn.runtime.workspace.keeping import object_at, with_what_is_needed

MOST_BYTES = 1_048_576
"""The largest file that is read; a larger one is refused by its size."""

TOLD_BYTES = 65_536
"""The most of a file's findings that is told on the bus, a quarter of what EventBridge takes."""

ATTEMPTS = 10
"""How often publishing starts again when another publishing came first."""

JOURNEYS = "journeys/"
THAWED = "thawed"


@noun
class _Outcome:
    """What one look at the bucket came to."""

    stored: StoredPlan
    before: StoredPlan
    found: Accepted
    listing: Mapping[str, str]


class Publish:
    """Brings the bucket's files live."""

    def __init__(
        self,
        workspace: Workspace,
        plans: Plans,
        bus: Bus,
        clock: Clock,
        wait: Callable[[Duration], object],
    ) -> None:
        """Work over these ports; ``wait`` returns once so much time is over."""
        self._workspace = workspace
        self._plans = plans
        self._bus = bus
        self._clock = clock
        self._wait = wait

    def take(self, paths: Iterable[str]) -> None:
        """Publish what changed; what is named is reported and announced in any case.

        So whoever dies after publishing does the rest when the batch comes again.
        """
        outcome = self._published()
        refused = outcome.found.refused
        told = {*paths, *_changed(outcome)}
        self._tell(outcome, sorted(refused), told & refused)
        if live := sorted(told - refused):
            self._wait(SETTLED)
            self._tell(outcome, [path for path in live if _is_reported(path, outcome)], live)

    def _tell(self, outcome: _Outcome, reported: Iterable[str], announced: Collection[str]) -> None:
        """Report on files, and announce what became of journeys."""
        for path in reported:
            self._workspace.report(path, _report(path, outcome))
        announcements = list(_announcements(outcome, announced, self._clock.now()))
        if announcements:
            self._bus.announce(announcements)

    def _published(self) -> _Outcome:
        for _ in range(ATTEMPTS):
            before = self._plans.stored()
            outcome = self._look(before)
            if outcome.stored.revision == before.revision:
                return outcome
            try:
                self._plans.publish(outcome.stored, before.revision)
            except Conflict:
                continue
            return outcome
        raise Conflict(f"others published first {ATTEMPTS} times")

    def _look(self, before: StoredPlan) -> _Outcome:
        """Compare the bucket with what is live, and decide what becomes live.

        What a later version published is left to that: raises NewerForm.
        """
        known_form(before.documents, before.revision)
        listing = self._workspace.listing()
        candidate: dict[str, bytes] = {}
        for path, etag in listing.items():
            if before.etags.get(path) == etag and path in before.files:
                candidate[path] = before.files[path]
                continue
            content = self._workspace.read(path, MOST_BYTES)
            if content is not None:
                candidate[path] = content
        found = accept(before.files, candidate, before.documents)
        etags = {
            path: listing[path]
            for path, content in found.files.items()
            if candidate.get(path) == content
        }
        if found.files == dict(before.files) and etags == dict(before.etags):
            return _Outcome(before, before, found, listing)
        documents = next_documents(before.documents, found.documents, self._clock.now())
        revision = before.revision + 1
        documents = with_thaw(documents, before.documents, revision)
        documents = {**with_asked(documents, before.documents, revision), FORM: PRESENT_FORM}
        plan_from(documents, revision)  # nobody could go on by one that cannot be read
        stored = StoredPlan(revision, documents, found.files, etags)
        return _Outcome(stored, before, found, listing)


def next_documents(before: JsonObject, workspace: JsonObject, now: Instant) -> JsonObject:
    """The documents of the next revision: new versions beside the old ones, never over them.

    A journey whose status alone changed keeps its version. One that is no longer there is
    archived. ``before`` is a plan's documents, ``workspace`` those of its files alone, in which
    every journey has one version.
    """
    old, new = object_at(before, "journeys"), object_at(workspace, "journeys")
    journeys: dict[str, Json] = {}
    for id_ in sorted({*old, *new}):
        life, fresh = old.get(id_), new.get(id_)
        doc = object_at(fresh, "versions").get("1") if isinstance(fresh, dict) else None
        journeys[id_] = _life(
            life if isinstance(life, dict) else None, doc if isinstance(doc, dict) else None, now
        )
    return with_what_is_needed({**workspace, "journeys": journeys}, before)


def with_thaw(documents: JsonObject, before: JsonObject, revision: int) -> JsonObject:
    """The documents of a revision with the last one by which a pause ended, where one ever did."""
    old, new = object_at(before, "journeys"), object_at(documents, "journeys")
    ended = any(
        object_at(new, id_).get("resumed_at") not in {None, object_at(old, id_).get("resumed_at")}
        for id_ in new
    )
    thawed = revision if ended else before.get(THAWED)
    return documents if thawed is None else {**documents, THAWED: thawed}


def with_asked(documents: JsonObject, before: JsonObject, revision: int) -> JsonObject:
    """The documents of a revision with since when something asks for `customer.created_at`."""
    asked, was = asks_since(documents, revision), before.get(ASKS_SINCE)
    return {**documents, ASKS_SINCE: was if asked and was else asked}


def _life(life: JsonObject | None, doc: JsonObject | None, now: Instant) -> JsonObject:
    """A journey's versions and pauses after its file became ``doc`` (None: it was deleted)."""
    if life is None:
        return {"current": 1, "versions": {"1": doc or {}}}
    versions = dict(object_at(life, "versions"))
    current = str(life["current"])
    present = object_at(versions, current)
    wanted = doc if doc is not None else {**present, "status": "archived"}
    was, will = present.get("status", "draft"), wanted.get("status", "draft")
    number = int(current)
    if {**present, "status": None} != {**wanted, "status": None}:
        number += 1
    versions[str(number)] = wanted
    after: JsonObject = {**life, "current": number, "versions": versions}
    if will == "paused" and was != "paused":
        after["resumed_at"] = None
    elif was == "paused" and will != "paused":
        after["resumed_at"] = now
    if will == "archived" and wanted != present:
        after["archived_at"] = now
    return after


def _changed(outcome: _Outcome) -> set[str]:
    """Paths whose live content is another than before."""
    before, after = outcome.before.files, outcome.stored.files
    return {path for path in {*before, *after} if before.get(path) != after.get(path)}


def _is_reported(path: str, outcome: _Outcome) -> bool:
    """Whether a path is one of a file that is live, or of one of a workspace's that is gone."""
    if path in outcome.stored.etags:
        return True
    return path not in outcome.listing and (
        path in AT_ROOT or path.split("/", maxsplit=1)[0] in FOLDERS
    )


def _report(path: str, outcome: _Outcome) -> JsonObject:
    refused = path in outcome.found.refused
    return {
        "ok": not refused,
        "version": None if refused else _version(path, outcome.stored),
        "findings": [
            {
                "severity": finding.severity,
                "code": finding.code,
                "file": finding.file,
                "path": finding.path,
                "message": finding.message,
            }
            for finding in outcome.found.findings.get(path, ())
        ],
    }


def _journey_in(path: str) -> str | None:
    """The id of the journey a path holds."""
    if path.startswith(JOURNEYS) and path.endswith(".json"):
        return path.removeprefix(JOURNEYS).removesuffix(".json")
    return None


def _version(path: str, stored: StoredPlan) -> Json:
    journey = _journey_in(path)
    life = object_at(stored.documents, "journeys").get(journey or "")
    return life.get("current") if isinstance(life, dict) else None


def _told(sentences: list[str]) -> list[Json]:
    """Findings as an event may hold them: the first ones, where they are too many or too long."""
    told: list[Json] = []
    left = TOLD_BYTES
    for sentence in sentences:
        left -= len(dumps(sentence).encode()) + 1
        if left < 0:
            return [*told, f"{len(sentences) - len(told)} more; they are in the report"]
        told.append(sentence)
    return told


def _announcements(outcome: _Outcome, told: Iterable[str], now: Instant) -> Iterable[Announcement]:
    """What became of each journey among the paths; the same again has the same id."""
    for path in sorted(told):
        journey = _journey_in(path)
        refused = path in outcome.found.refused
        version = _version(path, outcome.stored)
        if journey is None or (version is None and not refused):
            continue
        name = "journey.rejected" if refused else "journey.published"
        properties: dict[str, Json] = {"journey": journey}
        if refused:
            findings = outcome.found.findings.get(path, ())
            properties["findings"] = _told([finding.message for finding in findings])
        else:
            properties["version"] = version
        tag = outcome.listing.get(path, "")
        id_ = derived_id("publishing", path, tag, outcome.stored.revision)
        yield Announcement(id_, name, now, "", properties)
