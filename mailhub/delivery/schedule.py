"""When to try again, and when to give up."""

from __future__ import annotations

import random
from collections.abc import Sequence

from mailhub.clock import MINUTE, SECOND

# A mailbox server of our own that is down comes back soon, and nobody but us is troubled by the question.
LOCAL_WAITS = (5 * SECOND, 10 * SECOND, 20 * SECOND, 30 * SECOND, 60 * SECOND)


def retry_at(now: int, attempts: int, *, local: bool, retry_minutes: Sequence[int]) -> int:
    """When the attempt after number `attempts` (1, 2, …) is due, in milliseconds; the last wait repeats.

    Up to a tenth is added by chance, so that what failed together does not come back together.
    """
    waits = LOCAL_WAITS if local else [minutes * MINUTE for minutes in retry_minutes]
    wait = waits[min(attempts, len(waits)) - 1]
    return now + wait + random.randrange(wait // 10 + 1)  # noqa: S311
