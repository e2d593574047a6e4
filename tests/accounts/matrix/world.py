"""A province in which everything that can be acted upon is there once in each place.

tinh (ABOVE) ── snv ── snv-vp (OWN)
   ├── syt (FOREIGN)
   └── tu (BLOCK: the Party)
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection

from mailhub.accounts import service
from mailhub.accounts.rights import Actor, Held, Role, console
from mailhub.accounts.tree import find_agency
from mailhub.clock import DAY, HOUR, now_ms
from mailhub.files.facts import FileFacts
from mailhub.ids import new_id
from mailhub.queue import service as queue
from mailhub.queue.models import RecipientState
from mailhub.queue.records import Asking, Fate, Moderating, NewRecipient
from mailhub.registry import service as registry
from mailhub.store.database import Database
from mailhub.store.sealing import Sealer
from mailhub.text.lines import Source
from tests.queue.parts import PLACE, message
from tests.registry.parts import DECISION, recognition, sighting
from tests.support.accounts import Settings

ROOT, SECOND = console("test"), console("nguoi-thu-hai")
NOW = now_ms()
LATER = NOW + 30 * DAY
SEALER = Sealer(b"k" * 32)
SETTINGS = Settings()


class Place(StrEnum):
    """Where the subject lies, seen from whoever holds a role over snv."""

    OWN = "own"
    FOREIGN = "foreign"
    ABOVE = "above"
    BLOCK = "block"
    SELF = "self"  # the actor's own account, which lies elsewhere than what the actor administers
    PROVINCE = "province"  # nothing of an agency's


AGENCIES = {Place.OWN: "snv-vp", Place.FOREIGN: "syt", Place.ABOVE: "tinh", Place.BLOCK: "tu"}
# What a role over an agency reaches.
REACHED = {"snv": {Place.OWN}, "tinh": {Place.OWN, Place.FOREIGN, Place.ABOVE}, "tu": {Place.BLOCK}}


@dataclass(slots=True)
class Spot:
    """One place, and what is there. `kept`: what an operation's preparation leaves for its call."""

    place: Place
    code: str
    agency_id: int = 0
    box_id: int = 0
    messages: dict[str, str] = field(default_factory=dict)  # codes: `waiting`, `moderated`
    document_id: int = 0
    kept: Any = None

    @property
    def box(self) -> str:
        """An official's mailbox; `other` a colleague's."""
        return f"{self.place}-an@tinh.gov.vn"

    @property
    def other(self) -> str:
        return f"{self.place}-binh@tinh.gov.vn"

    @property
    def desk(self) -> str:
        """The mailbox of an office, which `other` holds."""
        return f"{self.place}-vt@tinh.gov.vn"

    @property
    def group(self) -> str:
        """A group with `other` in it."""
        return f"{self.place}-nhom@tinh.gov.vn"

    @property
    def name(self) -> str:
        """The full name of `box`."""
        words = {"own": "Trong", "foreign": "Ngoài", "above": "Trên", "block": "Khối"}
        return f"Nguyễn Văn {words[self.place]}"

    @property
    def leaf(self) -> str:
        """A unit below; so is `second`."""
        return f"{self.code}-la"

    @property
    def second(self) -> str:
        return f"{self.code}-lb"


@dataclass(slots=True)
class World:
    """The places, the numbers of the agencies, and the accounts of the actors."""

    spots: dict[Place, Spot]
    agencies: dict[str, int]
    actors: dict[str, int]

    def spot(self, place: Place) -> Spot:
        return self.spots[Place.OWN if place in (Place.SELF, Place.PROVINCE) else place]

    def actor(self, role: Role, held: str, place: Place) -> Actor:
        """Somebody who holds the role over the agency `held`; for SELF somebody whose account is the subject's."""
        if role is Role.CONSOLE:
            return ROOT
        if place is Place.SELF:
            account = self.spots[Place.OWN].box_id
            name, agency = self.spots[Place.OWN].box, self.agencies["syt"]
        else:
            account, name, agency = self.actors[held], f"{held}-quanly@tinh.gov.vn", self.agencies[held]
        everybody = (Held(Role.OFFICIAL, None),)
        return Actor(name=name, role=role, agency_id=agency, account_id=account, also=everybody, proved=True)


def make_world(database: Database) -> World:
    """Enter everything, as the console."""
    spots = {place: Spot(place, code) for place, code in AGENCIES.items()}
    with database.write() as c:
        service.add_agency(c, ROOT, "tinh", "Tỉnh Minh Họa", kind="province")
        service.add_domain(c, ROOT, "tinh.gov.vn")
        service.add_domain(c, ROOT, "cu.gov.vn")
        service.add_agency(c, ROOT, "snv", "Sở Nội vụ", unit_address="vanthu.snv@tinh.gov.vn")
        service.add_agency(c, ROOT, "snv-vp", "Văn phòng Sở Nội vụ", parent="snv")
        service.add_agency(c, ROOT, "syt", "Sở Y tế")
        service.add_agency(c, ROOT, "tu", "Tỉnh ủy", block=True)
        actors = {
            held: service.create_account(c, ROOT, f"{held}-quanly@tinh.gov.vn", f"Quản Lý {held.title()}", agency=held)
            for held in REACHED
        }
        for spot in spots.values():
            _furnish(c, spot)
        agencies = {code: find_agency(c, code) for code in ("tinh", "snv", "snv-vp", "syt", "tu")}
    return World(spots, agencies, actors)


def _furnish(c: Connection, spot: Spot) -> None:
    for code in (spot.leaf, spot.second):
        service.add_agency(c, ROOT, code, f"Phòng {code}", parent=spot.code)
    spot.agency_id = find_agency(c, spot.code)
    spot.box_id = service.create_account(c, ROOT, spot.box, spot.name, agency=spot.code)
    service.create_account(c, ROOT, spot.other, "Trần Thị Bình", agency=spot.code)
    service.create_account(c, ROOT, f"{spot.place}-la@tinh.gov.vn", "Lê Thị Lá", agency=spot.leaf)
    service.add_role_mailbox(c, ROOT, spot.desk, "Văn thư", agency=spot.code)
    service.hold_role(c, ROOT, spot.desk, spot.other)
    number = service.add_group(c, ROOT, spot.group, "Nhóm", agency=spot.code, moderated=True)
    service.add_member(c, ROOT, spot.group, spot.other)
    waiting = message(spot.box, sender="ai@so.vn", account_id=None, received_at=NOW)
    held = NewRecipient(address=spot.other, destination="local", held_about=(number,))
    asked = Moderating(group_id=number, group=spot.group, until=NOW + HOUR, tell=(spot.other,))
    moderated = message(held, sender="ai@so.vn", account_id=None, moderating=(asked,), received_at=NOW)
    word = Asking(
        owner_id=spot.box_id, owner=spot.box, rule="r", until=NOW + HOUR, reason_needed=False, facts={"vi": "x"}
    )
    fate = Fate(state=RecipientState.HELD, rule="r", asking=word)
    asking = message(
        NewRecipient(address="ai@gmail.com", destination="mx:gmail.com", fate=fate),
        sender=spot.box,
        account_id=spot.box_id,
        judged={"rules": ["r"]},
        received_at=NOW,
    )
    queue.enqueue(c, [waiting, moderated, asking], [PLACE] * 3)
    spot.messages = {"waiting": waiting.code, "moderated": moderated.code, "word": asking.code}
    spot.document_id = _document(c, spot, waiting.id, waiting.code)


def _document(c: Connection, spot: Spot, message_id: int, code: str) -> int:
    found = recognition({**DECISION, "number_symbol": f"{spot.box_id % 1000}/QĐ-{spot.place.upper()}"})
    facts = FileFacts("a.pdf", "pdf", 1000, pages=1, source=Source.TEXT, recognition=found)
    seen = sighting(spot.code, facts, message_id=message_id, code=code, at=NOW, names=("a.pdf",))
    [kept] = registry.keep(c, [seen])
    assert kept.document_id is not None
    return kept.document_id


def fresh_address() -> str:
    """An address that nobody has."""
    return f"moi{new_id()}@tinh.gov.vn"
