"""What somebody looks for in the mail, as values; `search_line.py` reads the line that says it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from mailhub.clock import local_time
from mailhub.errors import MailhubError

MOST_WORDS = 12


class MailState(StrEnum):
    """How a message stands, as people ask for it: for one recipient at least."""

    WAITING = "waiting"  # on its way
    HELD = "held"  # until somebody gives a word, or it was read
    DEFERRED = "deferred"
    DELIVERED = "delivered"
    FAILED = "failed"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """Everything that is set must fit. Addresses may be parts of one; `since` and `until` are ms, the latter beyond.

    `someone` is an address of the sender or of a recipient; `words` all stand in the subject.
    """

    sender: str = ""
    to: str = ""
    someone: str = ""
    number: str = ""
    ident: str = ""
    doc_type: str = ""
    state: MailState | None = None
    since: int | None = None
    until: int | None = None
    words: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether nothing is asked for: then everything fits."""
        return self == Sought()

    def named(self) -> str:
        """For the audit log: what was asked, in short."""
        said = [f"{name}:{getattr(self, name)}" for name in ("sender", "to", "someone", "number", "ident", "doc_type")
                if getattr(self, name)]  # fmt: skip
        said += [f"state:{self.state.value}"] if self.state else []
        for name in ("since", "until"):
            if (moment := getattr(self, name)) is not None:
                said.append(f"{name}:{local_time(moment):%Y-%m-%d}")
        return " ".join([*said, *self.words])[:200]


class BadWord(MailhubError):
    """A word of the search line that means nothing. `why`: key, empty, state, day, code, type, twice, quote."""

    def __init__(self, word: str, why: str) -> None:
        super().__init__(f"{word}: {why}")
        self.word, self.why = word[:60], why
