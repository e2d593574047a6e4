"""What a message says in its own words, and which addresses on the web it names. Pure.

Reading is bounded, whatever the octets are: so much of each text part, HTML by one pass of our own (a parser of C
belongs behind the sandbox's wall), lines of a bounded length before anything is normalised.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from mailhub.mail.encoded import codec_of
from mailhub.mail.html_words import one_blank, unescaped
from mailhub.mail.octets import Octets
from mailhub.mail.parts import Part, Role, Structure
from mailhub.mail.structure import read_structure
from mailhub.mail.subjects import subjects_within
from mailhub.mail.transfer import decode_body
from mailhub.text.folding import clean
from mailhub.text.legacy import to_unicode

MOST_OCTETS = 256 * 1024  # read of a message's texts together, encoded
MOST_PARTS = 40  # text parts looked at
LONGEST_LINE = 1_000  # characters; what is longer goes on in the next line
MOST_HOSTS = 200
LONGEST_LABEL = 63  # RFC 1035 § 2.3.4

_SECRET_WRAPPERS = frozenset({"multipart/encrypted", "application/pgp-encrypted"})
_SMIME = frozenset({"application/pkcs7-mime", "application/x-pkcs7-mime"})
_NOT_SEALED = re.compile(rb"smime-type\s*=\s*\"?(?:signed-data|certs-only|compressed-data)", re.IGNORECASE)
_SMIME_TYPE_SHOWN = 4_096
_PGP = "-----BEGIN PGP MESSAGE-----"

# A comment, what is not shown, a tag with its attributes, or a bare "<". Each branch is linear: single classes only.
_MARKUP = re.compile(
    r"<!--(?:-?>|.*?(?:--!?>|\Z))"  # `<!-->` is an empty one, and `--!>` an end, as browsers have it
    r"|<(?P<unseen>script|style|title|template)\b[^>]*+>.*?(?:</(?P=unseen)[^>]*+>|\Z)"
    r"|<(?P<close>/?)(?P<tag>[a-zA-Z][a-zA-Z0-9:-]{0,30})[^>]*+>?"
    r"|<[!?][^>]*+>?",
    re.IGNORECASE | re.DOTALL,
)
_BREAKS = frozenset(
    ("p", "div", "br", "h1", "h2", "h3", "h4", "h5", "h6", "li", "ul", "ol", "dl", "dt", "dd", "tr", "td", "th",
     "table", "tbody", "thead", "blockquote", "pre", "section", "article", "header", "footer", "form", "address",
     "center", "hr", "figure", "caption", "main", "nav", "aside", "body", "option", "title")
)  # fmt: skip
# Letters other than those of Vietnamese as it should be written: something may have to be mended, put together or in
# order. These are Latin letters with their marks, and punctuation, without those that `clean` mends.
_ODD = re.compile(
    "[^\x00-\x9f\u00a1-\u00ac\u00ae-\u00cf\u00d1-\u01a1\u01a4-\u02ff\u1e00-\u1eff"
    "\u2012-\u202e\u2030-\u205f\u20a0-\u20bf]"
)
_MAY_COMPOSE = re.compile("[^\x00-\u02ff\u1e00-\u1eff\u2010-\u206f\u20a0-\u20bf]")  # of those, to be put together
_MANY_MARKS = re.compile("([\u0300-\u036f]{4})[\u0300-\u036f]+")
# With a scheme (also one within another address's query, as link checkers wrap them), or as people write them.
_LINK = re.compile(
    r"https?(?::|%3a)(?://|\\\\|%2f%2f)(?P<host>[^\s/\\<>\"'?#(){}|^`,;%]{1,300})"
    r"|(?<![\w@.:/-])(?P<bare>(?:[a-z0-9-]{1,63}\.){1,6}[a-z]{2,24})(?=/)",
    re.IGNORECASE,
)
_BEFORE_SLASH = re.compile(r"\.[A-Za-z]{2,24}/")
_HOST = re.compile(r"[^\W_](?:[\w.-]{0,252}[^\W_])?")


@dataclass(frozen=True, slots=True)
class BodyText:
    """The text parts that are the message itself, not attached: HTML without its tags. `hosts` are those of links, in
    lower case; `cut` when only the beginning was read; `encrypted` when the message is S/MIME or PGP. `forwarded` are
    the lines of messages within the message, `subjects` their subjects; their links are among `hosts`."""

    lines: tuple[str, ...] = ()
    hosts: frozenset[str] = frozenset()
    cut: bool = False
    encrypted: bool = False
    forwarded: tuple[str, ...] = ()
    subjects: tuple[str, ...] = ()
    latin: bool = field(default=False, compare=False)  # no line has other letters than Latin ones


EMPTY = BodyText()


def read_body(data: Octets, structure: Structure | None = None) -> BodyText:
    """The words of the message `data`, whose parts are `structure` (found here when it is None). Never raises.

    At most `MOST_OCTETS` of the texts are read, so that the time is bounded for a message of any size. An alternative
    in HTML is read as well as the plain one: whoever hides something hides it in one of them.
    """
    structure = structure or read_structure(data)
    left = MOST_OCTETS
    own: list[str] = []
    forwarded: list[str] = []
    hosts: set[str] = set()
    cut, sealed, latin = bool(structure.problems), False, True
    texts = [part for part in structure.parts if part.role is Role.TEXT]
    for part in texts[:MOST_PARTS]:
        shown, cut_here = _beginning(part, left)
        cut = cut or cut_here
        left -= max(0, shown.end - shown.body_start)
        text = _characters(decode_body(data, shown)[0], part.charset)
        if any("html" in kind for kind in part.types):
            hosts.update(_hosts(unescaped(text)))  # links stand in attributes
            text = _without_tags(text)
        else:
            hosts.update(_hosts(text))
        sealed = sealed or (_PGP in text and not part.forwarded_in)
        lines, plain = _lines(text)
        latin = latin and plain
        (forwarded if part.forwarded_in else own).extend(lines)
    return BodyText(
        lines=tuple(own),
        hosts=frozenset(sorted(hosts)[:MOST_HOSTS]),
        cut=cut or len(texts) > MOST_PARTS,
        encrypted=sealed or _is_encrypted(data, structure),
        forwarded=tuple(forwarded),
        subjects=tuple(subjects_within(data, structure)),
        latin=latin,
    )


def _beginning(part: Part, most: int) -> tuple[Part, bool]:
    """The part as far as it is read, and whether that is not all of it."""
    if part.end - part.body_start <= most:
        return part, False
    return replace(part, end=part.body_start + max(0, most)), True


def _characters(octets: bytes, charset: str) -> str:
    """By the charset that is declared; else UTF-8, else an old Vietnamese encoding, else Windows-1252."""
    codec = codec_of(charset) if charset else None
    if codec is None or codec in ("utf-8", "ascii", "cp1252"):  # what is UTF-8 is never anything else by chance
        try:
            return octets.decode("utf-8")
        except UnicodeDecodeError as error:
            cut = codec != "cp1252" and error.start >= len(octets) - 3  # within a letter
            if codec == "utf-8" or cut:
                return octets.decode("utf-8", "replace")
        codec = "cp1252"
    text = octets.decode(codec, "replace")
    return (to_unicode(text) or text) if codec in ("cp1252", "cp1258") else text


def _without_tags(text: str) -> str:
    """As a browser lays it out, roughly: blocks begin a line, scripts are not shown."""
    pieces: list[str] = []
    at = 0
    for found in _MARKUP.finditer(text):
        pieces.append(one_blank(text[at : found.start()]))
        at = found.end()
        tag = found["tag"]
        if tag is not None and tag.lower() in _BREAKS:
            pieces.append("\n")
    pieces.append(one_blank(text[at:]))
    return unescaped("".join(pieces))


def _lines(text: str) -> tuple[list[str], bool]:
    """The lines that are not blank, cut to a bounded length, as people mean them; whether all letters are Latin."""
    odd = _ODD.search(text) is not None
    plain = not odd or _MAY_COMPOSE.search(text) is None
    if odd and plain:
        text = clean(text)
    lines = [line for line in map(str.strip, text.splitlines()) if line]
    if not plain or max(map(len, lines), default=0) > LONGEST_LINE:
        pieces = (line[at : at + LONGEST_LINE] for line in lines for at in range(0, len(line), LONGEST_LINE))
        lines = [piece if plain else _composed(piece) for piece in pieces]
    return lines, plain


def _composed(line: str) -> str:
    """NFC. Putting marks in order takes time with the square of a run's length, so that only short lines come here,
    and no letter bears more than four."""
    return clean(_MANY_MARKS.sub(r"\1", line))


def _hosts(text: str) -> Iterator[str]:
    # Most mails name none, and most words have no slash: what is quick to see goes before the search.
    if not ("://" in text or ":\\" in text or "%3" in text or _BEFORE_SLASH.search(text)):
        return
    words = " ".join([word for word in text.split() if "/" in word or "\\" in word or "%2" in word])
    foreign = 0  # of letters beyond ASCII, each of which takes a while
    for found in _LINK.finditer(words):
        host = found["bare"] or found["host"].rpartition("@")[2].partition(":")[0]
        host = host.rstrip(".").lower()
        if not host.isascii():
            foreign += 1
            if foreign > MOST_HOSTS or max(map(len, host.split("."))) > LONGEST_LABEL:
                continue
            try:
                host = unicodedata.normalize("NFKC", host).encode("idna").decode("ascii")
            except UnicodeError:
                continue
        if "." in host and _HOST.fullmatch(host):
            yield host


def _is_encrypted(data: Octets, structure: Structure) -> bool:
    """RFC 1847, RFC 3156 (PGP/MIME) and RFC 8551 (S/MIME): the message, or all there is in it, is sealed."""
    for part in structure.parts:
        if part.forwarded_in or part.depth > 2:
            continue
        if not _SECRET_WRAPPERS.isdisjoint(part.types):
            return True
        if not _SMIME.isdisjoint(part.types):
            head = bytes(data[part.start : min(part.body_start, part.start + _SMIME_TYPE_SHOWN)])
            if _NOT_SEALED.search(head) is None and not part.name.lower().endswith((".p7s", ".p7c")):
                return True
    return False
