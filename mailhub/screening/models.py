"""The tables of policy: versions of the rules, what they decided, who corresponds with whom outside."""

from __future__ import annotations

from datetime import date

from sqlalchemy import BigInteger, Date, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from mailhub.store.database import Base


class PolicyVersion(Base):
    """A `policy.toml` that was in force. The newest is; going back makes a new row with the older text."""

    __tablename__ = "policy_version"

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(unique=True)  # 1, 2, 3, …: what people call it
    activated_at: Mapped[int] = mapped_column(BigInteger)
    by: Mapped[str] = mapped_column(String(320))
    reason: Mapped[str] = mapped_column(String(500), default="", server_default=text("''"))
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    text: Mapped[str] = mapped_column(String)


class PolicyException(Base):
    """An exception of the version in force (`policy.rules.rule.Exemption`): asked for by who writes, one row each, so
    that no process holds ten thousand of them."""

    __tablename__ = "policy_exception"
    __table_args__ = (Index("ix_policy_exception_who", "who", "rule"),)

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    rule: Mapped[str] = mapped_column(String(80))
    who: Mapped[str] = mapped_column(String(320))
    to: Mapped[str] = mapped_column(String(320))
    why: Mapped[str] = mapped_column(String(500))
    until: Mapped[date] = mapped_column(Date)
    by: Mapped[str] = mapped_column(String(320))
    line: Mapped[int] = mapped_column(default=0)


class PolicyDecision(Base):
    """One judged message: the facts, without words of its content, and what came of them (`records/codec.py`)."""

    __tablename__ = "policy_decision"
    __table_args__ = (Index("ix_policy_decision_agency", "agency_id", "message_id"),)

    # The message's own number, which rises with time; for a refused one it is the number it would have had.
    message_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    code: Mapped[str] = mapped_column(String(16))
    version: Mapped[int]  # PolicyVersion.number
    account_id: Mapped[int | None] = mapped_column(BigInteger)
    # Of the sender; for mail from outside, of the first recipient.
    agency_id: Mapped[int | None] = mapped_column(BigInteger)
    facts: Mapped[str] = mapped_column(String)  # JSON
    outcome: Mapped[str] = mapped_column(String)  # JSON: what each rule that fits did, to how many


class PolicyTrial(Base):
    """Other rules that somebody rehearses on a page, and what came of it: kept for some weeks, so that what is put in
    force is what was tried (`rehearsal/trials.py`)."""

    __tablename__ = "policy_trial"

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    account_id: Mapped[int] = mapped_column(BigInteger, index=True)
    made_at: Mapped[int] = mapped_column(BigInteger)
    version: Mapped[int]  # PolicyVersion.number that it was held against; 0 before the first
    days: Mapped[int]
    about: Mapped[str] = mapped_column(String(500))  # JSON: the file's name, or the rule, stage, agency and day
    result: Mapped[str] = mapped_column(String, default="", server_default=text("''"))  # JSON of `Rehearsal`
    activated: Mapped[int] = mapped_column(default=0, server_default=text("0"))  # the version that it became
    text: Mapped[str] = mapped_column(String)


class Correspondent(Base):
    """Somebody outside and a mailbox of ours: who wrote first. One row a pair."""

    __tablename__ = "correspondent"

    address: Mapped[str] = mapped_column(String(320), primary_key=True)  # folded
    mailbox_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    first_in_at: Mapped[int | None] = mapped_column(BigInteger)  # proved mail from there (SPF, DKIM)
    first_out_at: Mapped[int | None] = mapped_column(BigInteger)
    last_at: Mapped[int] = mapped_column(BigInteger, index=True)


class PrivateMailUse(Base):
    """How much one mailbox has to do with one provider of private mail, a day: messages, not recipients."""

    __tablename__ = "private_mail_use"

    day: Mapped[date] = mapped_column(Date, primary_key=True)
    # 0 once the name is no longer kept (`[policy] names_kept_days`).
    account_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    agency_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False, index=True)
    provider: Mapped[str] = mapped_column(String(255), primary_key=True)  # the domain, or a file-sharing host
    sent: Mapped[int] = mapped_column(default=0)
    received: Mapped[int] = mapped_column(default=0)
    forwarded: Mapped[int] = mapped_column(default=0)  # redirects and forwards to there
    own_private: Mapped[int] = mapped_column(default=0)  # of those sent: to one's own private address
    official_private: Mapped[int] = mapped_column(default=0)  # to another official's
    documents: Mapped[int] = mapped_column(default=0)  # official documents in them
    links: Mapped[int] = mapped_column(default=0)  # messages with a link to the file-sharing service
    # Documents that this agency itself issued and that came from there, to whomever; with account 0.
    issued: Mapped[int] = mapped_column(default=0, server_default=text("0"))


class KnownNetwork(Base):
    """A network from which an account has sent mail (/24, /48)."""

    __tablename__ = "known_network"

    account_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    network: Mapped[str] = mapped_column(String(50), primary_key=True)
    first_at: Mapped[int] = mapped_column(BigInteger)
    last_at: Mapped[int] = mapped_column(BigInteger)
