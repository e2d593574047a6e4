"""What one client may take of the doors (RFC 5321 § 4.5.3; `[limits]` in the settings)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ServerLimits:
    """What one client may take. 0 = no limit."""

    message_bytes: int = 50 * 2**20
    recipients: int = 1000
    command_seconds: float = 300.0  # for one whole command line
    data_idle_seconds: float = 180.0
    data_rate_bytes_per_minute: float = 12_000.0  # after a minute of grace
    errors: int = 20  # commands that were none, before 421
    commands_without_mail: int = 100  # between two accepted messages, RCPT and DATA not counted
    header_bytes: int = 65_536
    auth_attempts: int = 5  # wrong ones on a connection
    connections: int = 1000
    connections_per_network: int = 100  # from one IPv4 /24 or IPv6 /64
