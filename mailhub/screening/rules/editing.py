"""Exceptions made and ended by a command: lines of the rules' text, so that file, version and history stay one."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

from sqlalchemy import Connection, select

from mailhub.accounts import audit
from mailhub.accounts.addresses import fold
from mailhub.accounts.errors import InvalidValue
from mailhub.accounts.models import Address, Mailbox, MailGroup
from mailhub.accounts.rights import Actor
from mailhub.accounts.tree import code_of, find_agency, hidden_agencies
from mailhub.clock import local_time, now_ms
from mailhub.policy.rules.rule import Action, Exemption
from mailhub.policy.rules.vocabulary import nearest
from mailhub.screening.rules import exceptions, versions
from mailhub.screening.rules.errors import NoSuchException, NoSuchRule
from mailhub.screening.rules.versions import Activated
from mailhub.store.chunks import chunks
from mailhub.text.plain import plain_line

_UNTIL = re.compile(r"([ \t]*until[ \t]*=[ \t]*)\d{4}-\d{2}-\d{2}")
_TABLE = re.compile(r"[ \t]*\[")


def list_exceptions(connection: Connection, actor: Actor, *, rule: str = "", who: str = "") -> Sequence[Exemption]:
    """The exceptions in force, ended ones too, in the order of the file; not those for a block (the Party's, the
    council's) that the actor is no part of.

    Raises:
        NotAllowed
    """
    versions.check_may_read(actor)
    found = [
        one
        for one in exceptions.every(connection)
        if (not rule or one.rule == rule) and (not who or fold(one.who) == fold(who))
    ]
    hidden = _hidden(connection, actor, found)
    return [one for one in found if one.who not in hidden]


def add_exception(connection: Connection, actor: Actor, exemption: Exemption, *, at: int | None = None) -> Activated:
    """Put the exception at the end of the rules in force, and those in force as a new version.

    Raises:
        NotAllowed, NoSuchVersion, NoSuchAgency. NoSuchRule. InvalidValue: it ends before today. BookErrors
    """
    versions.check_may_change(actor)
    audit.take_turn(connection)
    at = now_ms() if at is None else at
    text = versions.find_version(connection, actor).text
    book = versions.read_all(text, "the rules in force")
    rule = book.rule(exemption.rule)
    if rule is None:
        near = nearest(exemption.rule, [one.id for one in book.rules])
        raise NoSuchRule(
            f"không có quy tắc {exemption.rule!r} (there is no rule of this id in force); "
            "`mailhub policy show` liệt kê" + (near and f"; {near}")
        )
    if rule.action is Action.SECRET:
        raise InvalidValue(
            "không có ngoại lệ với quy tắc về bí mật nhà nước: bí mật nhà nước không được gửi qua thư điện tử trên "
            "mạng, và không một người nào tự cho phép được; nếu hệ thống nhận diện nhầm, cán bộ phụ trách và người "
            "thứ hai xác nhận bằng `mailhub incident open` (nothing lets a state secret pass)"
        )
    if exemption.until < local_time(at).date():
        raise InvalidValue(
            f"ngoại lệ đến {exemption.until:%d/%m/%Y} thì đã hết hạn (the exception would have ended already)"
        )
    if exemption.who != exceptions.EVERYBODY and "@" not in exemption.who:
        find_agency(connection, exemption.who)
    added = text + ("" if text.endswith("\n") else "\n") + _lines(exemption, actor, local_time(at).date())
    return versions.activate(connection, actor, added, reason=exemption.why, at=at)


def end_exception(
    connection: Connection, actor: Actor, *, rule: str, who: str, to: str = "", reason: str, at: int | None = None
) -> Activated:
    """Let exceptions end now: yesterday becomes their last day. `to` "" means whomever they are for.

    Raises:
        NotAllowed, NoSuchVersion, ReasonMissing. NoSuchException: none is in force today.
    """
    versions.check_may_change(actor)
    audit.take_turn(connection)
    at = now_ms() if at is None else at
    today = local_time(at).date()
    text = versions.find_version(connection, actor).text
    found = [
        one
        for one in versions.read_all(text, "the rules in force").exemptions
        if (one.rule, fold(one.who)) == (rule, fold(who)) and (not to or one.to == to.lower()) and one.until >= today
    ]
    if not found:
        raise NoSuchException(
            f"không có ngoại lệ nào của quy tắc {rule!r} cho {who!r} đang áp dụng (no exception is in force); "
            "`mailhub policy exception list` liệt kê"
        )
    lines = text.split("\n")
    last = today - timedelta(days=1)
    for one in found:
        _end(lines, one, last, f"{actor.name}, {today:%d/%m/%Y}: {reason}")
    ended = "\n".join(lines)
    expected = [replace(one, until=last) for one in found]
    if not all(one in versions.read_all(ended, "the rules in force").exemptions for one in expected):
        raise NoSuchException(
            "các dòng của ngoại lệ này viết theo cách mà lệnh không sửa được: sửa until trong policy.toml (its lines "
            "are not written as a command finds them)"
        )
    return versions.activate(connection, actor, ended, reason=reason, at=at)


def _lines(one: Exemption, actor: Actor, today: date) -> str:
    said = [
        "",
        f"# {plain_line(actor.name)}, {today:%d/%m/%Y}",
        "[[exception]]",
        *(f"{name} = {_quoted(getattr(one, name))}" for name in ("rule", "who", "to", "why")),
        f"until = {one.until.isoformat()}",
        f"by = {_quoted(one.by)}",
    ]
    return "\n".join(said) + "\n"


def _quoted(text: str) -> str:
    """A TOML string: JSON's are ones, once what cannot be printed is out of it."""
    return json.dumps(plain_line(text), ensure_ascii=False)


def _end(lines: list[str], one: Exemption, last: date, said: str) -> None:
    """Change the day in the lines of one exception, which begin behind its `[[exception]]`."""
    for number in range(one.line, len(lines)):
        if _TABLE.match(lines[number]):
            return
        found = _UNTIL.match(lines[number])
        if found is not None:
            lines[number] = f"{found[1]}{last.isoformat()}  # {plain_line(said)}"
            return


def _hidden(connection: Connection, actor: Actor, found: Sequence[Exemption]) -> frozenset[str]:
    """Those of `who` that lie in a block that the actor is no part of."""
    agencies = hidden_agencies(connection, actor)
    if not agencies:
        return frozenset()
    hidden = {code_of(connection, number) for number in agencies}
    for some in chunks({one.who for one in found if "@" in one.who}):
        for kind in (Mailbox, MailGroup):
            column = Address.mailbox_id if kind is Mailbox else Address.group_id
            query = select(Address.address).join(kind, kind.id == column)
            hidden |= set(connection.scalars(query.where(Address.address.in_(some), kind.agency_id.in_(agencies))))
    return frozenset(hidden)
