"""What people do with an incident: report it, close it, and, two of them together, open what was sealed."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

from sqlalchemy import Connection, update

from mailhub.accounts.act import act, need_reason
from mailhub.accounts.control import proposals
from mailhub.accounts.control.proposals import ProposalKind
from mailhub.accounts.errors import InvalidValue, WrongState
from mailhub.accounts.rights import Action, Actor, Subject
from mailhub.incidents import sealing
from mailhub.incidents.errors import NotSealed
from mailhub.incidents.mistaken import remember_mistaken
from mailhub.incidents.models import Incident, IncidentState, Kept
from mailhub.incidents.officers import incident_subject
from mailhub.incidents.reading import find
from mailhub.store.errors import StoreUnavailable

LONGEST_REPORT = 20_000  # characters
_TO_FILL_IN = re.compile(r"…\s?…|\.{6,}|_{4,}")
_NUMBERS = re.compile(r"\b20\d\d-\d{4,}\b")


def report(connection: Connection, actor: Actor, number: str, text: str, *, at: int | None = None) -> None:
    """Keep the report that was sent to the authority, and when. What it says must not repeat the content.

    Raises:
        NoSuchIncident, NotAllowed. InvalidValue: an empty report, one that is too long, a draft that nobody finished,
            or another incident's. WrongState: it is closed.
    """
    told = text.strip()
    if not told or len(told) > LONGEST_REPORT:
        raise InvalidValue(f"a report has 1 to {LONGEST_REPORT} characters")
    with act(connection, actor, at=at) as acting:
        found = find(connection, number)
        acting.check(Action.INCIDENT_CHANGE, incident_subject(connection, found["number"], found["agency_id"]))
        if found["state"] == IncidentState.CLOSED:
            raise WrongState(f"{found['number']} is closed")
        _need_finished(told, found["number"])
        values = {"state": IncidentState.REPORTED.value, "report": told, "reported_at": acting.at}
        connection.execute(update(Incident).where(Incident.id == found["id"]).values(**values))
        acting.before = {"state": found["state"]}
        acting.after = {"state": IncidentState.REPORTED.value, "late": acting.at > found["deadline_at"]}


def close(connection: Connection, actor: Actor, number: str, *, reason: str, at: int | None = None) -> None:
    """Close an incident that was reported.

    Raises:
        NoSuchIncident, NotAllowed, ReasonMissing. WrongState: it was not reported, or is closed already.
    """
    with act(connection, actor, reason=need_reason(reason), at=at) as acting:
        found = find(connection, number)
        acting.check(Action.INCIDENT_CHANGE, incident_subject(connection, found["number"], found["agency_id"]))
        if found["state"] != IncidentState.REPORTED:
            raise WrongState(f"{found['number']} is {found['state']}: it is reported first, and closed once")
        values = {"state": IncidentState.CLOSED.value, "closed_at": acting.at, "closed_by": actor.name}
        values |= {"closed_reason": reason.strip()}
        connection.execute(update(Incident).where(Incident.id == found["id"]).values(**values))
        acting.before, acting.after = {"state": found["state"]}, {"state": IncidentState.CLOSED.value}


def propose_mistaken(
    connection: Connection, actor: Actor, number: str, *, reason: str, hours: int = 72, at: int | None = None
) -> str:
    """Ask for the second person, without whom no refused message becomes one like any other; gives the code.

    Raises:
        NoSuchIncident, NotAllowed, ReasonMissing. WrongState: two people have said so already.
    """
    found = find(connection, number)
    subject = incident_subject(connection, found["number"], found["agency_id"])
    _need_not_mistaken(found)
    return proposals.propose(
        connection, actor, ProposalKind.MISTAKEN_SECRET, subject, {}, reason=reason, hours=hours, at=at
    )


def close_mistaken(
    connection: Connection, actor: Actor, number: str, code: str, *, reason: str, at: int | None = None
) -> None:
    """Close an incident that was none, by the agreement `code` of a second person: no report is needed, and the same
    octets are judged by the other rules from now on. Nobody lets a secret go alone, so nobody says this alone.

    Raises:
        NoSuchIncident, NotAllowed, ReasonMissing, NeedsSecondPerson, NoSuchProposal. WrongState: it was said already.
    """
    with act(connection, actor, reason=need_reason(reason), at=at) as acting:
        found = find(connection, number)
        subject = incident_subject(connection, found["number"], found["agency_id"])
        acting.check(Action.INCIDENT_OPEN, subject)
        _need_not_mistaken(found)
        agreed = proposals.require(connection, ProposalKind.MISTAKEN_SECRET, subject, {}, code, at=acting.at)
        values = {"state": IncidentState.CLOSED.value, "closed_at": acting.at, "closed_by": actor.name}
        values |= {"closed_reason": reason.strip(), "mistaken": True}
        connection.execute(update(Incident).where(Incident.id == found["id"]).values(**values))
        prints = remember_mistaken(connection, found["id"])
        acting.before = {"state": found["state"]}
        acting.after = {"state": IncidentState.CLOSED.value, "mistaken": True, "agreed": agreed, "prints": prints}


def _need_not_mistaken(found: Mapping[str, Any]) -> None:
    if found["mistaken"]:
        raise WrongState(f"{found['number']} is closed as mistaken already")


def _need_finished(told: str, number: str) -> None:
    """A draft as the hub printed it is no report."""
    if _TO_FILL_IN.search(told) or "DỰ THẢO" in unicodedata.normalize("NFC", told).upper():
        raise InvalidValue("báo cáo còn là dự thảo: điền các chỗ “…”, bỏ chữ “DỰ THẢO”, rồi ghi lại")
    named = set(_NUMBERS.findall(told))
    if named and number not in named:
        raise InvalidValue(f"báo cáo nêu sự cố {', '.join(sorted(named))}, không phải {number}")


def propose_opening(
    connection: Connection, actor: Actor, number: str, *, reason: str, hours: int = 72, at: int | None = None
) -> str:
    """Ask for the second person, without whom nothing sealed is opened; gives the code.

    Raises:
        NoSuchIncident, NotAllowed, ReasonMissing, NotSealed
    """
    found = find(connection, number)
    _need_sealed(found["kept"], found["number"])
    subject = incident_subject(connection, found["number"], found["agency_id"])
    return proposals.propose(
        connection, actor, ProposalKind.OPEN_SECRET, subject, {}, reason=reason, hours=hours, at=at
    )


def open_sealed(
    connection: Connection,
    actor: Actor,
    number: str,
    code: str,
    *,
    folder: Path,
    key: bytes,
    passphrase: str,
    out: BinaryIO,
    reason: str,
    at: int | None = None,
) -> Path:
    """Write what is sealed to the open file `out`, by the agreement `code` of a second person. Gives
    the sealed file, which `destroy_sealed` takes away once the transaction is committed.

    Raises:
        NoSuchIncident, NotAllowed, ReasonMissing, NotSealed, NeedsSecondPerson, NoSuchProposal. WrongKey,
        StoreUnavailable: what was written is not whole.
    """
    with act(connection, actor, reason=need_reason(reason), at=at) as acting:
        found = find(connection, number)
        subject: Subject = incident_subject(connection, found["number"], found["agency_id"])
        acting.check(Action.INCIDENT_OPEN, subject)
        _need_sealed(found["kept"], found["number"])
        agreed = proposals.require(connection, ProposalKind.OPEN_SECRET, subject, {}, code, at=acting.at)
        sealed = folder / str(found["sealed_file"])
        out.writelines(sealing.unseal(key, passphrase, sealed))
        values = {"kept": Kept.OPENED.value, "sealed_file": ""}
        connection.execute(update(Incident).where(Incident.id == found["id"]).values(**values))
        acting.before, acting.after = {"kept": found["kept"]}, {"kept": Kept.OPENED.value, "agreed": agreed}
        return sealed


def install_key(connection: Connection, actor: Actor, keys_directory: Path, line: str, *, reason: str = "") -> None:
    """Make this public key (`sealing.make_key`) the one that secrets are sealed to from now on.

    Raises:
        NotAllowed, StoreUnavailable
    """
    with act(connection, actor, reason=reason) as acting:
        acting.check(Action.INCIDENT_OPEN, incident_subject(connection, "officer-key", None))
        before = sealing.officer_key(keys_directory)
        acting.before = {"key": None if before is None else sealing.key_name(before)}
        sealing.install_key(keys_directory, line)
        after = sealing.officer_key(keys_directory)
        acting.after = {"key": None if after is None else sealing.key_name(after)}


def destroy_sealed(sealed: Path) -> None:
    """Overwrite and remove what was sealed.

    Raises:
        StoreUnavailable
    """
    try:
        with sealed.open("r+b") as file:
            file.write(bytes(sealed.stat().st_size))
            file.flush()
            os.fdatasync(file.fileno())
        sealed.unlink()
    except FileNotFoundError:
        return
    except OSError as error:
        raise StoreUnavailable(f"sealed file: {error.strerror}") from error


def _need_sealed(kept: str, number: str) -> None:
    if kept != Kept.SEALED:
        raise NotSealed(f"nothing is sealed in {number}: the content was {kept}")
