"""A small province with people in it, and cases made by hand: for the tests of gathering."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from email.header import Header
from email.utils import formataddr
from pathlib import Path
from typing import Any

from mailhub.accounts import service
from mailhub.accounts.directory import Directory
from mailhub.accounts.people.person import NewPerson
from mailhub.clock import VIETNAM
from mailhub.documents.grammar.recognition import Evidence, Found, Recognition, State
from mailhub.files.facts import FileFacts
from mailhub.intake.inspection import InspectedFile, Inspection
from mailhub.mail.headers import Field, read_fields
from mailhub.mail.parts import Part, Role, Structure
from mailhub.policy.facts import Facts, Origin, Proof, RecipientFacts
from mailhub.queue.records import NewRecipient
from mailhub.screening.case import Case
from mailhub.screening.facts.bursts import Bursts
from mailhub.screening.facts.gathering import Gatherer
from mailhub.screening.outside.correspondents import note
from mailhub.settings import Settings
from mailhub.settings.sections import Hub
from mailhub.store.database import Database
from tests.support.accounts import ROOT

AT = int(datetime(2026, 11, 23, 9, 0, tzinfo=VIETNAM).timestamp() * 1000)
AN, BINH, CUONG, DESK = (f"{who}@tinh.gov.vn" for who in ("annv", "binhtt", "cuonglv", "vanthu.snv"))


@dataclass
class Office:
    """The province of `make_province`, with An and Bình in Sở Nội vụ (Bình in its Văn phòng), Cường in Sở Y tế, and a
    document desk that An holds."""

    database: Database
    directory: Directory
    gatherer: Gatherer
    folder: Path

    def case(self, *to: str, **more: Any) -> Case:
        """Mail from An; `header` are lines, `to` the recipients of the envelope."""
        sender = more.pop("sender", AN)
        account = self.directory.account_named(sender) if "account" not in more else more.pop("account")
        header = more.pop("header", ())
        recipients = [NewRecipient(address=one, destination="x") for one in to]
        known: dict[str, Any] = {"origin": Origin.OWN, "proof": Proof.LOGIN, "at": AT, "recipients": recipients}
        return Case(**known | {"sender": sender, "account": account, "fields": fields(*header)} | more)

    def from_outside(self, sender: str, *to: str, **more: Any) -> Case:
        """Mail that arrives, proved by DMARC unless said otherwise; `shown` is the name beside the author."""
        shown = more.pop("shown", "")
        header = (f"From: {named(shown, sender)}", *more.pop("header", ()))
        known = {"origin": Origin.OUTSIDE, "proof": Proof.DMARC, "account": None} | more
        return self.case(*to, sender=sender, header=header, **known)

    def facts(self, case: Case) -> Facts:
        return self.gatherer.facts(case)

    def recipient(self, address: str, **more: Any) -> RecipientFacts:
        """What An's mail to an address says of it."""
        return self.facts(self.case(address, **more)).recipients[address]

    def passed(self, case: Case) -> None:
        """The message was taken: who corresponds with whom is noted."""
        with self.database.write() as connection:
            note(connection, self.gatherer.pairs(case))


def make_office(database: Database, folder: Path) -> Office:
    """See `Office`."""
    with database.write() as c:
        born = NewPerson(birth_date=date(1985, 3, 2), recovery_address="hoahuongduong@gmail.com", consent=True)
        service.create_account(c, ROOT, AN, "Nguyễn Văn An", agency="snv", person=born)
        second = NewPerson(recovery_address="binh.tran@yahoo.com", consent=True, title="Giám đốc")
        service.create_account(c, ROOT, BINH, "Trần Thị Bình", agency="snv-vp", person=second)
        service.create_account(c, ROOT, CUONG, "Lê Văn Cường", agency="syt", person=NewPerson())
        service.add_role_mailbox(c, ROOT, DESK, "Văn thư Sở Nội vụ", agency="snv")
        service.hold_role(c, ROOT, DESK, AN)
    directory = Directory(database)
    settings = Settings(directory=folder, hub=Hub(domain="tinh.gov.vn", hostname="mx.tinh.gov.vn"))
    gatherer = Gatherer(settings, database, directory, bursts=Bursts(lambda _account, _since: 0))
    return Office(database, directory, gatherer, folder)


def named(shown: str, address: str) -> str:
    """An address with the name shown beside it, as a client writes it."""
    return formataddr((str(Header(shown, "utf-8")), address)) if shown else address


def fields(*lines: str) -> Sequence[Field]:
    return read_fields("".join(f"{line}\r\n" for line in lines).encode() + b"\r\n")


def paper(kind: str = "CV", *, state: State = State.ISSUED, to: Sequence[str] = (), copies: Sequence[str] = (),
          labels: Sequence[str] = (), confidence: float = 0.9, **values: str) -> Recognition:  # fmt: skip
    """A recognised document; `values` are its fields."""
    why = Evidence("test")
    found = {"doc_type": Found(kind, 0.9, why)} | {
        name: Found(value, confidence, why) for name, value in values.items()
    }
    return Recognition(
        fields=found,
        state=state,
        addressees=tuple(to),
        recipients=tuple(copies),
        labels=tuple(Found(label, 0.9, why) for label in labels),
    )


def file(name: str, kind: str, recognition: Recognition | None = None, **more: Any) -> FileFacts:
    known: dict[str, Any] = {"name": name, "type": kind, "size": 1000, "recognition": recognition}
    return FileFacts(**known | more)


def inspection(*files: FileFacts, malware: str = "clean", parts: Sequence[Part] = ()) -> Inspection:
    """What was read of a message with these files."""
    found = tuple(InspectedFile(_part(one.name, f"{n}"), bytes([n]) * 32, one.size, one) for n, one in enumerate(files))
    return Inspection(Structure(tuple(parts) or tuple(one.part for one in found)), found, malware)


def _part(name: str, path: str) -> Part:
    return Part(path, Role.ATTACHMENT, 0, 0, 0, ("application/octet-stream",), "base64", (name,))
