"""A year's mail of bench/province.py: messages, recipients, their events, what the rules said of them.

Proportions of a provincial hub: of a hundred messages 55 within the province, 19 to others, 26 from outside (a quarter
of these from private mailboxes); 1.5 recipients each; nine of ten on working days between 7 and 17 o'clock; one in
eight attempts from outside is refused at the door. What came in the last five days may still wait.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from bench.province_people import Box, People, code_of, private, stranger
from mailhub.clock import DAY, local_time
from mailhub.ids import first_id
from mailhub.policy.facts import Facts
from mailhub.policy.judging import Judge
from mailhub.queue.models import EventKind
from mailhub.screening.records import codec
from mailhub.screening.records.record import outcome_of

Row = dict[str, Any]
HOUR = 3_600_000
_HELD_BY = ("gui-nhieu-nguoi", "van-ban-da-phat-hanh-den-nguoi-la", "tep-macro-di", "du-thao-den-hop-thu-ca-nhan")
_REFUSED_BY = ("tep-thuc-thi", "tep-kich-ban", "ma-doc")
_SUBJECTS = (
    "V/v báo cáo kết quả công tác", "Giấy mời họp giao ban", "Lịch công tác tuần", "Xin ý kiến dự thảo",
    "Gửi tài liệu họp", "Trả lời: V/v rà soát thủ tục hành chính", "Kế hoạch kiểm tra", "Báo cáo tháng",
    "Đề nghị cung cấp số liệu", "Thông báo kết luận", "Quyết định cử cán bộ đi công tác", "Hồ sơ đề nghị khen thưởng",
)  # fmt: skip


@dataclass
class Chunk:
    """Rows of some messages, by table, and what bench/province_papers.py needs to hang papers on them."""

    message: list[Row] = field(default_factory=list)
    recipient: list[Row] = field(default_factory=list)
    event: list[Row] = field(default_factory=list)
    policy_decision: list[Row] = field(default_factory=list)
    pending_word: list[Row] = field(default_factory=list)
    parties: list[Parties] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Parties:
    """Whose a message is."""

    message_id: int
    code: str
    at: int
    sender: Box | None
    receivers: tuple[Box, ...]


@dataclass
class Mail:
    """Makes the mail of the days before `now`, in order. `use` gathers the figures about private mail."""

    people: People
    judge: Judge
    pool: Sequence[Facts]
    now: int
    days: int
    messages: int
    use: Counter[tuple[date, int, int, str, str]] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._dice = random.Random(7)
        self._number = 0
        self._events = 0
        self._receivers = 0
        self._pool = [(codec.dump(one), outcome_of(self.judge.decide(one))) for one in self.pool]

    def chunks(self) -> Iterator[Chunk]:
        """A day at a time."""
        first = self.now - self.days * DAY
        weights = [1.0 if local_time(first + day * DAY).weekday() < 5 else 0.12 for day in range(self.days)]
        whole = sum(weights)
        for day, weight in enumerate(weights):
            yield self._day(first + day * DAY, round(self.messages * weight / whole))

    def _day(self, start: int, count: int) -> Chunk:
        found, dice = Chunk(), self._dice
        morning = start - start % DAY  # midnight UTC is 7 in the morning here
        hours = (dice.random() * 10 if dice.random() < 0.9 else dice.random() * 24 for _ in range(count))
        for moment in sorted(morning + int(hour * HOUR) for hour in hours):
            at = min(moment, self.now)
            self._message(found, at)
            if dice.random() < 0.12:
                self._refusal(found, at)
        return found

    # ---------------------------------------------------------------- one message

    def _message(self, found: Chunk, at: int) -> None:
        dice, number = self._dice, self._number
        self._number += 1
        message_id, code, kind = first_id(at) + (number & 0x3FFFFF), code_of(number), dice.random()
        sender: Box | None = None
        if kind < 0.74:
            sender = self.people.somebody(dice)
            address, door, client = sender.address, "submission", "10.2.0.9"
        else:
            address, door, client = self._from_outside(at), "mx", "203.0.113.9"
        receivers = self._receivers_of(sender, at, outside=0.55 <= kind < 0.74)
        found.message.append(self._message_row(message_id, code, at, door, client, address, sender))
        self._event(found, at, message_id, code, None, EventKind.RECEIVED, {
            "door": door, "client": client, "sender": address, "recipients": len(receivers), "size": 48_123,
        })  # fmt: skip
        self._judged(found, at, message_id, code, sender, receivers)
        done = [self._deliver(found, at, message_id, code, one) for one in receivers]
        found.message[-1]["done_at"] = at + 2_000 if all(done) else None
        ours = tuple(one for one in receivers if isinstance(one, Box))
        found.parties.append(Parties(message_id, code, at, sender, ours))

    def _from_outside(self, at: int) -> str:
        dice = self._dice
        if dice.random() < 0.75:
            return stranger(dice)
        address, provider = private(dice)
        to = self.people.somebody(dice)
        self.use[local_time(at).date(), to.id, to.agency_id, provider, "received"] += 1
        return address

    def _receivers_of(self, sender: Box | None, at: int, *, outside: bool) -> list[Box | str]:
        dice, found = self._dice, list[Box | str]()
        for _ in range(dice.choice((1, 1, 1, 1, 1, 1, 2, 2, 3)) if dice.random() < 0.995 else 40):
            if sender is None:
                found.append(self.people.somebody(dice))
            elif not outside:
                found.append(self.people.colleague(dice, sender))
            elif dice.random() < 0.75:
                found.append(stranger(dice))
            else:
                address, provider = private(dice)
                self.use[local_time(at).date(), sender.id, sender.agency_id, provider, "sent"] += 1
                found.append(address)
        return found

    def _message_row(
        self, number: int, code: str, at: int, door: str, client: str, address: str, sender: Box | None
    ) -> Row:
        dice = self._dice
        return {
            "id": number, "code": code, "door": door, "received_at": at, "sender": address, "sender_verified": True,
            "account_id": None if sender is None else sender.id, "client": client,
            "message_id": f"<{number:x}@may.tinh.gov.vn>", "subject": f"{dice.choice(_SUBJECTS)} {number % 997}",
            "size": dice.randrange(2_000, 900_000), "spool_file": "", "spool_offset": 0, "spool_length": 0,
            "prefix": b"Received: from may.tinh.gov.vn by hub.tinh.gov.vn with ESMTPSA\r\n" * 3, "local_prefix": b"",
            "cuts": "", "body_hash": b"\0" * 32, "dkim": b"d" * 600 if sender else None, "utf8": False,
            "eight_bit": False, "dsn_ret": None, "dsn_envid": None,
            "fingerprint": number.to_bytes(16, "big") if sender else None, "junk": False, "derived_from": None,
            "done_at": None,
        }  # fmt: skip

    def _judged(
        self, found: Chunk, at: int, number: int, code: str, sender: Box | None, receivers: Sequence[Box | str]
    ) -> None:
        facts, outcome = self._pool[number % len(self._pool)]
        ours = next((one for one in receivers if isinstance(one, Box)), None)
        first = sender or ours
        found.policy_decision.append({
            "message_id": number, "code": code, "version": 1, "account_id": None if sender is None else sender.id,
            "agency_id": None if first is None else first.agency_id, "facts": facts, "outcome": outcome,
        })  # fmt: skip
        rules = json.loads(outcome).get("rules")
        if rules:
            self._event(found, at, number, code, None, EventKind.JUDGED, {"rules": rules, "version": 1})

    # ---------------------------------------------------------------- one recipient

    def _deliver(self, found: Chunk, at: int, number: int, code: str, to: Box | str) -> bool:
        """Write the recipient's row and lines; whether its story has ended."""
        dice, late = self._dice, at > self.now - 5 * DAY
        address, local = (to.address, True) if isinstance(to, Box) else (to, False)
        chance, state, held, rule, about = dice.random(), "delivered", None, "", ""
        reply: str | None = "250 2.0.0 Saved"
        if late and chance < 0.02:
            state, reply = "deferred", "451 4.7.1 Greylisted"
        elif late and chance < 0.08:
            state, held, rule = "held", dice.choice(("word", "word", "word", "person")), dice.choice(_HELD_BY)
            if held == "word" and (owner := found.message[-1]["account_id"]):
                about = str(owner)
                self._ask(found, at, number, owner, rule)
            else:
                held = "person"
        elif chance > 0.992:
            state, reply = "bounced", "550 5.1.1 No such user"
        elif chance > 0.989:
            state, rule, reply = "refused", dice.choice(_REFUSED_BY), None
        elif chance < 0.01:
            rule = dice.choice(_HELD_BY)
            self._event(found, at, number, code, address, EventKind.HELD, {"for": "word", "rule": rule})
            self._event(found, at + HOUR, number, code, address, EventKind.RELEASED, {"reason": "đúng việc"})
        open_ = state in ("deferred", "held")
        host = "local" if local else "mx:" + address.partition("@")[2]
        self._receivers += 1
        found.recipient.append({
            "id": first_id(at) + (self._receivers & 0x3FFFFF), "message_id": number, "address": address,
            "original": None, "notify": "", "destination": host, "state": state, "attempts": 1,
            "due_at": self.now + DAY if state == "deferred" else None, "lease": None, "held_for": held,
            "last_reply": reply, "delay_notified": False, "finished_at": None if open_ else at + 2_000, "purpose": "",
            "held_about": about, "sent_by": "", "rule": rule, "folder": "",
        })  # fmt: skip
        self._tell(found, at, number, code, address, state, local=local, rule=rule, reply=reply)
        return not open_

    def _tell(
        self, found: Chunk, at: int, number: int, code: str, address: str, state: str, *, local: bool, rule: str,
        reply: str | None,
    ) -> None:  # fmt: skip
        facts: Row = {"reply": reply, "host": "local" if local else "mx.ngoai.vn", "attempt": 1}
        if state == "delivered":
            if self._dice.random() < 0.02:  # the first try came too early
                self._event(found, at + 1_000, number, code, address, EventKind.DEFERRED, facts | {"next": at + HOUR})
            kind = EventKind.DELIVERED if local else EventKind.RELAYED
            self._event(found, at + 2_000, number, code, address, kind, facts)
        elif state == "held":
            self._event(found, at, number, code, address, EventKind.HELD, {"for": "word", "rule": rule})
        elif state == "refused":
            self._event(found, at, number, code, address, EventKind.REFUSED, {"rule": rule})
        else:
            kind = EventKind.BOUNCED if state == "bounced" else EventKind.DEFERRED
            self._event(found, at + 2_000, number, code, address, kind, facts)
            if state == "bounced":
                self._event(found, at + 3_000, number, code, None, EventKind.NOTIFIED, {"notice": "BENCH"})

    def _ask(self, found: Chunk, at: int, number: int, owner: int, rule: str) -> None:
        if not found.pending_word or found.pending_word[-1]["message_id"] != number:
            found.pending_word.append({
                "message_id": number, "owner_id": owner, "rule": rule, "facts": '{"vi":"Xem lại","en":"Look again"}',
                "until": at + 3 * DAY, "reason_needed": False, "asked_at": at,
            })  # fmt: skip

    def _refusal(self, found: Chunk, at: int) -> None:
        """A try from outside that the door did not take."""
        self._number += 1
        self._event(
            found, at, None, code_of(self._number), self.people.somebody(self._dice).address, EventKind.REFUSED,
            {"reply": "550 5.7.1 SPF", "client": "198.51.100.7", "sender": stranger(self._dice), "door": "mx"},
        )  # fmt: skip

    def _event(
        self, found: Chunk, at: int, number: int | None, code: str, to: str | None, kind: EventKind, facts: Row
    ) -> None:
        self._events += 1
        found.event.append({
            "id": first_id(at) + (self._events & 0x3FFFFF), "at": at, "message_id": number, "code": code,
            "recipient": to, "kind": kind.value, "facts": json.dumps(facts, ensure_ascii=False, separators=(",", ":")),
        })  # fmt: skip
