"""The paths of SMTP commands: where mail goes, and where notices about it go back to.

Strict: what two servers could read as two destinations is no path, but an error that says why.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

import idna

from mailhub.errors import MailhubError

LONGEST_LOCAL = 64  # octets, RFC 5321 § 4.5.3.1.1
LONGEST_DOMAIN = 255  # § 4.5.3.1.2
LONGEST_ADDRESS = 254  # § 4.5.3.1.3: a path of 256 with its brackets

ATEXT = r"A-Za-z0-9!#$%&'*+/=?^_`{|}~\-"
_DOT_ATOM = re.compile(rf"[{ATEXT}\u0080-\U0010ffff]++(?:\.[{ATEXT}\u0080-\U0010ffff]++)*\Z")
_QUOTED = re.compile(r'"([^"\\\x00-\x1f\x7f]*+(?:\\[ -~][^"\\\x00-\x1f\x7f]*+)*)"')
_ESCAPED = re.compile(r"\\(.)")
_HOST = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)(?:\.(?!-)[a-z0-9-]{1,63}(?<!-))*\Z")
_HACKS = frozenset("%!@")


class PathError(MailhubError):
    """Not a path that we take. `kind` is syntax, literal, route, percent or utf8."""

    def __init__(self, kind: str, reason: str) -> None:
        super().__init__(reason)
        self.kind = kind


class Mailbox(NamedTuple):
    """A mailbox: local part as given (NFC, unquoted), domain in lower-case ASCII ("" for bare postmaster)."""

    local: str
    domain: str

    @property
    def text(self) -> str:
        """`local@domain`, the local part quoted when it has to be (RFC 5321 § 4.1.2)."""
        return address_text(self.local, self.domain)


def address_text(local: str, domain: str) -> str:
    """`local@domain`, the local part quoted when it has to be; without a domain the local part alone."""
    if not _DOT_ATOM.match(local):
        local = '"' + local.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return f"{local}@{domain}" if domain else local


def parse_path(text: str) -> Mailbox | None:
    """The mailbox in `text`, or None where `read_path` would say what is wrong with it."""
    try:
        return read_path(text)
    except PathError:
        return None


def read_path(text: str, *, hacks: bool = False) -> Mailbox:
    """The mailbox of a Path (RFC 5321 § 4.1.2, RFC 6531 § 3.3), with or without its brackets.

    `hacks` admits `%`, `!` and a quoted `@` in the local part: for a stranger's reverse-path, never for a
    recipient, since servers behind us may still forward by them.

    Raises:
        PathError: it is no path, or one that hides a second destination.
    """
    return _remembered_path(text, hacks) if len(text) <= LONGEST_ADDRESS else _read_path(text, hacks)


def _read_path(text: str, hacks: bool) -> Mailbox:
    if text.startswith("<"):
        if not text.endswith(">"):
            raise PathError("syntax", "a bracket is not closed")
        text = text[1:-1]
    if not text:
        raise PathError("syntax", "no address")
    if text.startswith("@"):
        raise PathError("route", "a source route")
    _check_letters(text)
    if text.lower() == "postmaster":  # RFC 5321 § 4.5.1
        return Mailbox("postmaster", "")
    local, rest = _split_local(text)
    if not hacks and not _HACKS.isdisjoint(local):
        raise PathError("percent", "the local part names a second destination")
    if not rest.startswith("@"):
        raise PathError("route" if "!" in local else "syntax", "no domain")
    mailbox = Mailbox(unicodedata.normalize("NFC", local), read_domain(rest[1:]))
    if len(mailbox.local.encode()) > LONGEST_LOCAL or len(mailbox.text.encode()) > LONGEST_ADDRESS:
        raise PathError("syntax", "the address is too long")
    return mailbox


# The same addresses come again and again; what was refused is not kept.
_remembered_path = lru_cache(maxsize=8192)(_read_path)


def read_domain(text: str) -> str:
    """A domain name as lower-case A-labels (RFC 5890 § 2.3.2.1).

    Raises:
        PathError: an address literal, a bare number, or no domain name.
    """
    if text.startswith("["):
        raise PathError("literal", "an address literal")
    domain = text.lower()
    if not text.isascii():
        try:
            # Label by label: `idna.encode` would take the full stops of other scripts for ours.
            labels = unicodedata.normalize("NFC", domain[:LONGEST_DOMAIN]).split(".")
            domain = b".".join(idna.alabel(label) for label in labels).decode("ascii")
        except (idna.IDNAError, UnicodeError) as error:
            raise PathError("utf8", "not an internationalised domain name") from error
    if len(text) > LONGEST_DOMAIN or len(domain) > LONGEST_DOMAIN or not _HOST.match(domain):
        raise PathError("syntax", "not a domain name")
    if domain.rpartition(".")[2].isdigit():
        raise PathError("literal", "a number in the place of a domain")
    return domain


def _split_local(text: str) -> tuple[str, str]:
    """The local part, unquoted, and what follows it."""
    if not text.startswith('"'):
        local, at, domain = text.partition("@")
        if not _DOT_ATOM.match(local):
            raise PathError("syntax", "not a local part")
        return local, at + domain
    quoted = _QUOTED.match(text)
    if quoted is None or quoted[0] == '""':
        raise PathError("syntax", "not a quoted local part")
    return _ESCAPED.sub(r"\1", quoted[1]), text[quoted.end() :]


def _check_letters(text: str) -> None:
    """Refuses control characters, and Unicode that shows as nothing or as something else.

    RFC 6531 leaves every non-ASCII character free; RFC 8264 § 9 lists the ones that no identifier should hold.
    """
    if len(text) > 2 * LONGEST_ADDRESS:
        raise PathError("syntax", "the address is too long")
    if text.isascii():
        if not text.isprintable():
            raise PathError("syntax", "a control character")
        return
    for letter in text:
        if not letter.isascii() and not plain_letter(letter):
            raise PathError("utf8", "a character that an address may not hold")
    if any(letter < " " or letter == "\x7f" for letter in text):
        raise PathError("syntax", "a control character")


def plain_letter(letter: str) -> bool:
    """False for separators, controls, invisible ones, and for look-alikes of ASCII such as a full-width @."""
    if unicodedata.category(letter)[0] in "ZC":
        return False
    return not any(c.isascii() and not c.isalnum() for c in unicodedata.normalize("NFKC", letter))
