"""What logging in costs: `python -m bench.logins [--rounds 15]`.

The real argon2id parameters. Goal (issue 4): whether a name is known or not cannot be told by the time (medians within
100 ms of each other). Clock and CPU in ms, medians; then right passwords a second from four threads.
"""

from __future__ import annotations

import argparse
import itertools
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from mailhub.accounts.authenticate import Accepted, authenticate
from mailhub.accounts.login.app_passwords import make_app_password
from mailhub.accounts.rights import console
from mailhub.clock import now_ms
from mailhub.settings.sections.limits import Passwords
from mailhub.store.database import Database, open_database
from mailhub.store.schema import METADATA
from tests.support.accounts import PASSWORD, Settings, make_account, make_province

NAME = "nva@tinh.gov.vn"


@dataclass(frozen=True)
class Real(Settings):
    """The tests' settings with the passwords' own cost."""

    passwords: Passwords = field(default_factory=Passwords)  # type: ignore[assignment]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=15)
    rounds = parser.parse_args().rounds
    settings = Real()
    with tempfile.TemporaryDirectory() as folder:
        database = open_database(f"sqlite:///{Path(folder) / 'bench.db'}", checkpoints=True)
        with database.write() as c:
            METADATA.create_all(c)
        make_province(database)
        make_account(database, NAME)
        with database.write() as c:
            app = make_app_password(c, console("bench"), NAME, "bench", settings=settings.passwords, at=now_ms())
        secret = app if isinstance(app, str) else app.secret
        _ask(database, NAME, PASSWORD, settings)  # rehashed to the real cost
        numbers = itertools.count()
        kinds: dict[str, tuple[Callable[[], str], str]] = {
            "right password": (lambda: NAME, PASSWORD),
            "right app password": (lambda: NAME, secret),
            "wrong, known name": (lambda: NAME, "Sai-Mat-Khau.1"),
            "wrong, unknown name": (lambda: f"la{next(numbers)}@tinh.gov.vn", "Sai-Mat-Khau.1"),
        }
        took: dict[str, list[tuple[float, float]]] = {name: [] for name in kinds}
        for _ in range(rounds):  # in turn, so that what else the machine does meets all alike
            for name, (who, typed) in kinds.items():
                took[name].append(_ask(database, who(), typed, settings))
        for name, found in took.items():
            clock, cpu = (statistics.median(column) for column in zip(*found, strict=True))
            print(f"{name:<22} {clock:7.1f} ms, CPU {cpu:.1f} ms, load {os.getloadavg()[0]:.1f}", flush=True)
        began, used = time.perf_counter(), time.process_time()
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda _: _ask(database, NAME, PASSWORD, settings), range(rounds * 4)))
        each = rounds * 4
        print(
            f"{each / (time.perf_counter() - began):.1f} logins/s, CPU {(time.process_time() - used) * 1000 / each:.1f}"
        )
        database.close()


def _ask(database: Database, name: str, secret: str, settings: Real) -> tuple[float, float]:
    began, used = time.perf_counter(), time.process_time()
    verdict = authenticate(database, name, secret, service="imap", ip="10.0.0.1", at=now_ms(), settings=settings)
    assert isinstance(verdict, Accepted) or secret.startswith("Sai"), name
    return (time.perf_counter() - began) * 1000, (time.process_time() - used) * 1000


if __name__ == "__main__":
    main()
