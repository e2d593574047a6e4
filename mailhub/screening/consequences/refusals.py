"""What an SMTP client hears of a rule: one line of ASCII, Vietnamese without diacritics (wording § 2.1, § 2.3).

Without marks some words turn into others: `mật` and `mất` are never left as "mat" alone.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mailhub.incidents.officers import secret_contact
from mailhub.policy.decision import Decision, Effect, Hit, Verdict
from mailhub.policy.facts import Facts, MailClass, Origin
from mailhub.policy.rules.rule import ReplyBy
from mailhub.settings import Settings

LONGEST = 200
MOST_DOMAINS = 3
_WORD = re.compile(r"[^\W\d_]+")
_ALONE = {"mật": "bí mật", "mất": "thất lạc"}  # what without its mark would be "mat"
_BEFORE = {"bí"}  # "bi mat" says what it means
_AFTER = {"khẩu", "mã"}
# Who hears replies only: strangers, and scripts, whose refused redirect stays where it was (mailboxes/inject.py).
_BY_REPLY = frozenset({Origin.OUTSIDE, Origin.REDIRECT, Origin.AUTOMATIC})


@dataclass(frozen=True, slots=True)
class RuleRefusal:
    """A message, or a recipient, that a rule keeps out at the door. `why` is ASCII, for the reply's end."""

    kind: str  # a key of `smtp/replies.py`: policy, secret
    why: str
    rules: tuple[str, ...]
    version: int


def refusal_of_all(decision: Decision, facts: Facts) -> RuleRefusal | None:
    """The refusal of the whole message, when that is how its sender is to hear of it (architecture § 5)."""
    deciding = [verdict.deciding for verdict in decision.verdicts]
    hits = [hit for hit in deciding if hit is not None and hit.effect is Effect.REFUSE]
    if not hits or len(hits) < len(deciding):
        return None
    by_notice = any(hit.rule.reply is ReplyBy.NOTICE for hit in hits)
    if by_notice and facts.message.origin not in _BY_REPLY:
        return None
    return refusal(decision.verdicts, facts, decision.version)


def refusal(verdicts: Sequence[Verdict], facts: Facts, version: int) -> RuleRefusal:
    """What a client hears of these verdicts, all of which refuse."""
    first = next(hit for verdict in verdicts if (hit := verdict.deciding) is not None)
    rules = dict.fromkeys(hit.rule.id for verdict in verdicts if (hit := verdict.deciding) is not None)
    return RuleRefusal("policy", said(first, verdicts, facts), tuple(rules), version)


def said(hit: Hit, verdicts: Iterable[Verdict], facts: Facts) -> str:
    """Why, in ASCII: `Khong gui van ban cong vu den hop thu ca nhan (gmail.com)`."""
    about = [verdict.facts for verdict in verdicts]
    domains = sorted({one.domain for one in about if one.domain and one.mail_class is not MailClass.OWN})
    tail = f" ({', '.join(domains[:MOST_DOMAINS])})" if domains else ""
    private = bool(about) and all(one.mail_class is MailClass.PRIVATE for one in about)
    if private and facts.documents and facts.message.origin is not Origin.OUTSIDE:
        return ascii_words("Không gửi văn bản công vụ đến hộp thư cá nhân") + tail
    incoming = facts.message.origin is Origin.OUTSIDE
    kept_out = "Thư không được nhận: " if incoming else "Thư không được gửi: "
    return ascii_words(kept_out + _within(hit.rule.title))[:LONGEST] + tail


def _within(title: str) -> str:
    """A title after a colon; abbreviations stay as they are: `PDF`."""
    return title if title[1:2].isupper() else title[:1].lower() + title[1:]


def secret_words(settings: Settings) -> str:
    """What follows the refusal of a secret: `Khong gui lai, goi {sdt}`."""
    if settings.secrets.phone:
        return f"Khong gui lai, goi {settings.secrets.phone}"
    whom = secret_contact(settings) or "cán bộ phụ trách"
    return ascii_words(f"Không gửi lại, liên hệ {whom}")[:LONGEST]


def ascii_words(text: str) -> str:
    """Vietnamese without its marks, so that no word becomes another that matters."""
    text = unicodedata.normalize("NFC", text)
    words = _WORD.findall(text)
    found: list[str] = []
    end = 0
    for number, match in enumerate(_WORD.finditer(text)):
        found.append(text[end : match.start()])
        found.append(_safe(words, number))
        end = match.end()
    return " ".join("".join(map(_letter, "".join((*found, text[end:])))).split())


def _letter(letter: str) -> str:
    plain = "".join(c for c in unicodedata.normalize("NFD", letter) if not unicodedata.combining(c))
    plain = plain.replace("đ", "d").replace("Đ", "D").replace("–", "-").replace("…", "...")
    return "".join(c if " " <= c <= "~" else " " for c in plain)


def _safe(words: Sequence[str], number: int) -> str:
    word = words[number]
    folded = word.casefold()
    if folded not in _ALONE:
        return word
    before = words[number - 1].casefold() if number else ""
    after = words[number + 1].casefold() if number + 1 < len(words) else ""
    return word if before in _BEFORE or after in _AFTER else _ALONE[folded]
