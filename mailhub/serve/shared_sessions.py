"""With which right each SHARED*PERSON came in, so that a right which has become less ends the session too."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping

from mailhub.accounts.sharing.access import OpeningRight

GRACE_SECONDS = 5.0  # from the verdict until `doveadm who` shows the session


class SharedSessions:
    """Kept in memory: after a restart nothing is known, and what is not known is taken for every right."""

    def __init__(self) -> None:
        self._rights: dict[str, tuple[OpeningRight, float]] = {}

    def came_in(self, user: str, right: OpeningRight) -> None:
        """A login was let in; several sessions of one user count as the one with the most."""
        before = self._rights.get(user, (right, 0.0))[0]
        self._rights[user] = max(right, before, key=lambda one: one.height), time.monotonic()

    def rights(self) -> Mapping[str, OpeningRight]:
        """By Dovecot's user."""
        return {user: right for user, (right, _) in self._rights.copy().items()}

    def keep_only(self, users: Collection[str]) -> None:
        """Forget those who are not logged in."""
        latest = time.monotonic() - GRACE_SECONDS
        for user, (_, since) in self._rights.copy().items():
            if user not in users and since < latest:
                self._rights.pop(user, None)

    def forget(self, users: Collection[str]) -> None:
        """These are being ended: the next login says anew with which right it comes in."""
        for user in users:
            self._rights.pop(user, None)
