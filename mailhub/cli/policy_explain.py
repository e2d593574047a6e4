"""`mailhub policy explain`: what the rules would make of a message, and why, before anybody sends it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import click

from mailhub.accounts.directory import Directory
from mailhub.cli.acting import json_option, looking, print_json
from mailhub.cli.environment import Environment, pass_environment
from mailhub.cli.given_files import bytes_of, printable
from mailhub.cli.policy_inspector import inspector_of
from mailhub.clock import now_ms
from mailhub.files.facts import Mode
from mailhub.i18n import texts
from mailhub.intake.inspection import Inspection, MailInspector
from mailhub.intake.limits import inspection_limits
from mailhub.lifecycle.fact_words import time_text
from mailhub.mail.structure import read_structure
from mailhub.policy.explaining import Around, Explanation, as_json, explain, text_lines
from mailhub.policy.facts import Facts, Origin
from mailhub.policy.judging import Judge
from mailhub.policy.rules.rule import Rule
from mailhub.policy.wording import because_words, reason
from mailhub.queue.askings import deadline
from mailhub.sandbox.pool import Inspector
from mailhub.screening import trial
from mailhub.screening.book import LiveBook
from mailhub.screening.exceptions import exempting
from mailhub.screening.gathering import Gatherer
from mailhub.screening.refusals import refusal_of_all, secret_words
from mailhub.screening.trial import Addressed, Envelope
from mailhub.settings import Settings
from mailhub.smtp.replies import reply

_SECONDS = 300.0
_NOBODY = Inspector(Path("/nonexistent"))
_ORIGINS = {"own": Origin.OWN, "outside": Origin.OUTSIDE}
_KEPT_OUT = {
    "unknown": "địa chỉ không tồn tại",
    "ended": "hộp thư đã ngừng sử dụng",
    "nobody": "nhóm chưa có thành viên nhận thư",
}
_CODE = "XXX-XXX-XX"  # in place of the code that a real refusal gets


@click.command("explain")
@click.argument("file", metavar="MSG.eml", type=click.Path(path_type=Path))
@click.option("--from", "sender", required=True, help="Who sends it: the envelope's address.")
@click.option("--to", "recipients", required=True, multiple=True, help="To whom; may be given again.")
@click.option(
    "--origin", type=click.Choice(sorted(_ORIGINS)),
    help="Whether one of ours sends it, or somebody outside; else as --from is an account or not.",
)  # fmt: skip
@click.option("--language", type=click.Choice(["vi", "en"]), default="vi", show_default=True, help="Of the page.")
@click.option(
    "--quick", is_flag=True, help="Do not read scanned pages: as it is judged at once, before a scan is read."
)
@json_option
@pass_environment
def explain_command(
    environment: Environment,
    file: Path,
    *,
    sender: str,
    recipients: tuple[str, ...],
    origin: str | None,
    language: str,
    quick: bool,
    as_json: bool,
) -> None:
    """Say what would become of the message in MSG.eml, for each recipient, and why: by the rules in force.

    Every rule is listed, with each of its conditions and the value that it met, and the words that the sender would
    read. Needs no running hub; nothing is sent and nothing is kept. Words of the message are not shown.

    \b
    Examples:
      mailhub --dir DIR policy explain thu.eml --from nva@tinh.gov.vn --to ai@gmail.com
      mailhub --dir DIR policy explain thu.eml --from ai@gmail.com --to vanthu.snv@tinh.gov.vn --origin outside
      mailhub --dir DIR policy explain thu.eml --from nva@tinh.gov.vn --to a@x.vn --to b@gmail.com --json
    """
    data = _message(file)
    envelope = Envelope(sender, recipients, _ORIGINS[origin] if origin else None)
    with ExitStack() as stack:
        # Before root steps down; and not at all for a message without files, of which nobody is asked.
        inspector = stack.enter_context(inspector_of(environment)) if read_structure(data).files else _NOBODY
        with looking(environment) as (connection, actor):
            trial.check_may_explain(connection, actor, [sender, *recipients])
        directory = Directory(environment.database)
        stack.callback(directory.close)
        book = LiveBook(environment.database)
        stack.callback(book.close)
        found, to = _explained(environment, inspector, directory, book.current(), data, envelope, quick=quick)
    _print(environment.settings, found, to, language, as_json_=as_json)


def _message(file: Path) -> bytes:
    try:
        return bytes(bytes_of(file).data)
    except OSError as error:
        raise click.ClickException(f"{printable(file)}: {error.strerror or error}") from error


def _explained(
    environment: Environment,
    inspector: Inspector,
    directory: Directory,
    judge: Judge,
    data: bytes,
    envelope: Envelope,
    *,
    quick: bool,
) -> tuple[Explanation, Addressed]:
    settings, database = environment.settings, environment.database
    to = trial.addressed(directory, envelope.recipients)
    inspection = asyncio.run(_inspect(environment, inspector, data, quick=quick))
    case = trial.case_of(directory, data, envelope, to, inspection, at=now_ms())
    facts = Gatherer(settings, database, directory).facts(case)
    return explain(judge, facts, exempting(database, facts)), to


async def _inspect(environment: Environment, inspector: Inspector, data: bytes, *, quick: bool) -> Inspection:
    limits = inspection_limits(environment.settings, Mode.QUICK if quick else Mode.FULL, want_text=False)
    reader = MailInspector(environment.database, inspector, lambda: None)
    subject = trial.subject_of(trial.fields_of(data))
    return await reader.inspect(data, subject=subject, limits=limits, seconds=_SECONDS)


def _print(settings: Settings, found: Explanation, to: Addressed, language: str, *, as_json_: bool) -> None:
    replies = list(_replies(settings, found))
    if as_json_:
        print_json({**as_json(found), "kept_out": to.kept_out, "replies": replies})
        return
    for address, why in to.kept_out.items():
        click.echo(f"{address}: {_KEPT_OUT[why]}; bị từ chối trước khi xét quy tắc.")
    if not to.recipients:
        return
    around = _Words(settings, found.facts, language).around()
    click.echo("\n".join(text_lines(found, texts(language), around)))
    for line in replies:
        click.echo(f"Trả lời SMTP: {line}")


class _Words:
    """What whoever is told would read."""

    def __init__(self, settings: Settings, facts: Facts, language: str) -> None:
        self._regulation = settings.hub.regulation
        self._hours = settings.policy.hold_hours
        self._facts = facts
        self._language = language

    def around(self) -> Around:
        return Around(language=self._language, reason=self.reason, because=self.because, until=self.until)

    def reason(self, rule: Rule, addresses: Sequence[str]) -> str:
        return reason(rule, self._language, self._facts, addresses, self._regulation)

    def because(self, rule: Rule) -> str:
        """What people are told, and behind it what orders the rule."""
        told, clause = because_words(rule, self._regulation, self._language), rule.because.clause.strip()
        return told if told == clause else f"{told}; {clause}"

    def until(self, rule: Rule) -> str:
        """When a hold that begins now ends."""
        return time_text(deadline(self._facts.at, rule.hours or self._hours), texts(self._language))


def _replies(settings: Settings, found: Explanation) -> Iterator[str]:
    """The SMTP reply to the whole message, when it is refused by one."""
    if found.decision.secret is not None:
        yield reply("secret", _CODE, why=secret_words(settings.secrets.phone)).line()
        return
    refused = refusal_of_all(found.decision, found.facts)
    if refused is not None:
        yield reply(refused.kind, _CODE, why=refused.why).line()
