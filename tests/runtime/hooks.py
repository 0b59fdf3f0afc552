"""Fakes that let a test step in while they are at work."""

from collections.abc import Callable

from sojourn.fakes.mailboxes import FakeHistory, FakeMailboxes
from sojourn.fakes.providers import FakeMailer, FakePusher, FakeTexter
from sojourn.runtime.customer.mailbox import Mailbox, Save
from sojourn.runtime.messages.providers import Email, Push


class HookedMailboxes(FakeMailboxes):
    """Customer items that let a test step in before and after a save."""

    def __init__(self, history: FakeHistory) -> None:
        super().__init__(history)
        self.before_save: list[Callable[[], object]] = []
        self.after_save: list[Callable[[], object]] = []

    def save(self, box: Mailbox, save: Save) -> Mailbox:
        if self.before_save:
            self.before_save.pop(0)()
        saved = super().save(box, save)
        if self.after_save:
            self.after_save.pop(0)()
        return saved


class HookedMailer(FakeMailer):
    """A mailer that lets a test step in while it holds the message, before it answers."""

    def __init__(self) -> None:
        super().__init__()
        self.while_sending: list[Callable[[], object]] = []

    def send(self, email: Email) -> str:
        id_ = super().send(email)
        if self.while_sending:
            self.while_sending.pop(0)()
        return id_


class HookedTexter(FakeTexter):
    """A texter that lets a test step in before it says whether a number takes messages."""

    def __init__(self) -> None:
        super().__init__()
        self.while_asking: list[Callable[[], object]] = []

    def ask(self, number: str) -> None:
        if self.while_asking:
            self.while_asking.pop(0)()
        super().ask(number)


class HookedPusher(FakePusher):
    """A pusher that lets a test step in while it holds the message, before it answers."""

    def __init__(self) -> None:
        super().__init__()
        self.while_sending: list[Callable[[], object]] = []

    def send(self, push: Push) -> str:
        try:
            return super().send(push)
        finally:
            if self.while_sending:
                self.while_sending.pop(0)()
