"""The scene of a closing, by a hub's settings: its database, its Dovecot, its mailboxes' scripts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from mailhub.accounts.directory import AccountView
from mailhub.accounts.life.processes import this_node
from mailhub.lifecycle.scene import Mailboxes, Scene
from mailhub.mailboxes.dovecot import Dovecot, Session
from mailhub.mailboxes.plan import DovecotPlan
from mailhub.mailboxes.presence import is_present
from mailhub.serve.backends import dovecot_plan, user_row
from mailhub.serve.privileges import Identity
from mailhub.settings import Settings
from mailhub.store.database import Database

_MOST_SCRIPT = 256 * 1024  # octets: Pigeonhole's own limit (render.py)


class HubMailboxes:
    """Dovecot as a closing needs it; its programs are looked for when they are used."""

    def __init__(self, plan: DovecotPlan, program: str) -> None:
        self._plan = plan
        self._program = program

    def is_present(self) -> bool:
        return is_present(self._plan)

    async def sessions(self) -> list[Session]:
        return await Dovecot(self._plan, program=self._program).sessions()

    async def end_sessions(self, users: set[str]) -> bool:
        return await Dovecot(self._plan, program=self._program).end_sessions(users)


def closing_scene(settings: Settings, database: Database, identity: Identity) -> Scene:
    """What a `Closer` works with in this hub. `identity` is who its processes run as."""
    mailboxes: Mailboxes | None = None
    if settings.mailboxes.enabled:
        mailboxes = HubMailboxes(dovecot_plan(settings, identity), settings.mailboxes.dovecot)
    script = active_script(settings)
    return Scene(database=database, mailboxes=mailboxes, script=script, node=this_node(), settings=settings)


def active_script(settings: Settings) -> Callable[[AccountView], str]:
    """Reads the Sieve script that runs for a mailbox; '' when it has none, or lives elsewhere."""

    def read(account: AccountView) -> str:
        path = Path(user_row(settings, account).home) / ".dovecot.sieve"
        try:
            with path.open("rb") as file:
                return file.read(_MOST_SCRIPT).decode("utf-8", "replace")
        except OSError:
            return ""

    return read
