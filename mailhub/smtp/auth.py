"""The dialogues of AUTH PLAIN and AUTH LOGIN (RFC 4954 § 4, RFC 4616; LOGIN has no RFC, only clients)."""

from __future__ import annotations

import base64

from mailhub.smtp.commands import LONGEST_AUTH, read_auth, read_base64, read_plain
from mailhub.smtp.connection import Connection
from mailhub.smtp.door import Reply
from mailhub.smtp.errors import CommandError


async def credentials(connection: Connection, argument: str) -> tuple[str, str]:
    """Login and password, by the mechanism that `argument` names. Neither is ever logged.

    Raises:
        CommandError: 501 for what cannot be read or was cancelled, 504 for other mechanisms.
    """
    mechanism, initial = read_auth(argument)
    if mechanism == "PLAIN":
        return read_plain(read_base64(initial or await _challenge(connection, "")))
    if mechanism == "LOGIN":
        login = read_base64(initial or await _challenge(connection, "Username:"))
        return login, read_base64(await _challenge(connection, "Password:"))
    raise CommandError(504, "5.5.4", "Mechanism not known")


async def _challenge(connection: Connection, text: str) -> str:
    """Put a question; the client's answer, still in base64."""
    connection.say(Reply(334, "", base64.b64encode(text.encode()).decode()))
    line = await connection.read_line(LONGEST_AUTH)
    if line is None:
        raise CommandError(500, "5.5.6", "Line too long")
    if not line.endswith(b"\r\n"):
        raise CommandError(500, "5.5.2", "Lines must end with CRLF")
    answer = line.decode("ascii", "replace").strip()
    if answer == "*":
        raise CommandError(501, "5.7.0", "Authentication cancelled")
    return answer
