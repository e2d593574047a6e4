"""The search for copies of secrets, by a hub's settings: its database, its spool, its Dovecot."""

from __future__ import annotations

from collections.abc import Callable

from mailhub.incidents.sweeping import Sweeper
from mailhub.mailboxes.copies import Folders
from mailhub.serve.backends import dovecot_plan
from mailhub.serve.privileges import Identity
from mailhub.settings import Settings
from mailhub.store.database import Database
from mailhub.store.spool import Spool


def sweeper(settings: Callable[[], Settings], database: Database, spool: Spool, identity: Identity) -> Sweeper:
    """What looks for copies in this hub; `identity` is who its processes run as."""
    first = settings()
    if not first.mailboxes.enabled:
        return Sweeper(settings, database, spool, None)
    plan = dovecot_plan(first, identity)
    return Sweeper(settings, database, spool, lambda address: Folders(plan, address))
