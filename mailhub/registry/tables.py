"""The registry's tables as its statements use them, and three of others' that it only reads."""

from __future__ import annotations

from typing import cast

from sqlalchemy import Table, column, table

from mailhub.registry.models import Attachment, Correction, Document, DocumentAgency, DocumentLink, DocumentText, File

file_table = cast(Table, File.__table__)
document_table = cast(Table, Document.__table__)
attachment_table = cast(Table, Attachment.__table__)
agency_table = cast(Table, DocumentAgency.__table__)
text_table = cast(Table, DocumentText.__table__)
link_table = cast(Table, DocumentLink.__table__)
correction_table = cast(Table, Correction.__table__)

# The queue stands above the registry, which only asks it who sent and who got a message.
message = table("message", column("id"), column("sender"))
recipient = table("recipient", column("message_id"), column("address"))
# What was sealed is known above it, too: the file before and after, and the mail in whose place a sealed one went.
seal_act = table("seal_act", column("message_id"), column("sealed_code"), column("original"), column("sealed"))
