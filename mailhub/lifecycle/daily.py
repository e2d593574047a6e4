"""What time alone does to accounts, once an hour and after each midnight of Vietnam.

Each task asks the tables what is due and does it, an account a transaction, so that running it again does nothing
twice, a fault in one account stops no other, and a server that was off for a week catches up.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path

from sqlalchemy import Connection, func, select

from mailhub.accounts.control.heads import days_in_a_row, open_signer, seal_day
from mailhub.accounts.finding import find_mailbox
from mailhub.accounts.life import deciding, ending, idle, keeping, leave, review
from mailhub.accounts.life.letters import LetterKind, forget_letters, tell
from mailhub.accounts.life.models import Review
from mailhub.accounts.life.retention import retained_until
from mailhub.accounts.life.telling import address_of, facts_of, unit_of
from mailhub.accounts.login.changing import tell_expiring
from mailhub.accounts.login.code_rows import forget_codes
from mailhub.accounts.models import Mailbox, MailboxState
from mailhub.accounts.organisation.ending import StillInUse, take_over_due
from mailhub.accounts.organisation.merging import remind_of_ends
from mailhub.accounts.rights import schedule
from mailhub.accounts.web.sessions import KEPT, forget_sessions
from mailhub.clock import DAY, HOUR, local_time, now_ms
from mailhub.lifecycle import archiving
from mailhub.lifecycle.done import Done
from mailhub.lifecycle.reviewing import close_round
from mailhub.queue.closing import withdraw_mail_of
from mailhub.queue.service import mark_done
from mailhub.screening.consequences.digest import send_digests
from mailhub.screening.records.monthly import tell_agencies
from mailhub.screening.records.retention import forget
from mailhub.settings import Settings
from mailhub.store.database import Database

log = logging.getLogger(__name__)

ANNOUNCE_DAYS = (30, 7, 1)
LOOK_SECONDS = 30.0
EVERY_MS = HOUR
KEPT_MS = 400 * DAY  # longer than the twelve months of QCVN 12:2026/BCA 3.9.2.1.9
_DUE = "hết hạn rà soát"
_LIVE = (MailboxState.APPROVED, MailboxState.ACTIVE, MailboxState.SUSPENDED)

Task = Callable[[Done, int, date], None]


class Schedule:
    """Runs the tasks. `home_of` gives the folder of a mailbox by its address; `also` are tasks of the folders beside
    and above this one (reports by mail), which come last."""

    def __init__(
        self,
        settings: Callable[[], Settings],
        database: Database,
        home_of: Callable[[str], Path],
        *,
        also: Sequence[Task] = (),
    ) -> None:
        self._settings = settings
        self._database = database
        self._home_of = home_of
        self._also = also
        self._last_run = 0

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            now = now_ms()
            if now // EVERY_MS != self._last_run // EVERY_MS:  # as the hour begins: midnight, eight in the morning
                self._last_run = now
                done = await asyncio.to_thread(self._run_alone, now)
                for fault in done.faults:
                    log.warning("schedule: %s", fault)
            await asyncio.sleep(LOOK_SECONDS)

    def _run_alone(self, at: int) -> Done:
        """As `run_once`, with nobody looking on: what cannot be taken back waits until the clock was right for days."""
        with self._database.read() as connection:
            settled = days_in_a_row(connection, local_time(at).date())
        if not settled:
            log.info("schedule: nothing is archived or erased until the log was sealed on two days in a row")
        return self.run_once(at=at, destroys=settled)

    def run_once(self, *, at: int | None = None, destroys: bool = True) -> Done:
        """Do everything that is due at `at` (now); archive and erase only when it `destroys`."""
        moment, done = now_ms() if at is None else at, Done()
        today = local_time(moment).date()
        tasks: tuple[Task, ...] = (
            self._leaves,
            self._agencies,
            self._announce,
            self._end,
            self._idle,
            self._passwords,
            self._reviews,
            self._requests,
            self._held,
            self._private_senders,
            *((self._archive, self._erase, self._forget_policy) if destroys else ()),
            self._domains,
            self._tidy,
            self._seal_log,
            *self._also,
        )
        for task in tasks:
            with done.caught(task.__name__.strip("_")):
                task(done, moment, today)
        return done

    def _leaves(self, done: Done, at: int, today: date) -> None:
        with self._database.read() as connection:
            begin, over = leave.due(connection, today)
        for rows, carry_out, task in (
            (begin, leave.begin_leave, "leave-begins"),
            (over, leave.end_leave, "leave-over"),
        ):
            for row in rows:
                with self._turn(done, f"{task} {row.id}") as connection:
                    carry_out(connection, schedule(), row.id, at=at)
                    done.add(task, address_of(connection, row.mailbox_id))

    def _agencies(self, done: Done, at: int, today: date) -> None:  # noqa: ARG002
        with self._turn(done, "agencies") as connection:
            for code, outcome in take_over_due(connection, schedule(), at=at).items():
                if isinstance(outcome, StillInUse):
                    done.faults.append(f"{code}: {outcome}")
                else:
                    done.add("agency-ended", code)

    def _announce(self, done: Done, at: int, today: date) -> None:
        """The letters before an end: 30, 7 and 1 days (wording § 2.6); a late one sends the nearest."""
        soon = today + timedelta(days=max(ANNOUNCE_DAYS))
        query = select(Mailbox.address).where(
            Mailbox.ends_on > today, Mailbox.ends_on <= soon, Mailbox.state.in_(_LIVE)
        )
        for address in self._column(query):
            with self._turn(done, address) as connection:
                mailbox = find_mailbox(connection, address)
                if mailbox.ends_on is None:
                    continue
                step = min(days for days in ANNOUNCE_DAYS if (mailbox.ends_on - today).days <= days)
                facts = {
                    **facts_of(connection, mailbox),
                    "ends_on": mailbox.ends_on.isoformat(),
                    "because": mailbox.ends_because,
                    "handover": address_of(connection, mailbox.handover_id),
                    "kept_until": retained_until(
                        ending.rank_of(connection, mailbox), mailbox.ends_on, self._settings().accounts
                    ).isoformat(),
                    "unit": unit_of(connection, mailbox),
                }
                about = f"end/{mailbox.id}/{mailbox.ends_on.isoformat()}/{step}"
                if tell(connection, LetterKind.ENDING, mailbox.address, facts, about=about, at=at):
                    done.add("announced", address)

    def _end(self, done: Done, at: int, today: date) -> None:
        with self._database.read() as connection:
            addresses = ending.due(connection, today)
        for address in addresses:
            with self._turn(done, address) as connection:
                if ending.carry_out(connection, schedule(), address, settings=self._settings().accounts, at=at):
                    done.add("ended", address)

    def _idle(self, done: Done, at: int, today: date) -> None:  # noqa: ARG002
        limit = self._settings().accounts.idle_days
        if not limit:
            return
        with self._database.read() as connection:
            accounts = idle.idle_accounts(connection, days=max(1, limit - max(idle.WARN_DAYS)), at=at)
        for account in accounts:
            with self._turn(done, account.address) as connection:
                if account.days >= limit:
                    idle.close_idle(connection, schedule(), account.address, limit=limit, at=at)
                    done.add("idle-closed", account.address)
                elif idle.warn(connection, account, limit=limit, at=at):
                    done.add("idle-warned", account.address)

    def _passwords(self, done: Done, at: int, today: date) -> None:  # noqa: ARG002
        with self._turn(done, "passwords") as connection:
            if told := tell_expiring(connection, today, self._settings().passwords):
                done.add("password-announced", str(told))

    def _reviews(self, done: Done, at: int, today: date) -> None:
        with self._turn(done, "reviews") as connection:
            if told := review.remind(connection, today, at=at):
                done.add("review-reminded", str(told))
        query = select(Review.name).where(Review.closed_at.is_(None), Review.due_on < today)
        for name in self._column(query):
            with done.caught(name):
                found = close_round(self._database, self._settings(), schedule(), name, reason=_DUE, at=at)
                done.acts.setdefault("review-suspended", []).extend(found.suspended)
                done.faults.extend(found.faults)

    def _requests(self, done: Done, at: int, today: date) -> None:  # noqa: ARG002
        with self._turn(done, "requests") as connection:
            for code in deciding.lapse(connection, schedule(), days=self._settings().accounts.request_days, at=at):
                done.add("request-lapsed", code)

    def _archive(self, done: Done, at: int, today: date) -> None:
        with self._database.read() as connection:
            addresses = keeping.archivable(connection, today)
        for address in addresses:
            with done.caught(address):
                with self._database.read() as connection:
                    found = find_mailbox(connection, address)
                home = self._home_of(found.stored_as or found.address)
                packed = archiving.pack(home, archiving.archive_path(self._archive_folder, found.id))
                why = f"hết thời hạn lưu giữ; {packed.files} tệp, {packed.octets} byte, SHA-256 {packed.sha256}"
                with self._database.write() as connection:
                    keeping.mark_archived(connection, schedule(), address, reason=why, at=at)
                    mark_done(connection, withdraw_mail_of(connection, found.id, now=at), now=at)
                archiving.remove_home(home)
                done.add("archived", address)

    def _erase(self, done: Done, at: int, today: date) -> None:
        lies_under = func.coalesce(func.nullif(Mailbox.stored_as, ""), Mailbox.address)
        for address in self._column(select(lies_under).where(Mailbox.state == MailboxState.ARCHIVED)):
            with done.caught(address):
                archiving.remove_home(self._home_of(address))  # a crash after the row may have left it
        self._destroy_left(done)
        rules = self._settings().accounts
        with self._database.read() as connection:
            addresses = keeping.erasable(connection, today, rules)
        for address in addresses:
            # The row first: what says "erased" and still lies there goes in the next run (`_destroy_left`).
            with self._turn(done, address) as connection:
                keeping.mark_erased(
                    connection, schedule(), address, reason="hết thời hạn lưu trữ", settings=rules, at=at
                )
                done.add("erased", address)
        self._destroy_left(done)

    def _destroy_left(self, done: Done) -> None:
        """Archives of mailboxes that are not archived: a crash left them between the row and the file."""
        folder = self._archive_folder
        lying = [int(path.name.split(".")[0]) for path in folder.glob("*.tar.gz")] if folder.is_dir() else []
        for number in lying:
            with done.caught(str(number)), self._database.read() as connection:
                state = connection.execute(select(Mailbox.state).where(Mailbox.id == number)).scalar_one_or_none()
                if state != MailboxState.ARCHIVED:
                    archiving.destroy(archiving.archive_path(folder, number))

    def _tidy(self, done: Done, at: int, today: date) -> None:  # noqa: ARG002
        """Codes and letters that are of no use for a year; what they did stays in the audit log."""
        with self._turn(done, "tidying") as connection:
            forgotten = forget_codes(connection, before=at - KEPT_MS) + forget_letters(connection, before=at - KEPT_MS)
            forgotten += forget_sessions(connection, before=at - KEPT)
            if forgotten:
                done.add("tidied", str(forgotten))

    def _domains(self, done: Done, at: int, today: date) -> None:
        with self._turn(done, "domains") as connection:
            if told := remind_of_ends(connection, today, at=at):
                done.add("domain-announced", str(told))

    def _held(self, done: Done, at: int, today: date) -> None:  # noqa: ARG002
        """What waits for a word, told once each working day."""
        with self._turn(done, "held mail") as connection:
            if told := send_digests(connection, hour=self._settings().policy.digest_hour, at=at):
                done.add("held-told", str(told))

    def _private_senders(self, done: Done, at: int, today: date) -> None:
        with self._turn(done, "private senders") as connection:
            for code in tell_agencies(connection, today, at=at):
                done.add("private-senders-told", code)

    def _forget_policy(self, done: Done, at: int, today: date) -> None:  # noqa: ARG002
        """Judged messages, names in figures, correspondents: as long as `[policy]` keeps them."""
        for what, number in forget(self._database, self._settings().policy, at=at).items():
            done.add("forgotten", f"{what} {number}")

    def _seal_log(self, done: Done, at: int, today: date) -> None:
        settings = self._settings()
        yesterday = today - timedelta(days=1)
        with self._turn(done, "audit log") as connection:
            signer = open_signer(settings.keys_directory)
            if seal_day(connection, signer, settings.hub.domain, yesterday, settings.audit.witnesses, at=at):
                done.add("log-sealed", yesterday.isoformat())

    @property
    def _archive_folder(self) -> Path:
        return self._settings().directory / "data" / "archive"

    @contextmanager
    def _turn(self, done: Done, what: str) -> Iterator[Connection]:
        with done.caught(what), self._database.write() as connection:
            yield connection

    def _column(self, query: object) -> list[str]:
        return [row[0] for row in self._rows(query)]

    def _rows(self, query: object) -> list[tuple]:  # type: ignore[type-arg]
        with self._database.read() as connection:
            return list(connection.execute(query))  # type: ignore[call-overload]
