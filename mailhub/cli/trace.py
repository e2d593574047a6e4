"""`mailhub trace`: where is that mail?"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import click

from mailhub.cli.acting import acting
from mailhub.cli.environment import Environment, pass_environment
from mailhub.cli.trace_documents import INSPECTION, held_for, inspected_parts, words_for
from mailhub.cli.trace_filing import filing_words, sent_for
from mailhub.cli.trace_rules import rule_words, secret_words, tells_secret
from mailhub.cli.trace_seals import seal_parts
from mailhub.cli.trace_signatures import signature_parts, verified_words
from mailhub.clock import DAY, VIETNAM, iso_time, local_time, now_ms
from mailhub.errors import MailhubError
from mailhub.incidents.reading import incidents_named
from mailhub.queue.models import EventKind, HeldFor
from mailhub.queue.moderation import REFUSED_WORD
from mailhub.queue.timeline import Line, Waiting, trace_message, trace_recipient


class NothingFound(MailhubError):
    """No event has that code, Message-ID or recipient."""


@click.command()
@click.argument("identifier", required=False)
@click.option("--to", "recipient", help="Everything to this address instead of one message.")
@click.option("--since", default="7d", show_default=True, help="With --to: 2026-11-20, 2026-11-20T08:00, 24h or 7d.")
@click.option("--json", "as_json", is_flag=True, help="A JSON object a line: time, message, recipient, kind, facts.")
@pass_environment
def trace(
    environment: Environment, identifier: str | None, recipient: str | None, since: str, *, as_json: bool
) -> None:
    """Show what happened to a message, by the code in a reply or notice (7K4-QW2-M9) or by its Message-ID.

    \b
    Examples:
      mailhub trace 7K4-QW2-M9
      mailhub trace '<20261122.1@may.tinh.gov.vn>' --json
      mailhub trace --to nva@tinh.gov.vn --since 24h
    """
    if (identifier is None) == (recipient is None):
        raise click.UsageError("name a message, or use --to ADDRESS")
    with acting(environment) as (connection, actor):
        if recipient is not None:
            lines, waiting, cut = trace_recipient(connection, actor, recipient, since=read_since(since))
        else:
            lines, waiting, cut = trace_message(connection, actor, str(identifier))
        secrets = {line.message for line in lines if tells_secret(line.kind, line.facts)}
        named = incidents_named(connection, actor, secrets)
    if not lines:
        raise NothingFound(f"nothing is known of {recipient or identifier}")
    for line in lines:
        text = as_text(line) + secret_words(line.kind, line.facts, named.get(line.message))
        click.echo(as_object(line) if as_json else text)
    if not as_json:
        for rest in waiting:
            click.echo(_still_waiting(rest))
    if cut:
        click.echo("Còn thư cũ hơn, chưa hiện hết / older messages are left out: narrow --since", err=True)


def as_object(line: Line) -> str:
    """A line of `--json`."""
    found: dict[str, Any] = {
        "time": iso_time(line.at),
        "message": line.message,
        "recipient": line.recipient,
        "kind": line.kind.value,
        "facts": line.facts,
    }
    return json.dumps(found, ensure_ascii=False)


# wording.md § 1: what each event is called.
WORDS = {
    EventKind.RECEIVED: "Máy chủ đã nhận",
    EventKind.REPEATED: "Gửi lại lần nữa (đã có, không chuyển hai lần)",
    EventKind.DELIVERED: "Đã vào hộp thư",
    EventKind.RELAYED: "Đã chuyển sang máy chủ bên nhận",
    EventKind.FILED: "Đã lưu vào Thư đã gửi (Sent)",
    EventKind.DEFERRED: "Chưa gửi được",
    EventKind.BOUNCED: "Không gửi được",
    EventKind.EXPIRED: "Hết hạn gửi lại",
    EventKind.HELD: "Chờ duyệt",
    EventKind.RELEASED: "Đã cho gửi",
    EventKind.WITHDRAWN: "Đã hủy",
    EventKind.RETRIED: "Cho gửi lại ngay",
    EventKind.NOTIFIED: "Đã báo người gửi",
    EventKind.REFUSED: "Từ chối nhận",
    EventKind.INSPECTED: "Đã đọc tệp kèm theo",
    EventKind.JUDGED: "Đã xét theo quy tắc",
    EventKind.ASKED: "Đang chờ ý kiến",
    EventKind.DESTROYED: "Đã hủy vì có dấu hiệu bí mật nhà nước",
    EventKind.SEALED: "Ký số của cơ quan",
    EventKind.VERIFIED: "Đã kiểm tra lại chữ ký số",
}


CLOSING = {
    HeldFor.SENDER_CLOSED.value: "Giữ lại: tài khoản gửi bị tạm khóa hoặc thu hồi",
    REFUSED_WORD: "Không được duyệt",
    "sender-restored": "Gửi tiếp: tài khoản gửi đã được khôi phục",
}


def as_text(line: Line) -> str:
    """`22/11 08:05:01  7K4-QW2-M9  Đã vào hộp thư  nva@tinh.gov.vn  250 2.0.0 …`."""
    moment = local_time(line.at).strftime("%d/%m %H:%M:%S")
    facts = line.facts
    told = rule_words(line.kind, facts)
    if told is not None:
        return "  ".join([moment, line.message, told[0], *([line.recipient] if line.recipient else []), *told[1:]])
    special = words_for(line.kind, facts) or filing_words(line.kind, facts) or CLOSING.get(str(facts.get("for")))
    parts = [moment, line.message, special or WORDS[line.kind]]
    if line.recipient:
        parts.append(line.recipient)
    if line.kind is EventKind.INSPECTED:
        parts.extend(inspected_parts(facts))
        return "  ".join([*parts, *signature_parts(facts)])
    if line.kind is EventKind.VERIFIED:
        return "  ".join([*parts[:2], verified_words(facts), *signature_parts(facts)])
    if line.kind is EventKind.SEALED:
        return "  ".join([*parts, *seal_parts(facts)])
    if facts.get("for") == INSPECTION:
        return "  ".join([*parts, *map(held_for, facts.get("what", []))])
    if line.kind in (EventKind.RECEIVED, EventKind.REPEATED):
        parts.append(f"từ {facts.get('sender') or '<>'} ({facts.get('door')}, {facts.get('client')})")
        parts.append(f"{facts.get('recipients')} người nhận, {facts.get('size')} byte")
        parts.extend(sent_for(facts))
    if facts.get("for") in (HeldFor.MODERATION.value, REFUSED_WORD):
        parts.append(f"nhóm {facts.get('group')}")
    if reply := facts.get("reply"):
        parts.append(str(reply))
    if following := facts.get("next"):
        parts.append(f"tự gửi lại lúc {local_time(int(following)).strftime('%H:%M:%S')}")
    if reason := facts.get("reason"):
        parts.append(f"lý do: {reason}")
    return "  ".join(parts)


def _still_waiting(rest: Waiting) -> str:
    due = "" if rest.due_at is None else f", lúc {local_time(rest.due_at).strftime('%d/%m %H:%M:%S')}"
    return f"Còn chờ: {rest.message}  {rest.recipient}  ({rest.state}{due})"


def read_since(text: str) -> int:
    """The moment that `24h`, `7d`, `2026-11-20` or `2026-11-20T08:00` means, in milliseconds.

    Raises:
        click.UsageError: none of these.
    """
    try:
        if text.endswith("h"):
            return now_ms() - int(timedelta(hours=int(text[:-1])).total_seconds() * 1000)
        if text.endswith("d"):
            return now_ms() - int(text[:-1]) * DAY
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise click.UsageError(f"--since takes 24h, 7d, 2026-11-20 or 2026-11-20T08:00, not {text!r}") from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=VIETNAM)
    return int(moment.timestamp() * 1000)
