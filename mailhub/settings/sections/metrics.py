"""Figures for Prometheus."""

from __future__ import annotations

from pydantic import Field

from mailhub.settings.sections.base import Section
from mailhub.settings.values import Listener, about


class MetricsSection(Section):
    """Figures for Prometheus on a listener of their own. / Số liệu giám sát."""

    listen: Listener = Field(
        default="",
        examples=["127.0.0.1:9100"],
        description="Where `/metrics` answers, an IP address and a port; it has no login, so that only the monitoring "
        "server should reach it. It names no person and no address. Empty keeps it closed.",
        json_schema_extra=about(restart=True),
    )
