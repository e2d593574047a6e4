"""`mailhub word`: what waits for somebody's word, and to give it without a mail client."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import click

from mailhub.cli.acting import acting, dry_run_option, json_option, looking, print_json, reason_option, tell_empty
from mailhub.cli.environment import Environment, pass_environment
from mailhub.clock import iso_time
from mailhub.i18n import texts
from mailhub.lifecycle.fact_words import until_text
from mailhub.lifecycle.held_words import with_article
from mailhub.mail.reply_word import WordKind
from mailhub.queue import words
from mailhub.queue.word_list import WaitingWord, list_waiting
from mailhub.telling.people import written_names
from mailhub.text.plain import plain_line


@click.group("word")
def word() -> None:
    """Messages that a rule holds until somebody gives their word.

    Officials answer the letter that asks them: its reply begins with GỬI or HỦY. These commands do the same for who has
    no mail at hand, with one's own rights (--as ADDRESS).

    \b
    mailhub --as nva@tinh.gov.vn word list
    mailhub --as nva@tinh.gov.vn word send 7K4-QW2-M9 --reason "trả lời kiến nghị của công dân"
    mailhub --as nva@tinh.gov.vn word withdraw 7K4-QW2-M9 --reason "gửi nhầm"
    """


@word.command("list")
@json_option
@pass_environment
def list_(environment: Environment, *, as_json: bool) -> None:
    """List what waits: one's own, and what one may watch; oldest first."""
    with looking(environment) as (connection, actor):
        rows = list_waiting(connection, actor)
    if rows and not as_json:
        click.echo("MÃ THƯ  NGƯỜI GỬI → NGƯỜI NHẬN  TIÊU ĐỀ")
    for row in rows:
        print_json(_json(row)) if as_json else click.echo(waiting_words(row))
    tell_empty(rows, as_json=as_json)


@word.command("send")
@click.argument("code")
@reason_option(required=True)
@dry_run_option
@pass_environment
def send(environment: Environment, code: str, *, reason: str, dry_run: bool) -> None:
    """Let the held message CODE go to its recipients."""
    with acting(environment, dry_run=dry_run) as (connection, actor):
        given = words.give(connection, actor, code, WordKind.SEND, reason=reason)
    click.echo(f"Đã cho gửi thư {given.code} đến {len(given.recipients)} người nhận")


@word.command("withdraw")
@click.argument("code")
@reason_option(required=True)
@dry_run_option
@pass_environment
def withdraw(environment: Environment, code: str, *, reason: str, dry_run: bool) -> None:
    """Withdraw the held message CODE: nobody who waits for it gets it."""
    with acting(environment, dry_run=dry_run) as (connection, actor):
        given = words.give(connection, actor, code, WordKind.WITHDRAW, reason=reason)
    click.echo(f"Đã hủy thư {given.code}: không gửi đến {len(given.recipients)} người nhận")


def waiting_words(row: WaitingWord) -> str:
    """A waiting message as people read it: what, of whom, to whom, why, until when."""
    told = row.facts
    why = with_article(str(told.get("vi") or ""), str(told.get("because_vi") or row.rule))
    reason = "cần nêu lý do" if row.reason_needed else "không cần nêu lý do"
    to = ", ".join(written_names(told, texts("vi")))
    lines = [
        f"{row.code}  {row.sender} → {to}  {row.subject or '(không có tiêu đề)'}",
        f"    chờ ý kiến của {row.owner} đến {until_text(row.until, texts('vi'))}; {reason}",
        f"    lý do: {why}",
    ]
    return "\n".join(plain_line(line) if line.isprintable() else _indented(line) for line in lines)


def _indented(line: str) -> str:
    return " " * (len(line) - len(line.lstrip(" "))) + plain_line(line)


def _json(row: WaitingWord) -> dict[str, Any]:
    found = asdict(row)
    del found["owner_id"], found["message_id"]
    return found | {"received_at": iso_time(row.received_at), "until": iso_time(row.until)}
