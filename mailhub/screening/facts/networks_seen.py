"""From which networks an account has sent mail: a row each, touched once a day.

A compromised box is told by a burst from a network that it never used before (threats 3). Networks are /24 and /48:
what a subscriber keeps while the last numbers change.
"""

from __future__ import annotations

import ipaddress
from collections import OrderedDict
from functools import lru_cache
from typing import Any, cast
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine, Table, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from mailhub.clock import DAY, local_time, midnight
from mailhub.screening.models import KnownNetwork
from mailhub.screening.turns import take_turn
from mailhub.store.statements import Prepared

_table = cast(Table, KnownNetwork.__table__)
_REMEMBERED = 50_000
# (account, network) → the midnight of the day for which it is in the table already.
_seen: WeakKeyDictionary[Engine, OrderedDict[tuple[int, str], int]] = WeakKeyDictionary()
FORGOTTEN_AFTER = 400 * DAY


@lru_cache(maxsize=4_096)
def network_of(address: str) -> str:
    """The network of an IP address, `192.0.2.0/24` or `2001:db8::/48`; '' of what is none."""
    try:
        read = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return ""
    mapped = read.ipv4_mapped if isinstance(read, ipaddress.IPv6Address) else None
    read = mapped or read
    return str(ipaddress.ip_network((read, 24 if read.version == 4 else 48), strict=False))


def note_network(connection: Connection, account_id: int, client: str, *, at: int) -> None:
    """Enter the network of `client`, or that it was used today. Once a day and process this costs a statement."""
    network = network_of(client)
    if not network:
        return
    today, key = midnight(local_time(at).date()), (account_id, network)
    seen = _seen.setdefault(connection.engine, OrderedDict())
    if seen.get(key) == today:
        return
    query = select(_table.c.last_at).where(_table.c.account_id == account_id, _table.c.network == network)
    last = connection.execute(query).scalar_one_or_none()
    if last is not None and last >= today:
        seen[key] = today  # only what is in the table already: this transaction may come to nothing
        while len(seen) > _REMEMBERED:
            seen.popitem(last=False)
        return
    take_turn(connection)
    row = {"account_id": account_id, "network": network, "first_at": at, "last_at": at}
    _ENTER[connection.dialect.name].execute(connection, row)


def forget_networks(connection: Connection, *, at: int) -> int:
    """Delete what was not used for `FORGOTTEN_AFTER`; how many."""
    return connection.execute(delete(_table).where(_table.c.last_at < at - FORGOTTEN_AFTER)).rowcount


def _entering(engine: str) -> Prepared:
    filled: Any = (postgresql if engine == "postgresql" else sqlite).insert(_table)
    filled = filled.on_conflict_do_update(
        index_elements=["account_id", "network"], set_={"last_at": filled.excluded.last_at}
    )
    return Prepared(filled, ["account_id", "network", "first_at", "last_at"])


_ENTER = {engine: _entering(engine) for engine in ("sqlite", "postgresql")}
