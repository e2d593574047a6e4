"""The agency's signature on a file by command: the same record and the same signer as for a desk's mail."""

from __future__ import annotations

from hashlib import sha256

from sqlalchemy import Connection

from mailhub.accounts.errors import WrongState
from mailhub.accounts.finding import find_mailbox
from mailhub.accounts.refusing import refusal
from mailhub.accounts.rights import Action, Actor, may
from mailhub.accounts.tree import agency_subject
from mailhub.sealing.acts import Clerk, Wanted
from mailhub.sealing.switching import sealing_desk
from mailhub.signer.orders import SealKind


def wanted_by(connection: Connection, actor: Actor, desk: str, name: str, original: bytes) -> Wanted:
    """What is to be asked for so that the file `name` gets the signature of the agency that `desk` seals for.

    Nothing is written; the act is entered, and its outcome, when the signer is asked (`ordering.Sealer`).

    Raises:
        NoSuchAccount, NotAllowed. WrongState: the desk does not seal.
    """
    mailbox = find_mailbox(connection, desk)
    found = sealing_desk(connection, [mailbox.id])
    subject = agency_subject(connection, "seal", mailbox.address, found.agency_id if found else mailbox.agency_id)
    if not may(actor, Action.SEAL, subject):
        raise refusal(actor, Action.SEAL, mailbox.address)
    if found is None:
        raise WrongState(f"{mailbox.address} does not seal (mailhub seal on {mailbox.address})")
    clerk = Clerk(address=actor.name, account_id=actor.account_id, ip=actor.ip)
    return Wanted(desk=found, clerk=clerk, path=name, kind=SealKind.MAIN.value, original=sha256(original).digest())
