"""Judged mail for tests of the record: facts, decisions and cases made by hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from sqlalchemy import Connection

from mailhub.accounts.directory import AccountView
from mailhub.clock import midnight
from mailhub.ids import new_code, new_id
from mailhub.policy.decision import Decision
from mailhub.policy.facts import (
    DocumentFacts,
    DocumentIssuer,
    Facts,
    MailClass,
    MessageFacts,
    Origin,
    Proof,
    RecipientFacts,
    SenderFacts,
)
from mailhub.policy.judging import Judge
from mailhub.policy.rules.rule import Action, Because, Clause, Rule, RuleBook, Stage, StagePlan, Test
from mailhub.screening.case import Case
from mailhub.screening.records import record

DAY = date(2026, 11, 23)
AT = midnight(DAY) + 9 * 3_600_000
CLAUSE = Because("Chỉ thị 77/2014/CT-UBND, khoản 1a")


def account(number: int, address: str) -> AccountView:
    return AccountView(
        id=number, address=address, name="", kind="personal", state="active", may_login=True, may_send=True,
        receives=True, addresses=frozenset({address}), home="", quota_mib=None,
    )  # fmt: skip


def private(domain: str = "gmail.com", *relation: str) -> RecipientFacts:
    return RecipientFacts(mail_class=MailClass.PRIVATE, domain=domain, relation=frozenset(relation))


def own(*agencies: str) -> RecipientFacts:
    return RecipientFacts(domain="tinh.gov.vn", kind="personal", agencies=agencies)


def written(recipients: Mapping[str, RecipientFacts], *, agency: str = "snv", **message: Any) -> Facts:
    """Mail that an official writes."""
    outside = sum(one.mail_class is not MailClass.OWN for one in recipients.values())
    return Facts(
        message=MessageFacts(outside=outside, recipients=len(recipients), **message),
        sender=SenderFacts(address="nva@tinh.gov.vn", domain="tinh.gov.vn", kind="personal", agencies=(agency,)),
        recipients=recipients,
        at=AT,
    )


def arrived(recipients: Mapping[str, RecipientFacts], *issuers: str, domain: str = "gmail.com", **sender: Any) -> Facts:
    """Mail from outside with issued documents of these issuers of ours."""
    who = {"mail_class": MailClass.PRIVATE, "proof": Proof.DMARC} | sender
    documents = [
        DocumentFacts(type="cong-van", issuer=one, issuer_is=DocumentIssuer.OWN, state="issued") for one in issuers
    ]
    return Facts(
        message=MessageFacts(origin=Origin.OUTSIDE, recipients=len(recipients)),
        sender=SenderFacts(address=f"ai@{domain}", domain=domain, **who),
        recipients=recipients,
        documents=tuple(documents),
        at=AT,
    )


def rule(ident: str, stage: Stage = Stage.HOLD, *tests: Test, action: Action = Action.REFUSE, **more: Any) -> Rule:
    when = tests or (Test("recipient.class", "is", (MailClass.PRIVATE,)),)
    return Rule(
        id=ident, title=ident.title(), because=CLAUSE, stage=StagePlan(stage), action=action, when=Clause(when), **more
    )


def judged(facts: Facts, *rules: Rule, version: int = 1) -> Decision:
    return Judge(RuleBook(rules), version).decide(facts)


def enter(
    connection: Connection, facts: Facts, *, by: int | None = None, decision: Decision | None = None, **more: Any
) -> int:
    """Record a message; its number."""
    given: dict[str, Any] = {"message_id": new_id(), "code": new_code()} | more
    client = given.pop("client", "192.0.2.7")
    case = Case(
        origin=facts.message.origin, proof=facts.sender.proof, sender=facts.sender.address, at=facts.at, client=client,
        account=None if by is None else account(by, facts.sender.address),
    )  # fmt: skip
    record.entry(decision or judged(facts), facts, case, **given)(connection)
    return int(given["message_id"])


def on(facts: Facts, day: date) -> Facts:
    return replace(facts, at=midnight(day) + 1)
