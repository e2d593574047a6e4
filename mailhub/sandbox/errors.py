"""Why a file could not be looked into just now, or not safely at all."""

from mailhub.errors import MailhubError, TemporaryError
from mailhub.files.values import BadAnswer


class InspectorBusy(TemporaryError):
    """Nobody began to answer within the time: the queue is too long. The mail is held for inspection."""


class InspectorUnavailable(TemporaryError):
    """Nobody listens on the inspector's socket, or whoever did went away twice."""


class SandboxImpossible(MailhubError):
    """This machine cannot shut a process in. The message names cause and remedy."""


class WorkFailed(MailhubError):
    """A piece of work in the sandbox came to no end: `end` says how it broke off, the text where its program raised."""

    def __init__(self, end: str, detail: str = "") -> None:
        super().__init__(detail or end)
        self.end = end


__all__ = ["BadAnswer", "InspectorBusy", "InspectorUnavailable", "SandboxImpossible", "WorkFailed"]
