"""Whether an account sends from a network that it was not used from before (`networks_seen.py` keeps the rows)."""

from __future__ import annotations

from collections import OrderedDict

from sqlalchemy import select

from mailhub.clock import DAY, MINUTE
from mailhub.screening.facts.networks_seen import network_of
from mailhub.screening.models import KnownNetwork
from mailhub.store.database import Database

NEW_FOR = DAY  # a burst is many messages, and the first of them makes the network a known one
KEPT = 10 * MINUTE  # that an answer is not asked for again
REMEMBERED = 20_000


class Networks:
    """The answers for the accounts that send through this process. Not for several threads at once."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._answers: OrderedDict[tuple[int, str], tuple[bool, int]] = OrderedDict()  # with the end of its time

    def is_new(self, account_id: int, client: str, *, at: int) -> bool:
        """Whether the account was first used from the client's network less than `NEW_FOR` before the moment `at` (ms),
        and from others before: of an account that nothing is known of yet, nothing is new.

        Raises:
            StoreUnavailable
        """
        if not client:
            return False
        answer, until = self._answers.get((account_id, client), (False, at))
        if until <= at:
            answer = self._ask(account_id, network_of(client), at)
            self._answers[account_id, client] = (answer, at + KEPT)
            while len(self._answers) > REMEMBERED:
                self._answers.popitem(last=False)
        return answer

    def _ask(self, account_id: int, network: str, at: int) -> bool:
        if not network:
            return False
        query = select(KnownNetwork.network, KnownNetwork.first_at).where(KnownNetwork.account_id == account_id)
        with self._database.read() as connection:
            first = {row.network: row.first_at for row in connection.execute(query)}
        old = {name for name, first_at in first.items() if first_at <= at - NEW_FOR}
        return bool(old) and network not in old
