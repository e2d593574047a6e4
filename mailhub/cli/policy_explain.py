"""`mailhub policy explain`: what the rules would make of a message, and why, before anybody sends it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import click

from mailhub.accounts.directory import Directory
from mailhub.accounts.life.letters import LetterKind
from mailhub.cli.acting import json_option, looking, print_json
from mailhub.cli.environment import Environment, pass_environment
from mailhub.cli.given_files import bytes_of, printable
from mailhub.cli.policy_inspector import inspector_of
from mailhub.clock import MINUTE, now_ms
from mailhub.files.facts import Mode
from mailhub.i18n import texts
from mailhub.incidents.entering import sender_facts
from mailhub.incidents.models import Kept
from mailhub.incidents.officers import secret_contact
from mailhub.intake.inspection import Inspection, MailInspector
from mailhub.intake.limits import inspection_limits, latest_time
from mailhub.intake.verifying import Verifying
from mailhub.lifecycle.fact_words import until_text
from mailhub.lifecycle.words import LetterText, body_text
from mailhub.mail.structure import read_structure
from mailhub.policy.explaining import Around, Explanation, explain, text_lines
from mailhub.policy.explaining import as_json as as_json_of
from mailhub.policy.facts import Origin
from mailhub.policy.judging import Judge
from mailhub.policy.rules.rule import Action, Rule
from mailhub.policy.wording import because_words, reason
from mailhub.queue.askings import deadline
from mailhub.sandbox.pool import Inspector
from mailhub.screening.consequences.refusals import refusal_of_all, secret_words
from mailhub.screening.facts.gathering import Gatherer
from mailhub.screening.rehearsal import trial
from mailhub.screening.rehearsal.trial import Addressed, Envelope
from mailhub.screening.rules.book import LiveBook
from mailhub.screening.rules.exceptions import exempting
from mailhub.settings import Settings
from mailhub.signatures.trust.bundle import TrustKeeper
from mailhub.smtp.replies import reply

_SECONDS = 300.0
_NOBODY = Inspector(Path("/nonexistent"))
_ORIGINS = {"own": Origin.OWN, "outside": Origin.OUTSIDE}
_KEPT_OUT = {
    "unknown": "địa chỉ không tồn tại",
    "ended": "hộp thư đã ngừng sử dụng",
    "nobody": "nhóm chưa có thành viên nhận thư",
}
_READ_LATER = {
    "vi": "Lúc gửi: máy chủ nhận thư (250), rồi GIỮ LẠI trong khi đọc {number} tệp (bản quét hoặc tệp lớn), chậm nhất "
    "{minutes} phút. Đọc xong mới xét quy tắc; khi đó:",
    "en": "When it is sent: the server takes it (250), then HOLDS it while {number} files are read (scans or large "
    "files), {minutes} minutes at most. The rules are asked afterwards; then:",
}
_NOT_READ = {
    "vi": "Chưa đọc bản quét (--quick): kết quả dưới đây chưa xét chữ trong bản quét, và có thể khác khi đã đọc.",
    "en": "Scans were not read (--quick): what follows leaves their words out, and may be different once they are.",
}
_CODE = "XXX-XXX-XX"  # in place of the code that a real refusal gets


@dataclass(frozen=True, slots=True)
class _Answer:
    """What would become of the message, and when that is decided."""

    found: Explanation
    to: Addressed
    waiting: int = 0  # files for which it is held after the 250
    minutes: int = 0  # for so long at most
    unread: int = 0  # scans and the like that --quick left out

    def lines(self, language: str) -> Iterator[str]:
        """What is to be known before the page is read."""
        if self.waiting:
            yield _READ_LATER[language].format(number=self.waiting, minutes=self.minutes)
        if self.unread:
            yield _NOT_READ[language]


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
@click.option("--all", "every", is_flag=True, help="Every rule of the book, also those that have no part in it.")
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
    every: bool,
    as_json: bool,
) -> None:
    """Say what would become of the message in MSG.eml, for each recipient, and why: by the rules in force.

    The rules that fit, that an exclusion stops, or that lack little are listed, with each of their conditions and the
    value that it met; --all and --json have every rule. The words that the sender would read are shown. Needs no
    running hub; nothing is sent and nothing is kept. Words of the message are not shown.

    \b
    Examples:
      mailhub --dir DIR policy explain thu.eml --from nva@tinh.gov.vn --to ai@gmail.com
      mailhub --dir DIR policy explain thu.eml --from ai@gmail.com --to vanthu.snv@tinh.gov.vn --origin outside
      mailhub --dir DIR policy explain thu.eml --from nva@tinh.gov.vn --to ai@gmail.com --all
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
        trial.check_addresses(directory, envelope)
        answer = _explained(environment, inspector, directory, book.current(), data, envelope, quick=quick)
    if as_json:
        replies = list(_replies(environment.settings, answer))
        told = {"kept_out": answer.to.kept_out, "replies": replies, "read_later": answer.waiting}
        print_json({**as_json_of(answer.found), **told, "scans_unread": answer.unread})
    else:
        _print(environment.settings, answer, language, every=every)


def _message(file: Path) -> bytes:
    try:
        data = bytes(bytes_of(file).data)
    except FileNotFoundError as error:
        raise click.ClickException(f"{printable(file)}: không có tệp này ({error.strerror})") from error
    except OSError as error:
        raise click.ClickException(f"{printable(file)}: không đọc được ({error.strerror or error})") from error
    trial.check_is_mail(data, printable(file))
    return data


def _explained(
    environment: Environment,
    inspector: Inspector,
    directory: Directory,
    judge: Judge,
    data: bytes,
    envelope: Envelope,
    *,
    quick: bool,
) -> _Answer:
    """As the doors do it: what still has to be read at the dot is taken and held, unless it is a secret already."""
    settings, database = environment.settings, environment.database
    to = trial.addressed(directory, envelope.recipients)
    at = now_ms()

    def judged(inspection: Inspection) -> Explanation:
        case = trial.case_of(directory, data, envelope, to, inspection, at=at)
        facts = Gatherer(settings, database, directory).facts(case)
        return explain(judge, facts, exempting(database, facts))

    subject = trial.subject_of(trial.fields_of(data))
    first, full = asyncio.run(_inspect(environment, inspector, data, subject, quick=quick))
    found = judged(first)
    waiting, unread = len(first.pending), len(first.pending) if full is None else 0
    until = latest_time(settings, now=at, subject=subject, files=first.files)
    if not waiting or until <= at or found.decision.secret is not None:
        return _Answer(found, to, unread=unread)
    found = trial.after_reading(found if full is None else judged(full))
    return _Answer(found, to, waiting, -(-(until - at) // MINUTE), unread)


async def _inspect(
    environment: Environment, inspector: Inspector, data: bytes, subject: str, *, quick: bool
) -> tuple[Inspection, Inspection | None]:
    """What is known at the dot; and afterwards, when something has to be read then and it is wanted."""
    settings = environment.settings
    keeper = TrustKeeper(environment.database)
    verifying = Verifying(lambda: settings, environment.database, keeper, None)
    reader = MailInspector(environment.database, inspector, lambda: None, verifying)
    try:
        limits = inspection_limits(settings, Mode.QUICK, want_text=False)
        first = await reader.inspect(data, subject=subject, limits=limits, seconds=_SECONDS)
        if quick or not first.pending:
            return first, None
        limits = inspection_limits(settings, Mode.FULL, want_text=False)
        return first, await reader.inspect(data, subject=subject, limits=limits, seconds=_SECONDS)
    finally:
        keeper.close()


def _print(settings: Settings, answer: _Answer, language: str, *, every: bool) -> None:
    for address, why in answer.to.kept_out.items():
        click.echo(f"{address}: {_KEPT_OUT[why]}; bị từ chối trước khi xét quy tắc.")
    if answer.to.recipients:
        for line in answer.lines(language):
            click.echo(f"{line}\n")
        around = _Words(settings, answer, language).around(every=every)
        click.echo("\n".join(text_lines(answer.found, texts(language), around)))


class _Words:
    """What whoever is told would read."""

    def __init__(self, settings: Settings, answer: _Answer, language: str) -> None:
        self._settings = settings
        self._answer = answer
        self._found = answer.found
        self._facts = answer.found.facts
        self._language = language

    def around(self, *, every: bool) -> Around:
        return Around(
            language=self._language,
            reason=self.reason,
            because=self.because,
            until=self.until,
            reply=next(_replies(self._settings, self._answer), ""),
            contact=secret_contact(self._settings),
            groups=self._answer.to.members(),
            every=every,
        )

    def reason(self, rule: Rule, addresses: Sequence[str]) -> str:
        regulation = self._settings.hub.regulation
        if rule.action is Action.SECRET and self._found.decision.secret is not None:
            return self._secret(rule)
        return reason(rule, self._language, self._facts, addresses, regulation)

    def _secret(self, rule: Rule) -> str:
        """The letter about a secret, which is not in the rule's words."""
        scan_only = self._facts.message.secrecy_in == frozenset({"scan"})
        kept = Kept.SEALED if scan_only and self._settings.secrets.found_by_ocr == "seal" else Kept.DESTROYED
        told = sender_facts(
            self._settings,
            code=_CODE,
            at=self._facts.at,
            kept=kept,
            because=because_words(rule, self._settings.hub.regulation, "vi"),
        )
        support, host = self._settings.hub.support, ""
        letter = LetterText(kind=LetterKind.SECRET_REFUSED, facts=told, code=_CODE, support=support, host=host)
        return body_text(letter, self._language)

    def because(self, rule: Rule) -> str:
        """What people are told, and behind it what orders the rule."""
        told = because_words(rule, self._settings.hub.regulation, self._language)
        behind = [part for part in (rule.because.clause, rule.because.directive) if part and part not in told]
        return "; ".join((told, *behind))

    def until(self, rule: Rule) -> str:
        """When a hold that begins now ends."""
        hours = rule.hours or self._settings.policy.hold_hours
        return until_text(deadline(self._facts.at, hours), texts(self._language))


def _replies(settings: Settings, answer: _Answer) -> Iterator[str]:
    """The SMTP reply to the whole message, when it is refused by one."""
    found = answer.found
    if answer.waiting:  # it has been taken by then
        return
    if found.decision.secret is not None:
        yield reply("secret", _CODE, why=secret_words(settings)).line()
        return
    refused = refusal_of_all(found.decision, found.facts)
    if refused is not None:
        yield reply(refused.kind, _CODE, why=refused.why).line()
