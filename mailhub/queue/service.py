"""What can be done to the queue: the face of this folder.

Every function takes a connection; the caller owns the transaction, so that settling and claiming, or a bounce
and its notice, are one. The state of a recipient moves only here (architecture § 4.4):

    queued ─claim→ delivering ─settle→ delivered | deferred | bounced | expired | …
    deferred ─claim→ delivering; held ─release→ queued; any open state ─drop→ withdrawn
    held for inspection ─finish_inspection→ queued

What people do to waiting mail is in `acts.py`.
"""

from mailhub.queue.enqueue import REPEAT_WINDOW, append_events, enqueue, find_repeated, storable
from mailhub.queue.inspections import (
    claim_inspections,
    finish_inspection,
    is_finished,
    is_inspection_due,
    postpone_inspection,
    release_inspections,
)
from mailhub.queue.leases import (
    claim,
    load_message,
    mark_done,
    read_cuts,
    release_leases,
    renew_leases,
    settle,
    still_leased,
)
from mailhub.queue.tables import event_table, message_table, pending_inspection_table, recipient_table
from mailhub.queue.waiting import count_open, count_sent, is_due, is_file_needed, next_due, recipients_of

__all__ = [
    "REPEAT_WINDOW",
    "append_events",
    "claim",
    "claim_inspections",
    "count_open",
    "count_sent",
    "enqueue",
    "event_table",
    "find_repeated",
    "finish_inspection",
    "is_due",
    "is_file_needed",
    "is_finished",
    "is_inspection_due",
    "load_message",
    "mark_done",
    "message_table",
    "next_due",
    "pending_inspection_table",
    "postpone_inspection",
    "read_cuts",
    "recipient_table",
    "recipients_of",
    "release_inspections",
    "release_leases",
    "renew_leases",
    "settle",
    "still_leased",
    "storable",
]
