"""The `Authentication-Results` field: our own is built, forged ones in our name are found (RFC 8601).

Almost every value in it was chosen by the sender. So each is reduced to printable ASCII, bounded, and quoted
unless it is a plain token: no value can end the field, start another, or look like a result of ours.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import NamedTuple

from mailhub.mail.dkim_verify import DkimResult
from mailhub.mail.dmarc import DmarcResult
from mailhub.mail.headers import Field
from mailhub.mail.spf import SpfResult

__all__ = ["Method", "build", "forged_ranges"]

LINE = 78
LONGEST_VALUE = 253

# RFC 2045 § 5.1 token; a value may also be an address of two of them (RFC 8601 § 2.2 pvalue).
_TOKEN = r"[!#$%&'*+\-.0-9A-Z^_`a-z{|}~]+"  # noqa: S105
_PLAIN = re.compile(rf"{_TOKEN}(?:@{_TOKEN})?")
_KEYWORD = re.compile(r"[a-z][a-z0-9.-]{0,40}")
_FOREIGN_ID = re.compile(r'[ \t\r\n]*(?:"((?:[^"\\]|\\.)*)"|([^\s;/"=]+))', re.DOTALL)


class Method(NamedTuple):
    """One result: ("auth", "pass", (("smtp.auth", "a@tinh.gov.vn"),)). Empty values are left out."""

    method: str
    result: str
    properties: tuple[tuple[str, str], ...] = ()
    reason: str = ""


def build(
    authserv_id: str,
    spf: SpfResult | None = None,
    dkim: Sequence[DkimResult] = (),
    dmarc: DmarcResult | None = None,
    extra: Sequence[Method] = (),
) -> bytes:
    """The whole field with its CRLF, folded. Without any result it says `none` (§ 2.2)."""
    methods = list(extra)
    if spf is not None:
        name = "smtp.mailfrom" if spf.scope == "mfrom" else "smtp.helo"
        methods.append(Method("spf", spf.result, ((name, spf.domain),), _unless_pass(spf.result, spf.mechanism)))
    for each in dkim:
        properties = (("header.d", each.domain), ("header.s", each.selector), ("header.a", each.algorithm))
        methods.append(Method("dkim", each.result, properties, each.reason))
    if dmarc is not None:
        policy = dmarc.policy if dmarc.result not in ("none", "permerror") else ""
        methods.append(Method("dmarc", dmarc.result, (("header.from", dmarc.domain), ("policy.dmarc", policy))))
    pieces = [f"Authentication-Results: {_value(authserv_id)};"]
    for number, method in enumerate(methods, 1):
        words = _words(method)
        words[-1] += ";" if number < len(methods) else ""
        pieces.append(_folded(words))
    return ("\r\n\t".join(pieces if methods else [f"{pieces[0]} none"]) + "\r\n").encode("ascii")


def forged_ranges(fields: Sequence[Field], authserv_ids: Collection[str]) -> list[tuple[int, int]]:
    """(start, end) of each `Authentication-Results` field that claims to be ours; a door cuts them out (§ 5).

    Letter case, comments, folds, quotes and a version after the id make no difference. A field whose id
    cannot be read counts as ours when one of our ids occurs in it at all.
    """
    own = {_normal(each) for each in authserv_ids}
    return [(field.start, field.end) for field in fields if _claims(field, own)]


def _claims(field: Field, own: set[str]) -> bool:
    if field.name.strip().lower() != b"authentication-results":
        return False
    text = field.raw.partition(b":")[2].decode("utf-8", "replace")
    # Some readers take a comment for a space and some for nothing: what either would believe is forged.
    matches = [_FOREIGN_ID.match(_without_comments(text, instead)) for instead in (" ", "")]
    if None in matches:
        lowered = text.casefold()
        return any(each in lowered for each in own)
    return any(_normal(_identifier(match)) in own for match in matches if match is not None)


def _identifier(match: re.Match[str]) -> str:
    quoted, plain = match.groups()
    return plain if quoted is None else re.sub(r"\\(.)", r"\1", quoted, flags=re.DOTALL)


def _normal(authserv_id: str) -> str:
    return "".join(authserv_id.split()).casefold().rstrip(".")


def _without_comments(text: str, instead: str) -> str:
    """`text` with each comment (RFC 5322 § 3.2.2, they nest) replaced by `instead`, quoted strings kept."""
    kept: list[str] = []
    depth, quoted, escaped = 0, False, False
    for char in text:
        if escaped:
            escaped = False
        elif char == "\\" and (depth or quoted):
            escaped = True
        elif char == '"' and not depth:
            quoted = not quoted
        elif char == "(" and not quoted:
            depth += 1
        elif char == ")" and depth and not quoted:
            depth -= 1
            if not depth:
                kept.append(instead)
            continue
        if not depth:
            kept.append(char)
    return "".join(kept)


def _unless_pass(result: str, reason: str) -> str:
    return "" if result in ("pass", "none") else reason


def _words(method: Method) -> list[str]:
    words = [f"{_keyword(method.method)}={_keyword(method.result)}"]
    if method.reason:
        words.append(f"reason={_quoted(method.reason)}")
    return words + [f"{_keyword(name)}={_value(value)}" for name, value in method.properties if value]


def _keyword(text: str) -> str:
    """Methods, results and property names are ours; still nothing but a keyword gets through."""
    return text if _KEYWORD.fullmatch(text) else "x"


def _value(text: str) -> str:
    return text if len(text) <= LONGEST_VALUE and _PLAIN.fullmatch(text) else _quoted(text)


def _quoted(text: str) -> str:
    safe = "".join(char if " " <= char <= "~" else "?" for char in text[:LONGEST_VALUE])
    return '"' + safe.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _folded(words: Sequence[str]) -> str:
    text = line = words[0]
    for word in words[1:]:
        if len(line) + 1 + len(word) > LINE - 8:  # the tab that starts a line shows as eight
            text, line = f"{text}\r\n\t{word}", word
        else:
            text, line = f"{text} {word}", f"{line} {word}"
    return text
