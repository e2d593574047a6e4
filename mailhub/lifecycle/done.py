"""What one run of the schedule did, and the faults that stopped nothing else."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from mailhub.errors import MailhubError

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Done:
    """Task → the accounts, agencies or days it was done for; and what went wrong."""

    acts: dict[str, list[str]] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    def add(self, task: str, what: str) -> None:
        self.acts.setdefault(task, []).append(what)

    @contextmanager
    def caught(self, what: str) -> Iterator[None]:
        """One fault is written down and stops nothing else."""
        try:
            yield
        except (MailhubError, OSError) as error:
            self.faults.append(f"{what}: {error}")
        except Exception as error:
            log.exception("schedule: %s", what)
            self.faults.append(f"{what}: {error!r}")
