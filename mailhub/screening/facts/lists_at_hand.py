"""The lists as they are now: those that ship and the province's own in `DIR/lists`, read anew when a file changed."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path

from mailhub.policy.lists import ListError, Lists
from mailhub.screening.rules.shipped import load_lists

log = logging.getLogger(__name__)

LOOK_AFTER = 5.0  # seconds between two looks at the folder
_Stamp = tuple[tuple[str, int, int], ...]


class ListsAtHand:
    """For one process, safe to use from threads. A list that cannot be read leaves those of before in force; at the
    start, those that ship. The log says so."""

    def __init__(self, directory: Path | None, *, tick: Callable[[], float] = time.monotonic) -> None:
        """`directory` is the hub's, which need not have a folder `lists`."""
        self._directory = directory
        self._tick = tick
        self._lock = threading.Lock()
        self._looked_at = tick()
        self._stamp = self._stamps()
        self._lists = self._read() or load_lists(None)

    def current(self) -> Lists:
        """The lists; a changed file counts within `LOOK_AFTER` seconds."""
        now = self._tick()
        if now - self._looked_at >= LOOK_AFTER:
            with self._lock:
                self._looked_at = now
                stamp = self._stamps()
                if stamp != self._stamp:
                    self._stamp = stamp
                    self._lists = self._read() or self._lists
        return self._lists

    def _read(self) -> Lists | None:
        try:
            return load_lists(self._directory)
        except (ListError, OSError, UnicodeDecodeError) as error:
            log.warning("the province's lists stay as they were: %s", error)
            return None

    def _stamps(self) -> _Stamp:
        if self._directory is None:
            return ()
        found = []
        try:
            for path in (self._directory / "lists").glob("*.toml"):
                status = path.stat()
                found.append((path.name, status.st_mtime_ns, status.st_size))
        except OSError:
            return ()
        return tuple(sorted(found))
