"""Reads command lines and their arguments. Pure: text in, values out, `CommandError` with the reply otherwise.

RFC 5321 § 4.1 (commands), RFC 1870 (SIZE), RFC 6152 (8BITMIME), RFC 6531 (SMTPUTF8), RFC 3461 (DSN), RFC 4954
(AUTH), RFC 3030 (BDAT).
"""

from __future__ import annotations

import base64
import binascii
import re

from mailhub.mail.address import PathError, read_path
from mailhub.smtp.door import MailCommand, RcptCommand
from mailhub.smtp.errors import CommandError

LONGEST_COMMAND = 2048  # octets with CRLF; § 4.5.3.1.4 asks for 512 and what extensions add
LONGEST_AUTH = 16384  # RFC 4954 § 4 asks for 12288
LONGEST_ENVID = 100  # RFC 3461 § 4.4
LONGEST_ORCPT = 500  # RFC 3461 § 4.2
LONGEST_CHUNK_DIGITS = 20  # RFC 1870 § 3, RFC 3030 § 2

# Words of other protocols: a browser or a server-side request forgery is posting to us.
FOREIGN_VERBS = frozenset(
    "GET POST PUT HEAD DELETE OPTIONS TRACE CONNECT PATCH PRI PROPFIND HOST USER-AGENT".split()  # noqa: SIM905
)

_CONTROL = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")
_PATH = re.compile(r'\s*(<(?:[^<>"\\]|\\.|"(?:[^"\\]|\\.)*+")*+>|[^\s<>]+)(?=\s|\Z)')
_PARAMETER = re.compile(r"([A-Za-z0-9][A-Za-z0-9-]*)(?:=([^\s=\x00-\x1f\x7f]+))?\Z")
_XTEXT = re.compile(r"(?:[!-*,-<>-~]|\+[0-9A-F]{2})*\Z")
_HEX = re.compile(r"\+([0-9A-F]{2})")
_ORCPT = re.compile(r"[A-Za-z0-9-]+;.+\Z")
_BDAT = re.compile(rf"(\d{{1,{LONGEST_CHUNK_DIGITS}}})(?: +(LAST))?\Z", re.IGNORECASE | re.ASCII)
_NOTIFY = frozenset({"SUCCESS", "FAILURE", "DELAY"})


def split_command(line: bytes) -> tuple[str, str]:
    """The verb in upper case and its argument, from a line with its line end.

    Raises:
        CommandError: the line does not end with CRLF or holds control characters.
    """
    if not line.endswith(b"\r\n"):
        raise CommandError(500, "5.5.2", "Lines must end with CRLF")
    line = line[:-2]
    if _CONTROL.search(line):
        raise CommandError(500, "5.5.2", "Control characters in a command")
    verb, _, argument = line.decode("utf-8", "surrogateescape").partition(" ")
    return verb.upper(), argument.strip(" \t")


def is_foreign(verb: str) -> bool:
    """Whether this is no SMTP at all: an HTTP method, or a header field in the place of a command."""
    return verb in FOREIGN_VERBS or (verb.find(":", 1) > 0 and not verb.startswith(("MAIL", "RCPT")))


def read_mail(argument: str, *, esmtp: bool, size_limit: int, auth: bool) -> MailCommand:
    """The arguments of MAIL. `size_limit` is in octets (0: none); `auth`: the AUTH parameter is known.

    Raises:
        CommandError: 501, 552, 553 or 555, as the argument deserves.
    """
    path, parameters = _path_and_parameters(argument, "FROM:", esmtp=esmtp)
    mail = MailCommand("")
    for name, value in parameters.items():
        match name:
            case "SIZE":
                mail.size = _size(value, size_limit)
            case "BODY":
                mail.body = _one_of(name, value, ("7BIT", "8BITMIME"))
            case "SMTPUTF8":
                if value is not None:
                    raise CommandError(501, "5.5.4", "SMTPUTF8 takes no value")
                mail.utf8 = True
            case "RET":
                mail.ret = _one_of(name, value, ("FULL", "HDRS"))
            case "ENVID":
                mail.envid = _xtext(name, value, LONGEST_ENVID)
            case "AUTH" if auth:
                mail.auth = _xtext(name, value, LONGEST_ORCPT)
            case _:
                raise _unknown(name)
    _need_utf8(path, utf8=mail.utf8)
    mail.sender = _sender(path)
    return mail


def read_rcpt(argument: str, *, esmtp: bool, utf8: bool) -> RcptCommand:
    """The arguments of RCPT. `utf8`: MAIL came with SMTPUTF8.

    Raises:
        CommandError: 501, 550, 553 or 555, as the argument deserves.
    """
    path, parameters = _path_and_parameters(argument, "TO:", esmtp=esmtp)
    rcpt = RcptCommand("")
    for name, value in parameters.items():
        match name:
            case "NOTIFY":
                rcpt.notify = _notify(value)
            case "ORCPT":
                rcpt.orcpt = _xtext(name, value, LONGEST_ORCPT, utf8=utf8)
                if not _ORCPT.match(rcpt.orcpt):
                    raise CommandError(501, "5.5.4", "Bad ORCPT")
            case _:
                raise _unknown(name)
    _need_utf8(path, utf8=utf8)
    rcpt.address = _recipient(path)
    return rcpt


def read_bdat(argument: str) -> tuple[int, bool]:
    """The octets of a chunk, and whether it is the last (RFC 3030 § 2).

    Raises:
        CommandError: 501; nobody knows then how many octets follow.
    """
    found = _BDAT.match(argument)
    if found is None:
        raise CommandError(501, "5.5.4", "Syntax: BDAT size [LAST]")
    return int(found[1]), found[2] is not None


def read_auth(argument: str) -> tuple[str, str | None]:
    """The mechanism in upper case, and the initial response in base64 ("=" stands for an empty one)."""
    mechanism, space, initial = argument.partition(" ")
    if not mechanism:
        raise CommandError(501, "5.5.4", "Syntax: AUTH mechanism [initial-response]")
    return mechanism.upper(), initial.strip() if space else None


def read_base64(text: str) -> str:
    """A response of the client (RFC 4954 § 4): base64 of UTF-8."""
    try:
        return base64.b64decode("" if text == "=" else text.encode("ascii"), validate=True).decode("utf-8")
    except (binascii.Error, UnicodeError) as error:
        raise CommandError(501, "5.5.2", "Cannot decode the response") from error


def read_plain(message: str) -> tuple[str, str]:
    """Login and password of the PLAIN mechanism (RFC 4616 § 2); nobody may act for somebody else."""
    parts = message.split("\0")
    if len(parts) != 3 or not parts[1] or not parts[2]:
        raise CommandError(501, "5.5.2", "Bad PLAIN message")
    authorise, login, password = parts
    if authorise and authorise.casefold() != login.casefold():
        raise CommandError(535, "5.7.8", "Khong duoc dang nhap thay cho tai khoan khac", kind="auth-failed")
    return login, password


def decode_xtext(text: str) -> str:
    """xtext (RFC 3461 § 4) as the text it stands for."""
    return _HEX.sub(lambda found: chr(int(found[1], 16)), text)


def _path_and_parameters(argument: str, word: str, *, esmtp: bool) -> tuple[str, dict[str, str | None]]:
    if argument[: len(word)].upper() != word:
        raise CommandError(501, "5.5.4", f"Syntax: {word}<address> [parameters]")
    found = _PATH.match(argument, len(word))
    if found is None:
        raise CommandError(501, "5.5.4", f"Syntax: {word}<address> [parameters]")
    parameters: dict[str, str | None] = {}
    for text in argument[found.end() :].split():
        parameter = _PARAMETER.match(text)
        if parameter is None or not esmtp:
            raise CommandError(*((501, "5.5.4", "Bad parameter") if esmtp else (555, "5.5.4", "Say EHLO first")))
        name = parameter[1].upper()
        if name in parameters:
            raise CommandError(501, "5.5.4", f"{name} given twice")
        parameters[name] = parameter[2]
    return found[1], parameters


def _need_utf8(path: str, *, utf8: bool) -> None:
    """RFC 6531 § 3.5."""
    if not utf8 and not path.isascii():
        raise CommandError(553, "5.6.7", "Dia chi co dau can SMTPUTF8", kind="path-utf8")


def _sender(path: str) -> str:
    if path == "<>":
        return ""
    try:
        mailbox = read_path(path, hacks=True)
    except PathError as error:
        raise CommandError(553, "5.1.7", "Dia chi nguoi gui khong dung cu phap", kind="bad-sender") from error
    if not mailbox.domain:
        raise CommandError(553, "5.1.7", "Dia chi nguoi gui thieu ten mien", kind="bad-sender")
    return mailbox.text


_REFUSED_PATHS = {
    "literal": (550, "5.7.1", "Khong nhan dia chi ghi bang so IP. Xin dung ten mien"),
    "route": (550, "5.7.1", "Khong nhan dia chi kem tuyen duong di cua thu"),
    "percent": (550, "5.7.1", "Khong nhan dia chi chua dia chi khac (co ky tu %, ! hoac @)"),
    "utf8": (553, "5.1.3", "Dia chi co ky tu khong hop le"),
}


def _recipient(path: str) -> str:
    try:
        return read_path(path).text
    except PathError as error:
        refused = _REFUSED_PATHS.get(error.kind, (553, "5.1.3", "Dia chi nguoi nhan khong dung cu phap"))
        raise CommandError(*refused, kind=f"path-{error.kind}") from error


def _size(value: str | None, limit: int) -> int:
    if value is None or not value.isascii() or not value.isdigit() or len(value) > LONGEST_CHUNK_DIGITS:
        raise CommandError(501, "5.5.4", "Bad SIZE")
    if limit and int(value) > limit:
        raise too_large(limit)
    return int(value)


def too_large(limit: int) -> CommandError:
    """The refusal of a message above `limit` octets (RFC 1870 § 6)."""
    shown = f"{limit // 2**20} MiB" if limit >= 2**20 else f"{limit} byte"
    return CommandError(552, "5.3.4", f"Thu qua lon, toi da {shown}", kind="too-large")


def _one_of(name: str, value: str | None, words: tuple[str, ...]) -> str:
    if value is None or value.upper() not in words:
        raise CommandError(501, "5.5.4", f"{name} is one of {', '.join(words)}")
    return value.upper()


def _notify(value: str | None) -> str:
    words = (value or "").upper().split(",")
    if words != ["NEVER"] and (len(set(words)) != len(words) or not _NOTIFY.issuperset(words)):
        raise CommandError(501, "5.5.4", "Bad NOTIFY")
    return ",".join(words)


def _xtext(name: str, value: str | None, longest: int, *, utf8: bool = False) -> str:
    """The text that the xtext `value` stands for; RFC 6533 § 3 adds UTF-8 to it for ORCPT.

    Control characters, which xtext can hide, are refused: the text goes into the header fields of notices.
    """
    plain = "".join(c for c in value or "" if c.isascii()) if utf8 else value
    text = decode_xtext(value) if value and len(value) <= longest and _XTEXT.match(plain or "") else ""
    if not text or not text.isprintable():
        raise CommandError(501, "5.5.4", f"Bad {name}")
    return text


def _unknown(name: str) -> CommandError:
    return CommandError(555, "5.5.4", f"Parameter {name} not known")
