"""The MX door, 25: mail from outside for us, never for others (RFC 5321)."""

from __future__ import annotations

import asyncio
import functools
import ipaddress
import random
from collections.abc import Awaitable
from typing import TypeVar

from mailhub.accounts.sharing.passage import OUTSIDER, Writer
from mailhub.clock import now_ms
from mailhub.intake.body import BodyDigest
from mailhub.mail import authres
from mailhub.mail.address import AmbiguousAddress, Mailbox, addresses_of
from mailhub.mail.dkim_signature import Signature, parse_signatures
from mailhub.mail.dkim_verify import BodyHashes, DkimResult, check_signatures
from mailhub.mail.dmarc import DmarcResult, evaluate_dmarc, organizational_domain
from mailhub.mail.headers import Field, first, unfold
from mailhub.mail.spf import SpfResult, check_spf
from mailhub.policy.facts import Origin, Proof
from mailhub.policy.identity import judge_incoming
from mailhub.queue.models import Door as DoorName
from mailhub.queue.records import NewRecipient
from mailhub.screening.case import Case
from mailhub.smtp.door import Body, Client, RcptCommand, Reply, Transaction
from mailhub.smtp.hub import Hub
from mailhub.smtp.hub_door import HubDoor
from mailhub.smtp.reception import Judgement, Reception

T = TypeVar("T")
AUTHENTICATION_SECONDS = 8.0  # from the dot (architecture § 5): the client waits for us meanwhile
SLOW = "DNS did not answer in time"


class MxDoor(HubDoor):
    """For other servers."""

    refuse_early_talkers = True
    strangers = True

    async def connect(self, client: Client) -> Reply | None:
        client.facts["trusted"] = is_trusted(self._hub, client.ip)
        return None

    def writer(self, client: Client, tx: Transaction) -> Writer:
        """A printer or a portal in a trusted network is one of ours; which one, nothing proves."""
        sender = tx.mail.sender
        if not client.facts.get("trusted") or not sender or self._hub.directory.account_named(sender) is None:
            return OUTSIDER
        return Writer(own=True)

    def envelope_case(self, client: Client, tx: Transaction, to: NewRecipient) -> Case | None:
        if client.facts.get("trusted"):
            return None
        sender = tx.mail.sender
        return Case(
            origin=Origin.OUTSIDE, proof=Proof.NONE, sender=sender, client=client.ip, at=now_ms(), recipients=(to,)
        )

    def judge_outsider(self, client: Client, tx: Transaction, rcpt: RcptCommand, mailbox: Mailbox) -> Reply:  # noqa: ARG002
        return self._hub.refuse("relay-denied", client, tx, to=mailbox.text)

    async def data(self, client: Client, tx: Transaction) -> Body | Reply:
        return ForeignMessage(self._hub, client, tx)


def is_trusted(hub: Hub, ip: str) -> bool:
    """Whether the client is one of the province's own machines (printers, portals, an upstream gateway)."""
    networks = hub.settings().trusted.networks
    if not networks or not ip:
        return False
    address = ipaddress.ip_address(ip)
    return any(address in network for network in _networks(networks))


@functools.lru_cache(maxsize=4)
def _networks(written: tuple[str, ...]) -> tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]:
    return tuple(ipaddress.ip_network(network) for network in written)


async def _by(deadline: float, work: Awaitable[T], otherwise: T) -> T:
    """What `work` gives, or `otherwise` when the client has waited long enough."""
    try:
        async with asyncio.timeout_at(deadline):
            return await work
    except TimeoutError:
        return otherwise


def _undecided(spf: SpfResult | None, dkim: list[DkimResult]) -> bool:
    return (spf is not None and spf.result == "temperror") or any(r.result == "temperror" for r in dkim)


class ForeignMessage(Reception):
    """A message from outside: authenticated as far as it can be, then judged by what that proved."""

    door = DoorName.MX

    def __init__(self, hub: Hub, client: Client, tx: Transaction) -> None:
        super().__init__(hub, client, tx)
        self._trusted = bool(client.facts.get("trusted"))
        self._signatures: list[Signature] = []
        self._hashes: BodyHashes | None = None
        # SPF needs the envelope only: its look-ups run while the body is still coming in.
        self._spf = asyncio.ensure_future(self._check_spf())

    async def _check_spf(self) -> SpfResult | None:
        settings = self.hub.settings()
        if self._trusted or not settings.authentication.spf:
            return None
        return await check_spf(
            self.client.ip, self.tx.mail.sender, self.client.helo, self.hub.resolver, receiver=settings.hub.hostname
        )

    def want(self, fields: list[Field]) -> list[BodyDigest]:
        if self._trusted or not self.hub.settings().authentication.dkim:
            return []
        self._signatures = parse_signatures(fields)
        if not self._signatures:
            return []
        self._hashes = BodyHashes(self._signatures)
        return [self._hashes]

    async def abort(self) -> None:
        self._spf.cancel()
        await super().abort()

    async def judge(self) -> Judgement | Reply:
        deadline = asyncio.get_running_loop().time() + AUTHENTICATION_SECONDS
        spf = await _by(deadline, self._spf, self._spf_unanswered())
        dkim: list[DkimResult] = []
        if self._hashes is not None:
            checks = check_signatures(
                self.fields, self._signatures, self._hashes.finish(), self.hub.resolver, at=now_ms() // 1000
            )
            unanswered = [DkimResult(s.domain, s.selector, "temperror", SLOW, "", 0) for s in self._signatures]
            dkim = await _by(deadline, checks, unanswered)
        refusal = judge_incoming(
            self.fields,
            envelope_sender=self.tx.mail.sender,
            own_domains=self.hub.directory.all_domains(),
            client_trusted=self._trusted,
            dkim=dkim,
            spf=spf,
            same_organisation=lambda a, b: organizational_domain(a) == organizational_domain(b),
        )
        if refusal is not None and refusal.kind == "own-domain-spoofed" and _undecided(spf, dkim):
            # DNS may yet say that it is ours: a refusal for good would lose mail for a fault that passes.
            return self.hub.refuse_message("dns-trouble", self.client, self.tx)
        if refusal is not None:
            return self.hub.refuse_message(refusal.kind, self.client, self.tx, detail=refusal.detail)
        dmarc = await _by(deadline, self._dmarc(spf, dkim), None)
        obey = self.hub.settings().authentication.obey_dmarc
        if obey and dmarc is not None and dmarc.disposition == "reject":
            return self.hub.refuse_message("dmarc-reject", self.client, self.tx, domain=dmarc.domain)
        return self._accept(spf, dkim, dmarc, junk=obey and dmarc is not None and dmarc.disposition == "quarantine")

    def _spf_unanswered(self) -> SpfResult:
        return SpfResult("temperror", self.tx.mail.sender.rpartition("@")[2], "mfrom", SLOW)

    async def _dmarc(self, spf: SpfResult | None, dkim: list[DkimResult]) -> DmarcResult | None:
        if self._trusted or not self.hub.settings().authentication.dmarc:
            return None
        author = first(self.fields, b"from")
        try:
            addresses = addresses_of(unfold(author.raw)) if author else []
        except AmbiguousAddress:
            return None
        if not addresses:
            return None
        unknown = SpfResult("none", "", "mfrom")
        chance = random.random()  # noqa: S311 - pct= of RFC 7489 § 6.3, no secret
        return await evaluate_dmarc(addresses[0].domain, spf or unknown, dkim, self.hub.resolver, sample=chance)

    def _accept(
        self, spf: SpfResult | None, dkim: list[DkimResult], dmarc: DmarcResult | None, *, junk: bool
    ) -> Judgement:
        host = self.hub.settings().hub.hostname
        sender = self.tx.mail.sender
        domain = sender.rpartition("@")[2]
        # A trusted gateway passes on strangers' mail as well: its word holds for our own domains only (backscatter).
        ours = self._trusted and self.hub.directory.is_own_domain(domain)
        by_spf = spf is not None and spf.result == "pass" and spf.scope == "mfrom"
        by_dkim = any(
            r.result == "pass" and organizational_domain(r.domain) == organizational_domain(domain) for r in dkim
        )
        above = b"" if self._trusted else authres.build(host, spf=spf, dkim=dkim, dmarc=dmarc)
        return Judgement(
            sender=sender,
            sender_verified=bool(sender) and (ours or by_spf or by_dkim),
            origin=Origin.TRUSTED if ours else Origin.OUTSIDE,
            proof=_proof(ours=ours, dmarc=dmarc is not None and dmarc.result == "pass", dkim=by_dkim, spf=by_spf),
            account=self.hub.directory.account_named(sender) if ours else None,
            above=above,
            cuts=tuple(authres.forged_ranges(self.fields, {host})),
            junk=junk,
            facts={
                "helo": self.client.helo,
                "tls": self.client.tls_version,
                "spf": spf.result if spf else None,
                "dkim": [f"{r.domain}={r.result}" for r in dkim],
                "dmarc": dmarc.result if dmarc else None,
                "trusted": self._trusted,
            },
        )


def _proof(*, ours: bool, dmarc: bool, dkim: bool, spf: bool) -> Proof:
    """The best of what speaks for the sender."""
    found = ((ours, Proof.NETWORK), (dmarc, Proof.DMARC), (dkim, Proof.DKIM), (spf, Proof.SPF))
    return next((proof for holds, proof in found if holds), Proof.NONE)


__all__ = ["MxDoor", "is_trusted"]
