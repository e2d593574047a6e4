"""The part of a notice that people read: Vietnamese first, English below (wording.md § 2.5)."""

from __future__ import annotations

from collections.abc import Sequence

from mailhub.clock import local_time
from mailhub.i18n import LANGUAGES, Texts, texts
from mailhub.mail.notice_facts import Action, NoticeFacts, NoticeKind, NoticeRecipient, NoticeRule, one_line
from mailhub.mail.notice_status import status_of, was_said

LONGEST_SUBJECT = 200
MOST_LISTED = 50
MOTHER_TONGUE = "vi"

# Subject and detail of an enhanced code (RFC 3463 § 3); the class says only whether it is for good.
_REASONS = {
    "1.1": "no-such-address",
    "1.2": "no-such-domain",
    "1.3": "bad-address",
    "1.6": "ended",
    "1.10": "no-such-domain",  # null MX, RFC 7505 § 4.1
    "2.1": "not-receiving",
    "2.2": "mailbox-full",
    "2.3": "too-large",
    "3.4": "too-large",
    "4.4": "no-such-domain",
    "4.6": "loop",
    "6.7": "utf8",  # RFC 6531 § 3.5
}
_SUBJECTS = {"6": "format", "7": "refused"}
_UNANSWERED = frozenset({"4.0", "4.1", "4.2", "4.3", "4.7"})


def sender_name() -> str:
    """The name that notices come from."""
    return texts(MOTHER_TONGUE)("notice.from")


def subject_line(facts: NoticeFacts) -> str:
    """The notice's subject, with the original's in it."""
    words = texts(MOTHER_TONGUE)
    subject = one_line(facts.subject, LONGEST_SUBJECT) or words("notice.subject.none")
    if facts.kind is NoticeKind.REFUSED and len(facts.recipients) == 1:
        return words("notice.subject.refused.one", address=one_line(facts.recipients[0].address, 320), subject=subject)
    return words.count(f"notice.subject.{facts.kind}", len(facts.recipients), subject=subject)


def explain(facts: NoticeFacts, *, whole: bool) -> str:
    """The text, lines parted by "\\n"."""
    rule = "\n" + "-" * 40 + "\n\n"
    return rule.join(_in_language(facts, texts(language), language, whole=whole) for language in LANGUAGES)


def _in_language(facts: NoticeFacts, words: Texts, language: str, *, whole: bool) -> str:
    name = one_line(facts.name, 100)
    greeting = words("notice.greeting", name=name) if name else words("notice.greeting.unnamed")
    lines = [greeting, "", words(f"notice.{facts.kind}", time=_time(words, facts.received_at))]
    if facts.kind is NoticeKind.REFUSED:
        lines += _by_rules(facts.rules, words, language)
    for recipient in facts.recipients[:MOST_LISTED] if facts.kind is not NoticeKind.REFUSED else ():
        lines.append(_line(words, recipient))
        # What the other server said is for those who can read it, below.
        if recipient.reply and language != MOTHER_TONGUE:
            lines.append(_reply(words, recipient))
    if len(facts.recipients) > MOST_LISTED and facts.kind is not NoticeKind.REFUSED:
        lines.append(words.count("notice.more", len(facts.recipients) - MOST_LISTED))
    lines += ["", *_others(facts, words)]
    if facts.kind is NoticeKind.DELAYED:
        lines.append(_until(facts, words))
    elif facts.kind in (NoticeKind.FAILED, NoticeKind.REFUSED):
        lines.append(words("notice.original.full" if whole else "notice.original.headers"))
    support = facts.support or f"postmaster@{facts.domain}"
    return "\n".join([*lines, "", words("notice.closing", code=facts.code, support=support), ""])


def _by_rules(rules: Sequence[NoticeRule], words: Texts, language: str) -> list[str]:
    """Who does not get it, why, and by which article (wording § 2.1)."""
    lines: list[str] = []
    for rule in rules:
        lines += [f"– {_named(rule, address, words)}" for address in rule.addresses[:MOST_LISTED]]
        if len(rule.addresses) > MOST_LISTED:
            lines.append(words.count("notice.more", len(rule.addresses) - MOST_LISTED))
        if why := rule.why.get(language):
            lines.append(words("notice.why", reason="\n".join(one_line(line) for line in why.splitlines())))
        if because := one_line(rule.because.get(language, ""), 500):
            lines.append(words("notice.because", because=because, title=one_line(rule.title, 200)))
        lines.append("")
    return lines[:-1]


def _named(rule: NoticeRule, address: str, words: Texts) -> str:
    """A group with how many it has: who they are is not told (RFC 3461 § 5.2.7.3)."""
    line, number = one_line(address, 320), rule.members.get(address, 0)
    return words.count("letter.to.group", number, address=line) if number else line


def _line(words: Texts, to: NoticeRecipient) -> str:
    ident = reason_of(to)
    reason = words(f"reason.{ident}")
    address = one_line(to.address, 320)
    suggestion = one_line(to.suggestion, 320)
    if not suggestion:
        return words("notice.line", address=address, reason=reason)
    line = "notice.line.unit" if ident == "ended" else "notice.line.suggested"
    return words(line, address=address, reason=reason, suggestion=suggestion)


def _reply(words: Texts, to: NoticeRecipient) -> str:
    reply = one_line(to.reply, 300)
    if to.host and was_said(to):
        return words("notice.said", host=one_line(to.host, 100), reply=reply)
    return words("notice.noted", reply=reply)


def _others(facts: NoticeFacts, words: Texts) -> list[str]:
    lines = []
    if facts.reached:
        lines.append(words.count("notice.reached", facts.reached))
    if facts.waiting:
        lines.append(words.count("notice.waiting", facts.waiting))
    if facts.others:
        lines.append(words.count("notice.others", facts.others))
    return lines


def _until(facts: NoticeFacts, words: Texts) -> str:
    known = [to.retry_until for to in facts.recipients if to.retry_until is not None]
    return words("notice.delayed.until", until=_time(words, max(known))) if known else words("notice.delayed.open")


def reason_of(to: NoticeRecipient) -> str:
    """The id (after `reason.`) of why this became of the message, from action and enhanced code."""
    if to.action not in {Action.FAILED, Action.DELAYED}:
        return str(to.action)
    return reason_for(status_of(to), gave_up=to.action is Action.FAILED)


def reason_for(status: str, *, gave_up: bool) -> str:
    """The id (after `reason.`) of why mail did not arrive, by its enhanced code (RFC 3463 § 3). `gave_up`: for good."""
    severity, _, detail = status.partition(".")
    # A lasting fault named by its code; a passing one only where its name helps the sender.
    if detail in _REASONS and (severity == "5" or detail in {"1.2", "2.2"}):
        return _REASONS[detail]
    if detail in _UNANSWERED:
        return "gave-up" if gave_up else "not-answering"
    if severity == "4":
        return "gave-up-busy" if gave_up else "busy"
    return _SUBJECTS.get(detail.partition(".")[0], "refused")


def _time(words: Texts, at_ms: int) -> str:
    moment = local_time(at_ms)
    return words(
        "notice.time",
        hour=f"{moment:%H}",
        minute=f"{moment:%M}",
        day=f"{moment:%d}",
        month=f"{moment:%m}",
        year=f"{moment:%Y}",
    )
