"""The address lists of From, Sender and their kin: who a message is said to be from.

Reads RFC 5322 § 3.4 strictly, in time linear in the field. Wherever a lenient program could show another author
than the one read here there is no author, but `AmbiguousAddress` with the reason: obsolete syntax (§ 4.4) goes,
so do encoded words inside an address, and raw bytes that are not UTF-8 (RFC 6532). Paths of SMTP commands are in
`mail/path.py`; their names are here too, so that callers need one import.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

from mailhub.errors import MailhubError
from mailhub.mail.encoded import decode_text
from mailhub.mail.path import (
    ATEXT,
    LONGEST_LOCAL,
    Mailbox,
    PathError,
    address_text,
    parse_path,
    plain_letter,
    read_domain,
    read_path,
)

__all__ = [
    "AmbiguousAddress",
    "HeaderAddress",
    "Mailbox",
    "PathError",
    "address_text",
    "addresses_of",
    "parse_path",
    "read_path",
]

LONGEST_LIST = 64 * 1024
LONGEST_REMEMBERED = 512
LONGEST_NAME = 1000
DEEPEST_COMMENT = 8

_FOLD = re.compile(r"\r?\n(?=[ \t])")
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_TOKEN = re.compile(
    r"(?P<space>[ \t]++)"
    rf"|(?P<atom>[{ATEXT}\u0080-\U0010ffff]++)"
    r'|"(?P<quoted>[^"\\]*+(?:\\.[^"\\]*+)*)"'
    r"|(?P<special>[]<>@,:;.[])"
)
_COMMENT_MARK = re.compile(r"[()]|\\.?")
_ESCAPED = re.compile(r"\\(.)")
_MISREAD_WHEN_QUOTED = frozenset('@<>,:;()\\"[]')


class AmbiguousAddress(MailhubError):
    """An address list that programs do not all read alike. `reason` is a short English phrase."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class HeaderAddress(NamedTuple):
    """One mailbox of a list: the name people see (decoded, with comments), and the address."""

    display: str
    local: str
    domain: str

    @property
    def text(self) -> str:
        """`local@domain`, without the name."""
        return address_text(self.local, self.domain)


class _Token(NamedTuple):
    kind: str  # atom, quoted, comment, space, or the special itself
    text: str


def addresses_of(value: bytes, *, groups: bool = False) -> list[HeaderAddress]:
    """The mailboxes of an address list (a field's value, folded or not), in their order.

    With `groups` the members of groups are listed too (`undisclosed-recipients:;` has none); without it a group
    is refused: as an author it says nothing that can be judged (RFC 6854 § 3 advises against it).

    Raises:
        AmbiguousAddress: empty, broken, obsolete, or apt to be read in two ways.
    """
    return list(_remembered_list(value, groups) if len(value) <= LONGEST_REMEMBERED else _read_list(value, groups))


def _read_list(value: bytes, groups: bool) -> tuple[HeaderAddress, ...]:
    tokens = _tokens(_text_of(value))
    found: list[HeaderAddress] = []
    in_group = False
    part: list[_Token] = []
    for token in (*tokens, _Token(",", "")):
        if token.kind == ":" and groups and not in_group and not _has(part, "<"):
            in_group, part = True, []
        elif token.kind == "," or (token.kind == ";" and in_group):
            # Only the place before and after a group may be empty.
            if _words(part):
                found.append(_mailbox(part))
            elif not groups:
                raise AmbiguousAddress("an empty place in the list" if found or len(tokens) > 1 else "no address")
            in_group, part = in_group and token.kind == ",", []
        else:
            part.append(token)
    if in_group:
        raise AmbiguousAddress("a group is not closed")
    return tuple(found)


# An official writes From the same way every time.
_remembered_list = lru_cache(maxsize=8192)(_read_list)


def _text_of(value: bytes) -> str:
    """The value as one line of text."""
    if len(value) > LONGEST_LIST:
        raise AmbiguousAddress("the field is too long")
    try:
        text = _FOLD.sub("", value.decode("utf-8").strip("\r\n"))
    except UnicodeDecodeError as error:
        raise AmbiguousAddress("bytes that are not UTF-8") from error
    if _CONTROL.search(text):
        raise AmbiguousAddress("a control character")
    return text


def _tokens(text: str) -> list[_Token]:
    tokens: list[_Token] = []
    at = 0
    while at < len(text):
        if text[at] == "(":
            end = _comment_end(text, at)
            tokens.append(_Token("comment", text[at + 1 : end - 1]))
            at = end
            continue
        found = _TOKEN.match(text, at)
        if found is None:
            raise AmbiguousAddress("a quotation is not closed" if text[at] == '"' else f"a bare {text[at]!a}")
        kind = str(found.lastgroup)
        tokens.append(_Token(found[0] if kind == "special" else kind, found[kind]))
        at = found.end()
    return tokens


def _comment_end(text: str, start: int) -> int:
    """Where the comment that opens at `start` ends. Comments nest (§ 3.2.2), which few programs know."""
    depth = 0
    for mark in _COMMENT_MARK.finditer(text, start):
        if mark[0] == "(":
            depth += 1
            if depth > DEEPEST_COMMENT:
                raise AmbiguousAddress("comments in comments")
        elif mark[0] == ")":
            depth -= 1
            if depth == 0:
                return mark.end()
    raise AmbiguousAddress("a comment is not closed")


def _mailbox(part: list[_Token]) -> HeaderAddress:
    """One element of the list: `phrase <local@domain>` or `local@domain`, comments before or behind."""
    comments = " ".join(token.text for token in part if token.kind == "comment")
    brackets = sum(token.kind == "<" for token in part), sum(token.kind == ">" for token in part)
    if brackets == (0, 0):
        local, domain = _addr_spec(part)
        return HeaderAddress(_name(comments), local, domain)
    opened = next((i for i, token in enumerate(part) if token.kind == "<"), 0)
    closed = next((i for i, token in enumerate(part) if token.kind == ">"), 0)
    if brackets != (1, 1) or closed < opened:
        raise AmbiguousAddress("brackets that do not pair")
    if _words(part[closed + 1 :]):
        raise AmbiguousAddress("words behind the address")
    local, domain = _addr_spec(part[opened + 1 : closed])
    shown = _phrase(part[:opened])
    return HeaderAddress(_name(f"{shown} ({comments})" if shown and comments else shown or comments), local, domain)


def _phrase(part: list[_Token]) -> str:
    """A display name. A bare dot (obsolete, § 4.1) and bare square brackets are common in it and harmless."""
    for token in part:
        if token.kind in {"@", ":", ";", ">"}:
            raise AmbiguousAddress(f"a bare {token.kind} in a name")
    return "".join(
        _ESCAPED.sub(r"\1", token.text) if token.kind == "quoted" else token.text or token.kind
        for token in part
        if token.kind != "comment"
    ).strip()


def _addr_spec(part: list[_Token]) -> tuple[str, str]:
    """Local part and domain (§ 3.4.1), with space and comments outside only."""
    tokens = _trimmed(part)
    if any(token.kind in {"space", "comment"} for token in tokens):
        raise AmbiguousAddress("space or a comment inside an address")
    if tokens and tokens[0].kind == "@" and any(token.kind == ":" for token in tokens):
        raise AmbiguousAddress("a source route")
    ats = [i for i, token in enumerate(tokens) if token.kind == "@"]
    if len(ats) != 1:
        raise AmbiguousAddress("more than one @" if ats else "no domain")
    local, domain = tokens[: ats[0]], tokens[ats[0] + 1 :]
    if any(token.kind not in {"atom", "."} for token in domain):
        raise AmbiguousAddress("not a domain name")
    try:
        return _local_part(local), read_domain("".join(token.text for token in domain))
    except PathError as error:
        raise AmbiguousAddress(str(error)) from error


def _local_part(tokens: list[_Token]) -> str:
    if [token.kind for token in tokens] == ["quoted"]:
        text = _ESCAPED.sub(r"\1", tokens[0].text)
        if not text or not _MISREAD_WHEN_QUOTED.isdisjoint(text):
            raise AmbiguousAddress("a quoted local part that is often misread")
    else:
        text = "".join(token.text for token in tokens)
        # Atoms with single dots between them: first and last are atoms, and no two of a kind meet.
        kinds = [token.kind for token in tokens]
        if kinds != ["atom", *[".", "atom"] * (len(tokens) // 2)]:
            raise AmbiguousAddress("not a local part")
    if "=?" in text:
        raise AmbiguousAddress("an encoded word inside an address")
    if len(text.encode()) > LONGEST_LOCAL:
        raise AmbiguousAddress("the local part is too long")
    if not all(letter.isascii() or plain_letter(letter) for letter in text):
        raise AmbiguousAddress("a character that an address may not hold")
    return unicodedata.normalize("NFC", text)


def _name(text: str) -> str:
    if len(text) > LONGEST_NAME:
        raise AmbiguousAddress("the name is too long")
    return decode_text(text.encode(), limit=LONGEST_NAME)


def _trimmed(part: list[_Token]) -> list[_Token]:
    """Without space and comments at either end."""
    outer = {"space", "comment"}
    start, end = 0, len(part)
    while start < end and part[start].kind in outer:
        start += 1
    while end > start and part[end - 1].kind in outer:
        end -= 1
    return part[start:end]


def _words(part: list[_Token]) -> bool:
    return any(token.kind not in {"space", "comment"} for token in part)


def _has(part: list[_Token], kind: str) -> bool:
    return any(token.kind == kind for token in part)
