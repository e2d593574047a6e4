"""What can go wrong with the versions of the rules, in words; the doors give them codes."""

from __future__ import annotations

from mailhub.errors import MailhubError


class NoSuchVersion(MailhubError):
    """No version of the rules has this number, or there is none at all yet."""


class NoSuchRule(MailhubError):
    """The rules in force have none with this id."""


class NoSuchException(MailhubError):
    """The rules in force make no such exception."""


class SameRules(MailhubError):
    """This text is in force already."""


class PolicyFileFault(MailhubError):
    """`policy.toml` cannot be read or written."""


class CannotEdit(MailhubError):
    """The text of the rules is written in a way that no program changes for people."""


class FileNotWritten(MailhubError):
    """The rules are in force, but `policy.toml` does not say so."""


class FileDiffers(MailhubError):
    """`policy.toml` holds changes that are not in force, and would be written over."""
