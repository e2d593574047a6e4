"""The process of the role `worker`: deliveries, notices and scans; number 0 also does what the hub needs once."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Coroutine
from contextlib import suppress
from functools import partial
from typing import Any

from mailhub.accounts.directory import Directory
from mailhub.delivery.housekeeping import keep_house
from mailhub.delivery.notices import NoticeWriter
from mailhub.delivery.signing import Signer
from mailhub.delivery.worker import Worker
from mailhub.intake.late import LateInspector
from mailhub.intake.verifying import Verifying
from mailhub.lifecycle.closing import Closer
from mailhub.lifecycle.daily import Schedule
from mailhub.lifecycle.post import PostOffice
from mailhub.lifecycle.verifying_again import VerifyingAgain
from mailhub.screening.late import LateScreening
from mailhub.screening.rules.book import LiveBook
from mailhub.screening.screen import Screen
from mailhub.serve.backends import (
    configure_pool,
    delivery_pool,
    list_refresher,
    mail_inspector,
    mailbox_home,
    signature_asker,
)
from mailhub.serve.closing import closing_scene
from mailhub.serve.inspectors import SLOW_SOCKET
from mailhub.serve.nudge import listen_for_nudges
from mailhub.serve.privileges import serving_identity
from mailhub.serve.process import Ready, reloader, resolver_of, run_loop, spool_of
from mailhub.serve.sealing import sealing_judge
from mailhub.serve.secrets import sweeper
from mailhub.serve.tasks import report_tasks
from mailhub.settings import LiveSettings
from mailhub.signatures.trust.bundle import TrustKeeper
from mailhub.store.database import Database, open_database
from mailhub.store.spool import Spool


def run_worker(live: LiveSettings, number: int, ready: Ready) -> int:
    """One delivery process; number 0 keeps the house as well."""
    reread: list[Callable[[], object]] = []

    async def main(stop: asyncio.Event) -> None:
        settings = live.current
        database = open_database(settings.database_url, checkpoints=number == 0)
        spool, directory = spool_of(settings, f"worker-{number}"), Directory(database)
        name, signer = f"{os.uname().nodename}/worker-{number}", Signer(lambda: live.current)
        pool = delivery_pool(live, resolver_of(settings))
        reread.extend((signer.forget, partial(configure_pool, pool, live)))
        notices = NoticeWriter(lambda: live.current, directory, database, spool)
        worker = Worker(name, lambda: live.current, database, spool, pool, signer, notices)
        trust = TrustKeeper(database)
        asker = signature_asker(live, database, trust, SLOW_SOCKET)
        scans = mail_inspector(live, database, SLOW_SOCKET, trust, asker)
        screen = Screen(lambda: live.current, database, directory, LiveBook(database))
        rules = LateScreening(lambda: live.current, database, directory, spool, screen)
        sealing = sealing_judge(live, number, database, rules, scans, trust)
        late = LateInspector(name, lambda: live.current, database, spool, scans, after=worker.nudge, rules=sealing)

        def nudge() -> None:
            worker.nudge()
            late.nudge()

        ear = listen_for_nudges(settings.run_directory, number, nudge)
        verifying = Verifying(lambda: live.current, database, trust, asker)
        again = VerifyingAgain(lambda: live.current, database, verifying, after=worker.nudge)
        lists = list_refresher(live, database, trust, SLOW_SOCKET)
        once = _once_a_hub(live, database, directory, spool, worker.nudge) if number == 0 else []
        once += [again.run(), lists.run()] if number == 0 else []
        upkeep = [asyncio.create_task(one) for one in once]
        work, reading = asyncio.create_task(worker.run()), asyncio.create_task(late.run())
        ready()
        await _until(stop, work, reading)
        reading.cancel()
        worker.stop()
        with suppress(TimeoutError):
            await asyncio.wait_for(work, 20)
        for task in upkeep:
            task.cancel()
        await pool.close()
        ear.close()
        screen.close()
        trust.close()
        database.close()

    return run_loop(main, reloader(live, lambda: [act() for act in reread]))


async def _until(stop: asyncio.Event, *endless: asyncio.Task[None]) -> None:
    """Wait for `stop`. The tasks never end by themselves: a fault in one ends the process, which is started again."""
    stopped = asyncio.create_task(stop.wait())
    ended, _ = await asyncio.wait({stopped, *endless}, return_when=asyncio.FIRST_COMPLETED)
    if not stop.is_set():
        await asyncio.gather(*ended)


def _once_a_hub(
    live: LiveSettings, database: Database, directory: Directory, spool: Spool, after: Callable[[], None]
) -> list[Coroutine[Any, Any, None]]:
    """The spool's and the database's upkeep, letters, the proof of closings, the schedule, and copies of secrets."""
    settings = live.current
    post = PostOffice(lambda: live.current, directory, database, spool_of(settings, "post"), after=after)
    scene = closing_scene(settings, database, serving_identity(settings.hub.user))
    spool_of_reports = spool_of(settings, "reports")
    schedule = Schedule(
        lambda: live.current,
        database,
        lambda address: mailbox_home(live.current.mail_directory, address),
        also=report_tasks(lambda: live.current, database, directory, spool_of_reports, after=after),
    )
    copies = sweeper(lambda: live.current, database, spool, serving_identity(settings.hub.user))
    house = keep_house(lambda: live.current, database, spool)
    return [house, post.run(), Closer(scene).run(), schedule.run(), copies.run()]
