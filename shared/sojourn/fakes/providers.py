"""Providers in memory: what they took stays with them, and they fail as they are told to."""

import re
from collections.abc import Collection

from sojourn.core.state.customer import ENDPOINT_GONE
from sojourn.runtime.messages.providers import Email, Note, Push, Refused, Text, Throttled, Unknown
from sojourn.runtime.messages.push_payload import platform_of

_TAG = re.compile(r"[A-Za-z0-9_-]{1,256}")
_NUMBER = re.compile(r"\+[1-9]\d{6,14}")


class FakeMailer:
    """The port Mailer; what was taken is in ``sent``, under its id.

    Tags and senders are checked as SES checks them; ``verified`` None verifies every sender.
    """

    def __init__(self, verified: Collection[str] | None = None) -> None:
        """Begin with the addresses and domains that may send."""
        self.sent: dict[str, Email] = {}
        self.verified = verified
        self._failures: list[tuple[Refused | Throttled | Unknown, bool]] = []

    def fail_next(self, failure: Refused | Throttled | Unknown, *, taken: bool = False) -> None:
        """Fail a later call, in the order told; ``taken``: only the answer is lost."""
        self._failures.append((failure, taken))

    def send(self, email: Email) -> str:
        """See Mailer."""
        address = email.sender.rpartition("<")[2].removesuffix(">")
        identities = {address, address.rpartition("@")[2]}
        if self.verified is not None and identities.isdisjoint(self.verified):
            raise Throttled(f"MessageRejected: {address} is not verified")
        for text in (*email.tags, *email.tags.values()):
            if not _TAG.fullmatch(text):
                raise Refused(f"BadRequest: {text!r} cannot be a tag or its value")
        failure, taken = self._failures.pop(0) if self._failures else (None, True)
        id_ = f"email-{len(self.sent) + 1}"
        if taken:
            self.sent[id_] = email
        if failure is not None:
            raise failure
        return id_


class FakeTexter:
    """The port Texter; what was taken is in ``sent``, under its id.

    Numbers in ``opted_out`` get nothing, as SNS says when it is asked.
    """

    def __init__(self) -> None:
        """Begin empty."""
        self.sent: dict[str, Text] = {}
        self.opted_out: set[str] = set()
        self._failures: list[tuple[Throttled | Unknown, bool]] = []

    def fail_next(self, failure: Throttled | Unknown, *, taken: bool = False) -> None:
        """Fail a later call, in the order told; ``taken``: only the answer is lost."""
        self._failures.append((failure, taken))

    def ask(self, number: str) -> None:
        """See Texter."""
        if number in self.opted_out:
            said = f"OptedOut: {number} has opted out"
            raise Refused(said, Note(number, "message.unsubscribed", said))

    def send(self, text: Text) -> str:
        """See Texter."""
        if not _NUMBER.fullmatch(text.to):
            raise Refused(f"InvalidParameter: {text.to} is not a telephone number")
        failure, taken = self._failures.pop(0) if self._failures else (None, True)
        id_ = f"text-{len(self.sent) + 1}"
        if taken:
            self.sent[id_] = text
        if failure is not None:
            raise failure
        return id_


class FakePusher:
    """The port Pusher; what was taken is in ``sent``, under its id.

    Endpoints in ``gone`` are refused as SNS refuses what was switched off or deleted.
    """

    def __init__(self) -> None:
        """Begin empty."""
        self.sent: dict[str, Push] = {}
        self.gone: set[str] = set()
        self._failures: list[tuple[Throttled | Unknown, bool]] = []

    def fail_next(self, failure: Throttled | Unknown, *, taken: bool = False) -> None:
        """Fail a later call, in the order told; ``taken``: only the answer is lost."""
        self._failures.append((failure, taken))

    def send(self, push: Push) -> str:
        """See Pusher."""
        platform_of(push.endpoint)
        if push.endpoint in self.gone:
            said = "EndpointDisabled: Endpoint is disabled"
            raise Refused(said, Note(push.endpoint, ENDPOINT_GONE, said))
        failure, taken = self._failures.pop(0) if self._failures else (None, True)
        id_ = f"push-{len(self.sent) + 1}"
        if taken:
            self.sent[id_] = push
        if failure is not None:
            raise failure
        return id_
