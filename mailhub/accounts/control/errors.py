"""What can go wrong where somebody administers others."""

from __future__ import annotations

from mailhub.accounts.errors import AccountError, NotFound


class NoSuchProposal(NotFound):
    """No proposal has this code."""


class NoSuchGrant(NotFound):
    """The account does not hold this role."""


class SamePerson(AccountError):
    """Two people are needed, and this is the first one again."""


class NeedsSecondPerson(AccountError):
    """The act is for two people, and the second one has not agreed to it."""


class LastAdministrator(AccountError):
    """Without this one nobody would administer the province any more."""
