"""An account as its pages show it, read in one go; and what an act changed in it, in words."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection

from mailhub.accounts.finding import subject_of
from mailhub.accounts.models import MailboxKind
from mailhub.accounts.people.people import show_person
from mailhub.accounts.reading import show_account
from mailhub.accounts.refusing import refusal
from mailhub.accounts.rights import Actor, may
from mailhub.admin.frame.templating import day, when
from mailhub.admin.people.acts import AccountAct, Standing
from mailhub.admin.people.change_acts import CHANGE_ACTS
from mailhub.admin.people.life_acts import LIFE_ACTS
from mailhub.admin.people.login_acts import LOGIN_ACTS
from mailhub.admin.people.words import employment_words, state_words
from mailhub.i18n import Texts

ACTS: tuple[AccountAct, ...] = (*CHANGE_ACTS, *LIFE_ACTS, *LOGIN_ACTS)
_LONGEST = 700  # of what is told after a redirect: it travels in a cookie


def read_standing(connection: Connection, actor: Actor, address: str, *, at: int) -> Standing:
    """The account in full.

    Raises:
        NoSuchAccount, NotAllowed.
    """
    report = show_account(connection, actor, address, at=at)
    own = report.mailbox.kind is MailboxKind.PERSONAL and report.mailbox.person_id is not None
    return Standing(report, show_person(connection, actor, report.mailbox.address) if own else None)


def standing_for(connection: Connection, actor: Actor, act: AccountAct, address: str, *, at: int) -> Standing:
    """The account for the page of an act, with what the act offers.

    Raises:
        NoSuchAccount. NotAllowed: no right to the act over this account.
    """
    standing = read_standing(connection, actor, address, at=at)
    if not may(actor, act.action, subject_of(connection, standing.mailbox)):
        raise refusal(actor, act.action, standing.mailbox.address)
    if act.offers is None:
        return standing
    return Standing(standing.report, standing.person, act.offers(connection, actor, standing.report, at))


def acts_for(connection: Connection, actor: Actor, standing: Standing) -> list[AccountAct]:
    """The acts that fit the account as it is and that the actor may do to it."""
    subject = subject_of(connection, standing.mailbox)
    return [act for act in ACTS if act.fits(standing) and may(actor, act.action, subject)]


def picture(t: Texts, standing: Standing) -> Mapping[str, str]:
    """What acts change, in words, by text id: two of them are compared to say what an act did."""
    report, box = standing.report, standing.mailbox
    shown = {
        "address": box.address,
        "name": box.name,
        "title": report.title,
        "rank": t(f"web.account.rank.{report.rank}") if report.rank else "",
        "employment": employment_words(t, report.employment) if standing.person else "",
        "agency": report.agency_name,
        "state": state_words(t, box.state),
        "login": t("web.yes") if box.logs_in else t("web.no"),
        "sending": t("web.yes") if box.sends else t("web.no"),
        "receives": t("web.yes") if box.takes_mail else t("web.no"),
        "listing": t(f"web.account.listing.{box.listing}"),
        "office": box.office,
        "quota": quota_words(t, box.quota_mib),
        "ends-on": day(box.ends_on),
        "handover": report.handover,
        "aliases": ", ".join(report.aliases),
        "delegates": ", ".join(delegation_words(t, one) for one in report.delegates),
        "leaves": ", ".join(f"{day(one.from_on)} – {day(one.until_on)}" for one in report.leaves),
        "devices": str(report.access.devices),
        "second-factor": t("web.yes") if report.access.second_factor else t("web.no"),
        "slip-until": when(report.access.slip_until),
    }
    if report.shows_hold:
        shown["hold"] = box.legal_hold
    if standing.person is not None:
        shown |= _person(t, standing)
    return shown


def differences(t: Texts, before: Standing, after: Standing) -> str:
    """`Chức vụ: Chuyên viên → Phó Trưởng phòng; …`; "" when nothing of it is to be seen."""
    old, new = picture(t, before), picture(t, after)
    none = t("web.account.none")
    told = [
        f"{t(f'web.account.{key}')}: {old.get(key) or none} → {value or none}"
        for key, value in new.items()
        if value != old.get(key, "")
    ]
    words = "; ".join(told)
    return words if len(words) <= _LONGEST else words[:_LONGEST] + "…"


def quota_words(t: Texts, quota_mib: int | None) -> str:
    """`2.048 MiB`, or that the setting holds."""
    return t("web.account.quota.usual") if quota_mib is None else f"{quota_mib:,} MiB".replace(",", ".")


def delegation_words(t: Texts, delegation: str) -> str:
    """`nva@… (read)` as the report has it, with the right in words."""
    address, _, right = delegation.removesuffix(")").partition(" (")
    return f"{address} ({t(f'web.account.right.{right}')})" if right else address


def _person(t: Texts, standing: Standing) -> Mapping[str, str]:
    person = standing.person
    assert person is not None
    return {
        "birth-date": day(person.birth_date),
        "phone": person.phone,
        "identifier": t("web.account.kept") if person.has_identifier else "",
        "recovery": t("web.account.kept") if person.has_recovery else "",
    }
