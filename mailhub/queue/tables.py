"""The queue's tables as the hot statements use them."""

from __future__ import annotations

from typing import cast

from sqlalchemy import Table

from mailhub.queue.models import Event, Message, PendingInspection, PendingModeration, PendingWord, Recipient

message_table = cast(Table, Message.__table__)
recipient_table = cast(Table, Recipient.__table__)
event_table = cast(Table, Event.__table__)
pending_inspection_table = cast(Table, PendingInspection.__table__)
pending_moderation_table = cast(Table, PendingModeration.__table__)
pending_word_table = cast(Table, PendingWord.__table__)
