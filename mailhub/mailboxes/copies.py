"""Mail in somebody's folders: found by Message-ID or by when it was put there, read, and taken out for good.

Through `doveadm`, so that Dovecot's indexes stay right while clients are logged in. A header that a client once asked
for lies in `dovecot.index.cache` until that file is written anew, which `purge` has done.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from mailhub.mailboxes.errors import DovecotError, MailboxesError
from mailhub.mailboxes.plan import DovecotPlan
from mailhub.mailboxes.tools import doveadm, doveadm_octets

NO_SUCH_USER, NOT_FOUND = 67, 68  # EX_NOUSER; and what doveadm says of a folder or mail that is not there
SECONDS = 120.0  # a search through all folders, the reading of a large mail
_FIELDS = "mailbox mailbox-guid uid hdr.message-id hdr.subject hdr.received size.physical"
_MOST_OCTETS = 100 * 2**20


@dataclass(frozen=True, slots=True)
class Copy:
    """A mail in a folder. `subject` is as the header has it, encoded; `own_made`: no server has passed it on."""

    folder: str
    guid: str
    uid: int
    message_id: str
    subject: bytes
    own_made: bool
    size: int


class Folders:
    """All folders of one mailbox, by its first address."""

    def __init__(self, plan: DovecotPlan, address: str) -> None:
        if not address or address.startswith("-") or any(c in address for c in "*?\\") or not address.isprintable():
            raise MailboxesError("not a mailbox")
        self._plan = plan
        self._address = address

    async def with_message_id(self, message_id: str) -> list[Copy]:
        """Every copy with this Message-ID.

        Raises:
            DovecotError
        """
        return [c for c in await self._find("header", "message-id", message_id) if c.message_id == message_id]

    async def saved_since(self, at: int) -> list[Copy]:
        """What was put into a folder since the moment `at` (ms).

        Raises:
            DovecotError
        """
        return await self._find("savedsince", str(max(0, at // 1000)))

    async def read(self, copy: Copy) -> bytes:
        """The mail's octets with CRLF; empty when it has gone.

        Raises:
            DovecotError
        """
        if copy.size > _MOST_OCTETS:
            return b""
        where = ("mailbox-guid", copy.guid, "uid", str(copy.uid))
        output = await doveadm_octets(
            self._plan, "-f", "pager", "fetch", "-u", self._address, "text", *where, seconds=SECONDS
        )
        return output.removeprefix(b"text:\n").replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")

    async def remove(self, copies: Collection[Copy]) -> int:
        """Take these out for good, with what the indexes keep of them; how many.

        Raises:
            DovecotError: some of them may be left.
        """
        by_folder: dict[tuple[str, str], list[int]] = {}
        for copy in copies:
            by_folder.setdefault((copy.folder, copy.guid), []).append(copy.uid)
        for (_, guid), uids in by_folder.items():
            for start in range(0, len(uids), 200):
                wanted = ",".join(map(str, sorted(uids)[start : start + 200]))
                await doveadm(self._plan, "expunge", "-u", self._address, "mailbox-guid", guid, "uid", wanted)
        await self.purge({folder for folder, _ in by_folder})
        return len(copies)

    async def purge(self, folders: Collection[str]) -> None:
        """Have the caches of these folders written anew, without what has gone.

        Raises:
            DovecotError
        """
        for folder in sorted(folders):
            await doveadm(self._plan, "mailbox", "cache", "purge", "-u", self._address, folder, accept=(0, NOT_FOUND))

    async def _find(self, *query: str) -> list[Copy]:
        words = ("-f", "json", "fetch", "-u", self._address, _FIELDS, "mailbox", "*", *query)
        output = await doveadm_octets(self._plan, *words, accept=(0, NO_SUCH_USER), seconds=SECONDS)
        try:
            return [_copy(row) for row in json.loads(output.decode("utf-8", "surrogateescape") or "[]")]
        except (ValueError, KeyError, TypeError) as error:
            raise DovecotError("what doveadm found cannot be read") from error


def _copy(row: dict[str, Any]) -> Copy:
    return Copy(
        folder=row["mailbox"],
        guid=row["mailbox-guid"],
        uid=int(row["uid"]),
        message_id=row["hdr.message-id"].strip(),
        subject=row["hdr.subject"].encode("utf-8", "surrogateescape"),
        own_made=not row["hdr.received"].strip(),
        size=int(row["size.physical"]),
    )
