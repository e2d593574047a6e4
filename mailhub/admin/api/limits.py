"""How much one token may ask of this process: a bucket a token that fills with time."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable

_REMEMBERED = 10_000


class Buckets:
    """Each token may ask `per_minute` times a minute, at most that many at once. With several processes for the web
    each has buckets of its own."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._filled: OrderedDict[int, tuple[float, float]] = OrderedDict()  # token → left, as of when

    def wait_for(self, token_id: int, per_minute: int) -> float:
        """Take one; 0 when there was one, else the seconds until there is."""
        with self._lock:
            now = self._now()
            left, since = self._filled.pop(token_id, (float(per_minute), now))
            left = min(float(per_minute), left + (now - since) * per_minute / 60)
            wait = 0.0 if left >= 1 else (1 - left) * 60 / per_minute
            self._filled[token_id] = (left if wait else left - 1, now)
            while len(self._filled) > _REMEMBERED:
                self._filled.popitem(last=False)
            return wait
