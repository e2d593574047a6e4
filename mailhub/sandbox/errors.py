"""Why a file could not be looked into just now, or not safely at all."""

from mailhub.errors import MailhubError, TemporaryError


class InspectorBusy(TemporaryError):
    """Nobody began to answer within the time: the queue is too long. The mail is held for inspection."""


class InspectorUnavailable(TemporaryError):
    """Nobody listens on the inspector's socket, or whoever did went away twice."""


class SandboxImpossible(MailhubError):
    """This machine cannot shut a process in. The message names cause and remedy."""


class BadAnswer(MailhubError):
    """What came out of the sandbox is not an answer; nothing of it is believed."""
