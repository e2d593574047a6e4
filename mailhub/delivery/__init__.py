"""Hands messages to the next hop: LMTP to Dovecot, SMTP to homes, smarthosts and mail exchanges.

`Pool.deliver` is what the worker calls; it never raises for what happens outside. `routes` says where a
recipient goes, `client` speaks to one hop, `stuffing` is the last guard before the wire. Nothing here knows the
queue or the database.
"""

from mailhub.delivery.client import Connection, opportunistic_context
from mailhub.delivery.outgoing import Content, Outcome, Outgoing, RecipientResult, Target, Timeouts, To
from mailhub.delivery.pool import Pool, PoolLimits
from mailhub.delivery.routes import LOCAL, RouteSettings, destination_for, hops

__all__ = [
    "LOCAL",
    "Connection",
    "Content",
    "Outcome",
    "Outgoing",
    "Pool",
    "PoolLimits",
    "RecipientResult",
    "RouteSettings",
    "Target",
    "Timeouts",
    "To",
    "destination_for",
    "hops",
    "opportunistic_context",
]
