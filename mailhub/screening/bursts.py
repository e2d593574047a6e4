"""How many recipients an account wrote to in the last ten minutes: counted in memory, looked up only when it matters.

Each process sees its own sessions only. While those of one account stay under `NEAR`, its own count is the answer: no
rule about a burst begins that low. From there on the queue is asked what the other processes took, at most every few
seconds, since that question reads many rows.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field

from mailhub.clock import MINUTE, SECOND

WINDOW = 10 * MINUTE
NEAR = 30  # recipients
ASK_EVERY = 5 * SECOND
_REMEMBERED = 50_000  # accounts

CountSent = Callable[[int, int], int]
"""(account, since when in ms) → how many recipients the queue knows of, whichever process took them."""


@dataclass(slots=True)
class _Account:
    written: deque[tuple[int, int]] = field(default_factory=deque)  # (moment, recipients), the oldest first
    total: int = 0
    others: int = 0  # what other processes took, as of `asked_at`
    asked_at: int = -ASK_EVERY


class Bursts:
    """The counts of one process. Not for several threads at once."""

    def __init__(self, count_sent: CountSent) -> None:
        self._count_sent = count_sent
        self._accounts: OrderedDict[int, _Account] = OrderedDict()

    def add(self, account_id: int, recipients: int, *, at: int) -> int:
        """Count a message to so many recipients; how many the account has written to within the window, these
        included. `at` in ms.

        Raises:
            StoreUnavailable
        """
        account = self._accounts.pop(account_id, None) or _Account()
        self._accounts[account_id] = account
        while len(self._accounts) > _REMEMBERED:
            self._accounts.popitem(last=False)
        account.written.append((at, recipients))
        account.total += recipients
        return self._count(account, account_id, recipients, at)

    def look(self, account_id: int, *, at: int) -> int:
        """The same without counting anything: for a message that is judged once more, or tried out."""
        account = self._accounts.get(account_id)
        return 0 if account is None else self._count(account, account_id, 0, at)

    def _count(self, account: _Account, account_id: int, now: int, at: int) -> int:
        while account.written and account.written[0][0] <= at - WINDOW:
            account.total -= account.written.popleft()[1]
        if account.total < NEAR:
            return account.total
        if at - account.asked_at >= ASK_EVERY:
            # This message is not in the queue yet; what this process took before is.
            known = self._count_sent(account_id, at - WINDOW)
            account.others, account.asked_at = max(0, known - (account.total - now)), at
        return account.total + account.others
