"""Figures for Prometheus, on a listener of their own (`[metrics] listen`): how the queue stands, what happened, what
the web answered.

Nothing here names a person, an address or an agency: whoever may scrape need not be entitled to anything else.
"""

from mailhub.admin.metrics.doors import doors
from mailhub.admin.metrics.exposition import metrics_app
from mailhub.admin.metrics.requests import Meter, Metered

__all__ = ["Meter", "Metered", "doors", "metrics_app"]
