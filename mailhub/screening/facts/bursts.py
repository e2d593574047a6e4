"""How many recipients an account wrote to in the last ten minutes: counted in memory, looked up only when it matters.

Each process sees its own sessions only. From `NEAR` recipients on, the queue is asked what the other processes took:
beside the mail that comes in, since that question reads many rows, so that the answer counts from the next message on.
A burst has a next one. The database gives a twentieth of its time to such questions at most.
"""

from __future__ import annotations

import logging
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from mailhub.clock import MINUTE, SECOND
from mailhub.errors import MailhubError

log = logging.getLogger(__name__)

WINDOW = 10 * MINUTE
NEAR = 20  # recipients; below the least that a rule calls a burst
ASK_EVERY = 5 * SECOND  # for one account
_REST = 20  # times as long as a question took, none is asked
_REMEMBERED = 50_000  # accounts

CountSent = Callable[[int, int], int]
"""(account, since when in ms) → how many recipients the queue knows of, whichever process took them."""
Later = Callable[[Callable[[], None]], object]
"""Has something done beside what goes on."""


@dataclass(slots=True)
class _Account:
    written: deque[tuple[int, int]] = field(default_factory=deque)  # (moment, recipients), the oldest first
    total: int = 0
    others: int = 0  # what other processes took, as of `asked_at`
    asked_at: int = -WINDOW


class Bursts:
    """The counts of one process. Not for several threads at once."""

    def __init__(
        self, count_sent: CountSent, *, later: Later | None = None, tick: Callable[[], float] = time.monotonic
    ) -> None:
        """`later` is a thread's `submit` when left out."""
        self._count_sent = count_sent
        self._later = later or ThreadPoolExecutor(1, "bursts").submit
        self._tick = tick
        self._free_at = 0.0
        self._asking = False
        self._accounts: OrderedDict[int, _Account] = OrderedDict()

    def add(self, account_id: int, recipients: int, *, at: int) -> int:
        """Count a message to so many recipients; how many the account has written to within the window, these
        included. `at` in ms."""
        account = self._accounts.pop(account_id, None) or _Account()
        self._accounts[account_id] = account
        while len(self._accounts) > _REMEMBERED:
            self._accounts.popitem(last=False)
        account.written.append((at, recipients))
        account.total += recipients
        return self._count(account, account_id, at)

    def look(self, account_id: int, *, at: int) -> int:
        """The same without counting anything: for a message that is judged once more, or tried out."""
        account = self._accounts.get(account_id)
        return 0 if account is None else self._count(account, account_id, at)

    def _count(self, account: _Account, account_id: int, at: int) -> int:
        while account.written and account.written[0][0] <= at - WINDOW:
            account.total -= account.written.popleft()[1]
        if account.asked_at <= at - WINDOW:
            account.others = 0  # what was true then is over
        due = account.total >= NEAR and at - account.asked_at >= ASK_EVERY
        if due and not self._asking and self._tick() >= self._free_at:
            self._asking, account.asked_at = True, at
            self._later(lambda: self._ask(account, account_id, at))
        return account.total + account.others

    def _ask(self, account: _Account, account_id: int, at: int) -> None:
        begun = self._tick()
        try:
            known = self._count_sent(account_id, at - WINDOW)
            # What this process took and the queue does not know yet counts as known: rather too few than a false alarm.
            account.others = max(0, known - account.total)
        except MailhubError as error:
            log.warning("bursts are counted by this process alone: %s", error)
        except Exception:
            log.exception("bursts are counted by this process alone")
        finally:
            ended = self._tick()
            self._free_at = ended + _REST * (ended - begun)
            self._asking = False
